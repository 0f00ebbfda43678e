"""What a user of Keras would write: its own layers, and for a GAN a step of each player in turn."""

import contextlib
from unittest import mock


@contextlib.contextmanager
def own_layers():
    """Within it the toolkit's networks are built of Keras' layers."""
    import keras

    from crossmodal.models.networks import decoders, discriminators, encoder_parts, encoders

    names = ("Conv2D", "Conv2DTranspose", "BatchNormalization", "Dense")
    with contextlib.ExitStack() as stack:
        for module in (encoder_parts, encoders, decoders, discriminators):
            used = {name: getattr(keras.layers, name) for name in names if hasattr(module, name)}
            stack.enter_context(mock.patch.multiple(module, **used))
        yield


def alternating():
    """A VAE-GAN trained as Keras' guides do it: the discriminator first, then the generator on drawings of its own,
    an Adam for each."""
    import keras
    import tensorflow as tf

    from crossmodal.models.losses import discriminator_loss, generator_loss, kl_divergence, reconstruction
    from crossmodal.models.vae_gan import AudioImageVAEGAN
    from crossmodal.models.variational import sample_latents

    class Alternating(AudioImageVAEGAN):
        def compile(self, optimizer, **options):
            self.discriminator_optimizer = keras.optimizers.Adam(2e-4)
            self.discriminator_optimizer.build(self.discriminator.trainable_variables)
            super().compile(optimizer, **options)

        def draw_at_random(self, spectrograms):
            z_mean, z_log_var = self.encoder(spectrograms, training=True)
            z = sample_latents(z_mean, z_log_var, 1, self.seed_generator)
            return self.decoder(z[:, 0], training=True), kl_divergence(z_mean, z_log_var)

        def train_step(self, data):
            spectrograms, images = data[0], data[1][:, 0]
            generator = self.encoder.trainable_variables + self.decoder.trainable_variables
            discriminator = self.discriminator.trainable_variables
            drawn = tf.sigmoid(self.draw_at_random(spectrograms)[0])
            with tf.GradientTape() as tape:
                scores, _ = self.discriminator(tf.concat([images, drawn], 0), training=True)
                real, fake = tf.split(scores, 2)
                discriminator_total = tf.reduce_mean(discriminator_loss(real, fake))
            gradients = tape.gradient(discriminator_total, discriminator)
            self.discriminator_optimizer.apply(gradients, discriminator)
            with tf.GradientTape() as tape:
                logits, kl = self.draw_at_random(spectrograms)
                scores, _ = self.discriminator(tf.sigmoid(logits), training=True)
                adversarial = tf.reduce_mean(generator_loss(scores[:, 0]))
                terms = self.alpha * reconstruction(images, logits) + self.beta * kl
                loss = adversarial + tf.reduce_mean(terms)
            self.optimizer.apply(tape.gradient(loss, generator), generator)
            return {"loss": loss, "discriminator_loss": discriminator_total}

    return Alternating
