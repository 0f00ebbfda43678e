"""Encoders that convolve over time alone: the frames of a spectrogram are a series of vectors x(t), one number a mel.

A finite impulse response (FIR) remembers K frames; its taps W_k are a convolution's kernel:

    y(t) = sum_{k=0}^{K-1} W_k x(t - k) + b

A time-delay network (Waibel et al. 1989, *Phoneme recognition using time-delay neural networks*) is layers of them with
a nonlinearity between. An autoregressive filter hears its own past too, y(t) = sum_k W_k x(t - k) + sum_k A_k y(t - k),
and so remembers for ever: it is a recurrent network without its nonlinearity, "elman" or "jordan" of
`crossmodal.models.networks.recurrent` with the activation "linear".
"""

import keras
from keras import layers, ops

from crossmodal.models.networks.encoder_parts import RELU_INIT, gaussian_heads, standardise
from crossmodal.models.networks.layers import BatchNormalization, Conv1D
from crossmodal.runtime.choices import check_choice

LEAST_VARIANCE = 1e-4  # over time, of which a root is taken
READ_OUTS = ("mean", "statistics", "all")


def linear(input_shape, latent_dim, initial_log_var, dtype, *, filters=32, taps=8, stride=4, free_dim=0) -> keras.Model:
    """The simplest way to hear, a baseline: one FIR over the frames, and heads on all that it gives. No nonlinearity.

    Args:
        filters: numbers that the FIR gives at a time.
        taps: frames that it remembers.
        stride: frames from one time to the next.
        free_dim: see `gaussian_heads`.
    """
    inputs = keras.Input(input_shape, name="spectrogram")
    x = layers.Reshape(input_shape[:2], dtype=dtype, name="frames")(standardise(dtype)(inputs))
    x = Conv1D(filters, taps, stride, dtype=dtype, name="fir")(x)
    x = layers.Flatten(dtype=dtype, name="flatten")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var, free_dim), name="encoder")


def time_delay(
    input_shape,
    latent_dim,
    initial_log_var,
    dtype,
    *,
    filters=(64, 96, 128),
    taps=(5, 5, 5),
    strides=(1, 2, 2),
    dilations=(1, 1, 1),
    groups=(1, 1, 1),
    batch_norm=True,
    read_out="mean",
    dropout=0.2,
    free_dim=0,
) -> keras.Model:
    """A time-delay network: layers of FIR filters over the frames, each with ReLU, read out over time.

    Args:
        filters, taps: numbers that each layer gives at a time, and how many times it remembers.
        strides, dilations: of each layer, from one of its times to the next and between its taps; one of both is 1.
        groups: of each layer, into which its inputs and filters are divided; a filter hears its own group alone.
        batch_norm: batch normalisation before each ReLU.
        read_out: "mean" over time, which does not mind when something was said, as Waibel's sum; "statistics", the
            mean and the standard deviation over time (Snyder et al. 2018, *X-vectors*); or "all" times.
        dropout: rate before the heads.
        free_dim: see `gaussian_heads`.
    """
    check_choice("read-out", read_out, READ_OUTS, ValueError)
    inputs = keras.Input(input_shape, name="spectrogram")
    x = layers.Reshape(input_shape[:2], dtype=dtype, name="frames")(standardise(dtype)(inputs))
    for i, (n, size, stride, dilation, share) in enumerate(
        zip(filters, taps, strides, dilations, groups, strict=True), 1
    ):
        options = {"use_bias": not batch_norm, "kernel_initializer": RELU_INIT, "dtype": dtype, "name": f"fir{i}"}
        x = Conv1D(n, size, stride, dilation_rate=dilation, groups=share, **options)(x)
        if batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
    if read_out == "statistics":
        x = ops.cast(x, "float32")
        x = ops.concatenate([ops.mean(x, axis=1), ops.sqrt(ops.var(x, axis=1) + LEAST_VARIANCE)], axis=-1)
    else:
        read = layers.GlobalAveragePooling1D if read_out == "mean" else layers.Flatten
        x = read(dtype=dtype, name="read_out")(x)
    if dropout:
        x = layers.Dropout(dropout, dtype=dtype, name="dropout")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var, free_dim), name="encoder")
