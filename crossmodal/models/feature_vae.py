"""VAE-dis: a GAN is trained, then its discriminator says how far a VAE's drawing is from an image.

The VAE of `crossmodal.models.vae`, spectrogram x -> q(z|x) -> z -> image G(z), with

    loss = gamma |Dis_l(y) - Dis_l(G(z))|^2 / 2  +  beta KL(q(z|x) || N(0, I)),

where Dis_l is a layer of the discriminator of a `ConditionalGAN` that was trained before on the same pairs and stays as
it is. Of the GAN nothing else is kept: it is the first stage of the run, see `FeatureVAE.gan`.
"""

import keras
from keras import ops

from crossmodal.models.conditional_gan import ConditionalGAN
from crossmodal.models.larsen import LarsenVAEGAN, likeness
from crossmodal.models.losses import kl_divergence
from crossmodal.models.variational import sample_latents


@keras.saving.register_keras_serializable("crossmodal")
class FeatureVAE(LarsenVAEGAN):
    """Hears a spectrogram and draws an image. Its arguments are those of `LarsenVAEGAN`."""

    TRACKED = ("loss", "likeness", "kl")

    def gan(self) -> ConditionalGAN:
        """A GAN that trains this model's discriminator."""
        shapes = {"image_shape": self.image_shape, "front_end": self.front_end, "dtype": self.dtype_policy}
        return ConditionalGAN(discriminator=self.discriminator, penalty=self.penalty, **shapes)

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the loss, see `LarsenVAEGAN.losses_of`."""
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = ops.reshape(sample_latents(z_mean, z_log_var, images.shape[1], self.seed_generator), (-1, self.latent_dim))
        drawn = ops.sigmoid(self.decoder(z, training=training))
        features, _ = self.similarity(ops.concatenate([ops.reshape(images, (-1, *self.image_shape)), drawn]))
        return {
            "likeness": ops.mean(likeness(*ops.split(features, 2))),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
        }

    def train_step(self, data):
        pairs, learning = self.pairs_in(data), self.encoder.trainable_variables + self.decoder.trainable_variables

        def losses():
            terms = self.losses_of(*pairs, training=True)
            return {"loss": self.gamma * terms["likeness"] + self.kl_weight() * terms["kl"], **terms}

        return self.track(self.learn(losses, learning))
