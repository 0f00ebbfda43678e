"""Ordinary differential equations, such as those by which a flow takes noise to data.

    dx/dt = v(x, t),    t from 0 to 1,    in equal steps of h = 1 / steps:

    euler:     x <- x + h v(x, t)
    midpoint:  x <- x + h v(x + h/2 v(x, t), t + h/2)
    heun:      x' = x + h v(x, t);  x <- x + h/2 (v(x, t) + v(x', t + h))
    adams:     x <- y + h/2 (v_1 + v);  y <- x;  x <- y + h/12 (23 v - 16 v_1 + 5 v_2)      v = v(x, t)

The last is Adams' method: v_1 and v_2 are the velocities of the two steps before. They predict the next state
(Bashforth), and the velocity there corrects the step that led to it (Moulton), without another evaluation. Its second
step has the weights 3/2 and -1/2 of v and v_1, its first is Euler's (Hairer, Norsett & Wanner 1993, section III.1).

The last step of heun and of adams is Euler's: flows that predict the data have no velocity at t = 1 (Karras et al.
2022, algorithm 1), and their last step arrives at what they predict.

A solution is one loop of one graph, as a walk of `crossmodal.sampling.langevin` is, which takes the same arguments: a
start, a function of the state, a number of steps.
"""

import math
from collections.abc import Callable

import numpy as np
from keras import ops

from crossmodal.runtime.choices import check_choice

MOST_BLANK = 32 * 32  # pixels of images that are not grey where they begin at the noise 0


def first_noise(image_shape) -> np.ndarray:
    """(height, width, channels) float32, where the best image begins that a flow draws: 0, for large images one noise
    that all share."""
    if math.prod(image_shape[:2]) <= MOST_BLANK:
        return np.zeros(image_shape, np.float32)
    return np.random.default_rng(0).standard_normal(image_shape, np.float32)


def euler(i, x, v, past, t, h, velocity):
    return x + h * v, past


def midpoint(i, x, v, past, t, h, velocity):
    return x + h * velocity(x + 0.5 * h * v, t + 0.5 * h), past


def heun(i, x, v, past, t, h, velocity):
    return x + 0.5 * h * (v + velocity(x + h * v, t + h)), past


def adams(i, x, v, past, t, h, velocity):
    y, v_1, v_2 = past
    x = ops.where(i > 0, y + 0.5 * h * (v_1 + v), x)
    mean = ops.where(i > 1, (23 * v - 16 * v_1 + 5 * v_2) / 12, ops.where(i > 0, 1.5 * v - 0.5 * v_1, v))
    return x + h * mean, (x, v, v_1)


METHODS = {"euler": euler, "midpoint": midpoint, "heun": heun, "adams": adams}
LAST_BY_EULER = ("heun", "adams")


def evaluations(steps: int, method: str) -> int:
    """How often a solution asks for the velocity."""
    return {"euler": steps, "midpoint": 2 * steps, "heun": 2 * steps - 1, "adams": steps}[method]


def solve(start, velocity: Callable, *, steps: int, method: str = "heun"):
    """The state at t = 1 of what is at `start` at t = 0.

    Args:
        start: float32 tensor (n, ...).
        velocity: v, (n, ...) and t, a scalar tensor in [0, 1) -> (n, ...).
        steps: of equal length, at least 1.
        method: one of `METHODS`.

    Raises:
        ValueError: there is no such method, or there are no steps.
    """
    check_choice("method", method, METHODS, ValueError)
    if steps < 1:
        raise ValueError(f"An equation is solved in one step or more, not in {steps}.")
    h, step = 1.0 / steps, METHODS[method]
    before_last = steps - 1 if method in LAST_BY_EULER else steps

    def body(i, x, past):
        t = ops.cast(i, "float32") * h
        return i + 1, *step(i, x, velocity(x, t), past, t, h, velocity)

    start = ops.convert_to_tensor(start)
    past = (ops.zeros_like(start),) * 3  # y, v_1 and v_2
    _, x, _ = ops.while_loop(lambda i, x, past: i < before_last, body, (0, start, past))
    return x + h * velocity(x, ops.convert_to_tensor(1.0 - h)) if method in LAST_BY_EULER else x
