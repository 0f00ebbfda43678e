"""What the page shows of a spoken recording: spectrograms, drawings, and the way between two classes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crossmodal.drawing import Drawing, draw_speech
from crossmodal.errors import ModelError
from crossmodal.models.variational import VariationalModel
from crossmodal.reader import Reader, find_reader
from crossmodal.sound.audio import read_audio
from crossmodal.sound.front_ends import front_end_from, to_look_at

LONGEST_S = 30.0  # of a recording
CANDIDATES = 30  # latents at random for each class, among all of which each is looked for
SCALES, SURE = (0.125, 0.25, 0.5, 1.0), 0.98  # standard deviations of codes; what a class is read by at least


@dataclass(frozen=True)
class Offered:
    """A model that the page offers.

    reader:  who reads its drawings; None where nobody can.
    latents: one (d,) for each class by its name, between which one can move; empty of a model that has none.
    """

    model: Any
    reader: Reader | None = None
    latents: dict[str, np.ndarray] = field(default_factory=dict)


def offer(model, place=None) -> Offered:
    """A model with its reader, which may lie beside it at `place`, and with its latent of each class."""
    reader = find_reader(model.classes, model.image_shape, place)
    latents = class_latents(model, reader) if reader else {}
    return Offered(model, reader, latents)


@dataclass(frozen=True)
class Heard:
    """A recording of one digit or several.

    drawings:     one per word, see `Drawing`.
    spectrograms: (words, frames, mels) in [0, 1], to look at.
    latents:      (words, d), what was heard, see `AudioImageModel.latents_of`; None of a model that has none.
    """

    drawings: list[Drawing]
    spectrograms: np.ndarray
    latents: np.ndarray | None


def hear(path, offered: Offered, samples: int, seed: int = 0) -> Heard:
    """Draw the words of a sound file.

    Args:
        path: of at most 30 s.
        samples: further drawings of each word.
        seed: these are a function of it.

    Raises:
        AudioError: the file cannot be used.
        ModelError: the model draws no numbers.
    """
    model = offered.model
    rate = model.front_end["sample_rate"]
    waveform = read_audio(path, rate, max_duration_s=LONGEST_S)
    drawings = draw_speech(waveform, rate, model, samples=samples, seed=seed, reader=offered.reader)
    spectrograms = np.stack([drawing.spectrogram for drawing in drawings])
    latents = model.latents_of(spectrograms) if offered.latents else None
    return Heard(drawings, to_look_at(spectrograms, front_end_from(model.front_end)), latents)


def class_latents(model, reader: Reader, seed: int = 0) -> dict[str, np.ndarray]:
    """A latent (d,) for each class: of some at random the one whose drawing the reader reads most surely; none of a
    model without latents.

    Those of a VAE are ~ N(0, I), its prior. Codes have no prior, and no sound has one far from 0: theirs are
    ~ N(0, s^2 I) with the least s of `SCALES` by which all classes are drawn surely.
    """
    try:
        dimension = model.latents_of(np.zeros((1, *model.spectrogram_shape), np.float32)).shape[1]
    except ModelError:
        return {}
    z = np.random.default_rng(seed).standard_normal((CANDIDATES * len(reader.classes), dimension)).astype(np.float32)
    for scale in (1.0,) if isinstance(model, VariationalModel) else SCALES:
        readings = reader.read(model.draw_at(scale * z))
        sureness = {name: [sure if read == name else -1.0 for read, sure in readings] for name in reader.classes}
        if min(map(max, sureness.values())) >= SURE:
            break
    return {name: scale * z[int(np.argmax(each))] for name, each in sureness.items()}


def between(model, first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The image (height, width, channels) in [0, 1] at the latent (1 - share) * first + share * second, both (d,);
    share in [0, 1]."""
    if not 0 <= share <= 1:
        raise ModelError(f"A share of {share} lies between no two classes: choose one from 0 to 1.")
    return model.draw_at(((1 - share) * first + share * second)[None])[0]
