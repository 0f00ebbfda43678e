"""Filters that are learned on the waveform, in place of a spectrogram: what encoders of waveforms begin with.

    a_k(t) = sum_{n=0}^{N-1} w_k(n) x(s t + n)        filter k, N = 256 samples long, every s = 4 samples
    r_k(t) = a_k(t)^2 / N   or   max(a_k(t), 0) / sqrt(N)
    y_k(m) = log(1 + c mean of r_k over P = 64 times t) / log(100 c),       c = 10^4, or 10^2 of the rectified

(Sainath et al. 2015, *Learning the speech front-end with raw waveform CLDNNs*; Thickstun et al. 2017, *Learning
features of music from scratch*.) y is (frames, filters), which an encoder hears as it hears a spectrogram. Of a
waveform of root mean square 1 it lies between 0 and about 1; after the end of a clip it is 0.

With Fourier bases under a Hann window, h(n) cos(2 pi f n) and h(n) sin(2 pi f n), the sum of a pair's squares is the
power of a short-time Fourier transform at f. Training may begin there, or at random. The taps of a filter have a mean
square of 1, for a step of Adam moves each alike: smaller ones would be lost in a few steps.
"""

import math

import keras
import numpy as np
from keras import layers, ops

from crossmodal.runtime.choices import check_choice

RECTIFIERS = {"squared": 1e4, "relu": 1e2}  # and their c


def fourier_bases(size: int, filters: int) -> np.ndarray:
    """(size, filters) float32: Fourier bases under a Hann window, each of mean square 1.

    The frequencies of the pairs lie evenly over the whole band, at f_j = (j + 1/2) / filters cycles a sample, j from 0
    to filters / 2 - 1. Filter 2j is the cosine, 2j + 1 the sine.

    Raises:
        ValueError: the number of filters is odd.
    """
    if filters % 2:
        raise ValueError(f"{filters} filters are no pairs of a cosine and a sine: choose an even number.")
    n = np.arange(size)[:, None]
    phase = 2 * np.pi * n * (np.arange(filters // 2) + 0.5) / filters
    pairs = np.stack([np.cos(phase), np.sin(phase)], axis=-1).reshape(size, filters)
    bases = (0.5 - 0.5 * np.cos(2 * np.pi * n / size)) * pairs
    return (bases / np.sqrt(np.square(bases).mean(axis=0))).astype(np.float32)


def _fourier(shape, dtype=None):
    """An initializer of kernels (size, 1, filters)."""
    return ops.convert_to_tensor(fourier_bases(shape[0], shape[2])[:, None], dtype=dtype)


def _random(shape, dtype=None):
    """The same, of numbers from N(0, 1)."""
    return keras.initializers.RandomNormal(stddev=1.0)(shape, dtype)


STARTS = {"fourier": _fourier, "random": _random}


def filter_bank(
    input_shape, dtype, *, filters=128, size=256, stride=4, pool=64, start="fourier", rectifier="squared"
) -> keras.Model:
    """Waveform (samples, 1, 1) -> y (frames, filters, 1) float32; a frame for every `stride` * `pool` samples.

    Args:
        filters, size: number of filters, and N, samples of each.
        stride: s, samples from one output to the next.
        pool: P, outputs that are averaged.
        start: what the filters are before training, one of `STARTS`.
        rectifier: "squared" or "relu".

    Raises:
        ValueError: another start or rectifier, or the waveform is too short for one frame.
    """
    check_choice("start of the filters", start, STARTS, ValueError)
    check_choice("rectifier", rectifier, RECTIFIERS, ValueError)
    frames = ((input_shape[0] - size) // stride + 1) // pool
    if frames < 1:
        raise ValueError(f"{input_shape[0]} samples give no frame: {size + (pool - 1) * stride} or more do.")
    inputs = keras.Input(input_shape, name="waveform")
    x = layers.Reshape((input_shape[0], 1), dtype=dtype, name="samples")(inputs)
    options = {"use_bias": False, "kernel_initializer": STARTS[start], "dtype": dtype, "name": "filters"}
    x = layers.Conv1D(filters, size, stride, **options)(x)
    squared = rectifier == "squared"
    x = ops.square(x) if squared else ops.relu(x)
    x = layers.AveragePooling1D(pool, dtype="float32", name="pool")(x)
    c = RECTIFIERS[rectifier]
    y = ops.log(1.0 + x * (c / (size if squared else size**0.5))) / math.log(100 * c)  # ONNX has no log1p
    return keras.Model(inputs, layers.Reshape((frames, filters, 1), dtype="float32", name="levels")(y), name="bank")
