"""Deep autoencoders that begin as a stack of trained layers, unrolled (Hinton & Salakhutdinov 2006).

Layers with weights W_1 ... W_L, trained one after the other, become an encoder and its mirror image, a decoder:

    h_i = f_i(c_i + W_i'h_(i-1)),   h_0 = x,        h^_(i-1) = g_i(b_i + W_i h^_i),   h^_L = h_L, the code,

with sigmoids, or none where units are Gaussian. From there on all weights are free, those down no longer the transposes
of those up, and backpropagation fine-tunes them. The network starts where the stack already restores its data. An
encoder of sounds may start from it: see `crossmodal.models.networks.encoders.dense`.
"""

import itertools

import keras

from crossmodal.errors import ModelError
from crossmodal.models.networks.layers import Dense
from crossmodal.models.pretraining.deep_belief import DeepBeliefNetwork
from crossmodal.models.pretraining.two_layers import TwoLayers
from crossmodal.models.pretraining.units import units_of


@keras.saving.register_keras_serializable("crossmodal")
class DeepAutoencoder(keras.Model):
    """An `encoder` and a `decoder` of dense layers; compile it with a loss such as "binary_crossentropy" and fit it to
    (x, x).

    Args:
        units: of each layer, the visible one first, the code last.
        kinds: "bernoulli" or "gaussian" of each layer; all Bernoulli if None.
        provenance: facts on the training, for whoever receives the file.

    Raises:
        ModelError: there are fewer than two layers, or other numbers of units and kinds.
    """

    def __init__(self, units, kinds=None, provenance=None, **kwargs):
        super().__init__(**kwargs)
        self.provenance = dict(provenance or {})
        self.units, self.kinds = tuple(units), tuple(kinds or ["bernoulli"] * len(units))
        if len(self.units) < 2 or len(self.kinds) != len(self.units):
            raise ModelError(
                f"{len(self.units)} layers, {len(self.kinds)} kinds: name two layers or more and the kind of each."
            )
        names = range(1, len(self.units))
        up = [self._dense(i, f"fc{i}") for i in names]
        down = [self._dense(i - 1, f"restore{i}") for i in reversed(names)]
        self.encoder = keras.Sequential([keras.Input((self.units[0],)), *up], name="encoder")
        self.decoder = keras.Sequential([keras.Input((self.units[-1],)), *down], name="decoder")
        self.built = True

    def _dense(self, i: int, name: str):
        """A layer that makes layer i."""
        activation = units_of(self.kinds[i]).activation
        return Dense(self.units[i], activation, dtype=self.dtype_policy, name=name)

    @classmethod
    def unrolled(cls, stack, **kwargs):
        """The autoencoder that trained layers make.

        Args:
            stack: `RestrictedBoltzmannMachine`s or `SparseAutoencoder`s, each on top of the one before.

        Raises:
            ModelError: the layers do not fit onto each other.
        """
        for lower, upper in itertools.pairwise(stack):
            if (lower.hidden, lower.hidden_kind) != (upper.visible, upper.visible_kind):
                raise ModelError("The hidden units of each layer are the visible ones of the next: stack others.")
        units = (stack[0].visible, *(layer.hidden for layer in stack))
        kinds = (stack[0].visible_kind, *(layer.hidden_kind for layer in stack))
        model = cls(units, kinds, dtype=stack[0].dtype_policy, **kwargs)
        for layer, up, down in zip(stack, model.encoder.layers, reversed(model.decoder.layers), strict=True):
            up.set_weights([layer.kernel, layer.hidden_bias])
            down.set_weights([keras.ops.transpose(layer.kernel), layer.visible_bias])
        return model

    def call(self, x, training=None):
        """x (n, visible) restored from its code."""
        return self.decoder(self.encoder(x, training=training), training=training)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "kinds": self.kinds, "provenance": self.provenance}


def unrolled(model):
    """What learned without labels as the `DeepAutoencoder` that it makes: a machine or an autoencoder of one layer, or
    a deep belief network, of whose labels nothing is kept. Any other model as it is."""
    if isinstance(model, TwoLayers):
        return DeepAutoencoder.unrolled([model])
    if not isinstance(model, DeepBeliefNetwork):
        return model
    kinds = [model.visible_kind, *["bernoulli"] * (len(model.units) - 1)]
    deep = DeepAutoencoder(model.units, kinds, dtype=model.dtype_policy)
    below = model.units[-2]  # before the units of labels, where there are some
    kernel, bias = model.top.kernel[:below], model.top.visible_bias[:below]
    ups = [up.get_weights() for up in model.recognition] + [[kernel, model.top.hidden_bias]]
    downs = [down.get_weights() for down in model.generation] + [[keras.ops.transpose(kernel), bias]]
    for layer, weights in zip([*deep.encoder.layers, *deep.decoder.layers], [*ups, *reversed(downs)], strict=True):
        layer.set_weights(weights)
    return deep
