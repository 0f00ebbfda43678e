"""Langevin dynamics of one chain in NumPy: the walk of `crossmodal.sampling.langevin`, step by step, with its noise."""

from collections.abc import Callable, Sequence

import numpy as np

from crossmodal.sampling.philox import fold_in, random_words, uniform


def light_langevin(
    start: np.ndarray,
    log_density: Callable[[np.ndarray], tuple[float, np.ndarray]],
    *,
    steps: int,
    step_size: float,
    sigma: float | None,
    seed: Sequence[int],
    noise: float = 1.0,
    momentum: float = 0.0,
    most_drift: float | None = None,
    cooling: float = 1.0,
    chain: int = 0,
) -> np.ndarray:
    """Where a chain comes to from `start`, float32 of any shape.

    Args:
        log_density: a state -> f and df/dstate.
        chain: the number of the chain among those of its seed.
        steps, step_size, sigma, seed, noise, momentum, most_drift, cooling: see `langevin`.
    """
    y, velocity = np.array(start, np.float32), np.zeros_like(start, np.float32)
    for t in range(steps):
        s = step_size * cooling ** (t / max(steps - 1, 1))
        half_square, spread = np.float32(0.5 * s**2), np.float32(noise * s * (1.0 - momentum) ** 0.5)
        drift = half_square * (log_density(y)[1] - (0 if sigma is None else y / np.float32(sigma**2)))
        if most_drift is not None:
            rms = np.sqrt(np.mean(np.square(drift)))
            drift *= np.minimum(np.float32(1), np.float32(most_drift * s) / (rms + np.float32(1e-30)))
        velocity = np.float32(momentum) * velocity + drift + spread * standard_normal(y.shape, fold_in(seed, t), chain)
        y += velocity
    return y


def standard_normal(shape: Sequence[int], seed: Sequence[int], chain: int = 0) -> np.ndarray:
    """Row `chain` of the numbers of `crossmodal.sampling.langevin.standard_normal`, up to rounding."""
    size = int(np.prod(shape))
    half = 2 * ((size + 3) // 4)
    u = uniform(random_words(2 * half, seed, skipped=chain * half // 2)).reshape(2, half)
    radius, angle = np.sqrt(-2 * np.log(1 - u[0])), np.float32(2 * np.pi) * u[1]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:size].reshape(shape)
