"""One texture of several recordings: options, training, draws and their scores."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments import texture_single
from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import command_of, option


@dataclass(frozen=True)
class Recordings:
    references: tuple[str, ...] = option(("made:chirps", "made:insects"), "recordings")
    weights: tuple[float, ...] = option((), "a number for each recording (equal)", above=0, most=1e6)
    how: Literal["turns", "average"] = option(
        "turns", "the recordings take turns, or the average of their statistics is learned"
    )


@dataclass(frozen=True)
class Config(texture_single.TextureOptions, Recordings):
    """The recordings first: fields of the last base come before those of the others."""


def run(config: Config, workdir: Path) -> dict:
    """Train on all recordings in `workdir`, write and measure the draws; returns the metrics."""
    from crossmodal.data.textures import join_textures, load_texture

    if metrics := texture_single.open_texture_run(workdir, config):
        return finish(workdir, metrics)
    sounds = {name: load_texture(name, config.sample_rate) for name in config.references}
    joined = join_textures([sounds[name] for name in config.references], weights_of(config), config.sample_rate)
    if config.how == "turns":
        drawn, metrics = learn_each(config, workdir)
    else:
        drawn, metrics = texture_single.learn_and_draw("texture-mix", config, joined, workdir)
    draw = {"draw_1": drawn["draw_1"]}
    texture_single.write_draws(config, drawn, {**sounds, "mixture": drawn["draw_1"]}, workdir)
    metrics |= texture_single.scores(joined, drawn, config.sample_rate)
    against = {name: texture_single.scores(sound, draw, config.sample_rate) for name, sound in sounds.items()}
    metrics["against"] = {name: found["sounds"]["draw_1"] for name, found in against.items() if found}
    metrics["shares"] = heard(sounds, drawn, config.sample_rate)
    return finish(workdir, metrics)


def weights_of(config: Config) -> list[float]:
    """The weights, equal ones where none are given."""
    return list(config.weights or (1.0,) * len(config.references))


def learn_each(config: Config, workdir: Path) -> tuple[dict, dict]:
    """Train on each recording alone, a run of its own below `workdir`, and save one model in which they take turns.

    Returns:
        as `texture_single.learn_and_draw`.
    """
    from crossmodal.models.turning_textures import TurningTextures
    from crossmodal.saving.keras_file import load_model, save_model

    shared = {f.name: getattr(config, f.name) for f in fields(texture_single.TextureOptions)}
    folders = [workdir / f"{i}_{Path(name.replace(':', '_')).stem}" for i, name in enumerate(config.references, 1)]
    runs = [
        texture_single.run(texture_single.Config(reference=name, **shared), folder)
        for name, folder in zip(config.references, folders, strict=True)
    ]
    provenance = texture_single.provenance_of("texture-mix", config)
    model = TurningTextures([load_model(folder) for folder in folders], weights_of(config), provenance)
    save_model(model, workdir / "model.keras")
    return texture_single.draw_sounds(config, model), {
        "command": command_of("crossmodal train texture-mix", config, texture_single.IGNORED_ON_RESUME),
        "parameters": runs[0]["parameters"],
        "seconds": sum(run["seconds"] for run in runs),
    }


def heard(sounds: dict, drawn: dict, sample_rate: int) -> dict:
    """Draw to the share of its windows that a judge without a cochlea, which knows the recordings, hears as each;
    nothing where there are not two of them."""
    from evaluation.texture.identification import heard_shares, train_judge

    def resampled(sound):
        return texture_single.at_evaluators_rate(sound, sample_rate)

    if len(sounds) < 2:
        return {}
    judge = train_judge({name: [resampled(sound)] for name, sound in sounds.items()})
    return {name: heard_shares(judge, resampled(draw)) for name, draw in drawn.items()}


def work(config: Config, arguments) -> None:
    texture_single.share_processors(config)
    metrics = run(config, arguments.workdir)
    for name, figures in metrics["against"].items():
        print(f"mixture against {name}: score {figures['score']:.2f}, copied {figures['copied']}")
    for name, shares in metrics.get("shares", {}).items():
        print(f"{name}: heard as " + ", ".join(f"{Path(other).stem} {share:.0%}" for other, share in shares.items()))
    print(f"draws, model, figures and pictures: {arguments.workdir}")
