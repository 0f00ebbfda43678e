"""Deep belief networks with label units at the top (Hinton, Osindero & Teh 2006, sections 5 and 6).

The machine at the top joins the highest hidden units h with the layer below, x, and a label y, one of C units:

    E(x, y, h) = -b'x - d'y - c'h - x'W h - y'U h
    p(y = k | h) = exp(d_k + U_k h) / sum over classes,              a softmax: one label is on
    p(y = k | x) = exp(-F(x, k)) / sum over classes,                 exact, h summed out (Larochelle & Bengio 2008)

With y held, Gibbs sampling at the top draws the class: from there a pass down makes the visible units. The contrastive
wake-sleep of `crossmodal.models.pretraining.deep_belief` fine-tunes all of it: up, y joins the states; at the top the
machine learns of both by contrastive divergence.
"""

import keras
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.deep_belief import DeepBeliefNetwork
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.sampling.gibbs import bernoulli, gibbs, two_seeds


@keras.saving.register_keras_serializable("crossmodal")
class LabelledMachine(RestrictedBoltzmannMachine):
    """A restricted Boltzmann machine of Bernoulli units whose visible units are x and y: (n, visible + classes).

    Args:
        visible, hidden: numbers of units x and h.
        classes: C, of which y has one on.
        **kwargs: see `BoltzmannMachine`.
    """

    def __init__(self, visible, hidden, classes, **kwargs):
        super().__init__(visible + classes, hidden, **kwargs)
        self.below, self.classes = visible, classes

    def draw_visible(self, h, v, seed):
        of_below, of_label = two_seeds(seed)
        inputs = self.visible_input(h)
        x = bernoulli(inputs[:, : self.below], of_below)
        label = tf.random.stateless_categorical(inputs[:, self.below :], 1, of_label)[:, 0]
        return ops.concatenate([x, tf.one_hot(label, self.classes, dtype=x.dtype)], axis=-1)

    def visible_mean(self, h):
        inputs = self.visible_input(h)
        below, label = inputs[:, : self.below], inputs[:, self.below :]
        return ops.concatenate([ops.sigmoid(below), ops.softmax(label)], axis=-1)

    def sample_below(self, start, y, steps, seed):
        """x (n, visible) after so many sweeps that begin at x `start`, the labels y (n, classes) held."""
        y = ops.cast(y, self.variable_dtype)

        def sweep(x, seed):
            return self.sweep(ops.concatenate([x, y], axis=-1), seed)[:, : self.below]

        return gibbs(ops.cast(start, self.variable_dtype), sweep, steps=steps, seed=seed)

    def probabilities(self, x):
        """p(y | x) of x (n, visible), (n, classes)."""
        labels = ops.eye(self.classes, dtype=x.dtype)
        energies = [
            self.free_energy(ops.concatenate([x, ops.broadcast_to(label, (ops.shape(x)[0], self.classes))], axis=-1))
            for label in labels
        ]
        return ops.softmax(-ops.stack(energies, axis=-1))

    def get_config(self):
        return {**super().get_config(), "visible": self.below, "classes": self.classes}


@keras.saving.register_keras_serializable("crossmodal")
class LabelledBeliefNetwork(DeepBeliefNetwork):
    """A deep belief network that knows classes, fitted to (v, y): v (n, visible), y (n, classes) with one 1 a row.

    Args:
        units: of each layer, the visible one first, without the labels; three layers or more.
        classes: C.
        **kwargs: see `DeepBeliefNetwork`.

    Example:
        network = LabelledBeliefNetwork.of_machines([rbm, LabelledMachine(500, 2000, 10)], classes=10)
        sevens = network.sample_class(7, n=20, steps=1000, seed=(0, 0))
    """

    def __init__(self, units, classes, **kwargs):
        self.classes = classes
        super().__init__(units, **kwargs)

    def make_top(self):
        return LabelledMachine(*self.units[-2:], self.classes, steps=self.steps, dtype=self.dtype_policy)

    def call(self, v):
        """p(y | v), (n, classes), by the means of the layers below the highest one."""
        for up in self.recognition:
            v = ops.sigmoid(up(v))
        return self.top.probabilities(v)

    def joined(self, state, data):
        if not isinstance(data, tuple) or len(data) < 2:
            raise ModelError("A labelled network learns from examples and their labels: pass both.")
        return ops.concatenate([state, ops.cast(data[1], state.dtype)], axis=-1)

    def apart(self, model):
        return model[:, : -self.classes]

    def sample(self, n, steps, seed, start=None):
        """The same as of a network without labels, which are free: each chain draws some class."""
        of_start, of_chains, of_way = (tf.random.experimental.stateless_fold_in(seed, i) for i in range(3))
        if start is None:
            x = bernoulli(tf.zeros((n, self.units[-2]), self.variable_dtype), of_start)
        else:
            x = self.up(ops.cast(start, self.variable_dtype), of_start)[-1]
        y = ops.full((n, self.classes), 1 / self.classes, dtype=x.dtype)
        both = self.top.sample(ops.concatenate([x, y], axis=-1), steps, of_chains)
        return self.down(self.apart(both), of_way)[0]

    def sample_class(self, label: int, n: int, steps: int, seed):
        """Draw examples of a class: Gibbs sampling at the top with its label held, then one pass down.

        Returns:
            the means of v given h1, (n, visible).
        """
        of_start, of_chains, of_way = (tf.random.experimental.stateless_fold_in(seed, i) for i in range(3))
        x = bernoulli(tf.zeros((n, self.units[-2]), self.variable_dtype), of_start)
        y = tf.one_hot(tf.fill([n], label), self.classes, dtype=x.dtype)
        return self.down(self.top.sample_below(x, y, steps, of_chains), of_way)[0]

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}
