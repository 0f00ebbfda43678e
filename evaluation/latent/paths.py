"""Interpolation: what is drawn on the straight line from one latent to another.

How smooth a path is, is seen by the reader: f_0 ... f_T are its features of the drawings. The path's length is the sum
of |f_t - f_(t-1)|. Beside it stands the cross-fade of the same two drawings, pixel by pixel.
"""

import numpy as np

from crossmodal.reader import Reader
from evaluation.intervals import mean_of
from evaluation.latent.figures import Path
from evaluation.latent.heard import Heard, Judge

STEPS = 16  # T
PATHS = 200  # that are measured


def between(first, last, steps: int = STEPS) -> np.ndarray:
    """(pairs, steps + 1, ...) evenly from `first` to `last`, (pairs, ...) each."""
    first, last = np.asarray(first, np.float32), np.asarray(last, np.float32)
    share = np.linspace(0, 1, steps + 1, dtype=np.float32).reshape(1, -1, *[1] * (first.ndim - 1))
    return (1 - share) * first[:, None] + share * last[:, None]


def smoothness(features) -> tuple[np.ndarray, np.ndarray]:
    """Of paths (pairs, T + 1, d), (pairs,) twice: the length over the straight distance of the ends, at least 1; and
    the longest step over the path's length, from 1 / T of an even path to 1 of a jump. nan where the ends are alike."""
    features = np.asarray(features, np.float64)
    steps = np.linalg.norm(np.diff(features, axis=1), axis=2)
    length, straight = steps.sum(axis=1), np.linalg.norm(features[:, -1] - features[:, 0], axis=1)
    apart = straight > 1e-9
    straight, length = np.where(apart, straight, np.nan), np.where(apart, length, np.nan)
    return length / straight, steps.max(axis=1) / length


def two_of_each_person(labels, speakers, count: int, rng: np.random.Generator) -> np.ndarray:
    """(pairs, 2) clips of one person and two classes, at most `count`, people in turn; of each person two at random."""
    pairs, people = [], rng.permutation(np.unique(speakers))
    for turn in range(count):
        person = people[turn % len(people)]
        clips = rng.permutation(np.flatnonzero(speakers == person))
        other = clips[labels[clips] != labels[clips[0]]]
        if len(other):
            pairs.append((clips[0], other[0]))
    return np.array(pairs, np.int64).reshape(-1, 2)


def interpolate(judge: Judge, test: Heard, rng, seed: int) -> tuple[Path, Path] | None:
    """The path between latents of two classes by one person, and the cross-fade of the drawings at its ends."""
    pairs = two_of_each_person(test.labels, test.speakers, PATHS, rng)
    if not len(pairs):
        return None
    latents = between(*test.latents[pairs.T])
    drawn = judge.draw(latents.reshape(-1, latents.shape[-1])).reshape(*latents.shape[:2], *judge.reader.image_shape)
    units = test.units[pairs[:, 0]]
    faded = between(drawn[:, 0], drawn[:, -1])
    return path_of(judge.reader, drawn, units, seed), path_of(judge.reader, faded, units, seed)


def path_of(reader: Reader, images, units, seed: int) -> Path:
    """Of images (pairs, steps + 1, height, width, channels)."""
    features, logits = reader.features_and_logits(np.clip(images, 0, 1).reshape(-1, *images.shape[2:]))
    read = logits.argmax(axis=1).reshape(images.shape[:2])
    as_ends = (read[:, 1:-1] == read[:, :1]) | (read[:, 1:-1] == read[:, -1:])
    length, longest = smoothness(features.reshape(*images.shape[:2], -1))
    apart = ~np.isnan(length)
    figures = (length[apart], longest[apart], as_ends.mean(axis=1)[apart])
    return Path(*(mean_of(values, units[apart], seed) for values in figures))
