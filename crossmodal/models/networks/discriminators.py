"""Discriminators: image (height, width, channels) in [0, 1] -> [logit (1,), features (d,)], float32."""

import keras
from keras import layers, ops

from crossmodal.models.networks.encoder_parts import RELU_INIT
from crossmodal.models.networks.encoders import LEAK
from crossmodal.models.networks.layers import BatchNormalization, Conv2D


def convolutional_discriminator(image_shape, filters, units, whole_image, batch_norm, dtype) -> keras.Model:
    """The paper's: convolutions of 4x4 with stride 2 without padding, 28-13-5-1, which see rows and columns 0 to 21.
    With `whole_image` they are padded and the last one spans its map, 28-14-7-1. Of larger images the map that is left
    is averaged."""
    x = inputs = keras.Input(image_shape, name="image")
    for i, n in enumerate(filters, 1):
        kernel, padding = 4, "valid"
        if whole_image:
            kernel, padding = (square(x.shape[1:3]), "valid") if i == len(filters) else (4, "same")
        x = Conv2D(n, kernel, 2, padding, kernel_initializer=RELU_INIT, dtype=dtype, name=f"conv{i}")(x)
        if batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.LeakyReLU(LEAK, dtype=dtype, name=f"relu{i}")(x)
    if x.shape[1:3] != (1, 1):
        x = layers.GlobalAveragePooling2D(keepdims=True, dtype=dtype, name="average")(x)
    for i, n in enumerate(units, 1):
        x = Conv2D(n, 1, kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
        x = layers.LeakyReLU(LEAK, dtype=dtype, name=f"fc_relu{i}")(x)
    logits = Conv2D(1, 1, dtype="float32", name="score")(x)
    if batch_norm:
        logits = BatchNormalization(dtype="float32", name="score_norm")(logits)
    logits = layers.Flatten(dtype="float32", name="logit")(logits)
    features = layers.Flatten(dtype="float32", name="features")(x)
    return keras.Model(inputs, [logits, features], name="discriminator")


def projection_of(discriminator: keras.Model, code_dim: int) -> layers.Dense:
    """P of a projection discriminator (T. Miyato & M. Koyama 2018): codes (n, code_dim) -> (n, features)."""
    projection = layers.Dense(discriminator.outputs[1].shape[-1], use_bias=False, dtype="float32", name="projection")
    projection.build((None, code_dim))
    return projection


def projected_score(seen, projected):
    """s(y) + <P c, features(y)> (n,) of what a discriminator made of images, and P c (n, features)."""
    scores, features = seen
    return scores[:, 0] + ops.sum(projected * features, axis=-1)


def square(sizes):
    """(7, 7) -> 7; other sizes as they are."""
    return sizes[0] if sizes[0] == sizes[1] else tuple(sizes)
