"""The VAE-GAN's encoder, decoder and discriminator: convolutions from end to end.

Without padding a spectrogram shrinks 48-23-10-4-1, an image grows 1-3-7-14-28 and shrinks 28-13-5-1.
"""

import keras
from keras import layers, ops

from crossmodal.models.base import IMAGE_SHAPE, standardise
from crossmodal.models.networks.layers import BatchNormalization, Conv2D, Conv2DTranspose

LEAK = 0.2  # slope of LeakyReLU below 0
INK_LOGITS = 3.5, -4.0  # scale and offset of logits of ink on a dark ground, 20,000 small steps of Adam from 1 and 0
HEAD_SCALE = 0.1  # a step of Adam moves each of a head's 8,192 weights alike: unscaled, z would jump by several units


def build_encoder(input_shape, filters, latent_dim, free_dim, initial_log_var, dtype) -> keras.Model:
    """Spectrogram (frames, mels, 1) -> [z_mean, z_log_var], each (latent_dim,) float32; the last free_dim are 0."""
    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = standardise(dtype)(x)
    for i, n in enumerate(filters, 1):
        x = Conv2D(n, 4, 2, use_bias=False, kernel_initializer="he_normal", dtype=dtype, name=f"conv{i}")(x)
        x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.LeakyReLU(LEAK, dtype=dtype, name=f"relu{i}")(x)
    heads = []
    for name, start in (("z_mean", 0.0), ("z_log_var", initial_log_var)):
        glorot = keras.initializers.VarianceScaling(HEAD_SCALE**-2, "fan_avg", "uniform")
        head = Conv2D(
            latent_dim - free_dim, 4, use_bias=False, kernel_initializer=glorot, dtype="float32", name=f"{name}_conv"
        )(x)
        head = layers.Flatten(dtype="float32", name=name)(head)
        heads.append(ops.pad(HEAD_SCALE * head + start, ((0, 0), (0, free_dim))))
    return keras.Model(inputs, heads, name="encoder")


def build_decoder(latent_dim, units, filters, kernels, batch_norm, dtype) -> keras.Model:
    """z (latent_dim,) -> logits of an image (28, 28, 1), float32. 1-3-7 without padding, then 14 and 28 with it."""
    x = inputs = keras.Input((latent_dim,), name="z")
    x = layers.Reshape((1, 1, latent_dim), dtype=dtype, name="map")(x)
    for i, n in enumerate(units, 1):
        x = Conv2D(n, 1, activation="relu", kernel_initializer="he_normal", dtype=dtype, name=f"fc{i}")(x)
    for i, (n, kernel) in enumerate(zip((*filters, 1), kernels, strict=True), 1):
        last = i == len(kernels)
        x = Conv2DTranspose(
            n,
            kernel,
            2,
            "valid" if i <= 2 else "same",
            kernel_initializer="he_normal",
            dtype="float32" if last else dtype,
            name=f"upconv{i}",
        )(x)
        if batch_norm and last:
            scale, offset = (keras.initializers.Constant(value) for value in INK_LOGITS)
            x = BatchNormalization(gamma_initializer=scale, beta_initializer=offset, dtype="float32", name=f"norm{i}")(
                x
            )
        elif batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        if not last:
            x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
    return keras.Model(inputs, x, name="decoder")


def build_discriminator(filters, units, whole_image, batch_norm, dtype) -> keras.Model:
    """Image (28, 28, 1) in [0, 1] -> [logit (1,), features (d,)], float32."""
    x = inputs = keras.Input(IMAGE_SHAPE, name="image")
    for i, n in enumerate(filters, 1):
        kernel, padding = 4, "valid"
        if whole_image:
            kernel, padding = (x.shape[1], "valid") if i == len(filters) else (4, "same")
        x = Conv2D(n, kernel, 2, padding, kernel_initializer="he_normal", dtype=dtype, name=f"conv{i}")(x)
        if batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.LeakyReLU(LEAK, dtype=dtype, name=f"relu{i}")(x)
    for i, n in enumerate(units, 1):
        x = Conv2D(n, 1, kernel_initializer="he_normal", dtype=dtype, name=f"fc{i}")(x)
        x = layers.LeakyReLU(LEAK, dtype=dtype, name=f"fc_relu{i}")(x)
    logits = Conv2D(1, 1, dtype="float32", name="score")(x)
    if batch_norm:
        logits = BatchNormalization(dtype="float32", name="score_norm")(logits)
    logits = layers.Flatten(dtype="float32", name="logit")(logits)
    features = layers.Flatten(dtype="float32", name="features")(x)
    return keras.Model(inputs, [logits, features], name="discriminator")
