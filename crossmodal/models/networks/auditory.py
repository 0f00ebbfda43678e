"""A descriptor that hears: a fixed cochlea, features of its envelopes pooled over time, and a learned energy.

signal (samples,) -> 30 bands at a tenth of the sample rate -> compressed envelopes at 400 Hz -> 12 bands of modulation
-> features h: averages over time of saturating nonlinearities and of products of neighbouring bands (J numbers of any
length of signal) -> f = -T/2 sum_j lambda_j (h_j - c_j)^2, with T the duration in seconds.

`adapt` sets c and lambda from a recording's crops; training then moves them by maximum likelihood: c until the chains
have the recording's features on average, lambda_j down where the recording itself varies. f is never above 0, so no
chain gains by running away.

What it shares with the evaluator (McDermott & Simoncelli 2011): bands evenly spaced on the ERB scale, envelopes to the
power of 0.3 at 400 Hz, correlations across bands. What it does not: code, the bands of both banks, moments (skew and
kurtosis), the share of each modulation in the variance. A score that rests on such statistics favours a descriptor
that hears by them.
"""

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from crossmodal.models.networks.auditory_bands import (
    BANDS,
    COMPRESSION,
    DECIMATION,
    FAST,
    FLOOR,
    HIGHEST,
    KNEE_WIDTHS,
    KNEES,
    MODULATIONS,
    NEIGHBOURHOOD,
    OLDER_FRAME,
    check_length,
    cochlear_bank,
    feature_shapes,
    frame_of,
    length_multiple,
    modulation_bank,
    pairs,
)

LONGEST_PIECE = 1_200_000  # samples that are heard at once: a minute at 20 kHz


def complex_constant(values) -> tf.Tensor:
    """Numbers (...) as complex64. They go into the graph as pairs of floats: complex ones TensorFlow would write there
    one by one, in Python."""
    pairs_of_floats = np.asarray(values, np.complex64)[..., None].view(np.float32)
    return tf.bitcast(tf.constant(pairs_of_floats), tf.complex64)


def subbands(signal, bank) -> tf.Tensor:
    """Analytic bands at a tenth of the sample rate: (chains, samples) -> (chains, bands, samples / 10) complex.

    The spectrum of each band is folded to a fifth of its bins; bands narrower than that lose nothing.
    """
    samples = signal.shape[-1]
    spectrum = tf.signal.rfft(signal)[:, None, : samples // 2] * complex_constant(bank)
    folded = tf.reduce_sum(tf.reshape(spectrum, (-1, bank.shape[0], 5, samples // 10)), axis=2)
    return tf.signal.ifft(folded) * 0.2


def join_subbands(bands, bank, samples: int) -> tf.Tensor:
    """The signal (chains, samples) whose bands these are: the inverse of `subbands`, up to aliasing."""
    spectrum = tf.tile(tf.signal.fft(bands), (1, 1, 5)) * complex_constant(bank)
    return tf.signal.irfft(tf.pad(tf.reduce_sum(spectrum, axis=1) * 5.0, [[0, 0], [0, 1]]), [samples])


def pair_products(bands, most_apart: int) -> tf.Tensor:
    """<x_k x_l> over time for 0 < l - k <= most_apart: (chains, maps, BANDS, frames) -> (chains, maps, pairs)."""
    products = tf.matmul(bands, bands, transpose_b=True) / bands.shape[-1]
    return tf.gather(tf.reshape(products, (-1, bands.shape[1], BANDS * BANDS)), pairs(most_apart), axis=-1)


@keras.saving.register_keras_serializable("crossmodal")
class AuditoryDescriptor(keras.Model):
    """Signal (chains, samples) -> f, (chains,). Fit it to a recording with `adapt` before training.

    Args:
        sample_rate: of the sound, in Hz.
        highest_hz: centre of the highest band; at most 0.47 of the sample rate.
        frame: samples of a frame; None: see `frame_of`.
    """

    circular = True  # f of a signal is f of the same turned by whole frames: all filters are Fourier transforms

    def __init__(self, sample_rate=20_000, highest_hz=None, frame=None, **kwargs):
        super().__init__(**kwargs)
        self.sample_rate = sample_rate
        self.highest_hz = highest_hz or HIGHEST * sample_rate
        self.frame = frame or frame_of(sample_rate)
        self.features_count = sum(int(np.prod(shape)) for shape in feature_shapes())
        scale = dict(trainable=False, initializer="ones")
        self.band_gain = self.add_weight(shape=(BANDS,), name="band_gain", **scale)
        self.envelope_mean = self.add_weight(shape=(BANDS, 1), name="envelope_mean", **scale)
        self.envelope_sd = self.add_weight(shape=(BANDS, 1), name="envelope_sd", **scale)
        self.modulation_sd = self.add_weight(shape=(BANDS, MODULATIONS, 1), name="modulation_sd", **scale)
        self.h_mean = self.add_weight(shape=(self.features_count,), name="h_mean", **scale)
        self.h_sd = self.add_weight(shape=(self.features_count,), name="h_sd", **scale)
        self.centre = self.add_weight(shape=(self.features_count,), initializer="zeros", name="centre")
        self.log_precision = self.add_weight(shape=(self.features_count,), initializer="zeros", name="log_precision")
        self.built = True

    def envelopes(self, signal) -> tf.Tensor:
        """(chains, samples) -> compressed envelopes (chains, BANDS, frames)."""
        samples = signal.shape[-1]
        check_length(samples, self.frame)
        analytic = subbands(signal, cochlear_bank(samples, self.sample_rate, self.highest_hz))
        squared = tf.math.real(analytic) ** 2 + tf.math.imag(analytic) ** 2
        compressed = (squared * tf.square(self.band_gain)[:, None] + FLOOR) ** (COMPRESSION / 2)
        frames = samples // self.frame
        return tf.reduce_mean(tf.reshape(compressed, (-1, BANDS, frames, self.frame // DECIMATION)), axis=-1)

    def modulations(self, u) -> list[tf.Tensor]:
        """(chains, BANDS, frames) -> (chains, BANDS, FAST, frames) and (chains, BANDS, others, frames / 4)."""
        frames = u.shape[-1]
        bank = modulation_bank(frames, self.sample_rate / self.frame)
        spectrum = tf.signal.rfft(u)[:, :, None]
        fast = tf.signal.irfft(spectrum * complex_constant(bank[:FAST]), [frames])
        bins = frames // 8 + 1
        slow = complex_constant(bank[FAST:, :bins] / 4)
        return [fast, tf.signal.irfft(spectrum[..., :bins] * slow, [frames // 4])]

    def feature_groups(self, signal) -> list[tf.Tensor]:
        """Averages over time, one tensor (chains, ...) per kind of feature."""
        e = self.envelopes(signal)
        u = (e - self.envelope_mean) / self.envelope_sd
        fast, slow = self.modulations(u)
        modulations = [fast / self.modulation_sd[:, :FAST], slow / self.modulation_sd[:, FAST:]]
        intensity = e ** (2 / COMPRESSION)
        mean = partial(tf.reduce_mean, axis=-1)
        return [
            mean(u),
            *(mean(tf.tanh((u - knee) / width)) for knee, width in zip(KNEES, KNEE_WIDTHS, strict=True)),
            *(mean(tf.sqrt(m**2 + 0.01)) for m in modulations),
            *(mean(tf.math.log1p(m**2)) for m in modulations),
            pair_products(u[:, None], BANDS),
            *(pair_products(tf.transpose(m, (0, 2, 1, 3)), NEIGHBOURHOOD) for m in modulations),
            tf.math.log(mean(intensity) + 1e-6),
            tf.math.log(mean(intensity**2) + 1e-6),
        ]

    def features(self, signal) -> tf.Tensor:
        """h, (chains, J)."""
        groups = self.feature_groups(signal)
        return tf.concat([tf.reshape(g, (-1, int(np.prod(g.shape[1:])))) for g in groups], axis=-1)

    def call(self, signal):
        distance = (self.features(signal) - self.h_mean) / self.h_sd - self.centre
        duration_s = signal.shape[-1] / self.sample_rate
        return -0.5 * duration_s * tf.reduce_sum(tf.exp(self.log_precision) * tf.square(distance), axis=-1)

    def modulation_variances(self, u) -> tf.Tensor:
        """(BANDS, frames) -> (BANDS, MODULATIONS, 1)."""
        variances = [tf.math.reduce_variance(m[0], axis=-1, keepdims=True) for m in self.modulations(u[None])]
        return tf.concat(variances, axis=1)

    def adapt(self, signal: np.ndarray, crop_s: float = 2.0, crops: int = 8) -> None:
        """Set the front end's levels from a signal (samples,), and c and lambda from its crops.

        lambda starts at one over the features' variance between crops of `crop_s` seconds, times `crop_s`: features
        of one kind lend each other half of theirs, for a few crops say little on each. Crops are spread over all of
        the signal; of one that is not much longer than a crop they are halves. A long signal is heard in pieces.
        """
        count = -(-len(signal) // LONGEST_PIECE)
        multiple = length_multiple(self.frame)
        samples = len(signal) // count // multiple * multiple
        pieces = [tf.constant(signal[None, i * samples : (i + 1) * samples], tf.float32) for i in range(count)]
        bank = cochlear_bank(samples, self.sample_rate, self.highest_hz)
        power = [tf.reduce_mean(tf.abs(subbands(piece, bank)) ** 2, axis=(0, 2)) for piece in pieces]
        self.band_gain.assign(1 / tf.sqrt(sum(power) / count + 1e-12))
        e = [self.envelopes(piece)[0] for piece in pieces]
        self.envelope_mean.assign(tf.reduce_mean(tf.concat(e, axis=-1), axis=-1, keepdims=True))
        self.envelope_sd.assign(tf.math.reduce_std(tf.concat(e, axis=-1), axis=-1, keepdims=True) + 0.02)
        variances = [self.modulation_variances((piece - self.envelope_mean) / self.envelope_sd) for piece in e]
        self.modulation_sd.assign(tf.sqrt(sum(variances) / count) + 0.02)
        samples = len(signal) // multiple * multiple
        crop = round(crop_s * self.sample_rate)
        length = (crop if samples >= 1.5 * crop else samples // 2) // multiple * multiple
        signal = tf.constant(signal[None, :samples], tf.float32)
        starts = np.linspace(0, samples - length, crops).astype(int)
        means, sds = [], []
        for group in zip(*(self.feature_groups(signal[:, s : s + length]) for s in starts), strict=True):
            h = tf.reshape(tf.concat(group, axis=0), (crops, -1))
            variance = tf.math.reduce_variance(h, axis=0)
            means.append(tf.reduce_mean(h, axis=0))
            sds.append(tf.sqrt(length / self.sample_rate * (variance + tf.reduce_mean(variance)) / 2 + 1e-6))
        self.h_mean.assign(tf.concat(means, axis=0))
        self.h_sd.assign(tf.concat(sds, axis=0))
        self.centre.assign(tf.zeros_like(self.centre))
        self.log_precision.assign(tf.zeros_like(self.log_precision))

    def get_config(self):
        names = ("sample_rate", "highest_hz", "frame")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_config(cls, config):
        """Files that do not name the frame have frames of 50 samples."""
        return cls(**{"frame": OLDER_FRAME, **config})
