"""Langevin dynamics, for signals and for latents alike.

Every chain walks by

    Y <- Y - s^2/2 [Y / sigma^2 - df/dY] + s U,    U ~ N(0, I)        (R. Zhong 2017, eq. 3.13)

whose stationary law is exp(f(Y)) N(0, sigma^2 I) as the step s goes to 0. The latents of a generator g follow the
same walk (eq. 3.9): there f(Z) = -|Y - g(Z)|^2 / (2 sigma_g^2), and the prior N(0, I) takes the place of sigma.
With a momentum m the walk is underdamped, V <- m V + drift + sqrt(1 - m) s U, Y <- Y + V: the same law, reached in
fewer steps (Chen, Fox & Guestrin 2014, eq. 15). A whole chain is one loop of one graph: no Python between its steps.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class Walk(NamedTuple):
    """Where chains came to, and what each step was like.

    state: (chains, ...). drift_to_noise: (steps,), RMS of the drift over s, before any limit, averaged over the
    chains. rms: (steps,), RMS of all chains.
    """

    state: tf.Tensor
    drift_to_noise: tf.Tensor
    rms: tf.Tensor


def langevin(
    start,
    log_density: Callable,
    *,
    steps,
    step: float,
    sigma: float | None,
    seed,
    noise: float = 1.0,
    momentum: float = 0.0,
    most_drift: float | None = None,
) -> Walk:
    """Walk `steps` steps from `start`. Call it inside a `tf.function`; `compile_langevin` does.

    Args:
        start: float tensor (chains, ...).
        log_density: f, (chains, ...) -> (chains,), differentiable; chains must not depend on each other.
        steps: number of steps, an int or an integer tensor.
        step: s.
        sigma: of the Gaussian reference distribution; None for a flat one.
        seed: two integers; step t draws its noise from (seed, t) alone.
        noise: factor of U; below 1 the walk is that of a lower temperature, noise**2.
        momentum: m, 0 (the equation above) to below 1.
        most_drift: a chain whose drift has an RMS above this many times s is slowed down to it; None for no limit.
    """
    start = tf.convert_to_tensor(start)
    axes = list(range(1, len(start.shape)))
    half = tf.constant(0.5 * step**2, start.dtype)
    spread = noise * step * (1.0 - momentum) ** 0.5

    def body(t, y, velocity, ratios, levels):
        with tf.GradientTape() as tape:
            tape.watch(y)
            f = log_density(y)
        drift = half * (tape.gradient(f, y) - (0.0 if sigma is None else y / sigma**2))
        rms = tf.sqrt(tf.reduce_mean(tf.square(drift), axes, keepdims=True))
        if most_drift is not None:
            drift *= tf.minimum(1.0, most_drift * step / (rms + 1e-30))
        u = standard_normal(tf.shape(y), tf.random.experimental.stateless_fold_in(seed, t), y.dtype)
        moved = drift + spread * u
        velocity = tf.ensure_shape(momentum * velocity + moved if momentum else moved, start.shape)
        y += velocity
        level = tf.sqrt(tf.reduce_mean(tf.square(y)))
        return t + 1, y, velocity, ratios.write(t, tf.reduce_mean(rms) / step), levels.write(t, level)

    logs = [tf.TensorArray(start.dtype, size=steps, element_shape=[]) for _ in range(2)]
    _, state, _, ratios, levels = tf.while_loop(
        lambda t, *_: t < steps, body, (tf.constant(0), start, tf.zeros_like(start), *logs), parallel_iterations=1
    )
    return Walk(state, ratios.stack(), levels.stack())


def standard_normal(shape, seed, dtype=tf.float32):
    """N(0, 1) of a shape, a function of two integers: the transform of Box & Muller (1958) of whole tensors, in three
    quarters of the time of TensorFlow's own, of which a chain on a small network spends a quarter."""
    size = tf.reduce_prod(shape)
    u = tf.random.stateless_uniform([2, (size + 1) // 2], seed, dtype=dtype)
    radius, angle = tf.sqrt(-2.0 * tf.math.log(1.0 - u[0])), 2.0 * np.pi * u[1]
    return tf.reshape(tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], 0)[:size], shape)


def compile_langevin(log_density: Callable, **settings) -> Callable:
    """`langevin` for one density and its settings as a graph: (start, steps, seed) -> Walk."""

    @tf.function(reduce_retracing=True)
    def walk(start, steps, seed):
        return langevin(start, log_density, steps=steps, seed=seed, **settings)

    def call(start, steps: int, seed) -> Walk:
        return walk(tf.convert_to_tensor(start), tf.constant(steps), tf.constant(seed, tf.int32))

    return call
