"""Langevin dynamics in NumPy: the walk of `crossmodal.sampling.langevin`, step by step, with its noise."""

from collections.abc import Callable, Sequence

import numpy as np

from crossmodal.sampling.philox import fold_in, random_words, uniform


def light_langevin(
    start: np.ndarray,
    slope: Callable[[np.ndarray], np.ndarray],
    *,
    steps: int,
    step_size: float,
    sigma: float | None,
    seed: Sequence[int],
    noise: float = 1.0,
    momentum: float = 0.0,
    most_drift: float | None = None,
    cooling: float = 1.0,
    first: int = 0,
) -> np.ndarray:
    """Where chains come to from `start`, float32 (chains, ...).

    Args:
        slope: df/dstate of the states of all chains.
        first: the number of the first chain among those of its seed.
        steps, step_size, sigma, seed, noise, momentum, most_drift, cooling: see `langevin`.
    """
    y, velocity = np.array(start, np.float32), np.zeros_like(start, np.float32)
    for t in range(steps):
        s = step_size * cooling ** (t / max(steps - 1, 1))
        half_square, spread = np.float32(0.5 * s**2), np.float32(noise * s * (1.0 - momentum) ** 0.5)
        drift = half_square * (slope(y) - (0 if sigma is None else y / np.float32(sigma**2)))
        if most_drift is not None:
            rms = np.sqrt(np.mean(np.square(drift), axis=tuple(range(1, y.ndim)), keepdims=True))
            drift *= np.minimum(np.float32(1), np.float32(most_drift * s) / (rms + np.float32(1e-30)))
        velocity = np.float32(momentum) * velocity + drift + spread * standard_normal(y.shape, fold_in(seed, t), first)
        y += velocity
    return y


def standard_normal(shape: Sequence[int], seed: Sequence[int], first: int = 0) -> np.ndarray:
    """The numbers of `crossmodal.sampling.langevin.standard_normal`, up to rounding."""
    rows, size = shape[0], int(np.prod(shape[1:]))
    half = 2 * ((size + 3) // 4)
    u = uniform(random_words(2 * half * rows, seed, skipped=first * half // 2)).reshape(rows, 2, half)
    radius, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), np.float32(2 * np.pi) * u[:, 1]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)[:, :size].reshape(shape)
