"""One image texture, or the digits of MNIST as patterns of objects: options, training, draws and what is measured."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.experiments.texture_single import Algorithm, show
from crossmodal.app.options import command_of, option
from crossmodal.errors import DataError

LOCATIONS = ("data_dir", "archives")  # options that say where MNIST lies
SHOWN = 4  # draws of a texture in the picture
PATTERNS, ROWS = 1000, 4  # draws of patterns that are measured, and rows of 12 of them in the picture


@dataclass(frozen=True)
class Config:
    texture: str = option("made:bricks", "made:NAME, sample:NAME, a picture's path, mnist, or one digit as mnist:3")
    algorithm: Algorithm = option("coopnets", "what is trained, and how")  # noqa: RUF009
    generator_loss: Literal["energy", "waveform"] = option("waveform", "coopnets: what the generator learns by")
    iterations: int | None = option(None, "updates of the networks", least=0, most=99_999)
    chains: int | None = option(None, "images drawn and revised at once", least=1, most=1000)
    steps: int | None = option(None, "Langevin steps of an iteration", least=0, most=10_000)
    revise_steps: int | None = option(None, "Langevin steps on a draw", least=0, most=10_000)
    descriptor_rate: float | None = option(None, "its learning rate", least=0, most=100)
    generator_rate: float | None = option(None, "its learning rate", least=0, most=100)
    size: int = option(256, "pixels of the large draw of a texture, a multiple of 16", least=64, most=2048)
    seed: int = option(0, "seed of weights, training and draws", least=0, most=2_000_000_000)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of MNIST's original archives, for a machine without a network")


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, write and measure the draws; returns the metrics."""
    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.cooperative import train_texture
    from crossmodal.training.image_texture import prepare_images
    from crossmodal.training.runs import environment, open_run, read_history, seconds_so_far

    if config.size % 16:
        raise DataError(f"A draw of {config.size} pixels cannot be made: ask for a multiple of 16.")
    if metrics := open_run(workdir, config, ignore=LOCATIONS):
        return finish(workdir, metrics)
    learned, compared = load(config)
    names = ("iterations", "chains", "descriptor_rate", "generator_rate")
    changes = {name: value for name in names if (value := getattr(config, name)) is not None}
    model, signal, settings = prepare_images(
        learned,
        steps=config.steps,
        draw_steps=config.revise_steps,
        deterministic=config.deterministic,
        algorithm=config.algorithm,
        generator_loss=config.generator_loss,
        seed=config.seed,
        **changes,
    )
    said = {**asdict(config), **dict.fromkeys(LOCATIONS), "texture": Path(config.texture).name}
    model.provenance = {"recipe": {"name": "image-texture", **said}, "environment": environment()}
    began = time.time() - seconds_so_far(workdir)
    train_texture(model, signal, settings, workdir, on_block=show)
    save_model(model, workdir / "model.keras")
    measure = measure_texture if learned.ndim == 3 else measure_objects
    metrics = {
        "command": command_of("crossmodal train image-texture", config, LOCATIONS),
        "parameters": {name: getattr(model, name).count_params() for name in ("generator", "descriptor")},
        "seconds": time.time() - began,
        **measure(config, model, learned, compared, workdir),
    }
    if history := read_history(workdir):
        quantities = tuple(name for name in ("energy_gap", "drift_to_noise", "rms", "error") if name in history[-1])
        save_curves(workdir / "curves.png", {config.algorithm: history}, quantities)
    return finish(workdir, metrics)


def load(config: Config):
    """What is learned from, and what the draws are compared with: two parts of a picture (height, width, 3), or
    MNIST's training and test images (n, 28, 28, 1), of one digit if one is named; in [0, 1]."""
    from crossmodal.data import mnist
    from crossmodal.data.image_textures import hold_out, load_image_texture
    from crossmodal.data.sources import as_input

    name, _, digit = config.texture.partition(":")
    if name != "mnist":
        return hold_out(load_image_texture(config.texture))
    if digit and digit not in "0123456789":
        raise DataError(f"There is no digit {digit!r}: ask for one from mnist:0 to mnist:9, or for mnist.")
    images = mnist.load(config.data_dir, config.archives)
    parts = ((images.train_images, images.train_labels), (images.test_images, images.test_labels))
    return tuple(as_input(part[labels == int(digit)] if digit else part) for part, labels in parts)


def measure_texture(config: Config, model, learned, held, workdir: Path) -> dict:
    """Write samples.png; copies and patches of the draws, and of what the generator alone draws."""
    import numpy as np

    from crossmodal.app.pictures.images import save_samples
    from crossmodal.training.image_texture import CROP
    from evaluation.image_texture import copy_report, patch_report

    small, large = (CROP, CROP, learned.shape[-1]), (config.size, config.size, learned.shape[-1])
    found, pictures = {}, [("learned from", learned[: config.size, : config.size])]
    for name, title, steps in kinds_of_draws(config):
        draws, grown = model.draw(small, SHOWN, config.seed, steps), model.draw(large, 1, config.seed, steps)[0]
        found[name] = copy_report([*draws, grown], learned, held) | patch_report([grown], learned, held)
        block = np.vstack([np.hstack(list(pair)) for pair in np.split(draws, 2)])
        pictures += [(f"{title}, {CROP}x{CROP}", block), (f"{config.size}x{config.size}", grown)]
    save_samples(workdir / "samples.png", pictures)
    return found


def measure_objects(config: Config, model, training, test, workdir: Path) -> dict:
    """Write samples.png; what the default reader sees in draws, and in what the generator alone draws."""
    import numpy as np

    from crossmodal.app.pictures.images import save_samples
    from crossmodal.reader import default_reader
    from evaluation.object_pattern import measure_patterns

    reader, shape = default_reader(), training.shape[1:]
    real = test[np.random.default_rng(config.seed).permutation(len(test))[:PATTERNS]]
    found, pictures = {}, [("MNIST", as_sheet(real))]
    for name, title, steps in kinds_of_draws(config):
        drawn = model.draw(shape, PATTERNS, config.seed, steps)
        found[name] = measure_patterns(reader, drawn, real, training)
        pictures.append((title, as_sheet(drawn)))
    save_samples(workdir / "samples.png", pictures)
    return found


def as_sheet(images):
    """The first images (n, height, width, channels) in rows of 12, as one; few ones again and again."""
    import numpy as np

    shown = np.resize(images, (ROWS, 12, *images.shape[1:]))
    return np.vstack([np.hstack(list(row)) for row in shown])


def kinds_of_draws(config: Config) -> list[tuple[str, str, int | None]]:
    """What is drawn of a model: its name, a title, and the steps that revise it, see `ImageCoopNets.draw`."""
    alone, revised = ("generator", "the generator alone", 0), ("draws", "revised by the descriptor", None)
    if config.algorithm in ("descriptor", "contrastive"):
        return [("draws", "chains from noise", None)]
    return [alone] if config.algorithm == "generator" else [alone, revised]


def work(config: Config, arguments) -> None:
    metrics = run(config, arguments.workdir)
    for name in ("generator", "draws"):
        if name in metrics:
            print(f"{name:<10} " + "  ".join(f"{key} {value}" for key, value in metrics[name].items()))
    print(f"draws, model, figures and report: {arguments.workdir}")
