"""What the page shows of a spoken recording: spectrograms, drawings, and the way between two digits."""

from dataclasses import dataclass

import numpy as np
from keras import ops
from matplotlib import colormaps

from crossmodal.data.sources import DIGITS
from crossmodal.drawing import Drawing, draw_speech, read_digits
from crossmodal.errors import ModelError
from crossmodal.sound.audio import read_audio

LONGEST_S = 30.0  # of a recording
CANDIDATES = 1000  # draws of the prior among which each digit is looked for
PIXEL = 8  # pixels of a picture for each one of an image


@dataclass(frozen=True)
class Heard:
    """A recording of one digit or several.

    drawings:     one per digit, see `Drawing`.
    spectrograms: (digits, frames, mels) in [0, 1], those of the drawings together.
    latents:      (digits, latent_dim), the posterior means.
    """

    drawings: list[Drawing]
    spectrograms: np.ndarray
    latents: np.ndarray


def hear(path, model, samples: int, seed: int = 0) -> Heard:
    """Draw the digits of a sound file.

    Args:
        path: of at most 30 s.
        model: an `AudioImageModel`.
        samples: draws of each digit beside the one at the posterior mean.
        seed: the draws are a function of it.

    Raises:
        AudioError: the file cannot be used.
        ModelError: the model does not draw what it hears.
    """
    rate = model.front_end["sample_rate"]
    waveform = read_audio(path, rate, max_duration_s=LONGEST_S)
    drawings = draw_speech(waveform, rate, model, samples=samples, seed=seed)
    spectrograms = np.stack([drawing.spectrogram for drawing in drawings])
    latents, _ = model.encoder(spectrograms[..., None], training=False)
    return Heard(drawings, spectrograms, ops.convert_to_numpy(latents))


def digit_latents(model, seed: int = 0) -> np.ndarray:
    """A z for each digit, (10, latent_dim): of a thousand draws of the prior the one that LeNet5 reads most surely.

    Raises:
        ModelError: the model draws no digits, or not all of them.
    """
    if tuple(getattr(model, "classes", ())) not in ((), DIGITS):
        raise ModelError("The model draws other classes than digits: the page needs one that was trained on digits.")
    z = np.random.default_rng(seed).standard_normal((CANDIDATES, model.latent_dim)).astype(np.float32)
    readings = read_digits(model.decode(z))
    latents = []
    for digit in DIGITS:
        sureness = [confidence if name == digit else -1.0 for name, confidence in readings]
        latents.append(z[int(np.argmax(sureness))])
    return np.stack(latents)


def between(model, first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The image (28, 28) in [0, 1] at z = (1 - share) * first + share * second, both (latent_dim,); share in [0, 1]."""
    if not 0 <= share <= 1:
        raise ModelError(f"A share of {share} lies between no two digits: choose one from 0 to 1.")
    return model.decode(((1 - share) * first + share * second)[None])[0, :, :, 0]


def as_picture(images: np.ndarray) -> np.ndarray:
    """Images (n, 28, 28) in [0, 1] side by side, enlarged: (224, 224 n) uint8."""
    return enlarged(np.rint(255 * np.hstack(list(images))).astype(np.uint8))


def spectrograms_as_picture(spectrograms: np.ndarray) -> np.ndarray:
    """Spectrograms (n, frames, mels) in [0, 1] side by side, low tones at the bottom: (8 mels, 8 n frames, 3) uint8."""
    upright = np.hstack([spectrogram.T[::-1] for spectrogram in spectrograms])
    return enlarged(colormaps["viridis"](upright, bytes=True)[..., :3])


def enlarged(image: np.ndarray) -> np.ndarray:
    """Each pixel as a square of 8 by 8."""
    return image.repeat(PIXEL, axis=0).repeat(PIXEL, axis=1)
