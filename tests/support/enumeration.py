"""All states of a few units, and small machines with numbers worth summing, in float64."""

import itertools

import numpy as np


def all_states(units: int) -> np.ndarray:
    """(2^units, units) of 0 and 1."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=units)))


def with_random_weights(model, scale=0.8, seed=0):
    """The model with normal weights, those of its random numbers and its chains aside."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(scale * rng.standard_normal(weight.shape))
    return model


def shares_of(samples) -> np.ndarray:
    """How often each of `all_states` is among samples (n, units): (2^units,) shares."""
    samples = np.asarray(samples, np.int64)
    numbers = samples @ (2 ** np.arange(samples.shape[1])[::-1])
    return np.bincount(numbers, minlength=2 ** samples.shape[1]) / len(samples)
