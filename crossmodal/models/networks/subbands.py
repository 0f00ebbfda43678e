"""A generator of textures that shapes noise: white noise in cochlear bands, times gains that a small network draws.

z (frames, frame + NOISES) -> signal (frame * frames,), with `frame` samples in a frame of 2.5 ms. As many of a frame's
latents are its excitation, sample by sample, the others drive the gains, at four scales of time from 2.5 to 160 ms, so
that loud and quiet moments of every length can form. The gains of a band have an RMS of 1 over each draw: regression on
sounds whose phases nobody can predict would shrink them. No deconvolution strides over the waveform: nothing prints
tones at fractions of the sample rate. Untrained it draws white noise.

A stream has no whole over which to take that RMS: there the gains are divided by their RMS over `REFERENCE` frames of
noise that is always the same.
"""

from collections.abc import Callable, Iterable, Iterator

import keras
import tensorflow as tf
from keras import layers

from crossmodal.models.networks.auditory import join_subbands, subbands
from crossmodal.models.networks.auditory_bands import (
    BANDS,
    DECIMATION,
    HIGHEST,
    OLDER_FRAME,
    check_length,
    cochlear_bank,
    frame_of,
    length_multiple,
)
from crossmodal.models.networks.band_gains import BandGains
from crossmodal.models.networks.overlap import overlap_save, windows

NOISES = 16  # latents of a frame that drive the gains
SCALES = (1, 4, 16, 64)  # frames
CHUNK = 320  # frames of a stream's latents: whole pools of 64, and all that a gain hears aside
PIECE = 40  # frames of a stream that are shaped at once: a length that the bands divide, longer than their responses
REFERENCE = 120 * CHUNK
_HIGHEST_GAIN = 4.0  # in nepers: 35 dB


@keras.saving.register_keras_serializable("crossmodal")
class SubbandGenerator(keras.Model):
    """z (chains, frames, frame + 16) -> signal (chains, frame * frames); frames a multiple of 20.

    Args:
        sample_rate: of the sound, in Hz.
        highest_hz: centre of the highest band that has a gain of its own.
        filters: channels of the network at each scale.
        frame: samples of a frame; None: see `frame_of`.
    """

    def __init__(self, sample_rate=20_000, highest_hz=None, filters=32, frame=None, **kwargs):
        super().__init__(**kwargs)
        self.sample_rate = sample_rate
        self.highest_hz = highest_hz or HIGHEST * sample_rate
        self.filters = filters
        self.frame = frame or frame_of(sample_rate)
        self.gains = build_gains(filters)
        self.built = True

    def call(self, z):
        check_length(z.shape[1] * self.frame, self.frame)
        gain = self.gain(z[..., self.frame :])
        return self.shape_noise(z[..., : self.frame], gain / _rms(gain))

    def gain(self, noises):
        """Noises (chains, frames, 16) -> gains (chains, frames, 30), before their RMS is made 1."""
        return tf.exp(_HIGHEST_GAIN * tf.tanh(self.gains(noises) / _HIGHEST_GAIN))

    def shape_noise(self, excitation, gain):
        """White noise (chains, frames, frame) by gains (chains, frames, 30) of its bands: signal (chains, samples)."""
        samples = excitation.shape[1] * self.frame
        bank = cochlear_bank(samples, self.sample_rate, self.highest_hz)
        excitation = tf.reshape(excitation, (-1, samples))
        gain = tf.repeat(tf.transpose(gain - 1.0, (0, 2, 1)), self.frame // DECIMATION, axis=-1)
        change = subbands(excitation, bank) * tf.complex(gain, tf.zeros_like(gain))
        return excitation + join_subbands(change, bank, samples)

    @property
    def chunk_samples(self) -> int:
        """Samples of a chunk of the latents of `stream`."""
        return CHUNK * self.frame

    def stream(self, latents: Iterable, other=None, dials: Callable = tuple) -> Iterator[tf.Tensor]:
        """Chunks of z (chains, 320, frame + 16) -> pieces of signal (chains, 40 * frame), as of one long z.

        The first is the second of the second z: a piece is drawn once the gains of its neighbours are known, and gains
        once the noises of the chunks on both sides are.

        Args:
            other: a `SubbandGenerator` of the same sample rate to which the gains may turn.
            dials: called before each chunk: (density, morph), or () for the texture as it is; see `BandGains`.
        """
        gains = BandGains(self, other, tf.random.stateless_normal((1, REFERENCE, NOISES), (0, 0)))
        shape_noise = tf.function(self.shape_noise, autograph=False)
        frame = self.frame

        def shaped() -> Iterator[tf.Tensor]:  # excitation and gains side by side, (chains, 40, frame + 30)
            for z in windows(latents):
                x = tf.concat([z[1][..., :frame], gains(tf.concat(z, axis=1)[..., frame:], *dials())], axis=-1)
                yield from tf.split(x, CHUNK // PIECE, axis=1)

        yield from overlap_save(lambda x: shape_noise(x[..., :frame], x[..., frame:]), shaped(), PIECE * frame)

    def latent_shape(self, samples: int) -> tuple[int, int]:
        """The shape of z for a signal of so many samples; AudioError unless a multiple of `multiple`."""
        check_length(samples, self.frame)
        return samples // self.frame, self.frame + NOISES

    @property
    def multiple(self) -> int:
        """Signals have multiples of so many samples."""
        return length_multiple(self.frame)

    def get_config(self):
        names = ("sample_rate", "highest_hz", "filters", "frame")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        """Files that do not name the frame have frames of 50 samples."""
        return cls(**{"frame": OLDER_FRAME, **config})


def _rms(gain):
    """(chains, frames, 30) -> (chains, 1, 30)."""
    return tf.sqrt(tf.reduce_mean(tf.square(gain), axis=1, keepdims=True))


def build_gains(filters: int) -> keras.Model:
    """Noises (frames, 16) -> logarithms of gains (frames, 30), 0 before training."""
    inputs = keras.Input((None, NOISES), name="noises")
    maps = []
    for scale in SCALES:
        x = inputs
        if scale > 1:  # the mean of n numbers varies as 1 / sqrt(n)
            x = layers.AveragePooling1D(scale, padding="same", name=f"pool{scale}")(x)
            x = layers.Rescaling(scale**0.5, name=f"level{scale}")(x)
        for i in (1, 2):
            x = layers.Conv1D(filters, 5, padding="same", activation="silu", name=f"conv{i}_{scale}")(x)
        if scale > 1:
            x = layers.UpSampling1D(scale, name=f"up{scale}")(x)
        maps.append(x)
    x = FirstFrames(name="join")(maps)
    x = layers.Conv1D(2 * filters, 3, padding="same", activation="silu", name="mix")(x)
    x = layers.Conv1D(BANDS, 1, kernel_initializer="zeros", name="log_gain")(x)
    return keras.Model(inputs, x, name="gains")


@keras.saving.register_keras_serializable("crossmodal")
class FirstFrames(layers.Layer):
    """Concatenate maps (batch, frames, channels), each cut to the frames of the first."""

    def call(self, maps):
        frames = tf.shape(maps[0])[1]
        return tf.concat([x[:, :frames] for x in maps], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:2], sum(shape[-1] for shape in input_shape))
