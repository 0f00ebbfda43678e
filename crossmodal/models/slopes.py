"""How steep a discriminator is: what R1, R2 (L. Mescheder et al., "Which Training Methods for GANs do actually
Converge?", 2018) and the gradient penalty (I. Gulrajani et al. 2017) hold back."""

import tensorflow as tf


def squared_slopes(score, signals):
    """|d score / d signal|^2 of each signal: (n, ...) -> (n,) float32, for a `score` that maps signals to (n,)."""
    with tf.GradientTape() as tape:
        tape.watch(signals)
        total = tf.reduce_sum(score(signals))
    slopes = tf.cast(tape.gradient(total, signals), tf.float32)
    return tf.reduce_sum(tf.square(slopes), axis=list(range(1, len(slopes.shape))))
