"""Autoencoders of one hidden layer: sparse (Ng 2011), denoising (Vincent et al. 2008, 2010), or plain.

    e(x) = sigmoid(c + W'x),     d(h) = the mean of visible units whose total input is b + W h,

    J = sum L(x, d(e(x~))) + beta sum_i KL(rho, rho_i) + decay |W|^2 / 2

L is the cross entropy of the visible units, in nats; x~ is x, or x with noise in it, from which x must be restored.
rho_i is the mean of hidden unit i over a batch, and KL that of two coins,

    KL(rho, rho_i) = rho log(rho / rho_i) + (1 - rho) log((1 - rho) / (1 - rho_i)),

which is least where each unit is active in a share rho of the examples. Stacked, each learns what the one before makes
of the data (`crossmodal.training.greedy`), as Boltzmann machines are.
"""

import math

import keras
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.two_layers import TwoLayers
from crossmodal.models.pretraining.unsupervised import UnsupervisedModel
from crossmodal.runtime.choices import check_choice

NOISES = ("mask", "normal")


def coin_divergence(rho: float, rho_i):
    """KL(rho, rho_i) of two coins, in nats: 0 <= rho <= 1, and rho_i in (0, 1), of any shape."""
    terms = [p * (math.log(p) - ops.log(q)) for p, q in ((rho, rho_i), (1 - rho, 1 - rho_i)) if p]
    return sum(terms)


@keras.saving.register_keras_serializable("crossmodal")
class SparseAutoencoder(UnsupervisedModel, TwoLayers):
    """Visible units x (n, visible) and a code (n, hidden), with tied weights; compiled with an optimizer alone.

    Args:
        visible, hidden: numbers of units.
        visible_kind, hidden_kind: "bernoulli", whose mean is a sigmoid, or "gaussian", whose mean is linear.
        beta: weight of the sparsity; 0 for none. It needs Bernoulli hidden units.
        rho: share of the examples in which a hidden unit should be active, above 0 and below 1.
        noise: "mask" sets a share of the inputs to 0, "normal" adds numbers from N(0, amount^2).
        amount: that share, or that standard deviation; 0 for no noise.
        decay: weight of |W|^2 / 2.
        **kwargs: see `UnsupervisedModel`.

    Raises:
        ModelError: one of these is not what it says.
    """

    TRACKED = ("loss", "cross_entropy", "sparsity", "reconstruction")

    def __init__(
        self,
        visible,
        hidden,
        visible_kind="bernoulli",
        hidden_kind="bernoulli",
        beta=0.0,
        rho=0.05,
        noise="mask",
        amount=0.0,
        decay=1e-4,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_choice("noise", noise, NOISES)
        if beta and not (0 < rho < 1 and hidden_kind == "bernoulli"):
            raise ModelError(f"rho is {rho}, the hidden units {hidden_kind}: sparse units are Bernoulli, 0 < rho < 1.")
        self.beta, self.rho, self.noise, self.amount, self.decay = beta, rho, noise, amount, decay
        self.make_layers(visible, hidden, visible_kind, hidden_kind)
        self.built = True

    def call(self, x):
        """The code e(x): the features of x."""
        return self.hidden_mean(x)

    def with_noise(self, x):
        """x~, of x (n, visible)."""
        if not self.amount:
            return x
        if self.noise == "normal":
            return x + self.amount * keras.random.normal(ops.shape(x), dtype=x.dtype, seed=self.seed_generator)
        kept = keras.random.uniform(ops.shape(x), dtype=x.dtype, seed=self.seed_generator) >= self.amount
        return x * ops.cast(kept, x.dtype)

    def losses_of(self, x, given):
        """The terms of J for x (n, visible), restored from x~ `given`; those over examples are means over the batch."""
        code = self.hidden_mean(given)
        cross_entropy = self.visible_units.cross_entropy(x, self.visible_input(code))
        rho_i = ops.clip(ops.mean(code, axis=0), 1e-6, 1 - 1e-6) if self.beta else None
        return {
            "cross_entropy": ops.mean(ops.sum(cross_entropy, axis=-1)),
            "sparsity": ops.sum(coin_divergence(self.rho, rho_i)) if self.beta else ops.zeros(()),
            "decay": 0.5 * ops.sum(ops.square(self.kernel)),
        }

    def total(self, terms):
        """J, of its terms."""
        return terms["cross_entropy"] + self.beta * terms["sparsity"] + self.decay * terms["decay"]

    def train_step(self, data):
        x = self.examples_in(data)
        given = self.with_noise(x)
        with tf.GradientTape() as tape:
            terms = self.losses_of(x, given)
            loss = self.total(terms)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return self.track(self.figures_of(x, loss, terms))

    def test_step(self, data):
        x = self.examples_in(data)
        terms = self.losses_of(x, x)
        return self.track(self.figures_of(x, self.total(terms), terms))

    def figures_of(self, x, loss, terms):
        """What a step reports."""
        return {name: {**terms, "loss": loss, "reconstruction": self.error(x)}[name] for name in self.TRACKED}

    def get_config(self):
        names = ("beta", "rho", "noise", "amount", "decay")
        config = {**super().get_config(), **self.config_of_layers()}
        return {**config, **{name: getattr(self, name) for name in names}}
