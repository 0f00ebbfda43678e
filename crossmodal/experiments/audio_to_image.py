"""What the experiments share that train a model to draw what it hears: their options, the data, training, figures.

An experiment adds the options of its family, and says how its model and its optimizer are built.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from crossmodal.config import as_options, option
from crossmodal.data.catalog import LOCATIONS
from crossmodal.experiments.finish import finish

SIDE_ISSUES = (*LOCATIONS, "tensorboard")  # options that change nothing in a run
Precision = Literal["float32", "mixed_bfloat16"]
PICTURE_DRAWS = 8  # drawings of each class in the picture after each epoch


@dataclass(frozen=True)
class TrainingConfig:
    data: Literal["digits-tts", "fsdd-mnist", "folders"] = option("digits-tts", "which sounds and images")
    protocol: Literal["random", "official", "speaker"] = option("random", "how the clips are divided")
    held_out_speaker: str | None = option(None, "whom protocol speaker tests on")
    seed: int = option(0, "of division, weights, pairing, augmentation and draws")
    epochs: int | None = option(None, "epochs (by data and model)")
    passes: int | None = option(None, "times that an epoch shows each training image (20 embedded, 1 others)")
    batch_size: int = option(128, "images per step")
    images_per_clip: int = option(4, "images of a batch that share one encoded clip; 1 is the paper's")
    learning_rate: float | None = option(None, "of Adam (by model)")
    fixed_pairing: bool = option(False, "keep one clip per image, as the paper; needs --images-per-clip 1")
    augment: float = option(0.5, "strength of the changes to spectrograms in training, 0 for none")
    tts_takes: int = option(0, "takes of each eSpeak voice and digit that join the training clips")
    timing: Literal["stretch", "pad"] = option("stretch", "stretch the frames over a clip, or pad it to 1 s")
    precision: Precision | None = option(None, "of the layers (the faster one here)")  # noqa: RUF009
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of the original archives, for a machine without a network")
    sounds_dir: str | None = option(None, "for data from folders: one folder of sounds per class")
    images_dir: str | None = option(None, "for data from folders: one folder of images per class")
    distribute: Literal["none", "mirrored", "workers"] = option("none", "train on all devices, or all of TF_CONFIG's")
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    tensorboard: bool = option(False, "log for TensorBoard too, in the folder tensorboard of the run")


def filled(config, defaults: dict):
    """A config with `defaults` where an option was left open."""
    return replace(config, **{name: value for name, value in defaults.items() if getattr(config, name) is None})


def agreed_precision(strategy, asked: Precision | None, workdir: Path) -> Precision:
    """The precision that was asked for, else that of the run in `workdir`, else this machine's; the chief's in all
    workers. So a run may be continued on a machine of another kind."""
    from crossmodal.distribution import all_workers, is_chief, of_the_chief
    from crossmodal.precision import machines_precision
    from crossmodal.runs import recorded_config

    choices: tuple[Precision, ...] = get_args(Precision)
    recorded = recorded_config(workdir).get("precision") if is_chief(strategy) else None
    chosen = asked or recorded or machines_precision()
    with all_workers(strategy):
        return choices[of_the_chief(strategy, choices.index(chosen))]


def load_sources(config: TrainingConfig):
    """(Speech, Images) that the config names."""
    from crossmodal.data.catalog import load_pair

    return load_pair(config.data, **{name: getattr(config, name) for name in LOCATIONS})


def provenance_of(recipe: str, config: TrainingConfig) -> dict:
    """What a saved model says about its training."""
    from crossmodal.data import fsdd
    from crossmodal.runs import environment

    papers_speakers = config.data == "fsdd-mnist" and config.protocol == "random"
    return {
        "data": config.data,
        "protocol": config.protocol,
        "seed": config.seed,
        "held_out_speaker": config.held_out_speaker,
        "speakers": list(fsdd.PAPER_SPEAKERS) if papers_speakers else [],
        "recipe": {"name": recipe, **asdict(config), **dict.fromkeys(LOCATIONS)},
        "environment": environment(),
    }


def train_and_measure(
    recipe: str,
    asked: TrainingConfig,
    config: TrainingConfig,
    workdir: Path,
    build: Callable,
    make_optimizer: Callable,
) -> dict:
    """Train in `workdir`, measure on the test clips.

    Args:
        recipe: the script's name.
        asked: the options as given; they make the command that is kept with the figures.
        config: the same with nothing left open but the precision, see `agreed_precision`.
        build: build(dtype=..., front_end=..., classes=..., provenance=...) -> an `AudioImageModel`.
        make_optimizer: (training steps, precision) -> the optimizer.

    Returns:
        the metrics, those of an earlier call if the run was finished; none in a worker that is not the chief.
    """
    from crossmodal.data.sources import DIGITS
    from crossmodal.determinism import fix_numbers
    from crossmodal.distribution import all_workers, is_chief, make_strategy, of_the_chief, own_parts
    from crossmodal.plots import save_curves
    from crossmodal.runs import open_run, read_history, save_model
    from crossmodal.spectrogram import LogMel
    from crossmodal.tensorboard import logged
    from crossmodal.training import train
    from evaluation.agreement import evaluate_model, protocol_split, save_pictures

    strategy = make_strategy(config.distribute)
    config = replace(config, precision=agreed_precision(strategy, config.precision, workdir))
    metrics = open_run(workdir, config, ignore=SIDE_ISSUES) if is_chief(strategy) else None
    with all_workers(strategy):
        finished = of_the_chief(strategy, int(metrics is not None))
    if finished:
        return finish(workdir, metrics) if metrics else {}
    assert config.epochs is not None
    began = time.time()
    speech, images = load_sources(config)
    provenance = provenance_of(recipe, config)
    split = protocol_split(speech, provenance)
    front_end = LogMel(timing=config.timing)
    settings = {"front_end": front_end.get_config(), "classes": speech.classes, "provenance": provenance}

    fix_numbers(config.seed, config.deterministic)
    training, validation, steps = batches(config, speech, images, split, front_end, *own_parts(strategy))
    with strategy.scope():
        model = build(dtype=config.precision, **settings)
        model.compile(make_optimizer(config.epochs * steps, config.precision), jit_compile=False)

    def current():
        """The model as it is; where several processes train it, a copy that one of them can draw by."""
        if strategy.num_replicas_in_sync == 1:
            return model
        copy = build(dtype=config.precision, **settings)
        copy.set_weights(model.get_weights())
        return copy

    on_epoch = None
    if is_chief(strategy):
        on_epoch = picture_of_each_epoch(current, speech, split, front_end, workdir, config.seed)
        on_epoch = logged(on_epoch, workdir) if config.tensorboard else on_epoch
    train(
        model,
        training,
        epochs=config.epochs,
        steps_per_epoch=steps,
        workdir=workdir,
        seed=config.seed,
        validation=validation,
        on_epoch=on_epoch,
    )
    if not is_chief(strategy):
        return {}
    trained = build(dtype="float32", **settings)
    trained.set_weights(model.get_weights())
    save_model(trained, workdir / "model.keras")

    command = f"python recipes/{recipe}{as_options(asked, SIDE_ISSUES)}"
    metrics = {"command": command, "parameters": trained.count_params(), "epochs": config.epochs}
    metrics["replicas"] = strategy.num_replicas_in_sync
    metrics["seconds"] = time.time() - began  # of this process: less than the whole after a resume
    if speech.classes == DIGITS:
        metrics |= evaluate_model(trained, speech, images, split, seed=config.seed)
    save_pictures(workdir, trained, speech, images, split, metrics if "pairs" in metrics else None)
    save_curves(workdir / "curves.png", read_history(workdir))
    return finish(workdir, metrics)


def batches(config: TrainingConfig, speech, images, split, front_end, parts: int = 1, own: range = range(1)):
    """(first epoch -> training batches, validation batches or None, steps in an epoch); of batches that are cut into
    `parts`, the parts `own`."""
    import numpy as np

    from crossmodal.data.augment import Augmentation
    from crossmodal.data.pipeline import steps_per_epoch, training_batches
    from crossmodal.spectrogram import log_mel

    assert config.passes is not None
    waveforms, labels = [speech.waveforms[i] for i in split.train], speech.labels[split.train]
    if config.tts_takes:
        from crossmodal.data import digits_tts

        extra = digits_tts.load_speech(speakers=len(digits_tts.SPEAKERS), takes=config.tts_takes)
        waveforms, labels = waveforms + extra.waveforms, np.concatenate([labels, extra.labels])
    train_images = np.concatenate([images.train_images] * config.passes)
    train_labels = np.concatenate([images.train_labels] * config.passes)

    def pairs(spectrograms, clip_labels, wanted, **options):
        return training_batches(
            spectrograms,
            clip_labels,
            train_images[wanted],
            train_labels[wanted],
            batch_size=config.batch_size,
            images_per_clip=config.images_per_clip,
            seed=config.seed,
            redraw=not config.fixed_pairing,
            front_end=front_end,
            parts=parts,
            own=own,
            **options,
        )

    def validation():
        """Up to 20 batches of the validation clips; a small set may have none of some classes, or none at all."""
        clip_labels = speech.labels[split.validation]
        wanted = np.isin(train_labels, clip_labels)
        n = min(20, steps_per_epoch(train_labels[wanted], config.batch_size, config.images_per_clip))
        if n == 0:
            return None
        clips = log_mel([speech.waveforms[i] for i in split.validation], front_end)
        return pairs(clips, clip_labels, wanted, epochs=1).take(n * len(own)).cache()

    augmentation = Augmentation().scaled(config.augment) if config.augment else None
    spectrograms = log_mel(waveforms, front_end)

    def training(first_epoch):
        options = {"first_epoch": first_epoch, "epochs": config.epochs, "augmentation": augmentation}
        return pairs(spectrograms, labels, slice(None), **options)

    return training, validation(), steps_per_epoch(train_labels, config.batch_size, config.images_per_clip)


def picture_of_each_epoch(current: Callable, speech, split, front_end, workdir: Path, seed: int) -> Callable:
    """A callback that draws the same clip of each class by the model that current() gives, with the same noise, into
    epochs/epoch-00001.png and on."""
    from crossmodal.plots import save_digit_grid
    from crossmodal.spectrogram import log_mel

    clips = [split.train[speech.labels[split.train] == label][0] for label in range(len(speech.classes))]
    spectrograms = log_mel([speech.waveforms[i] for i in clips], front_end)
    folder = Path(workdir) / "epochs"

    def on_epoch(epoch: int, logs: dict) -> None:
        folder.mkdir(exist_ok=True)
        drawn, draws = current().generate(spectrograms, samples=PICTURE_DRAWS, seed=seed)
        rows = [(name, [drawn[i : i + 1], draws[i]]) for i, name in enumerate(speech.classes)]
        save_digit_grid(folder / f"epoch-{epoch + 1:05d}.png", rows, ["mean", "sampled z, one clip"])

    return on_epoch


def report(metrics: dict, workdir: Path) -> None:
    """Say on the terminal what came out."""
    if not metrics:
        print("this worker's part is done: the first one measures and writes")
        return
    if "pairs" in metrics:
        from evaluation.agreement import as_table

        print(as_table(metrics))
    print(f"model, figures and pictures: {workdir}")
