"""Convolutional restricted Boltzmann machines with probabilistic max pooling (Lee, Grosse, Ranganath & Ng 2009).

    E(v, h) = base(v) - c sum v - sum_k sum_ij h_ij^k I_ij^k,     I^k = b_k + v * W^k without padding,

where at most one of the n = pool x pool units h of a block may be 1, and the block's pooling unit p is 1 if one is. So
a block has n + 1 configurations and is a softmax over them:

    p(h_ij = 1 | v) = exp(I_ij) / (1 + sum over the block exp(I)),    p(p = 0 | v) = 1 / (1 + sum over the block exp(I))

    F(v) = base(v) - c sum v - sum over the blocks log(1 + sum over the block exp(I))

All places share the weights: a feature is found wherever it is. Machines are stacked on their pooling units.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.machine import BoltzmannMachine
from crossmodal.models.pretraining.units import units_of
from crossmodal.sampling.gibbs import two_seeds


@keras.saving.register_keras_serializable("crossmodal")
class ConvolutionalBoltzmannMachine(BoltzmannMachine):
    """Visible units (n, height, width, channels), hidden ones (n, height', width', groups), pooling units
    (n, height' / pool, width' / pool, groups), where height' = height - size + 1.

    Args:
        visible_shape: (height, width, channels).
        groups: K, features.
        size: height and width of a feature.
        pool: height and width of a block.
        visible_kind: "bernoulli" or "gaussian".
        **kwargs: see `BoltzmannMachine`; without sparsity features tend to become copies of single pixels.

    Raises:
        ModelError: blocks of this size do not cover the hidden units.
    """

    def __init__(self, visible_shape, groups, size, pool=2, visible_kind="bernoulli", **kwargs):
        super().__init__(visible_shape, **kwargs)
        height, width, channels = self.visible_shape
        rows, columns = height - size + 1, width - size + 1
        if min(rows, columns) < 1 or rows % pool or columns % pool:
            raise ModelError(
                f"{rows} x {columns} hidden units are not covered by blocks of {pool} x {pool}: choose another size."
            )
        self.groups, self.size, self.pool, self.visible_kind = groups, size, pool, visible_kind
        self.hidden_shape, self.pooled_shape = (rows, columns, groups), (rows // pool, columns // pool, groups)
        self.visible_units = units_of(visible_kind)
        shape, small = (size, size, channels, groups), keras.initializers.RandomNormal(stddev=0.01)
        self.kernel = self.add_weight(shape=shape, initializer=small, name="kernel")
        self.visible_bias = self.add_weight(shape=(channels,), initializer="zeros", name="visible_bias")
        self.hidden_bias = self.add_weight(shape=(groups,), initializer="zeros", name="hidden_bias")

    def call(self, v):
        """The means of the pooling units."""
        return self.pooled_mean(v)

    def hidden_input(self, v):
        """I, (n, *hidden_shape)."""
        return ops.conv(v, self.kernel, padding="valid") + self.hidden_bias

    def visible_input(self, h):
        """The total input of the visible units, (n, *visible_shape)."""
        return ops.conv_transpose(h, self.kernel, padding="valid") + self.visible_bias

    def blocks(self, h):
        """(n, *hidden_shape) -> (n, *pooled_shape, pool^2), block by block."""
        rows, columns, groups = self.pooled_shape
        h = ops.reshape(h, (-1, rows, self.pool, columns, self.pool, groups))
        return ops.reshape(ops.transpose(h, (0, 1, 3, 5, 2, 4)), (-1, rows, columns, groups, self.pool**2))

    def places(self, blocks):
        """The inverse of `blocks`."""
        rows, columns, groups = self.pooled_shape
        h = ops.reshape(blocks, (-1, rows, columns, groups, self.pool, self.pool))
        return ops.reshape(ops.transpose(h, (0, 1, 4, 2, 5, 3)), (-1, *self.hidden_shape))

    def configurations(self, v):
        """The logits of the n + 1 configurations of each block, (n, *pooled_shape, pool^2 + 1); the last is all 0."""
        inputs = self.blocks(self.hidden_input(v))
        return ops.concatenate([inputs, ops.zeros_like(inputs[..., :1])], axis=-1)

    def hidden_mean(self, v):
        """p(h = 1 | v), (n, *hidden_shape)."""
        return self.places(ops.softmax(self.configurations(v))[..., :-1])

    def pooled_mean(self, v):
        """p(p = 1 | v), (n, *pooled_shape)."""
        return 1 - ops.softmax(self.configurations(v))[..., -1]

    def energy(self, v, h):
        """E(v, h), (n,), of h that have at most one 1 in a block."""
        hidden = ops.sum(h * self.hidden_input(v), axis=(1, 2, 3))
        return self.visible_energy(v) - hidden

    def visible_energy(self, v):
        """base(v) - c sum v, (n,)."""
        return ops.sum(self.visible_units.base(v) - ops.multiply(self.visible_bias, v), axis=(1, 2, 3))

    def free_energy(self, v):
        """F(v), (n,), in nats."""
        return self.visible_energy(v) - ops.sum(ops.logsumexp(self.configurations(v), axis=-1), axis=(1, 2, 3))

    def draw_hidden(self, v, seed):
        """h ~ p(h | v), (n, *hidden_shape) of 0 and 1; a function of two integers `seed`."""
        logits = self.configurations(v)
        drawn = tf.random.stateless_categorical(tf.reshape(logits, (-1, self.pool**2 + 1)), 1, seed)[:, 0]
        return self.places(tf.one_hot(drawn, self.pool**2, dtype=logits.dtype))

    def sweep(self, v, seed):
        of_hidden, of_visible = two_seeds(seed)
        return self.visible_units.draw(self.visible_input(self.draw_hidden(v, of_hidden)), of_visible)

    def reconstruct(self, v):
        """The mean of v given the mean of h given v."""
        return self.visible_units.mean(self.visible_input(self.hidden_mean(v)))

    def project(self, pooled):
        """What patterns of pooling units (n, rows, columns, groups) add to the input of the visible units, (n, height,
        width, channels), where a pooling unit is spread over its block: features of a machine on top as pictures."""
        spread = ops.repeat(ops.repeat(pooled, self.pool, axis=1), self.pool, axis=2) / self.pool**2
        return ops.conv_transpose(spread, self.kernel, padding="valid")

    def start_at(self, v):
        """Give the visible biases the values that a machine without hidden units learns from data v."""
        self.visible_bias.assign(self.visible_units.input_of(np.mean(v, axis=(0, 1, 2), dtype=np.float64)))

    def get_config(self):
        names = ("groups", "size", "pool", "visible_kind")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
