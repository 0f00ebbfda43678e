"""Models that draw from what was said and from a hand: spectrogram x -> code c, hand h ~ N(0, I), image y = g(c, h).

A family builds `encoder` (x -> c) and `decoder` ([c, h] -> logits of y) and says in `train_step` what they learn from.
The best drawing of a clip is that of the middle of all hands, h = 0.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.base import AudioImageModel, as_numpy_images, in_batches
from crossmodal.models.hands import DrawsInHands
from crossmodal.models.networks.decoders import fully_convolutional_decoder
from crossmodal.models.networks.encoders import build_encoder

DECODER = {"units": (256, 256), "filters": (256, 128, 32), "kernels": (3, 3, 4, 4), "batch_norm": False}


class ConditionalModel(DrawsInHands, AudioImageModel):
    """Draws at a code and a hand.

    Args:
        code_dim, hand_dim: dimensions of c and of h.
        encoder_kind, encoder_options: one of `crossmodal.models.networks.encoders.ENCODERS`, of which z_mean is c.
        decoder_options: `units`, `filters`, `kernels` and `batch_norm` of `fully_convolutional_decoder`.
        **kwargs: see `AudioImageModel`.
    """

    def __init__(
        self, code_dim=32, hand_dim=32, encoder_kind="residual", encoder_options=None, decoder_options=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.code_dim, self.hand_dim = code_dim, hand_dim
        self.encoder_kind, self.encoder_options = encoder_kind, dict(encoder_options or {})
        self.decoder_options = {**DECODER, **(decoder_options or {})}
        heard = build_encoder(
            encoder_kind, self.spectrogram_shape, code_dim, 0.0, self.dtype_policy, **self.encoder_options
        )
        self.encoder = keras.Model(heard.input, heard.outputs[0], name="encoder")
        self.decoder = fully_convolutional_decoder(
            self.image_shape, code_dim + hand_dim, dtype=self.dtype_policy, **self.decoder_options
        )

    def hands(self, n):
        """h ~ N(0, I): (n, hand_dim), by the model's own generator."""
        return keras.random.normal((n, self.hand_dim), seed=self.seed_generator)

    def heard_and_real(self, spectrograms, images, training):
        """Codes (pairs, code_dim) and images (pairs, height, width, channels) of spectrograms (clips, frames, mels, 1)
        and images (clips, n, height, width, channels)."""
        codes = ops.repeat(self.encoder(spectrograms, training=training), images.shape[1], axis=0)
        return codes, ops.reshape(images, (-1, *self.image_shape))

    def logits(self, codes, hands, training=False):
        """(n, code_dim) and (n, hand_dim) -> the logits of images (n, height, width, channels)."""
        return self.decoder(ops.concatenate([codes, hands], axis=-1), training=training)

    def call(self, spectrograms, training=False):
        """(batch, frames, mels, 1) -> the drawing of the middle hand, (batch, height, width, channels) in [0, 1]."""
        c = self.encoder(spectrograms, training=training)
        return ops.sigmoid(self.logits(c, ops.zeros((ops.shape(c)[0], self.hand_dim)), training))

    def latents_of(self, spectrograms):
        """c."""
        x = np.asarray(spectrograms, np.float32).reshape(-1, *self.spectrogram_shape)
        return ops.convert_to_numpy(in_batches(self.encoder, x))

    def draw_at(self, latents, hands=None):
        hands = np.zeros((len(latents), self.hand_dim)) if hands is None else hands
        return self.decode(np.asarray(latents, np.float32), np.asarray(hands, np.float32))

    def decode(self, codes, hands):
        """(n, code_dim) and (n, hand_dim) -> (n, height, width, channels) numpy images in [0, 1]."""
        return as_numpy_images(in_batches(self.decoder, np.concatenate([codes, hands], axis=-1)))

    def get_config(self):
        names = ("code_dim", "hand_dim", "encoder_kind", "encoder_options", "decoder_options")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
