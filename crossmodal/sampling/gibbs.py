"""Gibbs sampling: groups of units are drawn in turn, each from its distribution given all others.

A sweep draws each group once, x <- (x_1 ~ p(x_1 | others), x_2 ~ p(x_2 | others), ...), and leaves p(x) as it is (Geman
& Geman 1984). A chain is one loop of one graph, as a walk of `crossmodal.sampling.langevin` is.
"""

from collections.abc import Callable

import tensorflow as tf


def bernoulli(logits, seed) -> tf.Tensor:
    """Units that are 1 with probability sigmoid(logits), else 0; a function of two integers `seed`."""
    u = tf.random.stateless_uniform(tf.shape(logits), seed, dtype=logits.dtype)
    return tf.cast(u < tf.sigmoid(logits), logits.dtype)


def normal(mean, seed) -> tf.Tensor:
    """Units from N(mean, 1); a function of two integers `seed`."""
    return mean + tf.random.stateless_normal(tf.shape(mean), seed, dtype=mean.dtype)


def two_seeds(seed) -> tuple[tf.Tensor, tf.Tensor]:
    """Two seeds of two integers each that have nothing to do with each other, as a function of one."""
    return tuple(tf.random.experimental.stateless_fold_in(seed, i) for i in (0, 1))


def gibbs(start, sweep: Callable, *, steps, seed) -> tf.Tensor:
    """Where chains are after `steps` sweeps.

    Args:
        start: tensor (chains, ...).
        sweep: x (chains, ...) and two integers, its seed -> x after one sweep, of the same shape.
        steps: number of sweeps, an int or an integer tensor.
        seed: two integers; sweep t is a function of (seed, t).
    """
    start = tf.convert_to_tensor(start)

    def body(t, x):
        moved = sweep(x, tf.random.experimental.stateless_fold_in(seed, t))
        return t + 1, tf.ensure_shape(moved, start.shape)

    loop = tf.while_loop(lambda t, x: t < steps, body, (tf.constant(0), start), parallel_iterations=1)
    return tf.stop_gradient(loop[1])
