"""Sets of images to compare: drawings of chosen clips, and chosen real images."""

import numpy as np

from crossmodal.data.pairing import occurrence
from evaluation.checks import check_drawings

IMAGES_AT_ONCE = 10_000  # drawn by one call of a model: 31 MB of 28x28 pixels


def draw(model, spectrograms, clips, image_shape, *, seed: int) -> np.ndarray:
    """A drawing of its own at sampled z for each entry of `clips`.

    Args:
        spectrograms: (clips, frames, mels).
        clips: (n,) indices into them; a clip that occurs several times is encoded once.
        image_shape: (height, width, channels) of what the model draws.

    Returns:
        (n, *image_shape) float32 in [0, 1].

    Raises:
        ModelError: the drawings hold values that are not in [0, 1] (or not numbers).
    """
    counts, nth = np.bincount(clips, minlength=len(spectrograms)), occurrence(clips)
    order = np.argsort(-counts)[: np.count_nonzero(counts)]  # clips of like counts together: few drawings left over
    rng, start = np.random.default_rng([seed, 4]), 0
    images = np.empty((len(clips), *image_shape), np.float32)
    while start < len(order):
        samples = int(counts[order[start]])
        block = order[start : start + max(IMAGES_AT_ONCE // samples, 1)]
        _, draws = model.generate(spectrograms[block], samples=samples, seed=int(rng.integers(2**31)))
        position = np.full(len(spectrograms), -1)
        position[block] = np.arange(len(block))
        rows = np.flatnonzero(position[clips] >= 0)
        images[rows] = draws[position[clips[rows]], nth[rows]]
        start += len(block)
    return check_drawings(images, image_shape)


def choose_like(labels, pool_labels, rng) -> np.ndarray:
    """(n,) for each label an index of that label in the pool, none twice unless the pool has too few of them."""
    chosen = np.empty(len(labels), np.int64)
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        pool = np.flatnonzero(pool_labels == label)
        chosen[labels == label] = rng.choice(pool, count, replace=count > len(pool))
    return chosen


def nearest_to_class_means(features, labels) -> np.ndarray:
    """(classes,) for each class the row of `features` (n, d) that is nearest to the mean of its class."""
    chosen = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        distances = np.linalg.norm(features[rows] - features[rows].mean(axis=0), axis=1)
        chosen.append(rows[distances.argmin()])
    return np.array(chosen)


def other_speakers_clips(clips, clip_labels, speakers, rng) -> np.ndarray | None:
    """(n,) for each clip one of the same class by another speaker, at random; None if there is none for some clip."""
    chosen = np.empty_like(clips)
    for clip in np.unique(clips):
        others = np.flatnonzero((clip_labels == clip_labels[clip]) & (speakers != speakers[clip]))
        if len(others) == 0:
            return None
        chosen[clips == clip] = rng.choice(others, np.sum(clips == clip))
    return chosen
