"""Recordings of what is no speech: noise to train in, and sounds in which nobody says anything.

A folder of sound files, in lower folders too. Files that are named as ESC-10's are (FOLD-CLIP-TAKE, or -CLASS too) can
be taken by their fold, so that what was trained with does not test.
"""

import os
from pathlib import Path

import numpy as np

from crossmodal.errors import AudioError, DataError
from crossmodal.runtime.words import printable
from crossmodal.sound.audio import read_audio
from crossmodal.sound.conditions import coloured_noise
from crossmodal.sound.segmentation import split_words

VARIABLE = "CROSSMODAL_NOISE"
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
EXCERPT_S = (0.3, 5.0)  # of what is to be told from speech
TRAINING_FOLDS, TEST_FOLD = (1, 2, 3, 4), (5,)  # of ESC-10


def load(folder: str | Path | None, sample_rate: int, folds: tuple[int, ...] = TRAINING_FOLDS) -> dict[str, np.ndarray]:
    """Recordings by their names in the folder: (samples,) each at a rate in Hz.

    Args:
        folder: `CROSSMODAL_NOISE` if None.
        folds: of files that have a fold those to read; files without one are all read.

    Raises:
        DataError: there is no folder, or no file in it that can be used.
    """
    place = folder_of(folder)
    recordings = {}
    for path in sorted(place.rglob("*")):
        fold = fold_of(path)
        if path.suffix.lower() not in SUFFIXES or path.name.startswith(".") or fold not in (None, *folds):
            continue
        try:
            recordings[path.relative_to(place).as_posix()] = read_audio(path, sample_rate)
        except AudioError as error:
            raise DataError(f"The noise {printable(path)} cannot be used: {error}") from error
    if not recordings:
        raise DataError(f"{printable(place)} holds no sounds: pass a folder of {', '.join(SUFFIXES)} by --noise-dir.")
    return recordings


def folder_of(folder: str | Path | None) -> Path:
    """The folder of recordings: `CROSSMODAL_NOISE` if None; DataError if there is none."""
    place = folder or os.environ.get(VARIABLE)
    if not place or not Path(place).is_dir():
        named = f"no folder of noise {printable(place)}" if place else "no folder of recorded noise"
        raise DataError(f"There is {named}: pass one by --noise-dir or in {VARIABLE}.")
    return Path(place)


def fold_of(path: Path) -> int | None:
    """The number before the first dash of a file that is named as ESC-10's are."""
    fold, *rest = path.stem.split("-")
    return int(fold) if len(rest) in (2, 3) and fold.isdigit() else None


def noise_clips(
    recordings: list[np.ndarray], sample_rate: int, count: int, rng: np.random.Generator, made_share: float = 0.2
) -> list[np.ndarray]:
    """What would be taken for words in noise: stretches of excerpts of a third of a second to five seconds.

    Args:
        recordings: of noise; all is made if there are none.
        count: of the clips.
        made_share: share of the excerpts that are made: coloured noise.
    """
    clips: list[np.ndarray] = []
    while len(clips) < count:
        samples = int(rng.uniform(*EXCERPT_S) * sample_rate)
        if not recordings or rng.random() < made_share:
            noise = coloured_noise(samples, rng.uniform(0, 2), rng)
        else:
            noise = excerpt(recordings[rng.integers(len(recordings))], samples, rng)
        clips += [noise[start:stop] for start, stop in split_words(noise, sample_rate)]
    return clips[:count]


def excerpt(recording: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """So many samples of a recording from a point at random, the recording repeated if it is shorter."""
    start = rng.integers(max(len(recording) - samples, 0) + 1)
    return np.resize(recording[start:], samples) if len(recording) - start < samples else recording[start:][:samples]
