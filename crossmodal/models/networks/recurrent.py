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
"""

from functools import partial

import keras
from keras import layers, ops

from crossmodal.models.networks.cells import JordanCell, MinimalGatedCell
from crossmodal.models.networks.encoder_parts import gaussian_heads, standardise
from crossmodal.runtime.choices import check_choice

READ_OUTS = ("last", "mean")


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
        loudness = ops.flip(ops.max(inputs, axis=-1), axis=1)
        heard = ops.flip(ops.cumsum(loudness, axis=1), axis=1) > 0
        return ops.concatenate([ops.ones_like(heard[:, :1]), heard[:, 1:]], axis=1)


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


def recurrent(
    kind,
    input_shape,
    latent_dim,
    initial_log_var,
    dtype,
    *,
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
    x = standardise(dtype)(MaskAfterEnd(dtype=dtype, name="end")(x))
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
