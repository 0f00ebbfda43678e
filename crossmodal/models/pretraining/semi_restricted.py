"""Semi-restricted Boltzmann machines: the visible units are joined too (Osindero & Hinton 2008).

    E(v, h) = -b'v - c'h - v'W h - v'L v / 2,     L symmetric, L_ii = 0

    p(h_j = 1 | v) = sigmoid(c_j + sum_i v_i W_ij), as without L,
    p(v_i = 1 | the other v, h) = sigmoid(b_i + sum_j W_ij h_j + sum_k L_ik v_k)

L takes on what neighbours have in common, so that h need not. The visible units no longer are independent given h.
They are drawn one after the other, which is exact, or settle all at once towards their mean field,

    v <- damping v + (1 - damping) sigmoid(b + W h + L v),

which is fast and is what the chains of the training do.
"""

import keras
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.runtime.choices import check_choice

UPDATES = ("mean-field", "sequential")


@keras.saving.register_keras_serializable("crossmodal")
class SemiRestrictedBoltzmannMachine(RestrictedBoltzmannMachine):
    """A restricted Boltzmann machine of Bernoulli units with weights between its visible ones.

    Args:
        visible, hidden: numbers of units.
        updates: "mean-field", visible units are means in (0, 1), or "sequential", they are 0 or 1.
        settling: updates of the mean field in a sweep.
        damping: share of the old value that each keeps, 0 to below 1.
        **kwargs: see `RestrictedBoltzmannMachine`.

    `updates` may be assigned later: train by mean fields, draw one unit after the other.
    """

    KERNELS = ("kernel", "lateral_kernel")

    def __init__(self, visible, hidden, updates="mean-field", settling=10, damping=0.2, **kwargs):
        super().__init__(visible, hidden, **kwargs)
        check_choice("way to update the visible units", updates, UPDATES)
        if (self.visible_kind, self.hidden_kind) != ("bernoulli", "bernoulli"):
            raise ModelError("A semi-restricted machine has Bernoulli units: leave out their kinds.")
        if settling < 1 or not 0 <= damping < 1:
            raise ModelError(f"settling is {settling}, damping {damping}: 1 or more, and 0 to below 1.")
        self.updates, self.settling, self.damping = updates, settling, damping
        shape = (visible, visible)
        self.lateral_kernel = self.add_weight(shape=shape, initializer="zeros", name="lateral_kernel")

    def lateral(self):
        """L (visible, visible), the symmetric part of `lateral_kernel` without its diagonal."""
        both = 0.5 * (self.lateral_kernel + ops.transpose(self.lateral_kernel))
        return both * (1 - ops.eye(self.visible, dtype=both.dtype))

    def lateral_energy(self, v):
        """-v'L v / 2, (n,)."""
        return -0.5 * ops.sum(v * ops.matmul(v, self.lateral()), -1)

    def energy(self, v, h):
        return super().energy(v, h) + self.lateral_energy(v)

    def free_energy(self, v):
        return super().free_energy(v) + self.lateral_energy(v)

    def conditional_mean(self, v, h):
        """E v_i given h and all v but v_i, (n, visible)."""
        return ops.sigmoid(self.visible_input(h) + ops.matmul(v, self.lateral()))

    def mean_field(self, v, h):
        """v (n, visible) after `settling` damped updates given h."""
        inputs, lateral = self.visible_input(h), self.lateral()
        for _ in range(self.settling):
            v = self.damping * v + (1 - self.damping) * ops.sigmoid(inputs + ops.matmul(v, lateral))
        return v

    def draw_visible(self, h, v, seed):
        if self.updates == "mean-field":
            return self.mean_field(v, h)
        inputs, lateral = self.visible_input(h), self.lateral()
        u = tf.random.stateless_uniform(tf.shape(v), seed, dtype=v.dtype)

        def draw_one(i, v):
            p = tf.sigmoid(inputs[:, i] + tf.linalg.matvec(v, lateral[i]))
            drawn = tf.cast(u[:, i] < p, v.dtype)
            return i + 1, v + (drawn - v[:, i])[:, None] * tf.one_hot(i, self.visible, dtype=v.dtype)

        return tf.while_loop(lambda i, v: i < self.visible, draw_one, (tf.constant(0), v))[1]

    def reconstruct(self, v):
        """The mean field of v given the mean of h given v, (n, visible)."""
        return self.mean_field(v, self.hidden_mean(v))

    def get_config(self):
        config = {name: value for name, value in super().get_config().items() if not name.endswith("_kind")}
        return {**config, **{name: getattr(self, name) for name in ("updates", "settling", "damping")}}
