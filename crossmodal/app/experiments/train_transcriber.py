"""The transcriber, which finds the words of strings of digits: its options, and how it is trained and measured."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import command_of, option

WINDOW = 320  # frames of a training example
PLACES_OF_SOUNDS = ("data_dir", "archives", "speech_commands_dir", "noise_dir")
FURTHER_SHARE = 0.25  # of the strings, those of each further source: its speakers are few


@dataclass(frozen=True)
class Config:
    data: Literal["speech-commands", "fsdd", "digits-tts"] = option("digits-tts", "which recordings of single words")
    train_also: tuple[Literal["fsdd", "speech-commands"], ...] = option((), "further speech that joins the training")
    strings: int = option(6000, "strings that are made", least=8, most=10**6)
    test_strings: int = option(300, "strings of 3 to 7 words on which it is measured", least=1, most=10**5)
    epochs: int = option(24, "times all are shown", least=1, most=99_999)
    batch_size: int = option(32, "strings per step", least=1, most=4096)
    learning_rate: float = option(2e-3, "Adam's highest rate; a cosine brings it to 0", above=0, most=1)
    filters: int = option(112, "channels of the convolutions", least=1, most=2048)
    word_cost: float = option(14.0, "nats that each word costs, more for fewer words", least=0, most=100)
    noise_share: float = option(0.15, "share of the training that is noise without a word", least=0, below=1)
    noise: Literal["made", "recorded"] = option("made", "noise in the strings: made, or that in --noise-dir too")
    seed: int = option(0, "seed of division, strings, weights and order", least=0, most=2**32 - 1)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of the original archives, for a machine without a network")
    speech_commands_dir: str | None = option(None, "folder of the Speech Commands archive, extracted")
    noise_dir: str | None = option(None, "folder of recorded noise, or CROSSMODAL_NOISE")


def load_source(config, name: str):
    """The `Speech` of a name, which lies where the options say."""
    from crossmodal.data import digits_tts
    from crossmodal.data.catalog import load_speech

    if name == "digits-tts":
        return digits_tts.load_speech()
    places = {place: getattr(config, place) for place in ("data_dir", "archives", "speech_commands_dir")}
    return load_speech(name, **places)


def noise_strings(count: int, sample_rate: int, recorded: list, seed: int) -> list:
    """Noise without a word, as strings of none: excerpts of recordings, or coloured noise where there are none."""
    import numpy as np

    from crossmodal.data.noises import excerpt
    from crossmodal.data.strings import WordString
    from crossmodal.sound.conditions import coloured_noise
    from crossmodal.sound.mel_frames import HOP_S

    rng, samples, found = np.random.default_rng([seed, 9]), round(WINDOW * HOP_S * sample_rate), []
    for _ in range(count):
        if recorded and rng.random() < 0.8:
            noise = excerpt(recorded[rng.integers(len(recorded))], samples, rng)
        else:
            noise = coloured_noise(samples, rng.uniform(0, 2), rng)
        found.append(WordString(noise, np.empty((0, 2), int), np.empty(0, int)))
    return found


def examples(strings, sample_rate: int, front_end, config: Config, recorded: list):
    """(strings, frames, mels) float16 and (strings, frames / 2) int64: a window of each string as it might have been
    recorded, and its states."""
    import numpy as np

    from crossmodal.data.variants import Conditions, vary
    from crossmodal.models.word_paths import STRIDE, states_of
    from crossmodal.sound.mel_frames import HOP_S, mel_frames

    how = Conditions(speed=0.0, noise=0.5, room=0.3)  # another speed would move the words
    hop = round(HOP_S * sample_rate)
    frames = np.zeros((len(strings), WINDOW, front_end.n_mels), np.float16)
    states = np.zeros((len(strings), WINDOW // STRIDE), np.int64)
    for i, string in enumerate(strings):
        rng = np.random.default_rng([config.seed, 7, i])
        found = mel_frames(vary(string.waveform, sample_rate, how, recorded, rng), front_end)
        first = STRIDE * int(rng.integers(max(len(found) - WINDOW, 0) // STRIDE + 1))
        window = found[first : first + WINDOW]
        frames[i, : len(window)] = window
        states[i] = states_of(string.spans - first * hop, string.labels, WINDOW // STRIDE, STRIDE * hop)
    return frames, states


def batches(config: Config, frames, states, steps: int) -> Callable:
    """first epoch -> batches of frames and states, in an order that is a function of the seed."""
    import tensorflow as tf

    def from_epoch(first_epoch):
        return tf.data.Dataset.range(first_epoch, config.epochs).flat_map(epoch_batches).prefetch(4)

    @tf.autograph.experimental.do_not_convert
    def epoch_batches(epoch):
        seed = tf.stack([tf.constant(config.seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(tf.range(len(states)), seed)
        rows = tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size, drop_remainder=True).take(steps)
        return rows.map(lambda rows: tf.numpy_function(take, [rows], (tf.float32, tf.int64))).map(shaped)

    def take(rows):
        return frames[rows].astype("float32"), states[rows]

    def shaped(x, y):
        return tf.ensure_shape(x, (None, *frames.shape[1:])), tf.ensure_shape(y, (None, states.shape[1]))

    return from_epoch


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on strings of people who did not train; returns the metrics."""
    import keras
    import numpy as np

    from crossmodal.data import noises
    from crossmodal.data.alignment import split_clips
    from crossmodal.data.strings import make_strings
    from crossmodal.errors import DataError
    from crossmodal.models.transcriber import Transcriber
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.saving.keras_file import save_model
    from crossmodal.sound.spectrogram import LogMel
    from crossmodal.training.loop import train
    from crossmodal.training.optimizers import warm_cosine
    from crossmodal.training.runs import environment, open_run
    from evaluation.strings import measure_transcriber

    if metrics := open_run(workdir, config, ignore=PLACES_OF_SOUNDS):
        return finish(workdir, metrics)
    fix_numbers(config.seed, config.deterministic)
    if config.data in config.train_also:
        raise DataError(f"{config.data} has speakers who test: leave it out of --train-also.")
    speech = load_source(config, config.data)
    split = split_clips(speech, "speakers", seed=config.seed)
    front_end = LogMel(sample_rate=speech.sample_rate, n_mels=40)
    recorded = []
    if config.noise == "recorded":
        recorded = list(noises.load(config.noise_dir, speech.sample_rate).values())
    further = round(config.strings * FURTHER_SHARE)
    count = config.strings - further * len(config.train_also)
    strings, _ = make_strings(speech, split.train, count, (1, 8), config.seed)
    for i, name in enumerate(config.train_also, 1):
        other = load_source(config, name)
        clips = np.arange(len(other.labels)) if other.parts is None else np.flatnonzero(other.parts == "training")
        strings += make_strings(other, clips, further, (1, 8), config.seed + i)[0]
    silent = round(len(strings) * config.noise_share / (1 - config.noise_share))
    strings += noise_strings(silent, speech.sample_rate, recorded, config.seed)
    frames, states = examples(strings, speech.sample_rate, front_end, config, recorded)
    steps = len(states) // config.batch_size
    provenance: dict = {"data": config.data, "protocol": "speakers", "seed": config.seed, "environment": environment()}
    provenance |= {"held_out_speaker": None, "speakers": [], "train_also": list(config.train_also)}
    provenance["recipe"] = {"name": "transcriber", **asdict(config), **dict.fromkeys(PLACES_OF_SOUNDS)}
    options = {"filters": config.filters, "word_cost": config.word_cost, "front_end": front_end.get_config()}
    model = Transcriber(speech.classes, **options, provenance=provenance)
    rate = warm_cosine(config.learning_rate, config.epochs * steps, 200)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
    train(
        model,
        batches(config, frames, states, steps),
        epochs=config.epochs,
        steps_per_epoch=steps,
        workdir=workdir,
        seed=config.seed,
    )
    save_model(model, workdir / "model.keras")
    metrics = {"command": command_of("crossmodal train transcriber", config, PLACES_OF_SOUNDS)}
    metrics |= {"parameters": model.count_params(), "epochs": config.epochs, "classes": list(speech.classes)}
    metrics |= measure_transcriber(model, speech, split.test, count=config.test_strings, seed=config.seed).to_json()
    return finish(workdir, metrics)


def work(config: Config, arguments) -> None:
    from evaluation.strings import Strings, as_table

    metrics = run(config, arguments.workdir)
    print(as_table(Strings.from_json(metrics)))
    print(f"model, figures and report: {arguments.workdir}")
