"""One sound texture: options, training, draws and their scores."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import command_of, option
from crossmodal.errors import AudioError

Algorithm = Literal["coopnets", "coopnets-z", "descriptor", "contrastive", "generator", "adversarial"]
IGNORED_ON_RESUME = ("tensorboard",)  # options that change nothing in a run
SHOWN_S = 60.0  # of the recording in pictures
SCORED_S = 2.0  # the shortest recording that can be scored


@dataclass(frozen=True)
class Recording:
    reference: str = option("made:rain", "a recording, or made:rain, made:insects, made:chirps")
    channels: int = option(1, "1, or 2 to learn both channels of a stereo recording", least=1, most=2)


@dataclass(frozen=True)
class TextureOptions:
    """The options of every texture, whatever it is learned from."""

    preset: Literal["default", "thesis", "wavegan"] = option(
        "default", "cochlear features and shaped noise, the thesis' networks, or WaveGAN's"
    )
    algorithm: Algorithm = option("coopnets", "what is trained, and how")  # noqa: RUF009
    generator_loss: Literal["energy", "waveform"] | None = option(
        None, "coopnets: the generator learns by f of its draws, or by what chains made of them (thesis)"
    )
    generator_steps: int = option(10, "its steps of an iteration, by energy", least=1, most=10_000)
    iterations: int | None = option(None, "updates of the networks (60 default, 500 thesis)", least=0, most=99_999)
    chains: int | None = option(None, "signals drawn and revised at once (1 default, 2 thesis)", least=1, most=1000)
    samples: int | None = option(None, "samples of a signal (2 s default, 60,000 thesis)", least=1000, most=10**8)
    steps: int | None = option(None, "Langevin steps of an iteration (30 default, 40 thesis)", least=0, most=10_000)
    stride: int = option(40, "stride of the thesis' first convolution", least=1, most=1000)
    kernel: int = option(25, "kernel size of the thesis' deconvolutions", least=1, most=1000)
    descriptor_rate: float | None = option(None, "its learning rate (0.003 default, 0.1 thesis)", least=0, most=100)
    generator_rate: float | None = option(None, "its learning rate (0.003 default, 1e-6 thesis)", least=0, most=100)
    reading: Literal["published", "swapped", "printed"] = option("published", "how the thesis' table 4.1 is read")
    stabilise: bool = option(True, "back off when training leaves its bands")
    duration_s: float = option(4.0, "duration of a draw in seconds", least=0.01, most=3600)
    draws: int = option(2, "number of draws", least=1, most=1000)
    revise_steps: int | None = option(None, "Langevin steps on a draw (60 default)", least=0, most=10_000)
    sample_rate: int = option(20_000, "sample rate in Hz", least=4000, most=192_000)
    seed: int = option(0, "seed of weights, training and draws", least=0, most=2_000_000_000)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    tensorboard: bool = option(False, "log for TensorBoard too, in the folder tensorboard of the run")


@dataclass(frozen=True)
class Config(TextureOptions, Recording):
    """The recording first: fields of the last base come before those of the others."""


def prepare(config: TextureOptions, sound, stereo=None):
    """(model, signal, settings) that a config asks for: see `prepare_texture`.

    Args:
        sound: (samples,).
        stereo: (samples, 2), both channels of a stereo recording whose louder one is `sound`.
    """
    from crossmodal.training.cooperative import prepare_texture

    names = ("generator_loss", "iterations", "chains", "samples", "descriptor_rate", "generator_rate")
    changes = {name: value for name in names if (value := getattr(config, name)) is not None}
    model, signal, settings = prepare_texture(
        sound,
        config.sample_rate,
        config.preset,
        channels=1 if stereo is None else 2,
        steps=config.steps,
        draw_steps=config.revise_steps,
        stride=config.stride,
        kernel=config.kernel,
        reading=config.reading,
        deterministic=config.deterministic,
        algorithm=algorithm_of(config),
        generator_steps=config.generator_steps,
        stabilise=config.stabilise,
        seed=config.seed,
        **changes,
    )
    if stereo is not None:
        model.set_stereo(stereo)
    return model, signal, settings


def algorithm_of(config: TextureOptions) -> str:
    """The algorithm that trains: the preset wavegan has its own, which is no other preset's default."""
    return "adversarial" if config.preset == "wavegan" else config.algorithm


def run(config: Config, workdir: Path, prepare=prepare) -> dict:
    """Train in `workdir`, write and measure the draws; returns the metrics. Another `prepare` makes other networks."""
    from crossmodal.data.textures import load_stereo, load_texture, louder_channel

    if metrics := open_texture_run(workdir, config):
        return finish(workdir, metrics)
    stereo, louder = None, 0
    if config.channels == 2:
        stereo = load_stereo(config.reference, config.sample_rate)
        louder = louder_channel(stereo)
    sound = load_texture(config.reference, config.sample_rate) if stereo is None else stereo[:, louder]
    drawn, metrics = learn_and_draw("texture", config, sound, workdir, stereo, prepare)
    heard = {name: draw if draw.ndim == 1 else draw[:, louder] for name, draw in drawn.items()}
    excerpt = sound[: round(SHOWN_S * config.sample_rate)]
    shown = {"recording": excerpt, "draw": heard["draw_1"], "generator alone": heard["generator_1"]}
    write_draws(config, drawn, shown, workdir)
    return finish(workdir, metrics | scores(sound, heard, config.sample_rate))


def open_texture_run(workdir: Path, config: TextureOptions) -> dict | None:
    """`open_run` of a texture; AudioError, before anything is made, for draws that cannot be made."""
    from crossmodal.models.playing import check_draws
    from crossmodal.training.runs import open_run

    check_draws(config.duration_s, config.draws)
    return open_run(workdir, config, ignore=IGNORED_ON_RESUME)


def learn_and_draw(
    family: str, config: TextureOptions, sound, workdir: Path, stereo=None, prepare=prepare
) -> tuple[dict, dict]:
    """Train on a sound (samples,) in `workdir` and save the model there.

    Args:
        family: the texture's name among those of `crossmodal train`.
        stereo: see `prepare`.
        prepare: what makes model, signal and settings.

    Returns:
        the draws, see `draw_sounds`, and what the metrics say of the training.
    """
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.cooperative import train_texture
    from crossmodal.training.runs import seconds_so_far
    from crossmodal.training.tensorboard import logged

    model, signal, settings = prepare(config, sound, stereo)
    model.provenance = provenance_of(family, config)
    began = time.time() - seconds_so_far(workdir)
    train_texture(model, signal, settings, workdir, on_block=logged(show, workdir) if config.tensorboard else show)
    save_model(model, workdir / "model.keras")
    return draw_sounds(config, model), {
        "command": command_of(f"crossmodal train {family}", config, IGNORED_ON_RESUME),
        "parameters": {name: getattr(model, name).count_params() for name in ("generator", "descriptor")},
        "seconds": time.time() - began,
    }


def provenance_of(family: str, config: TextureOptions) -> dict:
    """What a saved model says about its training; of the recordings their names without folders."""
    from crossmodal.training.runs import environment

    said = json.loads(json.dumps(asdict(config)))
    if "reference" in said:
        said["reference"] = Path(said["reference"]).name
    if "references" in said:
        said["references"] = [Path(path).name for path in said["references"]]
    return {"recipe": {"name": family, **said}, "environment": environment()}


def show(iteration: int, figures: dict) -> None:
    kept = {name: value for name, value in figures.items() if name not in ("epoch", "iteration")}
    print(f"iteration {iteration} " + " ".join(f"{name} {value:.3g}" for name, value in kept.items()), flush=True)


def draw_sounds(config: TextureOptions, model) -> dict:
    """draw_1, generator_1 and on: sounds (samples,), or (samples, 2) in stereo, as the descriptor revised them, and the
    generator's alone."""
    return {
        f"{name}_{n + 1}": model.draw(config.duration_s, seed=config.seed + n, steps=steps)[0]
        for n in range(config.draws)
        for name, steps in (("draw", None), ("generator", 0))
    }


def write_draws(config: TextureOptions, drawn: dict, shown: dict, workdir: Path) -> None:
    """Write what was drawn, spectrograms and waveforms of what is to be `shown`, and curves."""
    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.app.pictures.sounds import save_spectrograms, save_waveforms
    from crossmodal.sound.limiter import Limiter
    from crossmodal.sound.writing import write_blocks
    from crossmodal.training.runs import read_history

    for name, draw in drawn.items():
        limited = Limiter(config.sample_rate).whole(draw)
        write_blocks(workdir / f"{name}.wav", [limited], config.sample_rate, draw.ndim)
    save_spectrograms(workdir / "spectrograms.png", shown, config.sample_rate)
    save_waveforms(workdir / "waveforms.png", shown, config.sample_rate)
    if history := read_history(workdir):
        names = tuple(name for name in ("energy_gap", "drift_to_noise", "slope", "rms", "error") if name in history[-1])
        save_curves(workdir / "curves.png", {algorithm_of(config): history}, names)


def scores(sound, sounds: dict, sample_rate: int) -> dict:
    """What the evaluator says of sounds by name, in short: scores by statistics and by windows, copies, loops, decibels
    by class of statistics, beside those of noise and of the recording's other half, and whether draws are alike.

    A recording that is more than twice as long as the sounds is cut to that, for a score compares halves with them.
    Nothing where there is less than 2 s to score, or where the evaluator refuses a sound, which is printed: a model
    that was trained is not lost by it.
    """
    from evaluation.texture.report import evaluate_textures

    names = list(sounds)
    sound = sound[: 2 * min(map(len, sounds.values()))]
    if len(sound) < SCORED_S * sample_rate:
        return {}
    waveforms = [at_evaluators_rate(sounds[name], sample_rate) for name in names]
    try:
        report = evaluate_textures(at_evaluators_rate(sound, sample_rate), waveforms, ["the recording", *names])
    except AudioError as error:
        print(f"not scored: {error}", flush=True)
        return {}
    kept = (
        *("score", "kernel_score", "kernel_ill_conditioned", "snr_db"),
        *("copied", "loops", "stretch_s", "reversed_stretch_s", "self_stretch_s"),
    )
    of = {kind: {i for i, name in enumerate(names) if name.startswith(kind)} for kind in ("draw", "generator")}
    return {
        "scale_db": report["reference"]["scale_db"],
        "ill_conditioned": report["reference"]["ill_conditioned"],
        **{name: report["reference"][name] for name in ("noise_db", "halves_db")},
        "sounds": {s["name"]: {name: s[name] for name in kept} for s in report["syntheses"]},
        "draws": [p for p in report["draws"] if set(p["pair"]) <= of["draw"]],
        "generator_draws": [p for p in report["draws"] if set(p["pair"]) <= of["generator"]],
    }


def at_evaluators_rate(waveform, sample_rate: int):
    """A sound (samples,) at the 20 kHz of the evaluator."""
    from evaluation.texture.filters import SAMPLE_RATE

    if sample_rate == SAMPLE_RATE:
        return waveform
    import librosa

    return librosa.resample(waveform, orig_sr=sample_rate, target_sr=SAMPLE_RATE)


def share_processors(config: TextureOptions) -> None:
    """Before anything is computed: let the thesis' chains walk on processors of their own."""
    from crossmodal.runtime.processors import set_one_thread_per_operation

    if config.preset == "thesis":
        set_one_thread_per_operation()


def work(config: Config, arguments) -> None:
    share_processors(config)
    metrics = run(config, arguments.workdir)
    for name, figures in metrics.get("sounds", {}).items():
        print(f"{name:<14} score {figures['score']:.2f}  copied {figures['copied']}  loops {figures['loops']}")
    print(f"draws, model, figures and pictures: {arguments.workdir}")
