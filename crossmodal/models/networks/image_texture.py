"""Networks of image textures, after the public code of cooperative networks (J. Xie et al. 2018), smaller.

There the descriptor has 100, 70 and 30 filters of 15x15 with stride 3, 9x9 and 7x7, each with a rectifier after it, and
the generator five deconvolutions of 5x5 with stride 2 and 512, 256, 128, 64 and 3 filters.
"""

import keras
import tensorflow as tf
from keras import layers, ops

from crossmodal.errors import ModelError


def go_round(x, before: int, after: int | None = None):
    """Maps (batch, height, width, channels) that continue beyond each edge as at the opposite one."""
    for axis in (1, 2):
        size = x.shape[axis]
        rows = ops.arange(-before, size + (before if after is None else after)) % size
        x = ops.take(x, rows, axis=axis)
    return x


@keras.saving.register_keras_serializable("crossmodal")
class ImageTextureGenerator(keras.Model):
    """z (chains, rows, columns, latents) -> pictures (chains, 2^n rows, 2^n columns, channels) in (-1, 1), n layers.

    Nothing in it knows where it is: maps go round at their edges, so a larger z draws a larger picture of the same
    texture, whose edges fit the opposite ones.

    Args:
        filters, kernel: of the deconvolutions, each with stride 2; the last of `filters` is the number of channels.
        latents: numbers of z at each place.
    """

    def __init__(self, filters=(128, 64, 32, 3), kernel=6, latents=4, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel, self.latents = tuple(filters), kernel, latents
        self.upconvs, self.norms, size = [], [], latents
        for i, n in enumerate(self.filters, 1):
            last = i == len(self.filters)
            layer = layers.Conv2DTranspose(n, kernel, 2, use_bias=last, name=f"upconv{i}")
            layer.build((None, None, None, size))
            self.upconvs.append(layer)
            if not last:
                norm = layers.GroupNormalization(-1, epsilon=1e-4, name=f"norm{i}")
                norm.build((None, None, None, n))
                self.norms.append(norm)
            size = n
        self.built = True

    def call(self, z):
        x = z
        for i, layer in enumerate(self.upconvs):
            height, width = x.shape[1:3]
            x = layer(go_round(x, -(-(self.kernel - 1) // 4)))
            first = self.kernel - 1  # of the outputs that all inputs under the kernel reach
            x = x[:, first : first + 2 * height, first : first + 2 * width]
            if i < len(self.norms):
                x = ops.leaky_relu(self.norms[i](x), 0.2)
        return ops.tanh(x)

    def latent_shape(self, shape) -> tuple[int, int, int]:
        """The shape of z for pictures of a shape (height, width, channels); ModelError unless multiples of 2^n."""
        height, width, channels = shape
        factor = 2 ** len(self.filters)
        if height % factor or width % factor or channels != self.filters[-1]:
            raise ModelError(
                f"Pictures of {tuple(shape)} cannot be drawn: ask for multiples of {factor} pixels and "
                f"{self.filters[-1]} channels."
            )
        return height // factor, width // factor, self.latents

    def get_config(self):
        names = ("filters", "kernel", "latents")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("crossmodal")
class ImageTextureDescriptor(keras.Model):
    """Pictures (chains, height, width, channels) -> f, (chains,): the sum of the last map.

    Args:
        channels: of the pictures.
        filters, kernels, strides: of the convolutions, without padding.
    """

    def __init__(self, channels=3, filters=(48, 48, 48), kernels=(8, 6, 5), strides=(2, 2, 1), **kwargs):
        super().__init__(**kwargs)
        self.channels, self.filters = channels, tuple(filters)
        self.kernels, self.strides = tuple(kernels), tuple(strides)
        x = inputs = keras.Input((None, None, channels), name="picture")
        for i, (n, kernel, stride) in enumerate(zip(self.filters, self.kernels, self.strides, strict=True), 1):
            activation = "leaky_relu" if i < len(self.filters) else None
            x = layers.Conv2D(n, kernel, stride, activation=activation, name=f"conv{i}")(x)
        self.network = keras.Model(inputs, x, name="convolutions")
        self.built = True

    def call(self, pictures):
        return tf.reduce_sum(self.network(pictures), axis=(1, 2, 3))

    def get_config(self):
        names = ("channels", "filters", "kernels", "strides")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
