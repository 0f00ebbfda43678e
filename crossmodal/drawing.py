"""Hear a recording, draw each digit in it, and read the drawings: what the command and a page share."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crossmodal.data.sources import DIGITS
from crossmodal.errors import ModelError
from crossmodal.sound.audio import validate_audio
from crossmodal.sound.segmentation import split_words
from crossmodal.sound.spectrogram import LogMel, log_mel


@dataclass(frozen=True)
class Drawing:
    """A digit of a recording, and what a model drew when it heard it.

    start_s, end_s: where in the recording it was said, in seconds.
    spectrogram:    (frames, mels) float32 in [0, 1], what the model heard.
    image:          (28, 28) float32 in [0, 1], at the posterior mean.
    draws:          (n, 28, 28), at z drawn from the posterior.
    reading:        the name of the digit that LeNet5 reads in `image`; None of a model that draws no digits.
    confidence:     the probability that LeNet5 gives it.
    """

    start_s: float
    end_s: float
    spectrogram: np.ndarray
    image: np.ndarray
    draws: np.ndarray
    reading: str | None
    confidence: float | None


def draw_speech(waveform: np.ndarray, sample_rate: int, model, *, samples: int = 0, seed: int = 0) -> list[Drawing]:
    """Draw the digits of a recording, which is cut at its pauses.

    Args:
        waveform: (samples,) of one channel, see `validate_audio`.
        sample_rate: Hz, any; brought to the model's.
        model: an `AudioImageModel`.
        samples: draws of each digit beside the one at the posterior mean.
        seed: the draws are a function of it.

    Returns:
        a drawing per digit, in the order in which they were said.

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
        import librosa

        waveform = librosa.resample(waveform, orig_sr=sample_rate, target_sr=front_end.sample_rate)
    words = split_words(waveform, front_end.sample_rate)
    spectrograms = log_mel([waveform[start:stop] for start, stop in words], front_end)
    images, draws = model.generate(spectrograms, samples=samples, seed=seed)
    if not (np.isfinite(images).all() and np.isfinite(draws).all()):
        raise ModelError("The model draws values that are not finite: train it anew with a lower learning rate.")
    readings = read_digits(images) if tuple(model.classes) in ((), DIGITS) else [(None, None)] * len(words)
    return [
        Drawing(
            start / front_end.sample_rate,
            stop / front_end.sample_rate,
            spectrograms[i],
            images[i, :, :, 0],
            draws[i, :, :, :, 0],
            *readings[i],
        )
        for i, (start, stop) in enumerate(words)
    ]


def front_end_of(model) -> LogMel:
    """How a model hears; ModelError for a model that does not draw what it hears."""
    if not hasattr(model, "front_end"):
        raise ModelError(f"A {type(model).__name__} does not draw what it hears: pass an audio-to-image model.")
    return LogMel(**model.front_end)


def read_digits(images: np.ndarray) -> list[tuple[str, float]]:
    """LeNet5's reading of images (n, 28, 28, 1) in [0, 1]: of each the name of the digit and its probability."""
    from keras import ops

    probabilities = ops.convert_to_numpy(ops.softmax(_lenet5().predict_on_batch(images)))
    return [(DIGITS[row.argmax()], float(row.max())) for row in probabilities]


@lru_cache(maxsize=1)
def _lenet5():
    from crossmodal.models.networks.lenet5 import LeNet5

    return LeNet5.from_preset("lenet5_mnist")
