"""The networks of WaveGAN (C. Donahue, J. McAuley & M. Puckette, "Adversarial Audio Synthesis", 2019, tables 3 and 4),
for textures of any length.

Five deconvolutions with kernels of 25 make 1,000 samples of a frame, five convolutions take them back. Where WaveGAN
has a dense layer, which fixes the length, there is a convolution over the frames in the generator and a sum over time
in the critic: a texture is the same at all times. Signals are whitened, of standard deviation 1, so the last map is
linear where WaveGAN's passes tanh. As there no map is normalised, for the gradient penalty.
"""

from collections.abc import Iterable, Iterator

import keras
import tensorflow as tf
from keras import layers

from crossmodal.errors import AudioError
from crossmodal.models.networks.overlap import overlap_save

KERNEL = 25
STRIDES = (2, 4, 5, 5, 5)  # of the deconvolutions; WaveGAN has 4 five times
FRAME = 1000  # samples
LATENTS = 16  # of a frame; WaveGAN has 100 for 16 frames
SHUFFLE = 2  # samples by which the critic's maps are moved at most
LEAK = 0.2
CHUNK = 16  # frames of a stream; the generator hears less than ten to either side


@keras.saving.register_keras_serializable("crossmodal")
class WaveGANGenerator(keras.Model):
    """z (chains, frames, 16) -> signal (chains, 1000 * frames).

    Args:
        filters: d, channels of the last map but one; the maps have 16 d, 8 d, 4 d, 2 d, d and 1. WaveGAN has 64.
    """

    def __init__(self, filters=8, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        x = inputs = keras.Input((None, LATENTS), name="z")
        x = layers.Conv1D(16 * filters, 3, padding="same", activation="relu", name="frames")(x)
        for i, stride in enumerate(STRIDES, 1):
            last = i == len(STRIDES)
            n, activation = (1, None) if last else (16 * filters // 2**i, "relu")
            x = layers.Conv1DTranspose(n, KERNEL, stride, "same", activation=activation, name=f"upconv{i}")(x)
        self.network = keras.Model(inputs, x, name="deconvolutions")
        self.built = True

    def call(self, z):
        return self.network(z)[..., 0]

    def latent_shape(self, samples: int) -> tuple[int, int]:
        """The shape of z for a signal of so many samples; AudioError unless a multiple of 1,000."""
        if samples < FRAME or samples % FRAME:
            raise AudioError(f"{samples} samples cannot be drawn: ask for a multiple of {FRAME}.")
        return samples // FRAME, LATENTS

    multiple = FRAME  # samples, of signals

    @property
    def chunk_samples(self) -> int:
        """Samples of the chunks of `stream`."""
        return CHUNK * FRAME

    def stream(self, latents: Iterable) -> Iterator[tf.Tensor]:
        """Chunks of z (chains, 16, 16) -> chunks of signal (chains, 16000), as of one long z; the first is that of the
        second z."""
        yield from overlap_save(tf.function(self.call, autograph=False), latents, self.chunk_samples)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


@keras.saving.register_keras_serializable("crossmodal")
class WaveGANCritic(keras.Model):
    """Signal (chains, samples) -> f, (chains,): the sum over time of a linear score of the last map.

    Args:
        filters: d; the maps have d, 2 d, 4 d, 8 d and 16 d channels. WaveGAN has 64.
    """

    shuffles = True  # takes a seed

    def __init__(self, filters=8, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.convolutions = [
            layers.Conv1D(filters * 2**i, KERNEL, stride, "same", name=f"conv{i + 1}")
            for i, stride in enumerate(reversed(STRIDES))
        ]
        self.score = layers.Dense(1, use_bias=False, name="score")  # a constant in f teaches nobody
        self.build((None, FRAME))

    def build(self, input_shape):
        channels = 1
        for convolution in self.convolutions:
            convolution.build((None, None, channels))
            channels = convolution.filters
        self.score.build((None, channels))
        self.built = True

    def call(self, signal, seed=None):
        """f; with a seed of two integers the maps but the last are moved by up to 2 positions, for training (phase
        shuffle, section 3.3 of WaveGAN): or f would learn at which phases a deconvolution prints its tones."""
        x = signal[..., None]
        for i, convolution in enumerate(self.convolutions):
            x = tf.nn.leaky_relu(convolution(x), LEAK)
            if seed is not None and i + 1 < len(self.convolutions):
                x = shuffle_phase(x, tf.random.experimental.stateless_fold_in(seed, i))
        return tf.reduce_sum(self.score(x), axis=(1, 2))

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def shuffle_phase(x, seed, most: int = SHUFFLE) -> tf.Tensor:
    """A map (chains, positions, channels), all moved by one number of positions from -most to most; what comes in at an
    end is a reflection."""
    shift = tf.random.stateless_uniform((), seed, 0, 2 * most + 1, tf.int32)
    padded = tf.pad(x, [[0, 0], [most, most], [0, 0]], "REFLECT")
    return tf.ensure_shape(padded[:, shift : shift + tf.shape(x)[1]], x.shape)
