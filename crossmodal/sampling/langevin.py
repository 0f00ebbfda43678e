"""Langevin dynamics, for signals and for latents alike.

Every chain walks by

    Y <- Y - s^2/2 [Y / sigma^2 - df/dY] + s U,    U ~ N(0, I)        (R. Zhong 2017, eq. 3.13)

whose stationary law is exp(f(Y)) N(0, sigma^2 I) as the step size s goes to 0. The latents of a generator g follow the
same walk (eq. 3.9): there f(Z) = -|Y - g(Z)|^2 / (2 sigma_g^2), and the prior N(0, I) takes the place of sigma.
With a momentum m the walk is underdamped, V <- m V + drift + sqrt(1 - m) s U, Y <- Y + V: the same law, reached in
fewer steps (Chen, Fox & Guestrin 2014, eq. 15). Steps may shrink on the way (Welling & Teh 2011): large ones bring a
chain near, small ones settle it where the density is steep. A whole walk is one loop of one graph: no Python between
its steps.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from crossmodal.runtime.processors import shares

PHILOX = 1  # TensorFlow's number of this generator


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
    step_size: float,
    sigma: float | None,
    seed,
    noise: float = 1.0,
    momentum: float = 0.0,
    most_drift: float | None = None,
    cooling: float = 1.0,
    groups: int = 1,
) -> Walk:
    """Walk `steps` steps from `start`. Call it inside a `tf.function`.

    Args:
        start: float32 tensor (chains, ...).
        log_density: f, (chains, ...) -> (chains,), differentiable; chains must not depend on each other.
        steps: number of steps, an int or an integer tensor.
        step_size: s, of the first step.
        sigma: of the Gaussian reference distribution; None for a flat one.
        seed: two integers; step t of a chain draws its noise from (seed, t, chain) alone.
        noise: factor of U; below 1 the walk is that of a lower temperature, noise**2.
        momentum: m, 0 (the equation above) to below 1.
        most_drift: a chain whose drift has an RMS above this many times s is slowed down to it; None for no limit.
        cooling: the last step's size as a share of the first's; steps shrink geometrically.
        groups: number of parallel loops that share the chains, see `crossmodal.runtime.processors`; log_density must
            take any number of chains. Does not change the result beyond rounding.
    """
    start = tf.convert_to_tensor(start)
    share_of_noise = noise * (1.0 - momentum) ** 0.5

    def size_of(t):
        if cooling == 1:
            return step_size
        return step_size * tf.pow(cooling, tf.cast(t, tf.float32) / tf.cast(tf.maximum(steps - 1, 1), tf.float32))

    def walk(y, first):
        axes, shape = list(range(1, len(y.shape))), y.shape

        def body(t, y, velocity, ratios, levels):
            with tf.GradientTape() as tape:
                tape.watch(y)
                f = log_density(y)
            s = size_of(t)
            drift = 0.5 * s**2 * (tape.gradient(f, y) - (0.0 if sigma is None else y / sigma**2))
            rms = tf.sqrt(tf.reduce_mean(tf.square(drift), axes, keepdims=True))
            if most_drift is not None:
                drift *= tf.minimum(1.0, most_drift * s / (rms + 1e-30))
            u = standard_normal(tf.shape(y), tf.random.experimental.stateless_fold_in(seed, t), first)
            moved = drift + share_of_noise * s * u
            velocity = tf.ensure_shape(momentum * velocity + moved if momentum else moved, shape)
            y += velocity
            ratios = ratios.write(t, tf.reshape(rms, [-1]) / s)
            return t + 1, y, velocity, ratios, levels.write(t, tf.reduce_mean(tf.square(y), axes))

        logs = [tf.TensorArray(tf.float32, size=steps, element_shape=shape[:1]) for _ in range(2)]
        _, y, _, ratios, levels = tf.while_loop(
            lambda t, *_: t < steps, body, (tf.constant(0), y, tf.zeros_like(y), *logs), parallel_iterations=1
        )
        return y, ratios.stack(), levels.stack()

    chains = start.shape[0] or 1
    sizes = shares(chains, min(groups, chains))
    parts = tf.split(start, sizes) if len(sizes) > 1 else [start]
    walks = [walk(part, first) for part, first in zip(parts, itertools.accumulate([0, *sizes[:-1]]), strict=True)]
    states, ratios, levels = zip(*walks, strict=True)
    level = tf.sqrt(tf.reduce_mean(tf.concat(levels, 1), 1))
    return Walk(tf.concat(states, 0), tf.reduce_mean(tf.concat(ratios, 1), 1), level)


def standard_normal(shape, seed, first=0):
    """Standard-normal rows `first`, first + 1, ... of a shape (rows, ...), float32, as a pure function of the seed.

    The transform of Box & Muller (1958) on whole tensors takes three quarters of the time of TensorFlow's generator,
    in which a chain on a small network spends a quarter of its own.
    """
    rows, size = shape[0], tf.reduce_prod(shape[1:])
    half = 2 * ((size + 3) // 4)  # of a row's uniform numbers, of which a block of Philox has four
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
    counter += tf.cast(tf.stack([first * half // 2, 0]), counter.dtype)
    u = tf.raw_ops.StatelessRandomUniformV2(shape=[rows, 2, half], key=key, counter=counter, alg=PHILOX)
    radius, angle = tf.sqrt(-2.0 * tf.math.log(1.0 - u[:, 0])), 2.0 * np.pi * u[:, 1]
    return tf.reshape(tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], 1)[:, :size], shape)
