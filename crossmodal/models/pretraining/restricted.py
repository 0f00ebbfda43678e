"""Restricted Boltzmann machines (Smolensky 1986; Hinton 2002).

    E(v, h) = base(v) + base(h) - b'v - c'h - v'W h

No two visible and no two hidden units are joined, so each layer is drawn at once given the other:

    p(h_j = 1 | v) = sigmoid(c_j + sum_i v_i W_ij),     p(v_i = 1 | h) = sigmoid(b_i + sum_j W_ij h_j)

    F(v) = base(v) - b'v - sum_j A(c_j + sum_i v_i W_ij)

with base and A of the units, see `crossmodal.models.pretraining.units`: for Bernoulli hidden units A(a) is
log(1 + exp(a)). Gaussian visible units have the mean b_i + sum_j W_ij h_j and variance 1.
"""

import keras
from keras import ops

from crossmodal.models.pretraining.machine import BoltzmannMachine
from crossmodal.models.pretraining.two_layers import TwoLayers
from crossmodal.sampling.gibbs import two_seeds


@keras.saving.register_keras_serializable("crossmodal")
class RestrictedBoltzmannMachine(BoltzmannMachine, TwoLayers):
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
        self.make_layers(visible, hidden, visible_kind, hidden_kind)

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
        """v ~ p(v | h), where the visible units are v now."""
        return self.visible_units.draw(self.visible_input(h), seed)

    def get_config(self):
        config = super().get_config()
        del config["visible_shape"]
        return {**config, **self.config_of_layers()}
