"""Chaotic series, made here: what a network that remembers can be tried on, beside sounds.

Lorenz (1963), rho = 28, sigma = 10, beta = 8/3, of which x is seen:

    dx/dt = sigma (y - x)      dy/dt = x (rho - z) - y      dz/dt = x y - beta z

Mackey & Glass (1977), a = 0.2, b = 0.1, n = 10, tau = 17: what comes depends on what was tau before:

    dx/dt = a x(t - tau) / (1 + x(t - tau)^n) - b x(t)

Both are solved by the Runge-Kutta method of fourth order.
"""

import numpy as np

RHO, SIGMA, BETA = 28.0, 10.0, 8 / 3
A, B, N, TAU = 0.2, 0.1, 10, 17.0
LORENZ_STEP, LORENZ_EVERY = 0.005, 10  # units of time of a step of the solver, and steps from one sample to the next
MACKEY_GLASS_STEP, MACKEY_GLASS_EVERY = 0.1, 10
FORGOTTEN = 500  # samples before the first that is kept, in which the start is forgotten


def lorenz_path(start, steps: int, step: float = LORENZ_STEP) -> np.ndarray:
    """(steps + 1, 3): the start (x, y, z) and what follows."""

    def velocity(p):
        x, y, z = p
        return np.array([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z])

    path = np.empty((steps + 1, 3))
    path[0] = p = np.asarray(start, float)
    for i in range(steps):
        path[i + 1] = p = runge_kutta(lambda p, _: velocity(p), p, step, (0, 0, 0))
    return path


def mackey_glass_path(start: float, steps: int, step: float = MACKEY_GLASS_STEP) -> np.ndarray:
    """(steps + 1,): x from time 0 on; before, it was `start`. Between its steps the past is a straight line."""
    delay = round(TAU / step)
    path = np.full(delay + steps + 1, float(start))
    for i in range(delay, delay + steps):
        before, after = path[i - delay], path[i - delay + 1]
        past = (before, (before + after) / 2, after)
        path[i + 1] = runge_kutta(lambda x, was: A * was / (1 + was**N) - B * x, path[i], step, past)
    return path[delay:]


def runge_kutta(velocity, x, step: float, inputs):
    """x a step later, by velocity(x, input); `inputs` are those at the beginning, the middle and the end."""
    first, middle, last = inputs
    k1 = velocity(x, first)
    k2 = velocity(x + step / 2 * k1, middle)
    k3 = velocity(x + step / 2 * k2, middle)
    k4 = velocity(x + step * k3, last)
    return x + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def lorenz(samples: int, seed: int = 0) -> np.ndarray:
    """(samples,) float32: x, 0.05 units of time apart, from a start that is a function of the seed."""
    start = np.random.default_rng(seed).normal((1, 1, 20), 1)
    return lorenz_path(start, (FORGOTTEN + samples) * LORENZ_EVERY)[:, 0][_kept(LORENZ_EVERY)].astype(np.float32)


def mackey_glass(samples: int, seed: int = 0) -> np.ndarray:
    """(samples,) float32: x, 1 unit of time apart, from a start that is a function of the seed."""
    start = np.random.default_rng(seed).uniform(0.8, 1.2)
    path = mackey_glass_path(start, (FORGOTTEN + samples) * MACKEY_GLASS_EVERY)
    return path[_kept(MACKEY_GLASS_EVERY)].astype(np.float32)


def _kept(every: int) -> slice:
    return slice((FORGOTTEN + 1) * every, None, every)


SERIES = {"lorenz": lorenz, "mackey-glass": mackey_glass}
