"""What all models of visible units v and hidden units h share: weights W between the layers and biases b and c.

    total input of the hidden units   c + W'v,    of the visible units   b + W h

Restricted Boltzmann machines and autoencoders with tied weights differ in how they learn these.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.pretraining.units import units_of


class TwoLayers(keras.Model):
    """Visible units (n, visible) and hidden units (n, hidden), for a subclass that says how it learns.

    A subclass calls `make_layers` in its constructor, after that of Keras.
    """

    def make_layers(self, visible: int, hidden: int, visible_kind: str, hidden_kind: str) -> None:
        """Make W (visible, hidden), normal with standard deviation 0.01, and biases of 0; ModelError for a kind of
        units that does not exist."""
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

    def reconstruct(self, v):
        """The mean of v given the mean of h given v, (n, visible)."""
        return self.visible_mean(self.hidden_mean(v))

    def start_at(self, v):
        """Give the visible biases the values that a model without hidden units learns from data v (n, visible) (Hinton
        2010, section 8)."""
        self.visible_bias.assign(self.visible_units.input_of(np.mean(v, axis=0, dtype=np.float64)))

    def config_of_layers(self) -> dict:
        """The arguments of `make_layers`."""
        return {name: getattr(self, name) for name in ("visible", "hidden", "visible_kind", "hidden_kind")}
