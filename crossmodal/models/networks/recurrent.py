"""Encoders that listen frame by frame and remember: recurrent networks over the frames x(t) of a spectrogram.

    h(t) = step(x(t), h(t-1)),   h(0) = 0,   code = heads(h(T)) or heads(mean of h over time)

| kind | step |
|---|---|
| elman | h = tanh(W x(t) + U h(t-1) + b) (Elman 1990) |
| jordan | hears its last output, not its hidden units (Jordan 1986), see `JordanCell` |
| minimal-gated-unit | one gate: skip this step or take it (Zhou et al. 2016), see `MinimalGatedCell` |
| gru | two gates (Cho et al. 2014) |
| lstm | three gates and a second state (Hochreiter & Schmidhuber 1997) |

A recording need not be stretched to be heard so: with `LogMel(timing="pad")` frames after its end are 0 in every band,
and the network does not take a step there. However much is padded, the code is the same.

Convolutions may come first, which tell a sound wherever its bands lie, as in systems that transcribe speech.
"""

from functools import partial

import keras
from keras import layers, ops

from crossmodal.models.networks.cells import JordanCell, MinimalGatedCell
from crossmodal.models.networks.encoder_parts import RELU_INIT, gaussian_heads, standardise
from crossmodal.models.networks.layers import BatchNormalization, Conv2D
from crossmodal.runtime.choices import check_choice

READ_OUTS = ("last", "mean")


def until_end(frames):
    """Which of (batch, frames, values) >= 0 come before all frames are 0, and the first one: (batch, frames) bool."""
    loudness = ops.flip(ops.max(frames, axis=-1), axis=1)
    heard = ops.flip(ops.cumsum(loudness, axis=1), axis=1) > 0
    return ops.concatenate([ops.ones_like(heard[:, :1]), heard[:, 1:]], axis=1)


@keras.saving.register_keras_serializable("crossmodal")
class MaskAfterEnd(layers.Layer):
    """Masks the frames of (batch, frames, mels) >= 0 that are 0, as are all that follow, but never the first one.

    `keras.layers.Masking` would skip the silence within a word too, as before the t of "eight", which tells what was
    said.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs

    def compute_mask(self, inputs, mask=None):
        return until_end(inputs)

    def get_config(self):
        return super().get_config()  # which Keras finds out by itself only where no policy is passed


@keras.saving.register_keras_serializable("crossmodal")
class ZeroAfterEnd(layers.Layer):
    """x of [x, frames], (batch, frames, bands, channels), 0 where the frames (batch, frames, mels) have ended."""

    def call(self, inputs):
        x, frames = inputs
        return x * ops.cast(until_end(frames), x.dtype)[:, :, None, None]

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def get_config(self):
        return super().get_config()


def _of_cell(cell, units, *, return_sequences, dtype, name=None, **options) -> keras.layers.Layer:
    """A layer of one of this package's cells."""
    return layers.RNN(cell(units, dtype=dtype, **options), return_sequences=return_sequences, dtype=dtype, name=name)


LAYERS = {
    "elman": layers.SimpleRNN,
    "jordan": partial(_of_cell, JordanCell),
    "minimal-gated-unit": partial(_of_cell, MinimalGatedCell),
    "gru": layers.GRU,
    "lstm": layers.LSTM,
}


def convolved(frames, filters, dtype):
    """Convolutions of 3x3 over frames (frames, mels), each at half the bands of the last: (frames, features) >= 0."""
    x = standardise(dtype)(layers.Reshape((*frames.shape[1:], 1), dtype=dtype, name="image")(frames))
    x = ZeroAfterEnd(dtype=dtype, name="end0")([x, frames])
    for i, n in enumerate(filters, 1):
        options = {"use_bias": False, "kernel_initializer": RELU_INIT, "padding": "same", "dtype": dtype}
        x = Conv2D(n, 3, strides=(1, 2), name=f"conv{i}", **options)(x)
        x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
        x = ZeroAfterEnd(dtype=dtype, name=f"end{i}")([x, frames])
    return layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]), dtype=dtype, name="features")(x)


def recurrent(
    kind,
    input_shape,
    latent_dim,
    initial_log_var,
    dtype,
    *,
    filters=(),
    units=(128,),
    bidirectional=False,
    read_out="last",
    cell_options=None,
    dropout=0.2,
    free_dim=0,
) -> keras.Model:
    """A recurrent network over the frames.

    Args:
        kind: one of `LAYERS`.
        filters: channels of the convolutions before it, if any.
        units: of each layer; a further one listens to the states of the one before.
        bidirectional: a second network of each layer listens from the end to the beginning (Schuster & Paliwal 1997).
        read_out: the "last" state of each network, or the "mean" over the frames of the clip.
        cell_options: further arguments of the layers, such as {"activation": "linear"}.
        dropout: rate before the heads.
        free_dim: see `gaussian_heads`.
    """
    check_choice("read-out", read_out, READ_OUTS, ValueError)
    inputs = keras.Input(input_shape, name="spectrogram")
    x = layers.Reshape(input_shape[:2], dtype=dtype, name="frames")(inputs)
    end = MaskAfterEnd(dtype=dtype, name="end")
    x = end(convolved(x, filters, dtype)) if filters else standardise(dtype)(end(x))
    for i, n in enumerate(units, 1):
        options = {"return_sequences": i < len(units) or read_out == "mean", "dtype": dtype, **(cell_options or {})}
        name = {"name": f"recurrent{i}"}
        layer = LAYERS[kind](n, **options, **({} if bidirectional else name))
        x = (layers.Bidirectional(layer, dtype=dtype, **name) if bidirectional else layer)(x)
    if read_out == "mean":
        x = layers.GlobalAveragePooling1D(dtype=dtype, name="read_out")(x)
    if dropout:
        x = layers.Dropout(dropout, dtype=dtype, name="dropout")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var, free_dim), name="encoder")


RECURRENT = {
    **{kind: partial(recurrent, kind) for kind in LAYERS},
    "convolutional-gru": partial(recurrent, "gru", filters=(32, 64, 64)),
}
