"""The listener, a classifier of spoken words that judges sounds: its options, training and figures."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import command_of, option

PLACES_OF_SOUNDS = ("data_dir", "archives", "speech_commands_dir", "noise_dir")
WARMUP_STEPS = 200  # over which the learning rate rises


@dataclass(frozen=True)
class Config:
    data: Literal["speech-commands", "fsdd", "digits-tts"] = option("digits-tts", "which recordings of single words")
    train_also: tuple[Literal["fsdd", "speech-commands"], ...] = option((), "further speech that joins the training")
    left_out: tuple[str, ...] = option((), "speakers of the further speech who test and do not train")
    epochs: int = option(12, "times all recordings and their variants are shown", least=1, most=99_999)
    batch_size: int = option(128, "recordings per step", least=1, most=4096)
    learning_rate: float = option(3e-3, "Adam's highest rate; a cosine brings it to 0", above=0, most=1)
    average: float = option(0.999, "momentum of the weights' average", least=0, below=1)
    smoothing: float = option(0.1, "share of each label that is spread over all classes", least=0, below=1)
    dropout: float = option(0.3, "dropout rate before the logits", least=0, below=1)
    augment: float = option(1.0, "strength of the changes to training spectrograms, 0 for none", least=0, most=10)
    variants: int = option(0, "recordings made of each training clip in noise and rooms", least=0, most=100)
    noise: Literal["made", "recorded"] = option("made", "noise of variants: made, or that in --noise-dir too")
    seed: int = option(0, "seed of division, variants, weights, order and augmentation", least=0, most=2**32 - 1)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of the original archives, for a machine without a network")
    speech_commands_dir: str | None = option(None, "folder of the Speech Commands archive, extracted")
    noise_dir: str | None = option(None, "folder of recorded noise, or CROSSMODAL_NOISE")


@dataclass(frozen=True)
class Recordings:
    """Recordings at one sample rate, each (samples,); their labels and speakers, (recordings,)."""

    waveforms: list
    labels: list
    speakers: list

    def __add__(self, other: "Recordings") -> "Recordings":
        return Recordings(self.waveforms + other.waveforms, self.labels + other.labels, self.speakers + other.speakers)


def take(speech, clips) -> Recordings:
    """Some clips of a `Speech`, by their indices."""
    return Recordings([speech.waveforms[i] for i in clips], list(speech.labels[clips]), list(speech.speakers[clips]))


def divided(config: Config):
    """Who trains, validates and tests; nobody does two of these.

    Returns:
        training and validation `Recordings`, the test ones by the name of their source, the classes, the sample rate.

    Raises:
        DataError: a source is absent or is named twice, or a speaker who is to be left out does not exist.
    """
    import numpy as np

    from crossmodal.app.experiments.train_transcriber import load_source
    from crossmodal.data.alignment import split_clips
    from crossmodal.errors import DataError

    if config.data in config.train_also:
        raise DataError(f"{config.data} has speakers who test: leave it out of --train-also.")
    speech = load_source(config, config.data)
    split = split_clips(speech, "speakers", seed=config.seed)
    training, tests = take(speech, split.train), {config.data: take(speech, split.test)}
    absent = set(config.left_out)
    for name in config.train_also:
        other = load_source(config, name)
        tested = np.isin(other.speakers, config.left_out)
        trains = ~tested if other.parts is None else ~tested & (other.parts == "training")
        training += take(other, np.flatnonzero(trains))
        absent -= set(other.speakers)
        if tested.any():
            tests[name] = take(other, np.flatnonzero(tested))
    if absent:
        raise DataError(f"The further speech has no speaker {', '.join(sorted(absent))}: name others by --left-out.")
    return training, take(speech, split.validation), tests, speech.classes, speech.sample_rate


def heard_in_training(config: Config, training: Recordings, front_end):
    """Spectrograms (recordings (variants + 1), frames, mels) float16 of the training recordings and their variants, and
    their labels."""
    import numpy as np

    from crossmodal.data import noises
    from crossmodal.data.variants import Conditions, spectrograms_of_variants
    from crossmodal.sound.spectrogram import log_mel

    recorded = []
    if config.noise == "recorded":
        recorded = list(noises.load(config.noise_dir, front_end.sample_rate).values())
    spectrograms = [log_mel(training.waveforms, front_end).astype(np.float16)]
    if config.variants:
        options = {"variants": config.variants, "seed": config.seed}
        spectrograms += list(spectrograms_of_variants(training.waveforms, front_end, Conditions(), recorded, **options))
    return np.concatenate(spectrograms), np.tile(training.labels, config.variants + 1)


def batches(config: Config, spectrograms, labels, classes: int, front_end):
    """first epoch -> batches of augmented spectrograms (n, frames, mels, 1) in [0, 1] and the probabilities of their
    classes (n, classes), a function of the seed."""
    import tensorflow as tf

    from crossmodal.data.augment import Augmentation, augment
    from crossmodal.data.rows import batches_of_rows

    ranges = Augmentation().scaled(config.augment)
    spectrograms, targets = tf.constant(spectrograms), tf.one_hot(labels, classes)

    def batch(seed, rows):
        x = tf.cast(tf.gather(spectrograms, rows), tf.float32)
        x = augment(x, seed, front_end, ranges) if config.augment else x
        return x[..., None], tf.gather(targets, rows)

    return batches_of_rows(len(labels), config.batch_size, config.epochs, config.seed, batch)


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on recordings of people who did not train; returns the metrics."""
    import keras
    import numpy as np
    import tensorflow as tf

    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.errors import DataError
    from crossmodal.models.listener import Listener
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.saving.keras_file import save_model
    from crossmodal.sound.spectrogram import LogMel, log_mel
    from crossmodal.training.loop import train
    from crossmodal.training.optimizers import FusedAdam, warm_cosine
    from crossmodal.training.runs import environment, open_run, read_history
    from evaluation.listening import measure_listener

    if metrics := open_run(workdir, config, ignore=PLACES_OF_SOUNDS):
        return finish(workdir, metrics)
    fix_numbers(config.seed, config.deterministic)
    training, validation, tests, classes, sample_rate = divided(config)
    front_end = LogMel(sample_rate=sample_rate, find_word=True)
    spectrograms, labels = heard_in_training(config, training, front_end)
    steps = len(labels) // config.batch_size
    if not steps:
        raise DataError(f"{len(labels)} recordings fill no batch: pass --batch-size {len(labels)} or less.")
    provenance: dict = {"data": config.data, "protocol": "speakers", "seed": config.seed, "environment": environment()}
    provenance |= {"held_out_speaker": None, "speakers": [], "train_also": list(config.train_also)}
    provenance["recipe"] = {"name": "listener", **asdict(config), **dict.fromkeys(PLACES_OF_SOUNDS)}
    options = {"dropout": config.dropout, "front_end": front_end.get_config(), "provenance": provenance}
    model = Listener(classes, **options)
    rate = warm_cosine(config.learning_rate, config.epochs * steps, WARMUP_STEPS)
    optimizer = FusedAdam(rate, use_ema=config.average > 0, ema_momentum=config.average)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=config.smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    held = log_mel(validation.waveforms, front_end)[..., None], tf.one_hot(validation.labels, len(classes))
    train(
        model,
        batches(config, spectrograms, labels, len(classes), front_end),
        epochs=config.epochs,
        steps_per_epoch=steps,
        workdir=workdir,
        seed=config.seed,
        validation=tf.data.Dataset.from_tensor_slices(held).batch(500) if len(validation.labels) else None,
    )
    save_model(model, workdir / "model.keras")
    save_curves(workdir / "curves.png", {"training": read_history(workdir)})
    metrics = {"command": command_of("crossmodal train listener", config, PLACES_OF_SOUNDS)}
    metrics |= {"parameters": model.count_params(), "epochs": config.epochs, "classes": list(classes)}
    of_source = {name: (of.waveforms, np.array(of.labels), np.array(of.speakers)) for name, of in tests.items()}
    metrics["heard"] = {name: measure_listener(model, *of, seed=config.seed) for name, of in of_source.items()}
    return finish(workdir, metrics)


def work(config: Config, arguments) -> None:
    metrics = run(config, arguments.workdir)
    for source, of in metrics["heard"].items():
        low, high = of["interval_95"]
        print(f"It hears {of['accuracy']:.2%} of {of['clips']} clips of {source} rightly ({low:.2%} to {high:.2%}),")
        print(
            f"  by {of['people']} people, none of whom trained; the mean over people is {of['mean_over_people']:.2%}."
        )
    print(f"model, figures and report: {arguments.workdir}")
