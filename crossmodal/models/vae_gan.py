"""A VAE whose decoder must also deceive a discriminator (M. Zelaszczyk, 2020; arXiv 2109.13354).

Encoder and decoder are convolutional to the last: spectrogram 48-23-10-4-1, image 1-3-7-14-28, discriminator
28-13-5-1. For z ~ q(z|x) and the drawing G(z) the encoder and the decoder learn from

    -log D(G(z)) + alpha * reconstruction + beta * KL(q(z|x) || N(0, I))

and the discriminator from -log D(y) - log(1 - D(G(z))): one step of each on the same drawings. alpha = 0 is the plain
GAN, which draws digits that have nothing to do with the sound. Reconstruction against a random image of the class
(nats per image, summed over pixels) pulls towards one archetype. `balanced` takes other ways:

- conditional: the discriminator sees the pair, the image and what the encoder made of the sound, by projection
  (Miyato & Koyama 2018), so that it is the adversary that asks for the right digit; mismatch: it is also shown real
  images with another clip's sound (Reed et al. 2016);
- reconstruction "energy": the draws of a clip are compared with its images as distributions, see `energy_score`;
- R1: the discriminator's slope at real images is penalised (Mescheder et al. 2018), in place of batch normalisation;
- clipping: the norm of the discriminator's gradient is at most `clip_norm`. Where the rate is highest a few long ones
  can feed each other until the decoder saturates: unclipped, one seed of three lost an epoch so;
- free dimensions: a part of z is N(0, I) whatever was said. The sound speaks in the rest, the hand writes in these.
"""

import math

import keras
from keras import ops

from crossmodal.models.base import AudioImageModel
from crossmodal.models.losses import (
    discriminator_loss,
    energy_score,
    generator_loss,
    kl_divergence,
    reconstruction,
)
from crossmodal.models.networks.decoders import fully_convolutional_decoder
from crossmodal.models.networks.discriminators import convolutional_discriminator, projected_score, projection_of
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.variational import VariationalModel, sample_latents


def nats(images, logits):
    """The mean Bernoulli negative log likelihood of images (clips, n, height, width, channels), summed over pixels."""
    return ops.mean(reconstruction(images, logits))


def energy(images, logits):
    """The mean energy score of a clip's draws against its images, both (clips, n, height, width, channels)."""
    shape = (-1, images.shape[1], math.prod(images.shape[2:]))
    return ops.mean(energy_score(ops.reshape(images, shape), ops.reshape(ops.sigmoid(logits), shape)))


RECONSTRUCTIONS = {"bernoulli": nats, "energy": energy}
R1_INTERVAL = 16  # steps from one R1 penalty to the next, which then counts 16 times (Karras et al. 2020)

BALANCED = dict(
    free_dim=32,
    encoder_filters=(32, 64, 128),
    decoder_units=(256, 256),
    decoder_filters=(256, 128, 32),
    decoder_kernels=(3, 3, 4, 4),
    discriminator_filters=(64, 128, 256),
    discriminator_units=(256,),
    whole_image=True,
    batch_norm=False,
    alpha=5.0,
    beta=0.001,
    kl_warmup_steps=1000,
    reconstruction="energy",
    conditional=True,
    mismatch=4.0,
    r1=0.03,
    clip_norm=10.0,
)


@keras.saving.register_keras_serializable("crossmodal")
class AudioImageVAEGAN(VariationalModel):
    """Hears a spectrogram and draws varied images. The defaults are the paper's: 7,909,382 trainable parameters.

    Args:
        latent_dim: dimensions of z.
        free_dim: how many of them the sound leaves alone, N(0, 1) for every clip: they are the hand that writes.
        initial_log_var: where z_log_var starts in the others; near 0 training stays at the posterior collapse.
        encoder_filters, discriminator_filters: their convolutions, 4x4, stride 2, LeakyReLU.
        decoder_units, discriminator_units: 1x1 convolutions before the decoder's others, after the discriminator's.
        decoder_filters, decoder_kernels: its transposed convolutions, stride 2; the last has one channel.
        whole_image: the discriminator's convolutions are padded and the last one spans its map, 28-14-7-1. Those of the
            paper, 28-13-5-1, see rows and columns 0 to 21.
        batch_norm: of decoder and discriminator, their one-channel outputs too. The encoder always has it.
        alpha: weight of the reconstruction; 0 leaves the plain GAN.
        reconstruction: "bernoulli", nats against an image of the class, or "energy", see `energy_score`.
        conditional: the discriminator sees image and sound, not the image alone.
        mismatch: weight of real images with another clip's sound among what the discriminator must refuse,
            for `conditional`.
        r1: weight of half the squared slope of the discriminator at real images; 0 leaves it out.
        clip_norm: the longest norm of the discriminator's gradient, over all its variables; 0 leaves it as it is.
        encoder_kind, encoder_options: as in `AudioImageVAE`; "fully convolutional" takes
            `encoder_filters`. One that has no `free_dim` goes with 0 of them.
        beta, kl_warmup_steps: see `VariationalModel`.
        **kwargs: see `AudioImageModel`.

    Raises:
        ValueError: an unknown reconstruction or encoder, or images that cannot be drawn.

    Example:
        model = AudioImageVAEGAN.balanced()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
    """

    TRACKED = (
        "loss",
        "discriminator_loss",
        "adversarial",
        "reconstruction",
        "kl",
        "gradient_norm",
        "discriminator_gradient_norm",
    )

    def __init__(
        self,
        latent_dim=64,
        free_dim=0,
        initial_log_var=-5.0,
        encoder_filters=(128, 256, 512),
        decoder_units=(),
        decoder_filters=(512, 256, 128),
        decoder_kernels=(3, 3, 2, 2),
        discriminator_filters=(128, 256, 512),
        discriminator_units=(),
        whole_image=False,
        batch_norm=True,
        alpha=0.2,
        beta=0.5,
        kl_warmup_steps=2000,
        reconstruction="bernoulli",
        conditional=False,
        mismatch=0.0,
        r1=0.0,
        clip_norm=0.0,
        encoder_kind="fully convolutional",
        encoder_options=None,
        **kwargs,
    ):
        super().__init__(latent_dim, beta, kl_warmup_steps, **kwargs)
        if reconstruction not in RECONSTRUCTIONS:
            raise ValueError(f"The reconstruction is one of {', '.join(RECONSTRUCTIONS)}, not {reconstruction!r}.")
        self.encoder_kind = encoder_kind
        self.encoder_options = dict(encoder_options or {})
        self.free_dim = free_dim
        self.initial_log_var = initial_log_var
        self.encoder_filters = tuple(encoder_filters)
        self.decoder_units = tuple(decoder_units)
        self.decoder_filters = tuple(decoder_filters)
        self.decoder_kernels = tuple(decoder_kernels)
        self.discriminator_filters = tuple(discriminator_filters)
        self.discriminator_units = tuple(discriminator_units)
        self.whole_image = whole_image
        self.batch_norm = batch_norm
        self.alpha = alpha
        self.reconstruction = reconstruction
        self.conditional = conditional
        self.mismatch = mismatch
        self.r1 = r1
        self.clip_norm = clip_norm
        dtype, options = self.dtype_policy, self.encoder_options
        if encoder_kind == "fully convolutional":
            options = {"filters": self.encoder_filters} | options
        if free_dim:
            options = {"free_dim": free_dim} | options
        self.encoder = build_encoder(
            encoder_kind, self.spectrogram_shape, latent_dim, initial_log_var, dtype, **options
        )
        self.decoder = fully_convolutional_decoder(
            self.image_shape,
            latent_dim,
            self.decoder_units,
            self.decoder_filters,
            self.decoder_kernels,
            batch_norm,
            dtype,
        )
        self.discriminator = convolutional_discriminator(
            self.image_shape, self.discriminator_filters, self.discriminator_units, whole_image, batch_norm, dtype
        )
        if conditional:
            self.projection = projection_of(self.discriminator, latent_dim)
        self.build((None, *self.spectrogram_shape))

    @classmethod
    def balanced(cls, **kwargs):
        """As recognisable as the VAE, as varied as handwriting: `BALANCED`, and what is given in its place."""
        return cls(**{**BALANCED, **kwargs})

    def information(self, spectrograms):
        """Infinity: its KL term weighs so little that noise tells as many nats as a digit."""
        return AudioImageModel.information(self, spectrograms)

    def judge(self, logits, features, sounds):
        """Scores (n,) of what the discriminator made of images, given the z_mean (n, latent_dim) of their sounds."""
        if not self.conditional:
            return logits[:, 0]
        return projected_score((logits, features), self.projection(sounds))

    def reconstruction_of(self, images, logits):
        """Scalar reconstruction loss of images and logits, both (clips, n, height, width, channels)."""
        return RECONSTRUCTIONS[self.reconstruction](images, logits)

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the losses, each a mean over the batch, and the condition of the discriminator.

        Args:
            spectrograms: (clips, frames, mels, 1).
            images: (clips, n, height, width, channels): n images share a clip, each has a z of its own. Where a clip
                has one image alone, the energy score compares two draws with it.
        """
        if self.reconstruction == "energy" and images.shape[1] == 1:
            images = ops.repeat(images, 2, axis=1)
        n = images.shape[1]
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = sample_latents(z_mean, z_log_var, n, self.seed_generator)
        logits = self.decoder(ops.reshape(z, (-1, self.latent_dim)), training=training)
        real, drawn = ops.reshape(images, (-1, *self.image_shape)), ops.sigmoid(logits)
        sounds = ops.stop_gradient(ops.repeat(z_mean, n, axis=0))
        # together, since batch normalisation of each alone would hide what tells one from the other
        logits_2, features = self.discriminator(ops.concatenate([real, drawn]), training=training)
        real_scores, fake_scores = ops.split(self.judge(logits_2, features, ops.concatenate([sounds, sounds])), 2)
        terms = {
            "adversarial": ops.mean(generator_loss(fake_scores)),
            "reconstruction": self.reconstruction_of(images, ops.reshape(logits, ops.shape(images))),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
        }
        terms["loss"] = terms["adversarial"] + self.alpha * terms["reconstruction"] + self.kl_weight() * terms["kl"]
        terms["discriminator_loss"] = ops.mean(discriminator_loss(real_scores, fake_scores))
        if self.mismatch:
            others = ops.roll(sounds, n, axis=0)  # each image with the sound of the next clip
            wrong_scores = self.judge(ops.split(logits_2, 2)[0], ops.split(features, 2)[0], others)
            terms["discriminator_loss"] += self.mismatch * ops.mean(generator_loss(-wrong_scores))
        return terms, real, sounds

    def r1_penalty(self, real, sounds):
        """r1 / 2 times the mean squared norm of the gradient of D's logits in real images, every R1_INTERVAL steps."""
        import tensorflow as tf

        from crossmodal.models.slopes import squared_slopes

        def penalty():
            slopes = squared_slopes(lambda y: self.judge(*self.discriminator(y, training=True), sounds), real)
            return R1_INTERVAL * self.r1 / 2 * tf.reduce_mean(slopes)

        due = tf.equal(self.optimizer.iterations.value % R1_INTERVAL, 0)
        return tf.cond(due, penalty, lambda: 0.0)

    def train_step(self, data):
        import tensorflow as tf

        generator = self.encoder.trainable_variables + self.decoder.trainable_variables
        discriminator = self.discriminator.trainable_variables
        if self.conditional:
            discriminator = discriminator + self.projection.trainable_variables
        with tf.GradientTape(persistent=True) as tape:
            terms, real, sounds = self.losses_of(*self.pairs_in(data), training=True)
            discriminator_total = terms["discriminator_loss"]
            if self.r1:
                discriminator_total += self.r1_penalty(real, sounds)
            scale = self.optimizer.scale_loss(1.0)  # for float16; the optimizer scales back
            scaled, discriminator_scaled = scale * terms["loss"], scale * discriminator_total
        of_generator = tape.gradient(scaled, generator)
        of_discriminator = tape.gradient(discriminator_scaled, discriminator)
        norms = {
            "gradient_norm": tf.linalg.global_norm(of_generator) / scale,
            "discriminator_gradient_norm": tf.linalg.global_norm(of_discriminator) / scale,
        }
        if self.clip_norm:
            norm = scale * norms["discriminator_gradient_norm"]
            of_discriminator, _ = tf.clip_by_global_norm(of_discriminator, scale * self.clip_norm, use_norm=norm)
        # Adam updates every variable independently, so one instance serves both networks
        self.optimizer.apply(of_generator + of_discriminator, generator + discriminator)
        return self.track({**terms, **norms})

    def test_step(self, data):
        terms, _, _ = self.losses_of(*self.pairs_in(data))
        return self.track(terms)

    def get_config(self):
        names = """free_dim initial_log_var encoder_filters decoder_units decoder_filters decoder_kernels
            discriminator_filters discriminator_units whole_image batch_norm alpha reconstruction conditional
            mismatch r1 clip_norm encoder_kind encoder_options"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
