"""Decoders: z (latent_dim,) -> logits of an image (height, width, channels), float32. Sizes are multiples of 4."""

import keras
from keras import layers

from crossmodal.models.networks.encoder_parts import RELU_INIT
from crossmodal.models.networks.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dense

INK_LOGITS = 3.5, -4.0  # scale and offset of logits of ink on a dark ground, 20,000 small steps of Adam from 1 and 0


def check_image_shape(image_shape) -> None:
    """ValueError unless (height, width, channels) can be drawn: height and width are multiples of 4."""
    if len(image_shape) != 3 or not all(isinstance(n, int) and n > 0 for n in image_shape):
        raise ValueError(f"An image has a height, a width and channels, not the shape {tuple(image_shape)}.")
    if any(n % 4 for n in image_shape[:2]):
        raise ValueError(f"Height and width of an image are multiples of 4, not {tuple(image_shape[:2])}.")


def dense_decoder(image_shape, latent_dim, units, filters, dtype) -> keras.Model:
    """The paper's decoder of its VAE: dense layers, then two transposed convolutions of 4x4 with stride 2."""
    check_image_shape(image_shape)
    height, width, channels = image_shape
    options = {"kernel_initializer": RELU_INIT, "dtype": dtype}
    x = inputs = keras.Input((latent_dim,), name="z")
    for i, n in enumerate(units, 1):
        x = Dense(n, "relu", name=f"fc{i}", **options)(x)
    x = Dense(height // 4 * width // 4 * filters[0], "relu", name="fc_map", **options)(x)
    x = layers.Reshape((height // 4, width // 4, filters[0]), dtype=dtype, name="map")(x)
    x = Conv2DTranspose(filters[1], 4, 2, "same", activation="relu", name="upconv1", **options)(x)
    logits = Conv2DTranspose(channels, 4, 2, "same", dtype="float32", name="upconv2")(x)
    return keras.Model(inputs, logits, name="decoder")


def fully_convolutional_decoder(image_shape, latent_dim, units, filters, kernels, batch_norm, dtype) -> keras.Model:
    """The paper's decoder of its VAE-GAN: transposed convolutions from end to end with stride 2, of 28x28 pixels
    1-3-7 without padding, then 14 and 28 with it."""
    check_image_shape(image_shape)
    x = inputs = keras.Input((latent_dim,), name="z")
    x = layers.Reshape((1, 1, latent_dim), dtype=dtype, name="map")(x)
    for i, n in enumerate(units, 1):
        x = Conv2D(n, 1, activation="relu", kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
    sizes = (*growing_kernels(image_shape, kernels[1]), *kernels[2:])
    for i, (n, kernel) in enumerate(zip((*filters, image_shape[2]), sizes, strict=True), 1):
        last, padding = i == len(sizes), "valid" if i <= 2 else "same"
        options = {"kernel_initializer": RELU_INIT, "dtype": "float32" if last else dtype}
        x = Conv2DTranspose(n, kernel, 2, padding, name=f"upconv{i}", **options)(x)
        if batch_norm and last:
            scale, offset = (keras.initializers.Constant(value) for value in INK_LOGITS)
            starts = {"gamma_initializer": scale, "beta_initializer": offset}
            x = BatchNormalization(dtype="float32", name=f"norm{i}", **starts)(x)
        elif batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        if not last:
            x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
    return keras.Model(inputs, x, name="decoder")


def growing_kernels(image_shape, second: int) -> tuple:
    """Kernels of two transposed convolutions without padding, stride 2, that grow 1x1 to a quarter of an image: 3 and 3
    for 28x28 pixels. The second is `second`, or one more where the quarter asks for it, or less in small images."""
    quarters = [size // 4 for size in image_shape[:2]]
    seconds = [min(second + (quarter - second) % 2, quarter - 2) for quarter in quarters]
    firsts = [(quarter - size) // 2 + 1 for quarter, size in zip(quarters, seconds, strict=True)]
    if min(seconds) < 2:
        raise ValueError(f"Images of {image_shape[0]}x{image_shape[1]} pixels are too small: draw 16x16 or more.")
    return tuple(pair[0] if pair[0] == pair[1] else tuple(pair) for pair in (firsts, seconds))
