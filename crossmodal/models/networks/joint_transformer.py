"""A transformer over the patches of an image and the frames of a sound at once (Esser et al. 2024: MM-DiT).

Each side has weights of its own in every block; the attention is of all tokens to all. The image's tokens are patches
of pixels, see `crossmodal.models.networks.transformer`. Two convolutions along time (Radford et al. 2023) make the
sound's tokens, of some frames each; one token more stands for its duration. Both sides are steered by both times.
"""

import keras
from keras import layers, ops

from crossmodal.models.networks.decoders import check_image_shape
from crossmodal.models.networks.layers import Conv1D, Dense
from crossmodal.models.networks.transformer import (
    MODULATIONS,
    Block,
    Positions,
    as_images,
    as_tokens,
    attention,
    check_early,
    check_patch,
    normalised,
    sines,
)

KERNEL = 5  # frames of the first convolution of a sound
SIDES = ("image", "sound")


@keras.saving.register_keras_serializable("crossmodal")
class JointBlock(layers.Layer):
    """A `Block` for each side, with one attention for both.

    Args:
        heads, hidden: see `Block`.

    Called with the tokens of both, (batch, tokens, width) each, and what steers each, (batch, 6 width).
    """

    def __init__(self, heads, hidden, **options):
        super().__init__(**options)
        self.heads, self.hidden = heads, hidden
        self.sides = [Block(heads, hidden, dtype=self.dtype_policy, name=name) for name in SIDES]

    def build(self, image_shape, sound_shape, image_modulation_shape, sound_modulation_shape):
        self.sides[0].build(image_shape, image_modulation_shape)
        self.sides[1].build(sound_shape, sound_modulation_shape)
        self.built = True

    def compute_output_shape(self, image_shape, sound_shape, image_modulation_shape, sound_modulation_shape):
        return image_shape, sound_shape

    def call(self, image, sound, image_modulation, sound_modulation):
        modulations = (image_modulation, sound_modulation)
        steering = [block.steering(modulation) for block, modulation in zip(self.sides, modulations, strict=True)]
        sides = list(zip(self.sides, (image, sound), steering, strict=True))
        asked = [block.queries_keys_values(x, steered) for block, x, steered in sides]
        found = attention(*(ops.concatenate(both, axis=2) for both in zip(*asked, strict=True)))
        parts = ops.split(found, [image.shape[1]], axis=1)
        both = zip(sides, parts, strict=True)
        return tuple(block.with_attention(x, part, steered) for (block, x, steered), part in both)

    def get_config(self):
        return {**super().get_config(), "heads": self.heads, "hidden": self.hidden}


def joint_transformer(
    image_shape, patch, spectrogram_shape, width, blocks, heads, hidden, frames_per_token, early, dtype
) -> keras.Model:
    """[image (height, width, channels), spectrogram (frames, mels, 1), duration (1,), times (2,)] -> the first three
    again, and those of the early blocks, float32, 0 at the start.

    Args:
        image_shape: whose height and width are multiples of the patch.
        patch: height and width of an image's token in pixels, a multiple of 4.
        spectrogram_shape: whose frames are a multiple of `frames_per_token`.
        width: numbers of a token.
        blocks, heads, hidden: how many, and see `Block`.
        frames_per_token: frames of the spectrogram that one token stands for.
        early: see `patch_transformer`.

    Raises:
        ValueError: the frames cannot be shared out so, or see `patch_transformer`.
    """
    check_image_shape(image_shape)
    check_patch(image_shape, patch)
    check_early(early, blocks)
    frames, mels = spectrogram_shape[:2]
    if frames % frames_per_token:
        raise ValueError(f"{frames} frames are no multiple of {frames_per_token}: choose other frames_per_token.")

    def dense(units, name, activation=None, **options):
        return Dense(units, activation, name=name, **{"dtype": dtype, **options})

    image = keras.Input(image_shape, name="image")
    spectrogram = keras.Input(spectrogram_shape, name="spectrogram")
    duration, times = keras.Input((1,), name="duration"), keras.Input((2,), name="times")

    waves = ops.concatenate([sines(times[:, 0]), sines(times[:, 1])], axis=-1)
    steered = [ops.silu(dense(width, f"{s}_time")(dense(width, f"{s}_time_hidden", "silu")(waves))) for s in SIDES]
    zeros = {"kernel_initializer": "zeros"}
    modulations = [
        dense(MODULATIONS * width, f"{s}_modulation", **zeros)(c) for s, c in zip(SIDES, steered, strict=True)
    ]
    convolved = ops.reshape(spectrogram, (-1, frames, mels))
    for name, kernel, stride in (("frames", KERNEL, 1), ("joined_frames", 2 * frames_per_token, frames_per_token)):
        convolved = Conv1D(width, kernel, stride, "same", activation="silu", dtype=dtype, name=name)(convolved)
    lasting = dense(width, "duration_token")(duration)[:, None]
    tokens = [dense(width, "patches")(as_tokens(image, patch)), ops.concatenate([convolved, lasting], axis=1)]
    tokens = [Positions(dtype=dtype, name=f"{s}_positions")(x) for s, x in zip(SIDES, tokens, strict=True)]

    def predicted(tokens, prefix=""):
        """Image, spectrogram and duration by last layers of their own."""
        last = []
        for side, x, c in zip(SIDES, tokens, steered, strict=True):
            shift, scale = ops.split(dense(2 * width, f"{prefix}{side}_last", **zeros)(c)[:, None], 2, axis=-1)
            last.append(normalised(x) * (1 + scale) + shift)
        patches, sounds = last
        options = {**zeros, "dtype": "float32"}
        pixels = dense(patch * patch * image_shape[2], f"{prefix}pixels", **options)(patches)
        bands = dense(frames_per_token * mels, f"{prefix}bands", **options)(sounds[:, :-1])
        lasts = dense(1, f"{prefix}lasts", **options)(sounds[:, -1])
        return [as_images(pixels, image_shape, patch), ops.reshape(bands, (-1, *spectrogram_shape)), lasts]

    early_outputs = None
    for i in range(1, blocks + 1):
        tokens = JointBlock(heads, hidden, dtype=dtype, name=f"block{i}")(*tokens, *modulations)
        if i == early:
            early_outputs = predicted(tokens, "early_")
    outputs = predicted(tokens)
    return keras.Model(
        [image, spectrogram, duration, times], [*outputs, *(early_outputs or outputs)], name="transformer"
    )
