"""One texture of several recordings: options, training, draws and their scores."""

from dataclasses import dataclass
from pathlib import Path

from crossmodal.app.experiments import texture_single
from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import option


@dataclass(frozen=True)
class Recordings:
    references: tuple[str, ...] = option(("made:chirps", "made:insects"), "recordings")
    weights: tuple[float, ...] = option((), "a number for each recording (equal)", above=0, most=1e6)


@dataclass(frozen=True)
class Config(texture_single.TextureOptions, Recordings):
    """The recordings first: fields of the last base come before those of the others."""


def run(config: Config, workdir: Path) -> dict:
    """Train on all recordings in `workdir`, write and measure the draws; returns the metrics."""
    from crossmodal.data.textures import join_textures, load_texture

    if metrics := texture_single.open_texture_run(workdir, config):
        return finish(workdir, metrics)
    sounds = {name: load_texture(name, config.sample_rate) for name in config.references}
    weights = config.weights or (1.0,) * len(config.references)
    joined = join_textures([sounds[name] for name in config.references], list(weights), config.sample_rate)
    drawn, metrics = texture_single.learn_and_draw("texture-mix", config, joined, workdir)
    draw = {"draw_1": drawn["draw_1"]}
    texture_single.write_draws(config, drawn, {**sounds, "mixture": drawn["draw_1"]}, workdir)
    metrics |= texture_single.scores(joined, drawn, config.sample_rate)
    against = {name: texture_single.scores(sound, draw, config.sample_rate) for name, sound in sounds.items()}
    metrics["against"] = {name: found["sounds"]["draw_1"] for name, found in against.items() if found}
    return finish(workdir, metrics)


def work(config: Config, arguments) -> None:
    texture_single.share_processors(config)
    metrics = run(config, arguments.workdir)
    for name, figures in metrics["against"].items():
        print(f"mixture against {name}: score {figures['score']:.2f}, copied {figures['copied']}")
    print(f"draws, model, figures and pictures: {arguments.workdir}")
