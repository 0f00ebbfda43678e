"""What all encoders begin and end with: the spectrogram brought near N(0, 1), and the heads [z_mean, z_log_var]."""

import keras
from keras import layers, ops

from crossmodal.models.networks.layers import Dense

SPECTROGRAM_MEAN, SPECTROGRAM_STD = 0.4, 0.3  # of spoken digits, roughly; brings the encoder's input near N(0, 1)
RELU_INIT = "he_normal"  # keeps the variance through layers of ReLU (He et al., 2015)


def standardise(dtype) -> keras.layers.Layer:
    """The first layer of an encoder: a spectrogram in [0, 1] to about zero mean and unit variance."""
    scale, offset = 1 / SPECTROGRAM_STD, -SPECTROGRAM_MEAN / SPECTROGRAM_STD
    return layers.Rescaling(scale, offset, dtype=dtype, name="standardise")


def gaussian_heads(x, latent_dim, initial_log_var, free_dim=0) -> list:
    """Dense heads [z_mean, z_log_var] of features (n,), float32. The last `free_dim` of both are 0 for every sound."""
    heads = []
    for name, start in (("z_mean", 0.0), ("z_log_var", initial_log_var)):
        options = {"bias_initializer": keras.initializers.Constant(start), "dtype": "float32"}
        head = Dense(latent_dim - free_dim, name=name, **options)(x)
        heads.append(ops.pad(head, ((0, 0), (0, free_dim))) if free_dim else head)
    return heads
