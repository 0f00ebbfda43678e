"""InfoGAN: a part of the hand can be read from the drawing (X. Chen et al., "InfoGAN: Interpretable Representation
Learning by Information Maximizing Generative Adversarial Nets", 2016).

A conditional GAN whose first `style_dim` numbers of the hand h, the style s ~ N(0, I), are to be found again: a network
Q(s|y) = N(s_mean(y), I), a layer on the discriminator's features, sees the drawing y = g(c, h), and generator,
discriminator and Q learn also from

    - information * E log Q(s|y) = information / 2 E |s - s_mean(y)|^2  + a constant,

a bound of the mutual information of style and drawing (equation 5 there). What is found again is what changes a drawing
most: slant, thickness, width.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.conditional_gan import ConditionalGAN

BATCH = 1000  # images that the discriminator looks at at once


@keras.saving.register_keras_serializable("crossmodal")
class InfoGAN(ConditionalGAN):
    """Hears a spectrogram and draws it in a style of few numbers.

    Args:
        style_dim: how many numbers of the hand are the style, the first ones.
        information: weight of finding it again.
        **kwargs: see `ConditionalGAN`.
    """

    TRACKED = ("loss", "discriminator_loss", "wrong", "slope", "style")

    def __init__(self, style_dim=3, information=1.0, **kwargs):
        super().__init__(style_dim=style_dim, **kwargs)
        self.information_weight = information

    def style(self, images):
        """s_mean(y), (n, style_dim), of images (n, height, width, channels) in [0, 1]."""
        return self.finder(self.discriminator(images, training=False)[1])

    def hands_of(self, images, latents):
        """The style, as the discriminator finds it."""
        images = np.asarray(images, np.float32)
        parts = [ops.convert_to_numpy(self.style(images[i : i + BATCH])) for i in range(0, len(images), BATCH)]
        return np.concatenate(parts)

    def losses_and_drawings(self, spectrograms, images, training=False):
        terms, (hands, of_drawn) = super().losses_and_drawings(spectrograms, images, training)
        found = self.finder(of_drawn[1])
        style = 0.5 * ops.mean(ops.sum(ops.square(hands[:, : self.style_dim] - found), axis=-1))
        return (
            {
                **terms,
                "style": style,
                "loss": terms["loss"] + self.information_weight * style,
                "discriminator_loss": terms["discriminator_loss"] + self.information_weight * style,
            },
            (hands, of_drawn),
        )

    def players(self):
        generator, discriminator = super().players()
        return generator, discriminator + self.finder.trainable_variables

    def get_config(self):
        return {**super().get_config(), "information": self.information_weight}
