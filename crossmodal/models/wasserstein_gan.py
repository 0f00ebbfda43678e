"""A conditional Wasserstein GAN with gradient penalty (I. Gulrajani et al., "Improved Training of Wasserstein GANs",
2017).

The critic's score f(y, c) = f(y) + <P c, features(y)> of an image with a sound is no probability. With y^ = g(c, h), h
~ N(0, I), and y_e = e y + (1 - e) y^, e uniform in [0, 1], equation 3 there, it learns from

    f(y^, c) - f(y, c)  +  penalty (|df/dy (y_e, c)| - 1)^2

in each of `critic_steps` parts of a batch, and from real images with another clip's sound c', mismatch log(1 + exp(f(y,
c') - f(y, c))), whose pull ends where the two differ, for the penalty holds no slope in c. Then the generator learns
from -f(y^, c) in one step on the last part. The encoder is the critic's ear, as in `ConditionalGAN`; it learns from the
penalty too, for the slope grows with |c|.
"""

import keras
import tensorflow as tf
from keras import ops

from crossmodal.models.conditional_gan import ConditionalGAN


@keras.saving.register_keras_serializable("crossmodal")
class SharedSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule for an optimizer that takes `updates` steps where `schedule` counts one."""

    def __init__(self, schedule, updates):
        self.schedule, self.updates = schedule, updates

    def __call__(self, step):
        return self.schedule(step // self.updates)

    def get_config(self):
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "updates": self.updates}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["updates"])


@keras.saving.register_keras_serializable("crossmodal")
class WassersteinGAN(ConditionalGAN):
    """Hears a spectrogram and draws images that lie near real ones of that sound.

    Args:
        critic_steps: parts of a batch, with a step of the critic on each; a batch has so many clips at least.
        penalty: weight of the gradient penalty.
        discriminator_filters, discriminator_units: of the critic, see `convolutional_discriminator`.
        **kwargs: see `ConditionalGAN`.
    """

    TRACKED = ("loss", "distance", "wrong", "slope")

    def __init__(
        self,
        critic_steps=4,
        penalty=10.0,
        discriminator_filters=(64, 128, 256),
        discriminator_units=(256,),
        decoder_options=None,
        **kwargs,
    ):
        shapes = {"discriminator_filters": discriminator_filters, "discriminator_units": discriminator_units}
        shapes["decoder_options"] = {"batch_norm": False, **(decoder_options or {})}
        super().__init__(penalty=penalty, **shapes, **kwargs)
        self.critic_steps = critic_steps

    def compile(self, optimizer="rmsprop", loss=None, **options):
        """With two optimizers like the one given, for the generator takes a step where the critic takes several. A
        schedule of the learning rate counts the generator's steps in both."""
        optimizer = keras.optimizers.get(optimizer)
        super().compile(type(optimizer).from_config(optimizer.get_config()), loss, **options)
        self.generator_optimizer = type(self.optimizer).from_config(self.optimizer.get_config())
        self.generator_optimizer.build(self.decoder.trainable_variables)
        critic = getattr(self.optimizer, "inner_optimizer", self.optimizer)  # without the scaling of float16
        if isinstance(critic._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            critic.learning_rate = SharedSchedule(critic._learning_rate, self.critic_steps)

    def critic_losses(self, spectrograms, images, training=False):
        """The terms of the critic's loss, each a mean over the pairs, see `ConditionalGAN.losses_of`."""
        codes, real = self.heard_and_real(spectrograms, images, training)
        others = ops.roll(codes, images.shape[1], axis=0)  # of each image's next clip
        given = ops.stop_gradient(codes)
        drawn = ops.stop_gradient(ops.sigmoid(self.logits(given, self.hands(ops.shape(codes)[0]), training)))
        seen = self.discriminator(real, training=training)
        of_real = self.scores(seen, codes)
        return {
            "distance": ops.mean(of_real) - ops.mean(self.judge(drawn, codes)),
            "wrong": ops.mean(ops.softplus(self.scores(seen, others) - of_real)),
            "slope": self.slope(real, drawn, codes),  # which the ear pays too, or it would raise |c| without limit
        }

    def slope(self, real, drawn, codes):
        """The mean of (|df/dy| - 1)^2 between real and drawn images."""
        e = keras.random.uniform((ops.shape(real)[0], 1, 1, 1), seed=self.seed_generator)
        return ops.mean(ops.square(ops.sqrt(self.slopes(e * real + (1 - e) * drawn, codes) + 1e-12) - 1))

    def critic_total(self, terms):
        return -terms["distance"] + self.mismatch * terms["wrong"] + self.penalty * terms["slope"]

    def generator_loss(self, spectrograms, images, training=False):
        codes, _ = self.heard_and_real(spectrograms, images, training)
        codes = ops.stop_gradient(codes)
        drawn = ops.sigmoid(self.logits(codes, self.hands(ops.shape(codes)[0]), training))
        return -ops.mean(self.judge(drawn, codes))

    def train_step(self, data):
        spectrograms, images = self.pairs_in(data)
        _, critic = self.players()
        clips = spectrograms.shape[0] // self.critic_steps
        for i in range(self.critic_steps):
            part = slice(i * clips, (i + 1) * clips)
            with tf.GradientTape() as tape:
                terms = self.critic_losses(spectrograms[part], images[part], training=True)
                scaled = self.optimizer.scale_loss(self.critic_total(terms))
            self.optimizer.apply(tape.gradient(scaled, critic), critic)
        generator = self.decoder.trainable_variables
        with tf.GradientTape() as tape:
            loss = self.generator_loss(spectrograms[part], images[part], training=True)
            scaled = self.generator_optimizer.scale_loss(loss)
        self.generator_optimizer.apply(tape.gradient(scaled, generator), generator)
        return self.track({"loss": loss, **terms})

    def test_step(self, data):
        pairs = self.pairs_in(data)
        return self.track({"loss": self.generator_loss(*pairs), **self.critic_losses(*pairs)})

    def get_config(self):
        return {**super().get_config(), "critic_steps": self.critic_steps}
