"""A conditional GAN: generator and discriminator see what was said (M. Mirza & S. Osindero, "Conditional Generative
Adversarial Nets", 2014).

spectrogram x -> code c; hand h ~ N(0, I). The discriminator's logit of an image y with a sound is, by projection
(Miyato & Koyama 2018),

    s(y, c) = s(y) + <P c, features(y)>.

It learns from log(1 + exp(-s(y, c))) + log(1 + exp(s(g(c, h), c))), and to tell to which clip of a batch a real image
belongs, mismatch -log(exp(s(y, c)) / sum over the clips' c' of exp(s(y, c'))) (van den Oord et al. 2018); the generator
from log(1 + exp(-s(g(c, h), c))) (Goodfellow et al. 2014, section 3). The encoder is the discriminator's ear: it learns
what the discriminator has to know of the sound, and no gradient reaches it through the generator.

The discriminator pays for its slope at both kinds of images, penalty (|ds/dy (y, c)|^2 + |ds/dy (g(c, h), c)|^2) / 2
(R1 and R2, Mescheder et al. 2018): without the second term a generator that it has once refused, of whatever images,
learns nothing more. The generator has batch normalisation (Radford et al. 2016), without which it was black within 150
steps, where the sigmoid's slope is 0.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from crossmodal.models.conditional import ConditionalModel
from crossmodal.models.losses import clip_cross_entropy, discriminator_loss, generator_loss
from crossmodal.models.networks.discriminators import convolutional_discriminator, projected_score, projection_of
from crossmodal.models.slopes import squared_slopes


@keras.saving.register_keras_serializable("crossmodal")
class ConditionalGAN(ConditionalModel):
    """Hears a spectrogram and draws images that a discriminator takes for real ones of that sound.

    Args:
        discriminator_filters, discriminator_units: see `convolutional_discriminator`.
        mismatch: weight of telling to which clip an image belongs.
        penalty: weight of half the squared slope at real and at drawn images.
        style_dim: numbers of the hand that a layer on the discriminator's features finds again, see `InfoGAN`.
        discriminator: one that another model shares, in place of a new one.
        **kwargs: see `ConditionalModel`.
    """

    TRACKED: tuple[str, ...] = ("loss", "discriminator_loss", "wrong", "slope")

    def __init__(
        self,
        code_dim=32,
        hand_dim=32,
        discriminator_filters=(32, 64, 128),
        discriminator_units=(128,),
        mismatch=1.0,
        penalty=1.0,
        style_dim=0,
        discriminator=None,
        decoder_options=None,
        **kwargs,
    ):
        decoder_options = {"batch_norm": True, **(decoder_options or {})}
        super().__init__(code_dim, hand_dim, decoder_options=decoder_options, **kwargs)
        self.discriminator_filters, self.discriminator_units = tuple(discriminator_filters), tuple(discriminator_units)
        self.mismatch, self.penalty, self.style_dim = mismatch, penalty, style_dim
        self.discriminator = discriminator or convolutional_discriminator(
            self.image_shape, self.discriminator_filters, self.discriminator_units, True, False, self.dtype_policy
        )
        self.projection = projection_of(self.discriminator, code_dim)
        if style_dim:
            self.finder = layers.Dense(style_dim, dtype="float32", name="finder")
            self.finder.build((None, self.discriminator.outputs[1].shape[-1]))
        self.build((None, *self.spectrogram_shape))

    def judge(self, images, codes):
        """s(y, c) (n,) of images (n, height, width, channels) and codes (n, code_dim)."""
        return self.scores(self.discriminator(images, training=True), codes)

    def scores(self, seen, codes):
        """The same of what the discriminator made of the images."""
        return projected_score(seen, self.projection(codes))

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the losses, each a mean over the pairs of spectrograms (clips, frames, mels, 1) and images
        (clips, n, height, width, channels)."""
        return self.losses_and_drawings(spectrograms, images, training)[0]

    def losses_and_drawings(self, spectrograms, images, training=False):
        """The terms; then the hands of the drawings, and what the discriminator made of these."""
        codes, real = self.heard_and_real(spectrograms, images, training)
        hands = self.hands(ops.shape(codes)[0])
        drawn = ops.sigmoid(self.logits(ops.stop_gradient(codes), hands, training))
        of_drawn = self.discriminator(drawn, training=True)
        seen = self.discriminator(real, training=training)
        given = ops.stop_gradient(codes)
        of_fake = self.scores(of_drawn, given)
        return (
            {
                "loss": ops.mean(generator_loss(of_fake)),
                "discriminator_loss": ops.mean(discriminator_loss(self.scores(seen, codes), of_fake)),
                "wrong": ops.mean(clip_cross_entropy(seen[1], self.projection(codes[:: images.shape[1]]))),
                "slope": ops.mean(self.slopes(real, codes) + self.slopes(ops.stop_gradient(drawn), codes)) / 2,
            },
            (hands, of_drawn),
        )

    def slopes(self, images, codes):
        """|ds/dy (y, c)|^2 (n,), for which the ear pays too: they grow with |c|."""
        return squared_slopes(lambda y: self.judge(y, codes), images)

    def players(self):
        """The variables of the generator, and those of the discriminator with its ear."""
        ear = self.encoder.trainable_variables + self.projection.trainable_variables
        return self.decoder.trainable_variables, self.discriminator.trainable_variables + ear

    def train_step(self, data):
        generator, discriminator = self.players()
        with tf.GradientTape(persistent=True) as tape:
            terms = self.losses_of(*self.pairs_in(data), training=True)
            against = terms["discriminator_loss"] + self.mismatch * terms["wrong"] + self.penalty * terms["slope"]
            scale = self.optimizer.scale_loss(1.0)  # for float16; the optimizer scales back
            scaled, scaled_against = scale * terms["loss"], scale * against
        gradients = tape.gradient(scaled, generator) + tape.gradient(scaled_against, discriminator)
        self.optimizer.apply(gradients, generator + discriminator)
        return self.track(terms)

    def test_step(self, data):
        return self.track(self.losses_of(*self.pairs_in(data)))

    def get_config(self):
        names = ("discriminator_filters", "discriminator_units", "mismatch", "penalty", "style_dim")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
