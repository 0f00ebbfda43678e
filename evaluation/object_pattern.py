"""Drawings of whole objects as a reader sees them: is each one an object, are all kinds there, are they copies?"""

import numpy as np
from scipy.special import softmax

from crossmodal.reader import Reader
from evaluation.distances import expected_coverage, nearest_distances, prdc

K = 5  # neighbours that a ball of precision and coverage reaches to


def measure_patterns(reader: Reader, drawn: np.ndarray, real: np.ndarray, training: np.ndarray) -> dict:
    """What the reader sees in drawings, beside what it sees in real images that were not trained on.

    Args:
        reader: of these images.
        drawn, real, training: (n, height, width, channels) in [0, 1].

    Returns:
        dict: `drawn` and `real`, each what `reading` gives and the median ratio of the distance to the nearest training
        image to that to the second, `ratio_to_second`: a copy has 0; `precision` and `coverage` on the reader's
        features, see `prdc`, and `expected_coverage`, that of other real images.
    """
    (features, logits), (real_features, real_logits) = (reader.features_and_logits(x) for x in (drawn, real))
    found = prdc(real_features, features, K)
    return {
        "drawn": {**reading(logits), "ratio_to_second": ratio_to_second(drawn, training)},
        "real": {**reading(real_logits), "ratio_to_second": ratio_to_second(real, training)},
        "precision": found["precision"],
        "coverage": found["coverage"],
        "expected_coverage": expected_coverage(len(real), len(drawn), K),
    }


def reading(logits: np.ndarray) -> dict:
    """Of the logits (n, classes) of some images: `label_entropy` of the shares of classes that are read, in nats;
    `confidence`, the mean probability of what is read; `classes`, how many are read in a hundredth of the images or
    more."""
    shares = np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]) / len(logits)
    seen = shares[shares > 0]
    return {
        "label_entropy": float(-np.sum(seen * np.log(seen))),
        "confidence": float(softmax(logits.astype(np.float64), axis=1).max(axis=1).mean()),
        "classes": int(np.sum(shares >= 0.01)),
    }


def ratio_to_second(images: np.ndarray, training: np.ndarray) -> float:
    """The median ratio of the distances of images to the nearest and to the second nearest training image."""
    distances = nearest_distances(images.reshape(len(images), -1), training.reshape(len(training), -1))
    return float(np.median(distances[:, 0] / np.maximum(distances[:, 1], 1e-12)))
