"""Classifier agreement: the share of drawings in which LeNet5 reads the digit that was spoken.

The 10,000 test pairs of a protocol hold few distinct clips, so the clips are the sampling unit of every
interval: whole clips are drawn with replacement, each with all of its pairs.
"""

from dataclasses import dataclass

import numpy as np

from crossmodal.errors import DataError
from evaluation.checks import check_drawings, check_images
from evaluation.lenet5 import as_input, load_lenet5

SILENT_DRAWS = 1000  # drawings of silence in the control


@dataclass(frozen=True)
class Agreement:
    """accuracy over pairs, and its 95 % interval from a bootstrap over clips."""

    accuracy: float
    low: float
    high: float

    def as_dict(self) -> dict:
        return {"accuracy": self.accuracy, "interval_95": [self.low, self.high]}


def read(images: np.ndarray) -> np.ndarray:
    """LeNet5's reading: (n, 28, 28, 1) in [0, 1] -> (n,) classes; DataError for other images."""
    return load_lenet5().predict(check_images(images), batch_size=1000, verbose=0).argmax(axis=1)


def bootstrap_over_clips(correct: np.ndarray, clips: np.ndarray, *, seed: int = 0, replicates: int = 2000) -> Agreement:
    """Accuracy and its percentile interval (Efron & Tibshirani 1993, chapter 13), clips as clusters.

    Where every clip agrees, or none, all replicates are alike and say nothing; the bound is then the exact
    binomial one for that many clips (Clopper & Pearson 1934).

    Args:
        correct: (pairs,) bool.
        clips: (pairs,) which clip each pair belongs to.

    Raises:
        DataError: there are no pairs, or not as many clips.
    """
    correct, clips = np.asarray(correct), np.asarray(clips)
    if correct.dtype != bool or correct.ndim != 1 or correct.shape != clips.shape or not len(correct):
        raise DataError(
            f"Agreement is measured on one or more pairs: pass a bool and a clip for each, "
            f"not {correct.dtype} of shape {correct.shape} and clips of shape {clips.shape}."
        )
    _, cluster = np.unique(clips, return_inverse=True)
    n_pairs = np.bincount(cluster).astype(float)
    n_correct = np.bincount(cluster, weights=correct)
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(n_pairs), size=(replicates, len(n_pairs)))
    accuracies = n_correct[draws].sum(axis=1) / n_pairs[draws].sum(axis=1)
    low, high = np.quantile(accuracies, [0.025, 0.975])
    if np.all(correct):
        low = 0.025 ** (1 / len(n_pairs))
    if not np.any(correct):
        high = 1 - 0.025 ** (1 / len(n_pairs))
    return Agreement(float(np.mean(correct)), float(low), float(high))


def confusion_matrix(spoken: np.ndarray, read: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) counts: row spoken, column read."""
    return np.bincount(spoken * classes + read, minlength=classes * classes).reshape(classes, classes)


def evaluate_agreement(model, spectrograms, clip_labels, pair_clips, images, image_labels, *, seed: int = 0) -> dict:
    """All figures of the report.

    Args:
        model: has `generate(spectrograms, samples, seed)`.
        spectrograms: (clips, frames, mels) of the test clips.
        clip_labels: (clips,) their classes.
        pair_clips: (pairs,) the clip of each test pair, an index into `spectrograms`.
        images: (images, 28, 28) uint8 real test images, (pairs,) of them in the pairs' order.
        image_labels: (images,) their classes.
        seed: of the draws of z, the controls and the bootstrap.

    Returns:
        a dictionary that JSON can hold; every accuracy says what it was measured on.
    """
    rng = np.random.default_rng(seed)
    spoken = clip_labels[pair_clips]
    n_classes = int(clip_labels.max()) + 1

    at_mean, _ = model.generate(spectrograms, samples=1, seed=seed)
    clip_read = read(check_drawings(at_mean))
    # each pair has a draw of its own: as many per clip as its most frequent clip has pairs
    counts = np.bincount(pair_clips, minlength=len(spectrograms))
    _, draws = model.generate(spectrograms, samples=int(counts.max()), seed=seed)
    sampled_read = read(check_drawings(draws[pair_clips, occurrence(pair_clips)]))

    _, silent = model.generate(np.zeros_like(spectrograms[:1]), samples=SILENT_DRAWS, seed=seed)
    silent_share = np.bincount(read(check_drawings(silent[0])), minlength=n_classes) / SILENT_DRAWS
    wrong = another_class(spoken, clip_labels, rng)
    real_read = read(as_input(images))
    return {
        "pairs": len(pair_clips),
        "clips": int((counts > 0).sum()),
        "posterior_mean": bootstrap_over_clips(clip_read[pair_clips] == spoken, pair_clips, seed=seed).as_dict(),
        "sampled_z": bootstrap_over_clips(sampled_read == spoken, pair_clips, seed=seed).as_dict(),
        "real_test_images": float(np.mean(real_read == image_labels)),
        "controls": {
            "silent_audio": float(silent_share[spoken].mean()),
            "wrong_digit_audio": float(np.mean(clip_read[wrong] == spoken)),
        },
        "confusion_posterior_mean": confusion_matrix(spoken, clip_read[pair_clips], n_classes).tolist(),
        "confusion_sampled_z": confusion_matrix(spoken, sampled_read, n_classes).tolist(),
    }


def occurrence(indices: np.ndarray) -> np.ndarray:
    """(n,) how many times each entry's value has occurred before it."""
    order = np.argsort(indices, kind="stable")
    counts = np.bincount(indices)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    result = np.empty(len(indices), np.int64)
    result[order] = np.arange(len(indices)) - first
    return result


def another_class(labels: np.ndarray, clip_labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each label a clip of some other class, drawn at random: (n,) indices into `clip_labels`."""
    chosen = rng.integers(len(clip_labels), size=len(labels))
    while (same := clip_labels[chosen] == labels).any():
        chosen[same] = rng.integers(len(clip_labels), size=same.sum())
    return chosen
