"""Encoders: spectrogram (frames, mels, 1) -> [z_mean, z_log_var], each (latent_dim,) float32.

An encoder is one function build(input_shape, latent_dim, initial_log_var, dtype, **options) -> keras.Model; `ENCODERS`
holds those that can be chosen by name. One more is a function in a file of its own and a line there.
"""

from collections.abc import Callable
from functools import partial

import keras
from keras import layers, ops

from crossmodal.models.networks.encoder_parts import RELU_INIT, gaussian_heads, standardise
from crossmodal.models.networks.filter_bank import filter_bank as build_filter_bank
from crossmodal.models.networks.layers import BatchNormalization, Conv2D, Dense
from crossmodal.models.networks.recurrent import READ_OUTS as RECURRENT_READ_OUTS
from crossmodal.models.networks.recurrent import RECURRENT
from crossmodal.models.networks.time_delay import READ_OUTS as TIME_DELAY_READ_OUTS
from crossmodal.models.networks.time_delay import linear, time_delay
from crossmodal.runtime.choices import check_choice

LEAK = 0.2  # slope of LeakyReLU below 0
HEAD_SCALE = 0.1  # a step of Adam moves each of a head's 8,192 weights alike: unscaled, z would jump by several units


def convolutional(
    input_shape,
    latent_dim,
    initial_log_var,
    dtype,
    *,
    filters=(32, 64, 128),
    units=(256,),
    padding="valid",
    batch_norm=False,
    max_pooling=False,
    dropout=0.0,
    free_dim=0,
) -> keras.Model:
    """The paper's encoder of its VAE: convolutions of 4x4 with stride 2, then dense layers, all with ReLU. With
    `max_pooling` the convolutions have stride 1, and the largest of 2x2 values is kept."""
    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = standardise(dtype)(x)
    for i, n in enumerate(filters, 1):
        options = {"use_bias": not batch_norm, "kernel_initializer": RELU_INIT}
        strides = 1 if max_pooling else 2
        x = Conv2D(n, 4, strides=strides, padding=padding, dtype=dtype, name=f"conv{i}", **options)(x)
        if batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
        if max_pooling:
            x = layers.MaxPooling2D(dtype=dtype, name=f"pool{i}")(x)
    x = layers.Flatten(dtype=dtype, name="flatten")(x)
    for i, n in enumerate(units, 1):
        if dropout:
            x = layers.Dropout(dropout, dtype=dtype, name=f"dropout{i}")(x)
        x = Dense(n, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var, free_dim), name="encoder")


def fully_convolutional(input_shape, latent_dim, initial_log_var, dtype, *, filters, free_dim=0) -> keras.Model:
    """The paper's encoder of its VAE-GAN: convolutions from end to end, 48-23-10-4-1, with LeakyReLU. The last
    `free_dim` of z_mean and z_log_var are 0 for every sound."""
    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = standardise(dtype)(x)
    for i, n in enumerate(filters, 1):
        x = Conv2D(n, 4, 2, use_bias=False, kernel_initializer=RELU_INIT, dtype=dtype, name=f"conv{i}")(x)
        x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.LeakyReLU(LEAK, dtype=dtype, name=f"relu{i}")(x)
    heads = []
    for name, start in (("z_mean", 0.0), ("z_log_var", initial_log_var)):
        glorot = keras.initializers.VarianceScaling(HEAD_SCALE**-2, "fan_avg", "uniform")
        options = {"use_bias": False, "kernel_initializer": glorot, "dtype": "float32"}
        head = Conv2D(latent_dim - free_dim, x.shape[1:3], name=f"{name}_conv", **options)(x)
        head = layers.Flatten(dtype="float32", name=name)(head)
        heads.append(ops.pad(HEAD_SCALE * head + start, ((0, 0), (0, free_dim))))
    return keras.Model(inputs, heads, name="encoder")


def residual(
    input_shape, latent_dim, initial_log_var, dtype, *, filters=(32, 64, 128), blocks=(2, 2, 1), dropout=0.2, free_dim=0
) -> keras.Model:
    """A residual network (He et al. 2016): stages of 3x3 convolutions, each at half the size of the last.

    Args:
        filters: channels of each stage. The first begins with a 4x4 convolution of stride 2, the others with a 3x3
            one, and so does the head.
        blocks: residual blocks of each stage, two convolutions each.
        dropout: rate before the head's dense layers.
        free_dim: see `gaussian_heads`.
    """

    def convolved(x, name, n, size=3, strides=1, activate=True):
        options = {"use_bias": False, "kernel_initializer": RELU_INIT, "padding": "same", "dtype": dtype}
        x = Conv2D(n, size, strides=strides, name=f"{name}_conv", **options)(x)
        x = BatchNormalization(dtype=dtype, name=f"{name}_norm")(x)
        return layers.ReLU(dtype=dtype, name=f"{name}_relu")(x) if activate else x

    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = standardise(dtype)(x)
    for i, (n, count) in enumerate(zip(filters, blocks, strict=True), 1):
        x = convolved(x, f"stage{i}", n, size=4 if i == 1 else 3, strides=2)
        for j in range(1, count + 1):
            name = f"stage{i}_block{j}"
            y = convolved(x, f"{name}_a", n)
            y = convolved(y, f"{name}_b", n, activate=False)
            x = layers.ReLU(dtype=dtype, name=f"{name}_relu")(layers.Add(dtype=dtype, name=f"{name}_sum")([x, y]))
    x = convolved(x, "head", filters[-1], strides=2)
    x = layers.Flatten(dtype=dtype, name="flatten")(x)
    if dropout:
        x = layers.Dropout(dropout, dtype=dtype, name="dropout")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var, free_dim), name="encoder")


def dense(input_shape, latent_dim, initial_log_var, dtype, *, units=(400, 150), free_dim=0) -> keras.Model:
    """Dense layers with sigmoids, as stacks that were trained without labels have them: it may start from the encoder
    of a `DeepAutoencoder` of sounds, whose layers are called alike."""
    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = layers.Flatten(dtype=dtype, name="flatten")(standardise(dtype)(x))
    for i, n in enumerate(units, 1):
        x = Dense(n, "sigmoid", dtype=dtype, name=f"fc{i}")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var, free_dim), name="encoder")


ENCODERS: dict[str, Callable[..., keras.Model]] = {
    "convolutional": convolutional,
    "max-pooling": partial(convolutional, max_pooling=True, batch_norm=True),
    "fully convolutional": fully_convolutional,
    "residual": residual,
    "dense": dense,
    "linear": linear,
    "time-delay": time_delay,
    **RECURRENT,
}

COMPACT = {"convolutional": {"batch_norm": True}}  # options of the compact VAE's encoder: one that is to start it


READ_OUTS = {"time-delay": TIME_DELAY_READ_OUTS, **dict.fromkeys(RECURRENT, RECURRENT_READ_OUTS)}  # where there is one


def build_encoder(
    kind: str, input_shape, latent_dim, initial_log_var, dtype, *, filter_bank=None, **options
) -> keras.Model:
    """The encoder of a kind.

    Args:
        input_shape: (frames, mels, 1), or (samples, 1, 1) of waveforms, which it hears through learned filters.
        filter_bank: options of these, see `crossmodal.models.networks.filter_bank`.
        **options: of the encoder.

    Raises:
        ValueError: `ENCODERS` has no such kind, or filters are asked for on a spectrogram.
    """
    check_choice("encoder", kind, ENCODERS, ValueError)
    if input_shape[1] > 1:
        if filter_bank:
            raise ValueError("Learned filters hear waveforms: choose the front end waveform, or leave filter_bank out.")
        return ENCODERS[kind](input_shape, latent_dim, initial_log_var, dtype, **options)
    bank = build_filter_bank(input_shape, dtype, **(filter_bank or {}))
    encoder = ENCODERS[kind](bank.output_shape[1:], latent_dim, initial_log_var, dtype, **options)
    return keras.Model(bank.input, encoder(bank.output), name="encoder")
