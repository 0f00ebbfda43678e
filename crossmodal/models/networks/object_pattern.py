"""Networks of object patterns: small images, each of a whole object in its middle, such as a handwritten digit."""

import keras

from crossmodal.errors import ModelError
from crossmodal.models.networks.decoders import fully_convolutional_decoder
from crossmodal.models.networks.discriminators import convolutional_discriminator


@keras.saving.register_keras_serializable("crossmodal")
class PatternGenerator(keras.Model):
    """z (chains, latents) -> images (chains, height, width, channels): `fully_convolutional_decoder`.

    There is no tanh after it: most of a digit's image is its ground at -1, where a tanh has no slope, and after some
    hundred iterations nothing else was drawn.

    Args:
        image_shape: (height, width, channels).
        latents: numbers of z.
        units, filters, kernels: see there.
    """

    def __init__(
        self, image_shape=(28, 28, 1), latents=32, units=(256,), filters=(128, 64, 32), kernels=(3, 3, 4, 4), **kwargs
    ):
        super().__init__(**kwargs)
        self.image_shape, self.latents = tuple(image_shape), latents
        self.units, self.filters, self.kernels = tuple(units), tuple(filters), tuple(kernels)
        shapes = (self.units, self.filters, self.kernels)
        self.network = fully_convolutional_decoder(self.image_shape, latents, *shapes, False, self.dtype_policy)
        self.built = True

    def call(self, z):
        return self.network(z)

    def latent_shape(self, shape) -> tuple[int]:
        """The shape of z; ModelError for images of another shape than its own."""
        if tuple(shape) != self.image_shape:
            raise ModelError(f"Images of {tuple(shape)} cannot be drawn: this generator draws {self.image_shape}.")
        return (self.latents,)

    def get_config(self):
        names = ("image_shape", "latents", "units", "filters", "kernels")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("crossmodal")
class PatternDescriptor(keras.Model):
    """Images (chains, height, width, channels) -> f, (chains,): the score of `convolutional_discriminator`, whose last
    convolution spans the image.

    Args:
        image_shape: (height, width, channels).
        filters, units: see there.
    """

    def __init__(self, image_shape=(28, 28, 1), filters=(32, 64, 128), units=(), **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.filters, self.units = tuple(image_shape), tuple(filters), tuple(units)
        sizes = (self.image_shape, self.filters, self.units)
        network = convolutional_discriminator(*sizes, True, False, self.dtype_policy)
        self.network = keras.Model(network.input, network.outputs[0], name="score")
        self.built = True

    def call(self, images):
        return self.network(images)[:, 0]

    def get_config(self):
        names = ("image_shape", "filters", "units")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
