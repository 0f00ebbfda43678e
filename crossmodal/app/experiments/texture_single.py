"""One sound texture: options, training, draws and their scores."""

import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import as_options, option

Algorithm = Literal["coopnets", "coopnets-z", "descriptor", "contrastive", "generator"]
SIDE_ISSUES = ("tensorboard",)  # options that change nothing in a run
SCORED_S = 2.0  # the shortest recording that can be scored
DRAW_STEPS = 60  # of the default's chains on a draw


@dataclass(frozen=True)
class Config:
    reference: str = option("made:rain", "a recording, or made:rain, made:insects, made:chirps")
    preset: Literal["default", "thesis"] = option("default", "cochlear features and shaped noise, or the thesis'")
    algorithm: Algorithm = option("coopnets", "what is trained, and how")  # noqa: RUF009
    iterations: int | None = option(None, "updates of the networks (60 default, 500 thesis)", least=0, most=99_999)
    chains: int | None = option(None, "signals drawn and revised at once (1 default, 2 thesis)", least=1, most=1000)
    samples: int | None = option(None, "samples of a signal (40,000 default, 60,000 thesis)", least=1000, most=10**8)
    steps: int | None = option(None, "Langevin steps of an iteration (30 default, 40 thesis)", least=0, most=10_000)
    stride: int = option(40, "stride of the thesis' first convolution", least=1, most=1000)
    kernel: int = option(25, "kernel size of the thesis' deconvolutions", least=1, most=1000)
    descriptor_rate: float | None = option(None, "its learning rate (0.003 default, 0.1 thesis)", least=0, most=100)
    generator_rate: float | None = option(None, "its learning rate (0.001 default, 1e-6 thesis)", least=0, most=100)
    reading: Literal["swapped", "printed"] = option("swapped", "how the thesis' table 4.1 is read")
    stabilise: bool = option(True, "back off when training leaves its bands")
    duration_s: float = option(4.0, "duration of a draw in seconds", least=0.01, most=3600)
    draws: int = option(2, "number of draws", least=1, most=1000)
    revise_steps: int | None = option(None, "Langevin steps on a draw (60 default)", least=0, most=10_000)
    sample_rate: int = option(20_000, "sample rate in Hz", least=4000, most=192_000)
    seed: int = option(0, "seed of weights, training and draws", least=0, most=2_000_000_000)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    tensorboard: bool = option(False, "log for TensorBoard too, in the folder tensorboard of the run")


def prepare(config: Config, sound):
    """(model, signal, settings) that a config asks for, for a sound (samples,) at its sample rate.

    The recording fits the default's front end; of the thesis' networks nothing is fitted before training.
    """
    import numpy as np

    from crossmodal.models.coopnets import CoopNets, bandwidth
    from crossmodal.models.networks.waveform import UPSAMPLING
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.training.algorithms import Settings

    fix_numbers(config.seed, config.deterministic)
    thesis = config.preset == "thesis"
    chosen = {name: getattr(config, name) for name in ("iterations", "chains", "samples", "steps")}
    chosen |= {name: getattr(config, name) for name in ("descriptor_rate", "generator_rate")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    walk = {"steps": chosen.pop("steps")} if "steps" in chosen else {}
    if thesis:
        peak = float(np.abs(sound).max())
        settings = thesis_settings(config.reading)
        walk = {"step": settings.pop("step"), **walk}
        model = CoopNets.thesis(config.sample_rate, config.stride, config.kernel, **walk)
        model.set_spectrum(None, peak)
    else:
        settings = {"samples": 40_000}
        model = CoopNets.auditory(config.sample_rate, 0.93 * bandwidth(sound, config.sample_rate), **walk)
        model.set_spectrum(sound)
        model.descriptor.adapt(model.whiten(sound))
    settings["samples"] = min(settings["samples"], len(sound) // UPSAMPLING * UPSAMPLING)
    settings |= {"algorithm": config.algorithm, "stabilise": config.stabilise, "seed": config.seed, **chosen}
    return model, model.whiten(sound), Settings(**settings)


def thesis_settings(reading: str) -> dict:
    """Table 4.1. As printed, the generator's latents take steps of 0.001 and it learns at 0.1, the descriptor's chains
    take steps of 0.1 and it learns at 1e-6; swapped, each has the other's.

    As printed no chain can be stable: with sigma 0.03 each step multiplies it by 1 - 0.1^2 / (2 * 0.03^2) = -4.6. So
    the preset is the swapped reading, with gradients divided by positions as in the published code.
    """
    printed = {"step": 0.1, "latent_step": 0.001, "descriptor_rate": 1e-6, "generator_rate": 0.1}
    swapped = {"step": 0.001, "latent_step": 0.1, "descriptor_rate": 0.1, "generator_rate": 1e-6}
    rates = printed if reading == "printed" else swapped
    # a drift that takes a chain from silence to a recording's level in 40 steps
    stable = {"most_drift": 3.0, "block": 5}
    shared = {"iterations": 500, "chains": 2, "samples": 60_000, "optimizer": "sgd", "by_positions": True}
    return {**shared, **stable, **rates}


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, write and measure the draws; returns the metrics."""
    from crossmodal.data.textures import load_texture
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.cooperative import train_texture
    from crossmodal.training.runs import check_weights, open_run
    from crossmodal.training.tensorboard import logged

    command = f"python recipes/texture_single.py{as_options(config, SIDE_ISSUES)}"
    if metrics := open_run(workdir, config, ignore=SIDE_ISSUES):
        return finish(workdir, metrics)
    sound = load_texture(config.reference, config.sample_rate)
    model, signal, settings = prepare(config, sound)
    model.provenance = provenance_of("texture_single.py", config)
    began = time.time()
    train_texture(model, signal, settings, workdir, on_block=logged(show, workdir) if config.tensorboard else show)
    check_weights(model)
    metrics = {
        "command": command,
        "parameters": {name: getattr(model, name).count_params() for name in ("generator", "descriptor")},
        "seconds": time.time() - began,  # of this process: less than the whole after a resume
    }
    drawn = draw_sounds(config, model)
    shown = {"recording": sound, "draw": drawn["draw_1"], "generator alone": drawn["generator_1"]}
    metrics |= write_draws(config, drawn, sound, shown, workdir)
    save_model(model, workdir / "model.keras")
    return finish(workdir, metrics)


def provenance_of(recipe: str, config: Config) -> dict:
    """What a saved model says about its training; of the recordings their names without folders."""
    from crossmodal.training.runs import environment

    said = asdict(config)
    for name in {"reference", "references"} & set(said):
        said[name] = ",".join(Path(path).name for path in said[name].split(","))
    return {"recipe": {"name": recipe, **said}, "environment": environment()}


def show(iteration: int, figures: dict) -> None:
    kept = {name: value for name, value in figures.items() if name not in ("epoch", "iteration")}
    print(f"iteration {iteration} " + " ".join(f"{name} {value:.3g}" for name, value in kept.items()), flush=True)


def draw_sounds(config: Config, model) -> dict:
    """draw_1, generator_1 and on: sounds (samples,) as the descriptor revised them, and the generator's alone."""
    steps = revision_steps(config, model)
    return {
        f"{name}_{n + 1}": model.draw(config.duration_s, seed=config.seed + n, steps=revision)[0]
        for n in range(config.draws)
        for name, revision in (("draw", steps), ("generator", 0))
    }


def write_draws(config: Config, drawn: dict, sound, shown: dict, workdir: Path) -> dict:
    """Write what was drawn, the spectrograms of what is to be `shown`, and curves; the scores against a sound."""
    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.app.pictures.sounds import save_spectrograms
    from crossmodal.sound.audio import write_wav
    from crossmodal.training.runs import read_history

    for name, waveform in drawn.items():
        write_wav(workdir / f"{name}.wav", waveform, config.sample_rate)
    save_spectrograms(workdir / "spectrograms.png", shown, config.sample_rate)
    if history := read_history(workdir):
        names = tuple(name for name in ("energy_gap", "drift_to_noise", "rms", "error") if name in history[-1])
        save_curves(workdir / "curves.png", {config.algorithm: history}, names)
    least = min(len(sound), len(drawn["draw_1"]) * 2) / config.sample_rate
    return scores(sound, drawn, config.sample_rate) if least >= SCORED_S else {}


def revision_steps(config: Config, model) -> int:
    """Langevin steps on each draw; none where no descriptor was trained."""
    if config.algorithm == "generator":
        return 0
    if config.revise_steps is not None:
        return config.revise_steps
    return model.walk["steps"] if config.preset == "thesis" else DRAW_STEPS


def revision_steps_of(model) -> int:
    """The same of a saved model."""
    recipe = model.provenance.get("recipe", {})
    return revision_steps(Config(**{f.name: recipe[f.name] for f in fields(Config) if f.name in recipe}), model)


def scores(sound, sounds: dict, sample_rate: int) -> dict:
    """What the evaluator says of sounds by name, in short: scores, copies, loops, decibels by class of statistics,
    beside those of noise and of the recording's other half, and whether draws are alike.

    A recording that is more than twice as long as the sounds is cut to that, for a score compares halves with them.
    """
    import librosa

    from evaluation.texture.filters import SAMPLE_RATE
    from evaluation.texture.report import evaluate_textures

    def at_evaluators_rate(waveform):
        if sample_rate == SAMPLE_RATE:
            return waveform
        return librosa.resample(waveform, orig_sr=sample_rate, target_sr=SAMPLE_RATE)

    names = list(sounds)
    sound = sound[: 2 * min(map(len, sounds.values()))]
    report = evaluate_textures(
        at_evaluators_rate(sound), [at_evaluators_rate(sounds[name]) for name in names], ["the recording", *names]
    )
    kept = ("score", "copied", "loops", "stretch_s", "reversed_stretch_s", "self_stretch_s", "snr_db")
    drawn = [i for i, name in enumerate(names) if name.startswith("draw")]
    return {
        "scale_db": report["reference"]["scale_db"],
        "ill_conditioned": report["reference"]["ill_conditioned"],
        **{name: report["reference"][name] for name in ("noise_db", "halves_db")},
        "sounds": {s["name"]: {name: s[name] for name in kept} for s in report["syntheses"]},
        "draws": [p for p in report["draws"] if set(p["pair"]) <= set(drawn)],
    }


def share_processors(config: Config) -> None:
    """Before anything is computed: let the thesis' chains walk on processors of their own."""
    from crossmodal.runtime.processors import one_operation_each

    if config.preset == "thesis":
        one_operation_each()


def work(config: Config, arguments) -> None:
    share_processors(config)
    metrics = run(config, arguments.workdir)
    for name, figures in metrics.get("sounds", {}).items():
        print(f"{name:<14} score {figures['score']:.2f}  copied {figures['copied']}  loops {figures['loops']}")
    print(f"draws, model, figures and pictures: {arguments.workdir}")
