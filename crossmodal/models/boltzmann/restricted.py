"""Restricted Boltzmann machines (Smolensky 1986; Hinton 2002).

    E(v, h) = base(v) + base(h) - b'v - c'h - v'W h

No two visible and no two hidden units are joined, so each layer is drawn at once given the other:

    p(h_j = 1 | v) = sigmoid(c_j + sum_i v_i W_ij),     p(v_i = 1 | h) = sigmoid(b_i + sum_j W_ij h_j)

    F(v) = base(v) - b'v - sum_j A(c_j + sum_i v_i W_ij)

with base and A of the units, see `crossmodal.models.boltzmann.units`: for Bernoulli hidden units A(a) is
log(1 + exp(a)). Gaussian visible units have the mean b_i + sum_j W_ij h_j and variance 1.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.boltzmann.machine import BoltzmannMachine
from crossmodal.models.boltzmann.units import units_of
from crossmodal.sampling.gibbs import two_seeds


@keras.saving.register_keras_serializable("crossmodal")
class RestrictedBoltzmannMachine(BoltzmannMachine):
    """Visible units v (n, visible) and hidden units h (n, hidden).

    Args:
        visible, hidden: numbers of units.
        visible_kind, hidden_kind: "bernoulli" or "gaussian".
        **kwargs: see `BoltzmannMachine`.

    Example:
        rbm = RestrictedBoltzmannMachine(784, 500)
        rbm.compile(keras.optimizers.Adam(1e-3))
        rbm.fit(images.reshape(-1, 784), epochs=10)
    """

    def __init__(self, visible, hidden, visible_kind="bernoulli", hidden_kind="bernoulli", **kwargs):
        super().__init__(**{**kwargs, "visible_shape": (visible,)})
        self.visible, self.hidden = visible, hidden
        self.visible_kind, self.hidden_kind = visible_kind, hidden_kind
        self.visible_units, self.hidden_units = units_of(visible_kind), units_of(hidden_kind)
        small = keras.initializers.RandomNormal(stddev=0.01)
        self.kernel = self.add_weight(shape=(visible, hidden), initializer=small, name="kernel")
        self.visible_bias = self.add_weight(shape=(visible,), initializer="zeros", name="visible_bias")
        self.hidden_bias = self.add_weight(shape=(hidden,), initializer="zeros", name="hidden_bias")

    def hidden_input(self, v):
        """c + W'v, (n, hidden)."""
        return self.hidden_bias + ops.matmul(v, self.kernel)

    def visible_input(self, h):
        """b + W h, (n, visible)."""
        return self.visible_bias + ops.matmul(h, ops.transpose(self.kernel))

    def hidden_mean(self, v):
        """E h given v, (n, hidden)."""
        return self.hidden_units.mean(self.hidden_input(v))

    def visible_mean(self, h):
        """E v given h, (n, visible)."""
        return self.visible_units.mean(self.visible_input(h))

    def energy(self, v, h):
        """E(v, h), (n,)."""
        bases = ops.sum(self.visible_units.base(v), -1) + ops.sum(self.hidden_units.base(h), -1)
        return bases - ops.matmul(v, self.visible_bias) - ops.sum(h * self.hidden_input(v), -1)

    def free_energy(self, v):
        """F(v), (n,), in nats."""
        visible = ops.sum(self.visible_units.base(v), -1) - ops.matmul(v, self.visible_bias)
        return visible - ops.sum(self.hidden_units.log_sum(self.hidden_input(v)), -1)

    def sweep(self, v, seed):
        """h ~ p(h | v), then v ~ p(v | h)."""
        of_hidden, of_visible = two_seeds(seed)
        h = self.hidden_units.draw(self.hidden_input(v), of_hidden)
        return self.draw_visible(h, v, of_visible)

    def draw_visible(self, h, v, seed):
        """v ~ p(v | h), where visible units are v now."""
        return self.visible_units.draw(self.visible_input(h), seed)

    def reconstruct(self, v):
        """The mean of v given the mean of h given v, (n, visible)."""
        return self.visible_mean(self.hidden_mean(v))

    def start_at(self, v):
        """Give the visible biases the values that a machine without hidden units learns from data v (n, visible)
        (Hinton 2010, section 8); rare pixels count as one of a hundred."""
        mean = np.asarray(v, np.float64).mean(axis=0)
        if self.visible_kind == "bernoulli":
            mean = np.clip(mean, 0.01, 0.99)
            mean = np.log(mean / (1 - mean))
        self.visible_bias.assign(mean)

    def get_config(self):
        config = super().get_config()
        del config["visible_shape"]
        names = ("visible", "hidden", "visible_kind", "hidden_kind")
        return {**config, **{name: getattr(self, name) for name in names}}
