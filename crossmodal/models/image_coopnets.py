"""Cooperative networks for images, see `crossmodal.models.cooperative`: textures, of which a larger draw is no harder
than a small one, and patterns of whole objects (R. Zhong, UCLA 2017, figures 3.1 to 3.5).

A signal (height, width, channels) is an image x in [0, 1] as 2 x - 1.
"""

import keras
import numpy as np
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.models.cooperative import Cooperative
from crossmodal.models.networks.image_texture import ImageTextureDescriptor, ImageTextureGenerator
from crossmodal.models.networks.object_pattern import PatternDescriptor, PatternGenerator
from crossmodal.runtime.surroundings import check_keras


@keras.saving.register_keras_serializable("crossmodal")
class ImageCoopNets(Cooperative):
    """A generator and a descriptor of the images of one texture or one kind of object.

    Args:
        generator, descriptor: of signals (height, width, channels).
        start_rms: level of the noise from which a draw's chain starts where no generator was trained; 0 lets it start
            from what the generator draws.
        **kwargs: see `Cooperative`.

    Example:
        model = ImageCoopNets.textures()
        pictures = model.draw((256, 256, 3), draws=2, seed=0)
    """

    def __init__(self, generator, descriptor, start_rms=0.0, **kwargs):
        super().__init__(generator, descriptor, **kwargs)
        self.start_rms = float(start_rms)

    @classmethod
    def textures(cls, channels=3, **kwargs):
        """Networks that do not know where in a picture they are."""
        check_keras()
        generator = ImageTextureGenerator(filters=(128, 64, 32, channels))
        return cls(generator, ImageTextureDescriptor(channels), **kwargs)

    @classmethod
    def patterns(cls, image_shape=(28, 28, 1), **kwargs):
        """Networks of images of one shape."""
        check_keras()
        return cls(PatternGenerator(image_shape), PatternDescriptor(image_shape), **kwargs)

    def draw(self, shape, draws: int = 1, seed: int = 0, steps: int | None = None) -> np.ndarray:
        """New images.

        Args:
            shape: (height, width, channels); of textures multiples of 16 pixels.
            draws: how many.
            seed: the draws are a function of it.
            steps: Langevin steps by which the descriptor revises each draw; the model's `draw_steps` if None.

        Returns:
            (draws, height, width, channels) float32 in [0, 1].

        Raises:
            ModelError: the generator draws no images of this shape, or the chains left the finite numbers.
        """
        self.generator.latent_shape(shape)  # refuses what cannot be drawn
        steps = self.draw_steps if steps is None else steps
        y = self._drawn(draws, tuple(shape), tf.constant([seed, 0]), tf.constant([seed, 1]), tf.constant(steps)).numpy()
        if not np.all(np.isfinite(y)):
            raise ModelError("The draws are not finite: train anew with a lower learning rate.")
        return np.clip((y + 1) / 2, 0, 1)

    @tf.function(autograph=False, reduce_retracing=True)
    def _drawn(self, draws, shape, seed_z, seed_walk, steps):
        if self.start_rms:
            start = self.start_rms * tf.random.stateless_normal((draws, *shape), seed_z)
        else:
            start = self.generator(self.latents(draws, shape, seed_z))
        return self.revise(start, seed_walk, steps).state

    def get_config(self):
        return {**super().get_config(), "start_rms": self.start_rms}
