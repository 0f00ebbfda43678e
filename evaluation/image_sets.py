"""Sets of images to compare: drawings of chosen clips, chosen real images, and what LeNet5 makes of them."""

from functools import lru_cache

import numpy as np

from evaluation.checks import check_drawings, check_images
from evaluation.classifier import occurrence
from evaluation.lenet5 import load_lenet5

IMAGES_AT_ONCE = 10_000  # drawn by one call of a model: 31 MB


@lru_cache(maxsize=1)
def _extractor():
    import keras

    lenet5 = load_lenet5()
    return keras.Model(lenet5.inputs, [lenet5.get_layer("features").output, lenet5.output])


def features_and_readings(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 28, 28, 1) in [0, 1] -> LeNet5's features (n, 84) and its readings (n,); DataError for other images."""
    features, logits = _extractor().predict(check_images(images), batch_size=1000, verbose=0)
    return features, logits.argmax(axis=1)


def draw(model, spectrograms, clips, *, seed: int) -> np.ndarray:
    """A drawing of its own at sampled z for each entry of `clips`.

    Args:
        spectrograms: (clips, frames, mels).
        clips: (n,) indices into them; a clip that occurs several times is encoded once.

    Returns:
        (n, 28, 28, 1) float32 in [0, 1].

    Raises:
        ModelError: the drawings hold values that are not in [0, 1] (or not numbers).
    """
    counts, nth = np.bincount(clips, minlength=len(spectrograms)), occurrence(clips)
    order = np.argsort(-counts)[: np.count_nonzero(counts)]  # clips of like counts together: few drawings left over
    rng, start = np.random.default_rng([seed, 4]), 0
    images = np.empty((len(clips), 28, 28, 1), np.float32)
    while start < len(order):
        samples = int(counts[order[start]])
        block = order[start : start + max(IMAGES_AT_ONCE // samples, 1)]
        _, draws = model.generate(spectrograms[block], samples=samples, seed=int(rng.integers(2**31)))
        position = np.full(len(spectrograms), -1)
        position[block] = np.arange(len(block))
        rows = np.flatnonzero(position[clips] >= 0)
        images[rows] = draws[position[clips[rows]], nth[rows]]
        start += len(block)
    return check_drawings(images)


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
    """(n,) for each clip one of the same digit by another speaker, at random; None if there is none for some clip."""
    chosen = np.empty_like(clips)
    for clip in np.unique(clips):
        others = np.flatnonzero((clip_labels == clip_labels[clip]) & (speakers != speakers[clip]))
        if len(others) == 0:
            return None
        chosen[clips == clip] = rng.choice(others, np.sum(clips == clip))
    return chosen
