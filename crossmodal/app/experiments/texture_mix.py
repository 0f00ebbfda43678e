"""One texture of several recordings: options, training, draws and their scores."""

from dataclasses import dataclass, fields
from pathlib import Path

from crossmodal.app.experiments import texture_single
from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import as_options, option


@dataclass(frozen=True)
class Config(texture_single.Config):
    references: str = option("made:chirps,made:insects", "recordings, with commas between them")
    weights: str | None = option(None, "a number for each, with commas (equal)")


def run(config: Config, workdir: Path) -> dict:
    """Train on all recordings in `workdir`, write and measure the draws; returns the metrics."""
    from crossmodal.data.textures import join_textures, load_texture
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.cooperative import train_texture
    from crossmodal.training.runs import check_weights, open_run
    from crossmodal.training.tensorboard import logged

    command = f"python recipes/texture_mix.py{as_options(config, texture_single.SIDE_ISSUES)}"
    if metrics := open_run(workdir, config, ignore=texture_single.SIDE_ISSUES):
        return finish(workdir, metrics)
    names = config.references.split(",")
    sounds = {name: load_texture(name, config.sample_rate) for name in names}
    joined = join_textures(list(sounds.values()), parse_weights(config.weights, len(names)), config.sample_rate)
    base = texture_single.Config(**{f.name: getattr(config, f.name) for f in fields(texture_single.Config)})
    model, signal, settings = texture_single.prepare(base, joined)
    model.provenance = texture_single.provenance_of("texture_mix.py", config)
    on_block = logged(texture_single.show, workdir) if config.tensorboard else texture_single.show
    train_texture(model, signal, settings, workdir, on_block=on_block)
    check_weights(model)
    drawn = texture_single.draw_sounds(base, model)
    draw = drawn["draw_1"]
    shown = {**sounds, "mixture": draw}
    metrics = {"command": command, **texture_single.write_draws(base, drawn, joined, shown, workdir)}
    metrics["against"] = {
        name: texture_single.scores(sound, {"draw_1": draw}, config.sample_rate)["sounds"]["draw_1"]
        for name, sound in sounds.items()
        if min(len(sound), 2 * len(draw)) >= texture_single.SCORED_S * config.sample_rate
    }
    save_model(model, workdir / "model.keras")
    return finish(workdir, metrics)


def parse_weights(text: str | None, count: int) -> list[float]:
    """The numbers of an option; equal ones if None; AudioError for what is not numbers."""
    from crossmodal.errors import AudioError

    try:
        return [1.0] * count if text is None else [float(part) for part in text.split(",")]
    except ValueError:
        raise AudioError(
            f"The weights {text!r} are not numbers: give one for each recording, such as 0.5,0.5."
        ) from None


def work(config: Config, arguments) -> None:
    texture_single.share_processors(config)
    metrics = run(config, arguments.workdir)
    for name, figures in metrics["against"].items():
        print(f"mixture against {name}: score {figures['score']:.2f}, copied {figures['copied']}")
    print(f"draws, model, figures and pictures: {arguments.workdir}")
