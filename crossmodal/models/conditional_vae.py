"""A conditional VAE: an image has a hand, a sound has a code (K. Sohn, H. Lee & X. Yan, "Learning Structured Output
Representation using Deep Conditional Generative Models", 2015).

spectrogram x -> code c. In training the recognition network q(h|y, c) = N(h_mean, exp(h_log_var)) sees the image; the
decoder p(y|h, c) draws it again. With the prior p(h) = N(0, I) for all sounds, the loss of a pair is

    -log p(y|h, c), Bernoulli, summed over the pixels  +  beta KL(q(h|y, c) || N(0, I)).

With beta = 1 it bounds -log p(y|x), equation 4 there. What c tells need not be told by h, which costs its KL: so c is
what was said and h how it is written. An image is drawn by h ~ N(0, I).
"""

import keras
import numpy as np
from keras import layers, ops

from crossmodal.models.conditional import ConditionalModel
from crossmodal.models.losses import kl_divergence, reconstruction
from crossmodal.models.networks.encoder_parts import RELU_INIT, gaussian_heads
from crossmodal.models.networks.layers import Conv2D, Dense
from crossmodal.models.variational import sample_latents


def recognition_network(image_shape, code_dim, hand_dim, filters, units, dtype) -> keras.Model:
    """[image (height, width, channels), c (code_dim,)] -> [h_mean, h_log_var], each (hand_dim,) float32."""
    x = image = keras.Input(image_shape, name="image")
    code = keras.Input((code_dim,), name="code")
    for i, n in enumerate(filters, 1):
        options = {"padding": "same", "activation": "relu", "kernel_initializer": RELU_INIT, "dtype": dtype}
        x = Conv2D(n, 4, strides=2, name=f"conv{i}", **options)(x)
    x = layers.Concatenate(dtype=dtype, name="with_code")([layers.Flatten(dtype=dtype, name="flatten")(x), code])
    x = Dense(units, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name="fc")(x)
    mean, log_var = gaussian_heads(x, hand_dim, 0.0)
    return keras.Model([image, code], [mean, log_var], name="recognition")


@keras.saving.register_keras_serializable("crossmodal")
class ConditionalVAE(ConditionalModel):
    """Hears a spectrogram and draws it in the hand h.

    Args:
        recognition_filters, recognition_units: convolutions (4x4, stride 2) and dense layer of q(h|y, c).
        beta: weight of the KL term.
        **kwargs: see `ConditionalModel`.

    Example:
        model = ConditionalVAE()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
    """

    TRACKED = ("loss", "reconstruction", "kl")

    def __init__(
        self, code_dim=32, hand_dim=16, recognition_filters=(32, 64), recognition_units=256, beta=1.0, **kwargs
    ):
        super().__init__(code_dim, hand_dim, **kwargs)
        self.recognition_filters, self.recognition_units = tuple(recognition_filters), recognition_units
        self.beta = beta
        shapes = (self.recognition_filters, recognition_units)
        self.recognition = recognition_network(self.image_shape, code_dim, hand_dim, *shapes, self.dtype_policy)
        self.build((None, *self.spectrogram_shape))

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the loss, each the mean over the batch's pairs.

        Args:
            spectrograms: (clips, frames, mels, 1).
            images: (clips, n, height, width, channels): n images share a clip.
        """
        c, y = self.heard_and_real(spectrograms, images, training)
        h_mean, h_log_var = self.recognition([y, c], training=training)
        h = sample_latents(h_mean, h_log_var, 1, self.seed_generator)[:, 0]
        return {
            "reconstruction": ops.mean(reconstruction(y, self.logits(c, h, training))),
            "kl": ops.mean(kl_divergence(h_mean, h_log_var)),
        }

    def hands_of(self, images, latents):
        """h_mean of q(h|y, c)."""
        images, codes = np.asarray(images, np.float32), np.asarray(latents, np.float32)
        return ops.convert_to_numpy(self.recognition.predict([images, codes], verbose=0)[0])

    def train_step(self, data):
        pairs = self.pairs_in(data)
        return self.track(self.learn(lambda: self.total(self.losses_of(*pairs, training=True), self.beta)))

    def test_step(self, data):
        return self.track(self.total(self.losses_of(*self.pairs_in(data)), self.beta))

    def total(self, terms, beta):
        """The terms and the loss that they add up to, with `beta` the weight of the KL term."""
        return {"loss": terms["reconstruction"] + beta * terms["kl"], **terms}

    def get_config(self):
        names = ("recognition_filters", "recognition_units", "beta")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
