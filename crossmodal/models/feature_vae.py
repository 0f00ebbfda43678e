"""VAE-dis: a GAN is trained, then its discriminator says how far a VAE's drawing is from an image.

The VAE of `crossmodal.models.vae`, spectrogram x -> q(z|x) -> z -> image G(z), with

    loss = gamma sum_l |Dis_l(y) - Dis_l(G(z))|^2 / |Dis_l(y) - mean Dis_l(y)|^2  +  beta KL(q(z|x) || N(0, I)),

where Dis_l are the layers of the discriminator of a `ConditionalGAN` that was trained before on the same pairs and
stays as it is, the first of them the image itself, and squares are means over a batch: what a layer loses is a share of
its variance over real images, whatever its size. Of the GAN nothing else is kept: it is the first stage of the run, see
`FeatureVAE.gan`.

All layers are compared, for a discriminator that stays as it is can be deceived: with one layer alone, patterns of dots
were drawn whose features are those of digits. It is also what perceptual losses do (Dosovitskiy & Brox 2016; X. Hou et
al., "Deep Feature Consistent Variational Autoencoder", 2017).
"""

import keras
from keras import layers, ops

from crossmodal.models.conditional_gan import ConditionalGAN
from crossmodal.models.larsen import LarsenVAEGAN, likeness
from crossmodal.models.losses import kl_divergence
from crossmodal.models.variational import sample_latents


@keras.saving.register_keras_serializable("crossmodal")
class FeatureVAE(LarsenVAEGAN):
    """Hears a spectrogram and draws an image. Its arguments are those of `LarsenVAEGAN` but `layer`: all count."""

    TRACKED = ("loss", "likeness", "kl")

    def __init__(self, gamma=1.0, **kwargs):
        super().__init__(gamma=gamma, **kwargs)

    def compared(self) -> keras.Model:
        """Image -> [image, features of each layer]."""
        features = [layer.output for layer in self.discriminator.layers if isinstance(layer, layers.LeakyReLU)]
        return keras.Model(self.discriminator.input, [self.discriminator.input, *features])

    def gan(self) -> ConditionalGAN:
        """A GAN that trains this model's discriminator."""
        sizes = {"discriminator_filters": self.discriminator_filters, "discriminator_units": self.discriminator_units}
        shapes = {"image_shape": self.image_shape, "front_end": self.front_end, "dtype": self.dtype_policy}
        return ConditionalGAN(discriminator=self.discriminator, penalty=self.penalty, **sizes, **shapes)

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the loss, see `LarsenVAEGAN.losses_of`."""
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = ops.reshape(sample_latents(z_mean, z_log_var, images.shape[1], self.seed_generator), (-1, self.latent_dim))
        drawn = ops.sigmoid(self.decoder(z, training=training))
        of_real = self.similarity(ops.reshape(images, (-1, *self.image_shape)))
        return {
            "likeness": sum(share_lost(*of) for of in zip(of_real, self.similarity(drawn), strict=True)),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
        }

    def train_step(self, data):
        pairs, learning = self.pairs_in(data), self.encoder.trainable_variables + self.decoder.trainable_variables

        def losses():
            terms = self.losses_of(*pairs, training=True)
            return {"loss": self.gamma * terms["likeness"] + self.kl_weight() * terms["kl"], **terms}

        return self.track(self.learn(losses, learning))

    def get_config(self):
        return {name: value for name, value in super().get_config().items() if name != "layer"}


def share_lost(real, drawn):
    """The squared distance of features (n, ...) of real and of drawn images, as a share of the variance of the real."""
    real = ops.cast(real, "float32")
    variance = ops.mean(likeness(real, ops.mean(real, axis=0, keepdims=True)))
    return ops.mean(likeness(real, drawn)) / ops.maximum(variance, keras.config.epsilon())
