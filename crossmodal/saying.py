"""See pictures and say what they show: what the command, the page and the evaluation share."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.presets import SAYING
from crossmodal.reader import default_reader
from crossmodal.sound.inversion import invert
from crossmodal.sound.spectrogram import LogMel

LISTENER = "listener_digits"
PAUSE_S = 0.25  # after each sound of several


@dataclass(frozen=True)
class Saying:
    """A sound of an image.

    waveform:    (samples,) at the model's sample rate.
    spectrogram: (frames, mels) float32 in [0, 1], which the model made.
    reading:     the name of the class that the listener hears; None of classes that it does not know.
    confidence:  the probability of that class; None where there is none.
    """

    waveform: np.ndarray
    spectrogram: np.ndarray
    reading: str | None = None
    confidence: float | None = None

    @property
    def caption(self) -> str:
        """What is heard and how sure that is, such as "seven 99%"; "said" where nobody listens."""
        return f"{self.reading} {self.confidence:.0%}" if self.reading else "said"


def say_images(images: np.ndarray, model, samples: int = 1, seed: int = 0) -> list[list[Saying]]:
    """Sounds of images.

    Args:
        images: (n, height, width, channels) in [0, 1].
        model: one that says what it sees, see `check_says`.
        samples: sounds of each image.
        seed: these are a function of it.

    Returns:
        n lists of so many.

    Raises:
        DataError: the images do not fit the model.
    """
    spectrograms, durations_s = model.say(images, samples, seed)
    waveforms = aloud(model, spectrograms, durations_s)
    known = default_reader().fits(model.classes, model.image_shape)
    rate, none = model.front_end["sample_rate"], [(None, None)] * len(waveforms)
    heard = default_listener().hear(waveforms, rate) if known else none
    flat = spectrograms.reshape(-1, *model.spectrogram_shape)[..., 0]
    sayings = [Saying(*each, *of) for *each, of in zip(waveforms, flat, heard, strict=True)]
    return [sayings[i : i + samples] for i in range(0, len(sayings), samples)]


def one_after_another(sayings: list[Saying], sample_rate: int) -> np.ndarray:
    """(samples,): their waveforms, each with a pause after it."""
    pause = np.zeros(round(PAUSE_S * sample_rate), np.float32)
    return np.concatenate([part for saying in sayings for part in (saying.waveform, pause)])


def says(model) -> bool:
    """Whether a model says what it sees."""
    from crossmodal.models.joint_flow import JointFlow

    return isinstance(model, JointFlow)


def check_says(model):
    """The model; ModelError if it does not say what it sees."""
    if not says(model):
        raise ModelError(
            f"A {type(model).__name__} does not say what it sees: take {SAYING}, or train one that does by crossmodal "
            "train joint-flow."
        )
    return model


def aloud(model, spectrograms: np.ndarray, durations_s: np.ndarray) -> list[np.ndarray]:
    """Waveforms (samples,) of what a model said: spectrograms (..., frames, mels, 1) and durations (...)."""
    front_end, shape = LogMel(**model.front_end), model.spectrogram_shape
    pairs = zip(spectrograms.reshape(-1, *shape), durations_s.ravel(), strict=True)
    return [invert(spectrogram, float(duration), front_end) for spectrogram, duration in pairs]


@lru_cache(maxsize=1)
def default_listener():
    """The preset that hears spoken digits."""
    from crossmodal.models.listener import Listener

    return Listener.from_preset(LISTENER)
