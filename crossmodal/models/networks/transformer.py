"""A transformer over the patches of an image, which a condition steers (Peebles & Xie 2023: DiT, adaLN-Zero).

image (height, width, channels) -> square patches, a token each -> blocks of attention and a dense network -> patches.
A network that predicts the image learns from large patches too (Li & He 2025), so that a large picture has patches as
many as a small one has, see `patch_for`.
The condition, such as the time of a flow and what was heard, sets shift, scale and gate of each block's two parts. One
dense layer computes them for all blocks, each of which adds numbers of its own (Chen et al. 2023: PixArt, section 2.3).
Gates start at 0, so that each block starts as the identity. Tokens of the condition may stand beside those of the image
too, in the blocks after the early image (Li & He 2025).
"""

import math

import keras
from keras import layers, ops

from crossmodal.models.networks.decoders import check_image_shape
from crossmodal.models.networks.layers import Dense

PATCHES = (16, 8, 4)  # pixels, height and width of a token
FEWEST_TOKENS = 49  # those of 28x28 pixels
MODULATIONS = 6  # shift, scale and gate of the attention and of the dense network
FREQUENCIES = 32  # of the sines that stand for a time


def normalised(x):
    """Tokens (..., width) at a root mean square of 1 (Zhang & Sennrich 2019)."""
    scale = ops.rsqrt(ops.mean(ops.square(ops.cast(x, "float32")), axis=-1, keepdims=True) + 1e-6)
    return x * ops.cast(scale, x.dtype)


def attention(q, k, v):
    """Attention of all tokens to all (Vaswani et al. 2017, equation 1): (batch, heads, tokens, each) three times ->
    (batch, tokens, heads each)."""
    heads, tokens, each = q.shape[1:]
    weights = ops.softmax(ops.matmul(q * each**-0.5, ops.transpose(k, (0, 1, 3, 2))))
    return ops.reshape(ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3)), (-1, tokens, heads * each))


@keras.saving.register_keras_serializable("crossmodal")
class Block(layers.Layer):
    """Attention, then a dense network, each added to the tokens (batch, tokens, width) through a gate.

    Args:
        heads: of the attention, each of width / heads numbers.
        hidden: units of the dense network, with squared ReLU (So et al. 2021).

    Called with tokens and what the condition says, (batch, 6 width).
    """

    def __init__(self, heads, hidden, **options):
        super().__init__(**options)
        self.heads, self.hidden = heads, hidden

    def build(self, x_shape, modulation_shape):
        width = x_shape[-1]

        def dense(inputs, units, name):
            layer = Dense(units, dtype=self.dtype_policy, name=name)
            layer.build((None, inputs))
            return layer

        self.offsets = self.add_weight(shape=(MODULATIONS * width,), initializer="zeros", name="offsets")
        self.qkv, self.out = dense(width, 3 * width, "qkv"), dense(width, width, "out")
        self.up, self.down = dense(width, self.hidden, "up"), dense(self.hidden, width, "down")
        self.built = True

    def compute_output_shape(self, x_shape, modulation_shape):
        return x_shape

    def call(self, x, modulation):
        steering = self.steering(modulation)
        return self.with_attention(x, attention(*self.queries_keys_values(x, steering)), steering)

    def steering(self, modulation):
        """Shift, scale and gate of the attention and of the dense network, (batch, 1, width) each."""
        return ops.split((modulation + ops.cast(self.offsets, modulation.dtype))[:, None], MODULATIONS, axis=-1)

    def queries_keys_values(self, x, steering):
        """What the attention asks of the tokens (batch, tokens, width): (batch, heads, tokens, width / heads) each."""
        shift, scale = steering[:2]
        tokens, width = x.shape[1:]
        qkv = self.qkv(normalised(x) * (1 + scale) + shift)
        qkv = ops.reshape(qkv, (-1, tokens, 3, self.heads, width // self.heads))
        return ops.unstack(ops.transpose(qkv, (2, 0, 3, 1, 4)), axis=0)

    def with_attention(self, x, attended, steering):
        """The tokens after what the attention found (batch, tokens, width), and the dense network, were added."""
        gate, shift, scale, last_gate = steering[2:]
        x = x + gate * self.out(attended)
        y = normalised(x) * (1 + scale) + shift
        return x + last_gate * self.down(ops.square(ops.relu(self.up(y))))

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "hidden": self.hidden}


@keras.saving.register_keras_serializable("crossmodal")
class Positions(layers.Layer):
    """Adds to each of the tokens (batch, tokens, width) numbers of its place, which are learned."""

    def build(self, shape):
        start = keras.initializers.RandomNormal(stddev=0.02)
        self.places = self.add_weight(shape=shape[1:], initializer=start, name="places")

    def call(self, x):
        return x + ops.cast(self.places, x.dtype)


def patch_for(image_shape) -> int:
    """The height and width in pixels of patches of which an image of this shape has 49 or more: 4 for 28x28, 8 for
    64x64. The smallest where no image of this size can be divided so."""
    height, width = image_shape[:2]
    fitting = [p for p in PATCHES if not (height % p or width % p) and height * width >= FEWEST_TOKENS * p * p]
    return fitting[0] if fitting else PATCHES[-1]


def as_tokens(images, patch):
    """(batch, height, width, channels) -> (batch, height width / patch^2, patch^2 channels)."""
    height, width, channels = images.shape[1:]
    rows, columns = height // patch, width // patch
    x = ops.reshape(images, (-1, rows, patch, columns, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, rows * columns, patch * patch * channels))


def as_images(tokens, image_shape, patch):
    """The inverse of `as_tokens`."""
    height, width, channels = image_shape
    rows, columns = height // patch, width // patch
    x = ops.reshape(tokens, (-1, rows, columns, patch, patch, channels))
    return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, height, width, channels))


def check_patch(image_shape, patch) -> None:
    """ValueError unless patches of this height and width divide an image."""
    if patch < 1 or any(n % patch for n in image_shape[:2]):
        raise ValueError(f"Patches of {patch} pixels do not divide {tuple(image_shape[:2])}: choose another patch.")


def early_blocks(early, blocks) -> int:
    """How many of the blocks predict an early image: a third of them if that is not said (None)."""
    return blocks // 3 if early is None else early


def check_early(early, blocks) -> None:
    """ValueError unless there are more blocks than those after which an early image is predicted."""
    if not 0 <= early < blocks:
        raise ValueError(f"Of {blocks} blocks 0 to {blocks - 1} can come before the early image, not {early}.")


def sines(t):
    """Times (batch,) in [0, 1] as sines and cosines (batch, 64) of periods from 1 / 8 to 16."""
    octaves = [2 * math.pi * 2.0 ** (-4 + 7 * i / (FREQUENCIES - 1)) for i in range(FREQUENCIES)]
    angles = t[:, None] * ops.convert_to_tensor(octaves, "float32")
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def patch_transformer(
    image_shape, patch, condition_dim, width, blocks, heads, hidden, early, dtype, context=0
) -> keras.Model:
    """[image (height, width, channels), t (), condition (condition_dim,)] -> image and early image, float32, 0 at
    the start.

    Args:
        image_shape: whose height and width are multiples of the patch.
        patch: height and width of a token in pixels, a multiple of 4.
        width: numbers of a token.
        blocks, heads, hidden: how many, and see `Block`.
        early: blocks after which the early image is predicted; 0: it is the image.
        context: tokens of the condition; 0 for none.

    Raises:
        ValueError: the patches do not divide the image, or there are not more blocks than early ones.
    """
    check_image_shape(image_shape)
    check_patch(image_shape, patch)
    check_early(early, blocks)
    inputs = keras.Input(image_shape, name="image")
    t, condition = keras.Input((), name="t"), keras.Input((condition_dim,), name="condition")
    time = Dense(width, "silu", dtype=dtype, name="time_hidden")(sines(t))
    time = Dense(width, dtype=dtype, name="time")(time)
    heard = Dense(width, dtype=dtype, name="heard")(condition)
    steered = ops.silu(time + heard)
    modulation = Dense(MODULATIONS * width, kernel_initializer="zeros", dtype=dtype, name="modulation")(steered)

    def image_of(x, prefix=""):
        steering = Dense(2 * width, kernel_initializer="zeros", dtype=dtype, name=f"{prefix}last")(steered)
        shift, scale = ops.split(steering, 2, -1)
        x = normalised(x) * (1 + scale[:, None]) + shift[:, None]
        pixels = patch * patch * image_shape[2]
        x = Dense(pixels, kernel_initializer="zeros", dtype="float32", name=f"{prefix}pixels")(x)
        return as_images(x, image_shape, patch)

    x = Dense(width, dtype=dtype, name="patches")(as_tokens(inputs, patch))
    x = Positions(dtype=dtype, name="positions")(x)
    tokens, early_image = x.shape[1], None
    for i in range(1, blocks + 1):
        if context and i == early + 1:
            said = Dense(context * width, dtype=dtype, name="context")(condition)
            x = ops.concatenate([x, ops.reshape(said, (-1, context, width))], axis=1)
        x = Block(heads, hidden, dtype=dtype, name=f"block{i}")(x, modulation)
        if i == early:
            early_image = image_of(x, "early_")
    image = image_of(x[:, :tokens] if context else x)
    return keras.Model(
        [inputs, t, condition], [image, image if early_image is None else early_image], name="transformer"
    )
