"""Batches of shuffled rows for classifiers, a function of the seed and of the epoch at which they begin."""

from collections.abc import Callable

import tensorflow as tf


def batches_of_rows(n: int, batch_size: int, epochs: int, seed: int, batch: Callable) -> Callable:
    """first epoch -> the batches of that epoch and all later ones.

    Args:
        n: rows; those that do not fill an epoch's last batch are left out.
        batch: batch(seed, rows) -> what a batch holds, of a seed of its own (2,) int64 and of rows (batch_size,) int32.
    """
    steps = n // batch_size

    def from_epoch(first_epoch):
        return tf.data.Dataset.range(first_epoch, epochs).flat_map(epoch_batches).prefetch(4)

    @tf.autograph.experimental.do_not_convert
    def epoch_batches(epoch):
        rows = tf.random.experimental.stateless_shuffle(tf.range(n), tf.stack([tf.constant(seed, tf.int64), epoch]))
        rows = tf.data.Dataset.from_tensor_slices(rows).batch(batch_size, drop_remainder=True).enumerate()
        return rows.map(lambda step, rows: at_step(epoch * steps + step, rows), num_parallel_calls=2)

    def at_step(step, rows):
        return batch(tf.stack([tf.constant(seed, tf.int64), step]), rows)

    return from_epoch
