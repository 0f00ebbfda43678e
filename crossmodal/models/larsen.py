"""VAE/GAN: a VAE whose reconstruction is compared by a discriminator's features (A. Larsen et al., "Autoencoding beyond
pixels using a learned similarity metric", 2016).

spectrogram x -> q(z|x) = N(z_mean, exp(z_log_var)) -> z -> image G(z). With a layer of the discriminator, Dis_l, an
image y of the class and its logit s(y), the terms are

    likeness = |Dis_l(y) - Dis_l(G(z))|^2 / 2, summed over the layer's features,
    prior    = KL(q(z|x) || N(0, I)),
    GAN      = -log D(y) - log(1 - D(G(z))) - log(1 - D(G(z_p))),  z_p ~ N(0, I),

and, algorithm 1 there, each network learns from its own: the encoder from beta prior + gamma likeness, where beta is
gamma there, the decoder from gamma likeness - GAN, the discriminator from GAN alone. There an image is reconstructed;
here it is any image of what was said, which z cannot know: likeness alone draws what the features of a class have in
common, and the GAN makes it look drawn. Not the paper's is that the discriminator pays for its slope, penalty
(|ds/dy|^2 + |ds/dy^|^2) / 2 at real and at drawn images (R1 and R2, Mescheder et al. 2018), in place of batch
normalisation, which the decoder has.
"""

import keras
import tensorflow as tf
from keras import ops

from crossmodal.models.losses import generator_loss, kl_divergence
from crossmodal.models.networks.decoders import fully_convolutional_decoder
from crossmodal.models.networks.discriminators import convolutional_discriminator
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.slopes import squared_slopes
from crossmodal.models.variational import VariationalModel, sample_latents


def likeness(one, other):
    """Half the squared distance of features (n, ...), summed over them: (n,)."""
    difference = ops.reshape(ops.cast(one, "float32") - ops.cast(other, "float32"), (ops.shape(one)[0], -1))
    return 0.5 * ops.sum(ops.square(difference), axis=-1)


@keras.saving.register_keras_serializable("crossmodal")
class LarsenVAEGAN(VariationalModel):
    """Hears a spectrogram and draws an image.

    Args:
        latent_dim: dimensions of z.
        decoder_units, decoder_filters, decoder_kernels: see `fully_convolutional_decoder`.
        discriminator_filters, discriminator_units: see `convolutional_discriminator`.
        layer: of the discriminator, whose features are compared.
        gamma: weight of the likeness in what the decoder learns from.
        penalty: weight of half the squared slope of the discriminator, at real and at drawn images.
        encoder_kind, encoder_options, initial_log_var: as in `AudioImageVAE`.
        beta, kl_warmup_steps: see `VariationalModel`.
        **kwargs: see `AudioImageModel`.
    """

    TRACKED: tuple[str, ...] = ("loss", "discriminator_loss", "likeness", "adversarial", "slope", "kl")

    def __init__(
        self,
        latent_dim=64,
        decoder_units=(256, 256),
        decoder_filters=(256, 128, 32),
        decoder_kernels=(3, 3, 4, 4),
        discriminator_filters=(32, 64, 128),
        discriminator_units=(),
        layer="relu2",
        gamma=0.01,
        penalty=1.0,
        initial_log_var=-5.0,
        encoder_kind="residual",
        encoder_options=None,
        beta=0.01,
        kl_warmup_steps=1000,
        **kwargs,
    ):
        super().__init__(latent_dim, beta, kl_warmup_steps, **kwargs)
        self.decoder_units, self.decoder_filters = tuple(decoder_units), tuple(decoder_filters)
        self.decoder_kernels = tuple(decoder_kernels)
        self.discriminator_filters, self.discriminator_units = tuple(discriminator_filters), tuple(discriminator_units)
        self.layer, self.gamma, self.penalty, self.initial_log_var = layer, gamma, penalty, initial_log_var
        self.encoder_kind, self.encoder_options = encoder_kind, dict(encoder_options or {})
        dtype = self.dtype_policy
        self.encoder = build_encoder(
            encoder_kind, self.spectrogram_shape, latent_dim, initial_log_var, dtype, **self.encoder_options
        )
        shapes = (self.decoder_units, self.decoder_filters, self.decoder_kernels)
        self.decoder = fully_convolutional_decoder(self.image_shape, latent_dim, *shapes, True, dtype)
        self.discriminator = convolutional_discriminator(
            self.image_shape, self.discriminator_filters, self.discriminator_units, True, False, dtype
        )
        self.similarity = self.compared()
        self.build((None, *self.spectrogram_shape))

    def compared(self) -> keras.Model:
        """Image -> [Dis_l, logit]."""
        discriminator = self.discriminator
        return keras.Model(discriminator.input, [discriminator.get_layer(self.layer).output, discriminator.outputs[0]])

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the losses, each the mean over the pairs of spectrograms (clips, frames, mels, 1) and images
        (clips, n, height, width, channels): n images share a clip."""
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = ops.reshape(sample_latents(z_mean, z_log_var, images.shape[1], self.seed_generator), (-1, self.latent_dim))
        z_p = keras.random.normal(ops.shape(z), seed=self.seed_generator)
        drawn = ops.sigmoid(self.decoder(ops.concatenate([z, z_p]), training=training))
        real = ops.reshape(images, (-1, *self.image_shape))
        features, logits = self.similarity(ops.concatenate([real, drawn]), training=training)
        of_real, of_drawn, _ = ops.split(features, 3)
        real_logits, drawn_logits, prior_logits = ops.split(logits[:, 0], 3)
        fakes = ops.mean(generator_loss(-drawn_logits)) + ops.mean(generator_loss(-prior_logits))
        return {
            "likeness": ops.mean(likeness(of_real, of_drawn)),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
            "discriminator_loss": ops.mean(generator_loss(real_logits)) + fakes,
            "adversarial": ops.mean(generator_loss(drawn_logits)) + ops.mean(generator_loss(prior_logits)),
            "slope": (self.slope(real) + self.slope(ops.stop_gradient(drawn))) / 2,
        }

    def slope(self, images):
        """The mean of |ds/dy|^2 at images."""
        return ops.mean(squared_slopes(lambda y: self.discriminator(y, training=True)[0][:, 0], images))

    def train_step(self, data):
        encoder, decoder = self.encoder.trainable_variables, self.decoder.trainable_variables
        discriminator = self.discriminator.trainable_variables
        with tf.GradientTape(persistent=True) as tape:
            terms = self.losses_of(*self.pairs_in(data), training=True)
            scale = self.optimizer.scale_loss(1.0)  # for float16; the optimizer scales back
            loss = self.kl_weight() * terms["kl"] + self.gamma * terms["likeness"]
            of_encoder = scale * loss
            of_decoder = scale * (self.gamma * terms["likeness"] + terms["adversarial"])
            of_discriminator = scale * (terms["discriminator_loss"] + self.penalty * terms["slope"])
        gradients = tape.gradient(of_encoder, encoder) + tape.gradient(of_decoder, decoder)
        gradients += tape.gradient(of_discriminator, discriminator)
        self.optimizer.apply(gradients, encoder + decoder + discriminator)
        return self.track({"loss": loss, **terms})

    def test_step(self, data):
        terms = self.losses_of(*self.pairs_in(data))
        return self.track({"loss": self.beta * terms["kl"] + self.gamma * terms["likeness"], **terms})

    def get_config(self):
        names = """decoder_units decoder_filters decoder_kernels discriminator_filters discriminator_units layer gamma
            penalty initial_log_var encoder_kind encoder_options"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
