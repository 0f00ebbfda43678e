"""Kinds of units. Given the total input a of a unit, its value x has the density exp(a x - base(x)) / exp(A(a)).

    bernoulli:  x in {0, 1},  base = 0,      A(a) = log(1 + exp(a)),            mean sigmoid(a)
    gaussian:   x real,       base = x^2/2,  A(a) = a^2/2 + log(2 pi)/2,        mean a, variance 1

(M. Welling, Rosen-Zvi & Hinton, "Exponential Family Harmoniums", 2004.) Data for Gaussian units are standardised.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from keras import ops

from crossmodal.runtime.choices import check_choice
from crossmodal.sampling.gibbs import bernoulli, normal


class Units(NamedTuple):
    """base: x -> base(x). log_sum: a -> A(a). mean: a -> E x. draw: a, seed -> x. activation: what Keras' layers call
    the mean. input_of: mean -> a, for NumPy arrays; means of Bernoulli units below 0.01 and above 0.99 count as these.
    All of them act on each unit alone and keep the shape."""

    base: Callable
    log_sum: Callable
    mean: Callable
    draw: Callable
    activation: str
    input_of: Callable

    def cross_entropy(self, x, a):
        """-log p(x | a) = base(x) - a x + A(a) of each unit, in nats; x may be a mean."""
        return self.base(x) - a * x + self.log_sum(a)


def log_odds(mean):
    mean = np.clip(mean, 0.01, 0.99)
    return np.log(mean / (1 - mean))


UNITS = {
    "bernoulli": Units(ops.zeros_like, ops.softplus, ops.sigmoid, bernoulli, "sigmoid", log_odds),
    "gaussian": Units(
        lambda x: 0.5 * ops.square(x),
        lambda a: 0.5 * ops.square(a) + 0.5 * math.log(2 * math.pi),
        lambda a: a,
        normal,
        "linear",
        lambda mean: mean,
    ),
}


def units_of(kind: str) -> Units:
    """Units by their kind, "bernoulli" or "gaussian"; ModelError for another one."""
    check_choice("kind of units", kind, UNITS)
    return UNITS[kind]
