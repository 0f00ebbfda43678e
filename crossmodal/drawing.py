"""Hear a recording, draw each word in it, and read the drawings: what the command and the page share.

How sure it is of a word is the mean, over many draws of it, of the probability that the reader gives to the class that
it reads in the best drawing.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.hearing import Hears
from crossmodal.models.light.twin import kind_of
from crossmodal.reader import Reader, find_reader
from crossmodal.saving.keras_file import load_model
from crossmodal.saving.light import load_light
from crossmodal.sound.audio import validate_audio
from crossmodal.sound.front_ends import FrontEnd, front_end_from, hear
from crossmodal.sound.resampling import resample
from crossmodal.sound.segmentation import split_words

NOT_HEARD = "nothing it knows"
TRANSCRIBER = "transcriber_digits"
SURE_NATS = 43.0  # that one of the words has to tell at least: 99 % of single digits do, by people who chose it
DRAWS = 32  # of each word, by which it is told how sure it is


@dataclass(frozen=True)
class Drawing:
    """A word of a recording, and what a model drew when it heard it.

    start_s, end_s: where in the recording it was said, in seconds.
    spectrogram:    (frames, mels) float32 in [0, 1], what the model heard; of one that hears waveforms (samples, 1).
    image:          (height, width, channels) float32 in [0, 1], the model's best drawing.
    draws:          (n, height, width, channels), further ones at random.
    reading:        the name of the class that the reader reads in `image`; None where there is no reader.
    confidence:     how sure it is, from 0 to 1, see `confidences`; None where there is no reader.
    heard:          whether the sound tells the model enough to be one of its classes, see `AudioImageModel.heard`.
    """

    start_s: float
    end_s: float
    spectrogram: np.ndarray
    image: np.ndarray
    draws: np.ndarray
    reading: str | None
    confidence: float | None
    heard: bool = True

    @property
    def caption(self) -> str:
        """What is read and how sure that is, such as "seven 99%"; `NOT_HEARD`, or empty where nobody reads."""
        if not self.heard:
            return NOT_HEARD
        return f"{self.reading} {self.confidence:.0%}" if self.reading else ""


def draw_speech(
    waveform: np.ndarray, sample_rate: int, model, *, samples: int = 0, seed: int = 0, reader: Reader | None = None
) -> list[Drawing]:
    """Draw the words of a recording, see `words_in`; a model that hears recordings whole draws one.

    Args:
        waveform: (samples,) of one channel, see `validate_audio`.
        sample_rate: Hz, any; brought to the model's.
        model: an `AudioImageModel`, or its twin without TensorFlow, see `crossmodal.saving.light`.
        samples: further drawings of each word.
        seed: these are a function of it.
        reader: who reads the drawings; if None LeNet5 on MNIST, where the model draws digits.

    Returns:
        a drawing per word, in the order in which they were said.

    Raises:
        AudioError: the waveform cannot be used.
        ModelError: the model does not draw what it hears, or draws no numbers.

    Example:
        model = AudioImageVAE.from_preset("vae_compact")
        print([drawing.reading for drawing in draw_speech(waveform, 8000, model)])
    """
    front_end = front_end_of(model)
    waveform = validate_audio(waveform, sample_rate)
    if sample_rate != front_end.sample_rate:
        waveform = resample(waveform, sample_rate, front_end.sample_rate)
    words, found = [(0, len(waveform))], True
    if not front_end.whole:
        words, found = words_in(waveform, front_end.sample_rate, model.classes, light=model.light)
    each = replace(front_end, find_word=False)  # they are found
    spectrograms = hear([waveform[start:stop] for start, stop in words], each)
    reader = reader or find_reader(model.classes, model.image_shape, light=model.light)
    images, tried = model.generate(spectrograms, samples=DRAWS if reader else 0, seed=seed)
    draws = model.generate(spectrograms, samples=samples, seed=seed)[1] if samples else tried[:, :0]
    if not all(np.isfinite(drawn).all() for drawn in (images, tried, draws)):
        raise ModelError("The model draws values that are not finite: train it anew with a lower learning rate.")
    readings: list[tuple] = [(None, None)] * len(words)
    if reader:
        read, sure = (found.tolist() for found in confidences(reader, images, tried))
        readings = [(reader.classes[k], confidence) for k, confidence in zip(read, sure, strict=True)]
    heard = heard_in(model, spectrograms, found).tolist()
    return [
        Drawing(
            start / front_end.sample_rate,
            stop / front_end.sample_rate,
            spectrograms[i],
            images[i],
            draws[i],
            reading=readings[i][0],
            confidence=readings[i][1],
            heard=heard[i],
        )
        for i, (start, stop) in enumerate(words)
    ]


def words_in(
    waveform: np.ndarray, sample_rate: int, classes, light: bool = False
) -> tuple[list[tuple[int, int]], bool]:
    """Where the words of a recording lie.

    Digits are found by the preset `transcriber_digits`, also where they are said without a pause. Words of other
    classes, and what holds no digit, are cut at the pauses.

    Args:
        classes: the names of what may be said.
        light: whether to look for digits without TensorFlow.

    Returns:
        (start, stop) of each word in samples, in their order, at least one; and False where digits were looked for and
        none was found for sure.
    """
    transcriber = digit_transcriber(light)
    fits = tuple(classes) == tuple(transcriber.classes) and sample_rate == transcriber.front_end["sample_rate"]
    if not fits:
        return split_words(waveform, sample_rate), True
    states, samples = transcriber.states(waveform), len(waveform)
    found = [(start, stop) for start, stop, _ in transcriber.words_on(states, samples)]
    sure = bool(found) and bool(transcriber.words_on(states, samples, SURE_NATS))
    return found or split_words(waveform, sample_rate), sure


def heard_in(model, spectrograms: np.ndarray, found: bool) -> np.ndarray:
    """(words,) whether each word of a recording is one of the model's classes: by what it tells the model, or, where
    the model cannot say, by whether any was found, see `words_in`."""
    heard = model.heard(spectrograms)
    return heard if model.least_information else heard & found


@lru_cache(maxsize=2)
def digit_transcriber(light: bool = False):
    """The preset that finds spoken digits, with or without TensorFlow."""
    return load_light(TRANSCRIBER) if light else load_model(TRANSCRIBER)


def confidences(reader: Reader, images: np.ndarray, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is read in drawings, and how sure that is.

    Args:
        images: (clips, height, width, channels), a model's best drawing of each clip.
        draws: (clips, n, height, width, channels), further ones at random; `DRAWS` of them are usual.

    Returns:
        (clips,) the class read in each best drawing, an index into `reader.classes`, and (clips,) its mean probability
        in the draws.
    """
    drawings = np.concatenate([images[:, None], draws], axis=1)
    probabilities = reader.probabilities(drawings.reshape(-1, *images.shape[1:])).reshape(*drawings.shape[:2], -1)
    read = probabilities[:, 0].argmax(axis=-1)
    return read, probabilities[:, 1:].mean(axis=1)[np.arange(len(read)), read]


def choose_least_information(model, spectrograms: np.ndarray, *, refused: float) -> float:
    """What all but a share of some clips tell, to be a model's `least_information`; 0 of a family that cannot say.

    Args:
        spectrograms: (clips, frames, mels) of clips that choose, in each of which a class is said.
        refused: the share of them that may lie below.
    """
    told = model.information(spectrograms)
    return float(np.quantile(told, refused)) if np.isfinite(told).all() else 0.0


def set_guidance(model, guidance: float | None) -> None:
    """Let a flow draw with a guidance g of its own, see `crossmodal.models.flow`; None leaves the model's.

    Raises:
        ModelError: the model has no such dial.
    """
    if guidance is None:
        return
    if model.light or not _is_flow(model):
        raise ModelError(f"A {kind_of(model)} has no guidance: leave --guidance out, or choose a flow.")
    model.guidance = guidance


def _is_flow(model) -> bool:
    from crossmodal.models.flow import AudioImageFlow
    from crossmodal.models.joint_flow import JointFlow

    return isinstance(model, AudioImageFlow | JointFlow)


def front_end_of(model) -> FrontEnd:
    """How a model hears; ModelError for a model that does not draw what it hears."""
    if not isinstance(model, Hears):
        raise ModelError(f"A {kind_of(model)} does not draw what it hears: pass an audio-to-image model.")
    return front_end_from(model.front_end)
