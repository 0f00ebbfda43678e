"""The networks of R. Zhong's thesis (UCLA 2017, tables 4.2 and 4.3), over waveforms."""

from collections.abc import Iterable, Iterator

import keras
import tensorflow as tf
from keras import layers

from crossmodal.errors import AudioError
from crossmodal.models.networks.layers import Conv1D
from crossmodal.models.networks.overlap import overlap_save

UPSAMPLING = 1000  # samples per latent
KERNELS, STRIDES = (200, 50, 30), (40, 20, 1)  # of the descriptor


def receptive_field(kernels=KERNELS, strides=STRIDES) -> int:
    """Samples on which one output of stacked convolutions depends (thesis, eq. 4.1).

    12,780, 25,360 and 37,940 for the thesis' first strides 20, 40 and 60; the thesis prints exactly half of these.
    """
    field, jump = 1, 1
    for kernel, stride in zip(kernels, strides, strict=True):
        field += (kernel - 1) * jump
        jump *= stride
    return field


@keras.saving.register_keras_serializable("crossmodal")
class WaveformGenerator(keras.Model):
    """z (chains, frames, 1) -> signal (chains, 1000 * frames) in (-1, 1): thesis, table 4.2, 829,185 parameters.

    Kernel 25 with upsampling 10 covers some samples more often than others, which prints faint tones at 1/10 and
    1/100 of the sample rate; kernel 30 does not.

    Args:
        filters, kernel: of the deconvolutions.
        published: what the thesis does not say, as in the code that it builds on: weights start at N(0, 0.005^2), maps
            but the last are normalised (each channel over a signal's time, for 769 more parameters) and pass a leaky
            ReLU, max(x, 0.2 x).
    """

    def __init__(self, filters=(256, 128, 1), kernel=25, published=False, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.kernel, self.published = tuple(filters), kernel, published
        options = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.005)} if published else {}
        x = inputs = keras.Input((None, 1), name="z")
        for i, n in enumerate(self.filters, 1):
            last = i == len(filters)
            activation = "tanh" if last else None if published else "relu"
            x = layers.Conv1DTranspose(n, kernel, 10, "same", activation=activation, name=f"upconv{i}", **options)(x)
            if published and not last:
                x = layers.GroupNormalization(-1, epsilon=1e-4, name=f"norm{i}")(x)
                x = layers.LeakyReLU(0.2, name=f"leaky{i}")(x)
        self.network = keras.Model(inputs, x, name="deconvolutions")
        self.built = True

    def call(self, z):
        return self.network(z)[..., 0]

    def latent_shape(self, samples: int) -> tuple[int, int]:
        """The shape of z for a signal of so many samples; AudioError unless a multiple of 1,000."""
        if samples < UPSAMPLING or samples % UPSAMPLING:
            raise AudioError(f"{samples} samples cannot be drawn: ask for a multiple of {UPSAMPLING}.")
        return samples // UPSAMPLING, 1

    multiple = UPSAMPLING  # samples, of signals

    @property
    def chunk_samples(self) -> int:
        """Samples of the chunks of `stream`: of 16 latents, or more where the kernel reaches further."""
        return max(16, self.kernel // 8 + 2) * UPSAMPLING

    def stream(self, latents: Iterable) -> Iterator[tf.Tensor]:
        """Chunks of z (chains, frames, 1) -> chunks of signal (chains, 1000 * frames), as of one long z; the first is
        that of the second z."""
        yield from overlap_save(tf.function(self.call, autograph=False), latents, self.chunk_samples)

    def get_config(self):
        names = ("filters", "kernel", "published")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("crossmodal")
class WaveformDescriptor(keras.Model):
    """Signal (chains, samples) -> f, (chains,): thesis, table 4.3, 300,170 parameters; f is the sum of the last map.

    Args:
        filters, kernels, strides: of the convolutions.
        activation: after each but the last.
        published: what the thesis does not say, as in the code that it builds on: weights start at N(0, 0.01^2), the
            last map passes the activation too.
    """

    def __init__(
        self, filters=(100, 50, 20), kernels=KERNELS, strides=STRIDES, activation="relu", published=False, **kwargs
    ):
        super().__init__(**kwargs)
        self.filters, self.kernels, self.strides = tuple(filters), tuple(kernels), tuple(strides)
        self.activation, self.published = activation, published
        options = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.01)} if published else {}
        x = inputs = keras.Input((None, 1), name="signal")
        for i, (n, kernel, stride) in enumerate(zip(self.filters, self.kernels, self.strides, strict=True), 1):
            chosen = activation if published or i < len(self.filters) else None
            x = Conv1D(n, kernel, stride, activation=chosen, name=f"conv{i}", dtype=self.dtype_policy, **options)(x)
        self.network = keras.Model(inputs, x, name="convolutions")
        self.built = True

    def call(self, signal):
        return self.fixed()(signal)

    def fixed(self):
        """f with the weights as they are now: a function of signals, for chains."""
        *hidden, last = self.network.layers[1:]
        convolutions = [layer.fixed() for layer in ([*hidden, last] if self.published else hidden)]

        def f(signal):
            samples, least = signal.shape[-1], receptive_field(self.kernels, self.strides)
            if samples is not None and samples < least:
                raise AudioError(f"{samples} samples are fewer than the receptive field: use at least {least}.")
            x = signal[..., None]
            for convolve in convolutions:
                x = convolve(x)
            if self.published:
                return tf.reduce_sum(tf.cast(x, tf.float32), axis=(1, 2))
            weights, positions = _sum_of_outputs(last, tf.shape(x)[1])
            linear = tf.reduce_sum(tf.cast(x, tf.float32) * weights, axis=(1, 2))
            return linear + tf.cast(positions, tf.float32) * tf.reduce_sum(tf.cast(last.bias, tf.float32))

        return f

    def positions(self, samples: int) -> list[int]:
        """The length of each layer's map, by which the published code divides that layer's gradient."""
        lengths = []
        for kernel, stride in zip(self.kernels, self.strides, strict=True):
            samples = (samples - kernel) // stride + 1
            lengths.append(samples)
        return lengths

    def get_config(self):
        names = ("filters", "kernels", "strides", "activation", "published")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _sum_of_outputs(layer: Conv1D, length) -> tuple[tf.Tensor, tf.Tensor]:
    """By what (length, channels) each input of a convolution is multiplied in the sum of all its outputs, biases apart,
    and at how many positions it has outputs."""
    (size,), (stride,) = layer.kernel_size, layer.strides
    positions = (length - size) // stride + 1
    offset = tf.range(length)[:, None] - tf.range(size)  # of the position that input and tap meet in
    meet = (offset >= 0) & (offset % stride == 0) & (offset // stride < positions)
    taps = tf.reduce_sum(tf.cast(layer.kernel, tf.float32), -1)
    return tf.matmul(tf.cast(meet, tf.float32), taps), positions
