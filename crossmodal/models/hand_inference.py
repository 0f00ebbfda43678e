"""Models whose hand is inferred from images: what the conditional VAE and the conditional cooperative networks share.

    recognition network   q(u|y, c) = N(u_mean, exp(u_log_var)), of an image y and a code c
    prior network         p(u|c) = N(mu, L L^T), of a code
    decoder               p(y|u, c), Bernoulli

They bound -log p(y|x) by -log p(y|u, c) + KL(q(u|y, c) || p(u|c)), u ~ q (K. Sohn, H. Lee & X. Yan, "Learning
Structured Output Representation using Deep Conditional Generative Models", 2015, equation 4). An image is drawn at
u = mu + L h, where the hand is h ~ N(0, I) whatever was said. Without a prior network p(u|c) is N(0, I), and u the hand
itself.
"""

import keras
import numpy as np
from keras import layers, ops

from crossmodal.errors import ModelError
from crossmodal.models.conditional import ConditionalModel
from crossmodal.models.losses import kl_divergence, reconstruction
from crossmodal.models.networks.encoder_parts import RELU_INIT, gaussian_heads
from crossmodal.models.networks.layers import Conv2D, Dense
from crossmodal.models.variational import sample_latents


def recognition_network(image_shape, code_dim, hand_dim, filters, units, dtype) -> keras.Model:
    """[image (height, width, channels), c (code_dim,)] -> [u_mean, u_log_var], each (hand_dim,) float32."""
    x = image = keras.Input(image_shape, name="image")
    code = keras.Input((code_dim,), name="code")
    for i, n in enumerate(filters, 1):
        options = {"padding": "same", "activation": "relu", "kernel_initializer": RELU_INIT, "dtype": dtype}
        x = Conv2D(n, 4, strides=2, name=f"conv{i}", **options)(x)
    x = layers.Concatenate(dtype=dtype, name="with_code")([layers.Flatten(dtype=dtype, name="flatten")(x), code])
    x = Dense(units, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name="fc")(x)
    mean, log_var = gaussian_heads(x, hand_dim, 0.0)
    return keras.Model([image, code], [mean, log_var], name="recognition")


def prior_network(code_dim, hand_dim, units) -> keras.Model:
    """c (code_dim,) -> [mu (hand_dim,), L (hand_dim, hand_dim)], float32; 0 and the identity at the start. L is lower
    triangular, with a positive diagonal."""
    code = keras.Input((code_dim,), name="code")
    x = layers.Dense(units, "relu", kernel_initializer=RELU_INIT, dtype="float32", name="fc")(code)
    options = {"kernel_initializer": "zeros", "dtype": "float32"}
    mu = layers.Dense(hand_dim, name="mu", **options)(x)
    square = layers.Reshape((hand_dim, hand_dim))(layers.Dense(hand_dim**2, name="l", **options)(x))
    diagonal = ops.exp(ops.diagonal(square, axis1=1, axis2=2))
    lower = ops.tril(square, -1) + diagonal[:, :, None] * ops.eye(hand_dim)
    return keras.Model(code, [mu, lower], name="prior")


class HandInference(ConditionalModel):
    """Draws at a code and a hand, and infers the hand of an image. A subclass defines `losses_of`, the terms of its
    loss, and `total`, which adds the loss that they add up to.

    Args:
        recognition_filters, recognition_units: convolutions (4x4, stride 2) and dense layer of q(u|y, c); that of
            p(u|c) has as many units.
        learned_prior: whether p(u|c) is a network's; or N(0, I).
        inferred: whether there is a recognition network; a model without one draws, but is not trained by the bound.
        **kwargs: see `ConditionalModel`.
    """

    def __init__(
        self,
        code_dim=32,
        hand_dim=16,
        recognition_filters=(32, 64),
        recognition_units=256,
        learned_prior=True,
        inferred=True,
        **kwargs,
    ):
        super().__init__(code_dim, hand_dim, **kwargs)
        self.recognition_filters, self.recognition_units = tuple(recognition_filters), recognition_units
        self.learned_prior, self.inferred = learned_prior, inferred
        shapes = (self.image_shape, code_dim, hand_dim, self.recognition_filters, recognition_units)
        self.recognition = recognition_network(*shapes, self.dtype_policy) if inferred else None
        self.prior = prior_network(code_dim, hand_dim, recognition_units) if learned_prior else None

    def bound(self, c, y, training=False):
        """The terms of the bound on -log p(y|x), each the mean over codes (n, code_dim) and images (n, height, width,
        channels).

        Raises:
            ModelError: the model has no recognition network.
        """
        if not self.recognition:
            raise ModelError("This model has no recognition network, so it draws but does not learn: train a new one.")
        u_mean, u_log_var = self.recognition([y, c], training=training)
        u = sample_latents(u_mean, u_log_var, 1, self.seed_generator)[:, 0]
        drawn = self.decoder(ops.concatenate([c, u], axis=-1), training=training)
        prior = self.prior and self.prior(c)
        kl = kl_from_prior(u_mean, u_log_var, *prior) if prior else kl_divergence(u_mean, u_log_var)
        return {"reconstruction": ops.mean(reconstruction(y, drawn)), "kl": ops.mean(kl)}

    def train_step(self, data):
        pairs = self.pairs_in(data)
        return self.track(self.learn(lambda: self.total(self.losses_of(*pairs, training=True))))

    def test_step(self, data):
        return self.track(self.total(self.losses_of(*self.pairs_in(data))))

    def logits(self, codes, hands, training=False):
        return super().logits(codes, self.placed(codes, hands), training)

    def decode(self, codes, hands):
        return super().decode(codes, ops.convert_to_numpy(self.placed(codes, hands)))

    def placed(self, codes, hands):
        """u of hands (n, hand_dim)."""
        if not self.prior:
            return hands
        mu, lower = self.prior(codes)
        return mu + ops.matmul(lower, hands[:, :, None])[:, :, 0]

    def hands_of(self, images, latents):
        """The hand of u_mean; None without a recognition network."""
        if not self.recognition:
            return None
        images, codes = np.asarray(images, np.float32), np.asarray(latents, np.float32)
        u_mean = self.recognition.predict([images, codes], verbose=0)[0]
        return ops.convert_to_numpy(hand_at(u_mean, *self.prior(codes)) if self.prior else u_mean)

    def drawing_only(self):
        if not self.recognition:
            return self
        model = type(self).from_config({**self.get_config(), "inferred": False})
        apart = {id(weight) for weight in self.recognition.weights}
        model.set_weights([np.asarray(weight) for weight in self.weights if id(weight) not in apart])
        return model

    def get_config(self):
        names = ("recognition_filters", "recognition_units", "learned_prior", "inferred")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def hand_at(u, mu, lower):
    """h = L^-1 (u - mu) of u (n, hand_dim), see `prior_network`."""
    return ops.solve_triangular(lower, (u - mu)[:, :, None], lower=True)[:, :, 0]


def kl_from_prior(u_mean, u_log_var, mu, lower):
    """KL(N(u_mean, exp(u_log_var)) || N(mu, L L^T)), (n,) nats, see `prior_network`."""
    spread = ops.exp(0.5 * u_log_var)[:, :, None] * ops.eye(u_mean.shape[-1])
    columns = ops.concatenate([spread, (u_mean - mu)[:, :, None]], axis=-1)
    squares = ops.sum(ops.square(ops.solve_triangular(lower, columns, lower=True)), axis=(1, 2))
    log_determinant = 2 * ops.sum(ops.log(ops.diagonal(lower, axis1=1, axis2=2)), axis=-1)
    return 0.5 * (squares + log_determinant - ops.sum(u_log_var + 1, axis=-1))
