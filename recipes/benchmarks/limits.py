"""How fast the machine could be: its matrix products, and how many of them a training step is."""

import functools
import math

from turns import least_seconds

SIZE = 2048  # of the square matrices


def peaks(rounds: int = 5) -> dict[str, float]:
    """GFLOP/s of TensorFlow's product of two large matrices, in float32 and, where there are such, in bfloat16."""
    import tensorflow as tf

    result = {}
    for precision in precisions():
        dtype = tf.as_dtype(precision.removeprefix("mixed_"))
        a = tf.cast(tf.random.normal((SIZE, SIZE)), dtype)
        product = tf.function(lambda a: tf.reduce_sum(a @ a))
        result[dtype.name] = 2 * SIZE**3 / least_seconds(lambda a=a, f=product: f(a).numpy(), rounds) / 1e9
    return result


@functools.cache
def precisions() -> list[str]:
    """Those that this process can compute in."""
    from crossmodal.errors import ModelError
    from crossmodal.runtime.precision import BFLOAT16, FLOAT32, check_precision

    try:
        check_precision(BFLOAT16)
    except ModelError as error:
        print(error, flush=True)
        return [FLOAT32]
    return [FLOAT32, BFLOAT16]


def flops(network) -> int:
    """Of the products in one forward pass of a functional network on one input."""
    from keras import layers

    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2DTranspose):
            total += 2 * math.prod(layer.kernel.shape) * math.prod(layer.input.shape[1:-1])
        elif isinstance(layer, (layers.Conv1D, layers.Conv2D)):
            total += 2 * math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        elif isinstance(layer, layers.Dense):
            total += 2 * math.prod(layer.kernel.shape)
    return total


def training_flops(model, batch_size: int) -> int:
    """Of one training step: a pass forward costs one, a gradient by weights one, a gradient by inputs one.

    A discriminator sees a real and a drawn image forward and backward; the drawing's gradient goes back once more.
    """
    from crossmodal.models.vae_gan import AudioImageVAEGAN

    total = 3 * (flops(model.encoder) + flops(model.decoder))
    if isinstance(model, AudioImageVAEGAN):
        total += 7 * flops(model.discriminator)
    return batch_size * total
