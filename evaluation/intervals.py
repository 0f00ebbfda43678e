"""Means and ratios with intervals over clips or people."""

from dataclasses import dataclass

import numpy as np

REPLICATES = 2000


@dataclass(frozen=True)
class Mean:
    """A mean or a ratio, and its 95 % interval from a bootstrap over clips or people."""

    mean: float
    interval_95: tuple[float, float]

    @classmethod
    def from_json(cls, figures: dict) -> "Mean":
        low, high = figures["interval_95"]
        return cls(figures["mean"], (low, high))


def ratio_of(numerators, denominators, units, seed: int, replicates: int = REPLICATES) -> Mean:
    """sum of numerators / sum of denominators, with its percentile interval (Efron & Tibshirani 1993, chapter 13),
    units as clusters.

    Args:
        numerators, denominators: (n,) each.
        units: (n,) which clip, or which person, each belongs to.
    """
    names, cluster = np.unique(units, return_inverse=True)
    above, below = (np.bincount(cluster, weights=values) for values in (numerators, denominators))
    draws = np.random.default_rng(seed).integers(len(names), size=(replicates, len(names)))
    low, high = np.quantile(above[draws].sum(axis=1) / below[draws].sum(axis=1), [0.025, 0.975])
    return Mean(float(above.sum() / below.sum()), (float(low), float(high)))


def mean_of(values, units, seed: int) -> Mean:
    """The mean of (n,) values, see `ratio_of`."""
    return ratio_of(values, np.ones(len(values)), units, seed)
