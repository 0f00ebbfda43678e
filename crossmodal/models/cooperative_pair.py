"""Conditional cooperative networks: a fast initialiser draws what it hears, a slow solver revises it (J. Xie et al.,
"Cooperative Training of Fast Thinking Initializer and Slow Thinking Solver for Conditional Learning", 2021).

spectrogram x -> encoder -> c, what was said. A descriptor f(y, c) gives images y the density p(y|c) ~ exp(f(y, c)), a
generator g(z), z = (c, hand), draws y. Each step of the training, algorithm 1 there:

    y^ = g(z)                                   the initialiser draws,
    y~ = Langevin dynamics on f(., c) from y^   the solver revises,
    f  up at real images y, down at y~          the likelihood's gradient, E f(y, c) - E f(y~, c),
    g  towards y~: |y~ - g(z)|^2 / 2            what the chains made of the draws teaches who drew them.

The chains are those of the sound textures, `crossmodal.sampling.langevin`. What was said reaches f by a projection,
f(y, c) = s(y) + <P c, features(y)> (Miyato & Koyama 2018), and the encoder learns from both. Real images with another
clip's sound are among what f has to lower (Reed et al. 2016): chains of a few steps from drawings of c never show it
another digit.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from crossmodal.models.base import in_batches
from crossmodal.models.losses import kl_divergence
from crossmodal.models.networks.decoders import fully_convolutional_decoder
from crossmodal.models.networks.discriminators import convolutional_discriminator
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.variational import VariationalModel, sample_latents
from crossmodal.sampling.langevin import langevin

BATCH = 512  # images that are revised at once


@keras.saving.register_keras_serializable("crossmodal")
class ConditionalCoopNets(VariationalModel):
    """Hears a spectrogram and draws images that chains have revised.

    Args:
        latent_dim: dimensions of z.
        free_dim: how many of them are the hand, N(0, 1) for every clip.
        decoder_units, decoder_filters, decoder_kernels: of the generator, see `fully_convolutional_decoder`.
        descriptor_filters, descriptor_units: of the descriptor, see `convolutional_discriminator`.
        steps, step, noise: of the chains in training and in drawing, see `langevin`; `step` is its step_size.
        draw_steps: steps that revise a drawing; 0 leaves what the generator drew.
        mismatch: weight of real images with another clip's sound.
        energy: weight of the squares of f, which keeps its values small.
        encoder_kind, encoder_options, initial_log_var: as in `AudioImageVAE`; the encoder takes `free_dim`.
        beta, kl_warmup_steps: see `VariationalModel`.
        **kwargs: see `AudioImageModel`.
    """

    TRACKED = ("loss", "teaching", "contrast", "wrong", "kl", "moved")

    def __init__(
        self,
        latent_dim=64,
        free_dim=32,
        decoder_units=(256, 256),
        decoder_filters=(256, 128, 32),
        decoder_kernels=(3, 3, 4, 4),
        descriptor_filters=(32, 64, 128),
        descriptor_units=(),
        steps=15,
        step=1.5,
        noise=0.01,
        draw_steps=15,
        mismatch=2.0,
        energy=0.05,
        initial_log_var=-5.0,
        encoder_kind="residual",
        encoder_options=None,
        beta=0.001,
        kl_warmup_steps=1000,
        **kwargs,
    ):
        super().__init__(latent_dim, beta, kl_warmup_steps, **kwargs)
        self.free_dim = free_dim
        self.decoder_units, self.decoder_filters = tuple(decoder_units), tuple(decoder_filters)
        self.decoder_kernels = tuple(decoder_kernels)
        self.descriptor_filters, self.descriptor_units = tuple(descriptor_filters), tuple(descriptor_units)
        self.steps, self.step, self.noise, self.draw_steps = steps, step, noise, draw_steps
        self.mismatch, self.energy = mismatch, energy
        self.initial_log_var = initial_log_var
        self.encoder_kind, self.encoder_options = encoder_kind, dict(encoder_options or {})
        dtype, options = self.dtype_policy, {"free_dim": free_dim, **self.encoder_options}
        self.encoder = build_encoder(
            encoder_kind, self.spectrogram_shape, latent_dim, initial_log_var, dtype, **options
        )
        shapes = (self.decoder_units, self.decoder_filters, self.decoder_kernels)
        self.decoder = fully_convolutional_decoder(self.image_shape, latent_dim, *shapes, False, dtype)
        self.descriptor = convolutional_discriminator(
            self.image_shape, self.descriptor_filters, self.descriptor_units, True, False, dtype
        )
        self.projection = layers.Dense(self.descriptor.outputs[1].shape[-1], use_bias=False, dtype="float32")
        self.projection.build((None, latent_dim))
        self.build((None, *self.spectrogram_shape))

    def f(self, seen, sounds):
        """f(y, c) (n,) of what the descriptor made of images, given the z_mean (n, latent_dim) of their sounds."""
        scores, features = seen
        return scores[:, 0] + ops.sum(self.projection(sounds) * features, axis=-1)

    def revise(self, images, sounds, seed, steps):
        """Images after so many Langevin steps, in [0, 1]; `seed` is two integers."""
        walk = langevin(
            images,
            lambda y: self.f(self.descriptor(y), sounds),
            steps=steps,
            step_size=self.step,
            sigma=None,
            seed=seed,
            noise=self.noise,
        )
        return ops.clip(walk.state, 0, 1)

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the losses, each a mean over the batch.

        Args:
            spectrograms: (clips, frames, mels, 1).
            images: (clips, n, height, width, channels): n images share a clip, each has a z of its own.
        """
        n = images.shape[1]
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = ops.reshape(sample_latents(z_mean, z_log_var, n, self.seed_generator), (-1, self.latent_dim))
        sounds = ops.repeat(z_mean, n, axis=0)
        drawn = ops.sigmoid(self.decoder(z, training=training))
        start, given = ops.stop_gradient(drawn), ops.stop_gradient(sounds)
        revised = ops.stop_gradient(self.revise(start, given, self.seed_generator.next(), self.steps))
        real = ops.reshape(images, (-1, *self.image_shape))
        seen, others = self.descriptor(real), ops.roll(sounds, n, axis=0)  # each image with the sound of the next clip
        of_real, of_revised = self.f(seen, given), self.f(self.descriptor(revised), given)
        of_wrong = self.f(seen, others) - self.f(seen, sounds)
        return {
            "teaching": 0.5 * ops.mean(ops.sum(ops.square(revised - drawn), axis=(1, 2, 3))),
            "contrast": ops.mean(of_revised - of_real),
            "wrong": ops.mean(ops.softplus(of_wrong)),
            "squares": ops.mean(ops.square(of_real) + ops.square(of_revised)),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
            "moved": ops.sqrt(ops.mean(ops.square(revised - start))),
        }

    def total(self, terms, beta):
        """The loss that the terms add up to, with `beta` the weight of the KL term, and those that are tracked."""
        loss = terms["teaching"] + terms["contrast"] + self.mismatch * terms["wrong"]
        loss = loss + self.energy * terms["squares"] + beta * terms["kl"]
        return {"loss": loss, **{name: terms[name] for name in self.TRACKED[1:]}}

    @tf.function(autograph=False, reduce_retracing=True)
    def _revised(self, images, sounds, seed, steps):
        return self.revise(images, sounds, seed, steps)

    def draw(self, spectrograms, samples, seed):
        z_mean, z_log_var = in_batches(self.encoder, ops.convert_to_tensor(spectrograms))
        z = sample_latents(ops.convert_to_tensor(z_mean), ops.convert_to_tensor(z_log_var), samples, seed)
        z_mean = ops.convert_to_numpy(z_mean)
        images = self.revised(self.decode(z_mean), z_mean, [seed, 0])
        draws = self.decode(ops.reshape(z, (-1, self.latent_dim))) if samples else images[:0]
        draws = self.revised(draws, np.repeat(z_mean, samples, axis=0), [seed, 1])
        return images, draws.reshape(len(images), samples, *self.image_shape)

    def draw_at(self, latents, hands=None):
        return self.revised(super().draw_at(latents, hands), self.with_hands(latents, None), [0, 0])

    def revised(self, images, sounds, seed):
        """Numpy images (n, height, width, channels) after `draw_steps` steps, some at a time."""
        if not self.draw_steps or not len(images):
            return images
        revised = []
        for i in range(0, len(images), BATCH):
            start, heard = tf.constant(images[i : i + BATCH]), tf.constant(sounds[i : i + BATCH])
            revised.append(
                self._revised(start, heard, tf.constant([seed[0], seed[1] + 2 * i]), self.draw_steps).numpy()
            )
        return np.concatenate(revised)

    def get_config(self):
        names = """free_dim decoder_units decoder_filters decoder_kernels descriptor_filters descriptor_units steps step
            noise draw_steps mismatch energy initial_log_var encoder_kind encoder_options"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
