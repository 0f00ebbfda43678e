"""Indexing: clips are found again by their latents.

Each test clip asks for those of its class among the test clips of other people; these are ordered by their distance.
The average precision of the order is the mean, over the clips that are wanted, of the share of wanted ones up to there
(Manning, Raghavan & Schütze 2008, section 8.4).
"""

import numpy as np

from evaluation.distances import squared_distances


def average_precision(wanted) -> float:
    """Of an order (n,) bool, the nearest first; nan where nothing is wanted."""
    wanted = np.asarray(wanted, bool)
    ranks = np.flatnonzero(wanted) + 1
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks)) if len(ranks) else np.nan


def expected_average_precision(n: int, wanted: int) -> float:
    """What an order of n clips at random reaches, if so many of them are wanted.

    A wanted one is at each rank k equally likely, and so are the wanted - 1 others at each of the other n - 1 ranks:
    the expectation is the mean over k of (1 + (k - 1) (wanted - 1) / (n - 1)) / k.
    """
    k = np.arange(1, n + 1)
    others = (k - 1) * (wanted - 1) / max(n - 1, 1)
    return float(np.mean((1 + others) / k))


def retrieve(latents, labels, speakers) -> tuple[np.ndarray, np.ndarray]:
    """The average precision of each clip's order, and what an order at random would reach: (n,) twice; nan where no
    other person says the class.

    Args:
        latents: (n, d), compared by Euclidean distance.
        labels, speakers: (n,) each.
    """
    latents = np.asarray(latents, np.float64)
    found, chance = np.full(len(latents), np.nan), np.full(len(latents), np.nan)
    for rows, squared in squared_distances(latents, latents):
        for i, distances in zip(range(rows.start, rows.stop), squared, strict=True):
            others = np.flatnonzero(speakers != speakers[i])
            wanted = labels[others] == labels[i]
            if wanted.any():
                found[i] = average_precision(wanted[np.argsort(distances[others], kind="stable")])
                chance[i] = expected_average_precision(len(others), int(wanted.sum()))
    return found, chance
