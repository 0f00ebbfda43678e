"""Statistics of sound textures (McDermott & Simoncelli, Neuron 71, 2011, 926-940), written in TensorFlow.

A waveform at 20 kHz passes a cochlear bank of 32 channels; the envelopes, compressed and at 400 Hz, pass modulation
banks; the texture is what their averages over time say. One implementation serves the score and, because every
step has a gradient, synthesis from noise.

Five places where ports differ from the published toolbox, kept as it has them: compression comes before
downsampling; the second marginal is sd/mean; kurtosis is not excess; C2 is taken between octave bands only;
averages are weighted by a window that fades at both ends. As in the toolbox, the means and deviations inside C and
C1 are not weighted, only their products are.
"""

import numpy as np
import tensorflow as tf

from crossmodal.errors import AudioError
from evaluation.texture.filters import (
    HOP,
    SAMPLE_RATE,
    cochlear_filters,
    fade_window,
    modulation_filters,
    octave_filters,
)

RMS = 0.01  # of a waveform before it is measured
COMPRESSION = 0.3  # exponent of the envelopes
C_OFFSETS = (1, 2, 3, 5, 8, 11, 16, 21)  # channels
C1_OFFSETS = (1, 2)
CLASSES = ("mean", "sd/mean", "skew", "kurtosis", "C", "modulation power", "C1", "C2")
_ENVELOPE_FLOOR = 1e-16  # squared amplitude, 120 dB below RMS: keeps the gradient of |a|^0.3 finite
_SILENCE = 1e-24  # added to a waveform's mean square, so that silence measures as silence
_TINY = 1e-12  # added to variances and powers, which are some 1e-3 in a sounding channel


def texture_statistics(waveform) -> dict[str, tf.Tensor]:
    """Measure one waveform, or a batch of equally long ones.

    Args:
        waveform: float tensor or array `(..., samples)` at 20 kHz, any level, 1 s or more; samples a multiple of 100.

    Returns:
        dict of tensors, `...` being the batch: one entry for each of `CLASSES`, channels first,
        `mean`, `sd/mean`, `skew`, `kurtosis`: (..., 32);
        `C`: (..., 32, 8) and `C1`: (..., 32, 2, 6), correlations of channel k with k + offset, 0 where there is none;
        `modulation power`: (..., 32, 20), a share of the envelope's variance;
        `C2`: (..., 32, 6, 2), real and imaginary part;
        and `power`: (..., 32), the mean square of each channel, by which scores choose audible channels.

    Raises:
        AudioError: a number of samples that the filter banks cannot divide.
    """
    waveform = tf.convert_to_tensor(waveform)
    samples = waveform.shape[-1]
    if samples < SAMPLE_RATE or samples % (2 * HOP):
        raise AudioError(f"{samples} samples cannot be measured: take a multiple of {2 * HOP}, at least {SAMPLE_RATE}.")
    waveform = waveform - tf.reduce_mean(waveform, axis=-1, keepdims=True)
    waveform = waveform * RMS / tf.sqrt(tf.reduce_mean(waveform**2, axis=-1, keepdims=True) + _SILENCE)
    envelope, power = cochlear_envelopes(waveform)
    weights = tf.constant(fade_window(envelope.shape[-1]), envelope.dtype)
    octaves = _filter(envelope, octave_filters(envelope.shape[-1]))
    return {
        **marginals(envelope, weights),
        "C": correlations(envelope, weights, C_OFFSETS),
        "modulation power": modulation_power(envelope, weights),
        "C1": modulation_correlations(tf.math.real(octaves)[..., 1:, :], weights),
        "C2": phase_correlations(octaves, weights),
        "power": power,
    }


def cochlear_envelopes(waveform) -> tuple[tf.Tensor, tf.Tensor]:
    """Envelopes |a| ** 0.3 at 400 Hz, (..., 32, frames), and the mean square of each channel, (..., 32)."""
    frames = waveform.shape[-1] // HOP
    subbands = _filter(waveform, cochlear_filters(waveform.shape[-1]))
    squared = tf.math.real(subbands) ** 2 + tf.math.imag(subbands) ** 2
    envelope = (squared + _ENVELOPE_FLOOR) ** (COMPRESSION / 2)
    spectrum = tf.signal.rfft(envelope)[..., : frames // 2 + 1]
    envelope = tf.nn.relu(tf.signal.irfft(spectrum, [frames]) / HOP)
    return envelope, tf.reduce_mean(squared, axis=-1) / 2


def marginals(envelope, weights) -> dict[str, tf.Tensor]:
    """Mean, sd/mean, skew m3 / m2^1.5 and kurtosis m4 / m2^2 over time: a dict of tensors (..., channels)."""
    mean = tf.reduce_sum(weights * envelope, axis=-1)
    centred = envelope - mean[..., None]
    m2, m3, m4 = (tf.reduce_sum(weights * centred**n, axis=-1) for n in (2, 3, 4))
    m2 = m2 + _TINY
    return {"mean": mean, "sd/mean": tf.sqrt(m2) / mean, "skew": m3 / m2**1.5, "kurtosis": m4 / m2**2}


def correlations(envelope, weights, offsets) -> tf.Tensor:
    """Pearson correlation over time of channel k with channel k + offset: (..., channels, offsets)."""
    z = _standardise(envelope)
    channels = z.shape[-2]
    columns = []
    for offset in offsets:
        values = tf.reduce_sum(weights * z[..., : channels - offset, :] * z[..., offset:, :], axis=-1)
        columns.append(tf.pad(values, [[0, 0]] * (len(values.shape) - 1) + [[0, offset]]))
    return tf.stack(columns, axis=-1)


def modulation_power(envelope, weights) -> tf.Tensor:
    """Power in 20 constant-Q modulation bands as a share of the envelope's variance: (..., channels, 20)."""
    bands = tf.math.real(_filter(envelope, modulation_filters(envelope.shape[-1])))
    mean = tf.reduce_sum(weights * envelope, axis=-1, keepdims=True)
    variance = tf.reduce_sum(weights * (envelope - mean) ** 2, axis=-1) + _TINY
    return tf.reduce_sum(weights * bands**2, axis=-1) / variance[..., None]


def modulation_correlations(octaves, weights) -> tf.Tensor:
    """C1: correlation between neighbouring channels within each octave of modulation, (..., channels, 2, octaves).

    `octaves` is real, (..., channels, octaves, frames).
    """
    by_octave = tf.unstack(octaves, axis=-2)
    return tf.stack([correlations(band, weights, C1_OFFSETS) for band in by_octave], axis=-1)


def phase_correlations(octaves, weights) -> tf.Tensor:
    """C2: correlation of adjacent octaves a_k, a_k+1 once a_k's phase is doubled, (..., channels, octaves - 1, 2).

    With c = a_k^2 / |a_k|: <Re c Re a_k+1> and <Re c Im a_k+1>, each over rms(Re c) rms(Re a_k+1).
    `octaves` is analytic, (..., channels, octaves, frames).
    """
    re, im = tf.math.real(octaves), tf.math.imag(octaves)
    re, im, fine_re, fine_im = re[..., :-1, :], im[..., :-1, :], re[..., 1:, :], im[..., 1:, :]
    doubled = (re**2 - im**2) / tf.sqrt(re**2 + im**2 + _TINY)
    rms_coarse, rms_fine = (tf.sqrt(tf.reduce_sum(weights * x**2, axis=-1) + _TINY) for x in (doubled, fine_re))
    parts = [tf.reduce_sum(weights * doubled * fine, axis=-1) / (rms_coarse * rms_fine) for fine in (fine_re, fine_im)]
    return tf.stack(parts, axis=-1)


def _standardise(x):
    centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    return centred / tf.sqrt(tf.reduce_mean(centred**2, axis=-1, keepdims=True) + _TINY)


def _filter(x, bank):
    """Analytic outputs of a bank (bands, samples // 2 + 1): (..., samples) real -> (..., bands, samples) complex."""
    samples = x.shape[-1]
    gain = np.full(bank.shape[-1], 2.0)
    gain[0] = gain[-1] = 1.0  # the mean and, samples being even, the Nyquist frequency have no negative twin
    spectrum = tf.signal.rfft(x)[..., None, :]
    spectrum = spectrum * tf.constant(bank * gain, spectrum.dtype)
    negative = [[0, 0]] * (len(spectrum.shape) - 1) + [[0, samples - bank.shape[-1]]]
    return tf.signal.ifft(tf.pad(spectrum, negative))
