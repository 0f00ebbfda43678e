"""Sounds and images in one space, learned from their alignment alone: what all models of correspondence share.

spectrogram x -> encoder -> embedding e, image y -> image encoder -> embedding f; how well the two belong together is a
score s(e, f). A batch says which images go with which clip, and nothing else: no class label reaches the model. Of two
pairs of one class each counts as wrong for the other (a false negative), for the model is not told.

A subclass says what the score is and what it is trained by.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.base import in_batches
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.pairs import PairModel

IMAGE_ENCODER = {"filters": (16, 32, 64), "blocks": (1, 1, 1)}  # of a residual network, see `encoders.residual`


class Correspondence(PairModel):
    """Embeds sounds and images, and scores how well they belong together.

    Args:
        embedding_dim: numbers of an embedding.
        encoder_kind, encoder_options: what hears, one of `crossmodal.models.networks.encoders.ENCODERS`, of which
            z_mean is the embedding.
        image_encoder_options: of what sees, the residual network of the same file.
        **kwargs: see `PairModel`.

    A subclass defines `score(e, f)` of embeddings (..., embedding_dim), which broadcast, and
    `losses_of(spectrograms, images, training)` -> {"loss": ()}.

    Example:
        model = load_model("runs/correspondence")
        scores = model.scores(model.embed_sounds(spectrograms), model.embed_images(images))
    """

    UNIT = True  # whether embeddings have length 1; then the nearest one has the highest score

    def __init__(
        self, embedding_dim=64, encoder_kind="residual", encoder_options=None, image_encoder_options=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.embedding_dim = embedding_dim
        self.encoder_kind, self.encoder_options = encoder_kind, dict(encoder_options or {})
        self.image_encoder_options = {**IMAGE_ENCODER, **(image_encoder_options or {})}
        shared = (embedding_dim, 0.0, self.dtype_policy)
        heard = build_encoder(encoder_kind, self.spectrogram_shape, *shared, **self.encoder_options)
        seen = build_encoder("residual", self.image_shape, *shared, **self.image_encoder_options)
        self.encoder = keras.Model(heard.input, heard.outputs[0], name="encoder")
        self.image_encoder = keras.Model(seen.input, seen.outputs[0], name="image_encoder")

    def call(self, spectrograms, training=False):
        """(batch, frames, mels, 1) -> embeddings (batch, embedding_dim)."""
        return self.embedding(self.encoder(spectrograms, training=training))

    def embedding(self, z):
        """What an encoder gives, (n, embedding_dim), brought to length 1 where embeddings have it."""
        return ops.normalize(z, axis=-1) if self.UNIT else z

    def embeddings_in(self, spectrograms, images, training=False):
        """Embeddings of spectrograms (clips, frames, mels, 1) and of images (clips, n, height, width, channels):
        (clips, embedding_dim) and (clips, n, embedding_dim).

        Raises:
            ValueError: there is one clip alone, and so no wrong pair.
        """
        clips, n = images.shape[:2]
        if clips == 1:
            raise ValueError("A batch of one clip has no wrong pair: pass two clips or more.")
        seen = self.image_encoder(ops.reshape(images, (-1, *self.image_shape)), training=training)
        f = ops.reshape(self.embedding(seen), (-1, n, self.embedding_dim))
        return self(spectrograms, training=training), f

    def embed_sounds(self, spectrograms):
        """Spectrograms (n, frames, mels) in [0, 1] -> (n, embedding_dim) float32 numpy array."""
        x = np.asarray(spectrograms, np.float32).reshape(-1, *self.spectrogram_shape)
        return ops.convert_to_numpy(self.embedding(ops.convert_to_tensor(in_batches(self.encoder, x))))

    def embed_images(self, images):
        """Images (n, height, width, channels) in [0, 1] -> (n, embedding_dim) float32 numpy array."""
        y = np.asarray(images, np.float32).reshape(-1, *self.image_shape)
        return ops.convert_to_numpy(self.embedding(ops.convert_to_tensor(in_batches(self.image_encoder, y))))

    def scores(self, sounds, images):
        """s(e, f) of embeddings (n, embedding_dim) of sounds and (m, embedding_dim) of images: (n, m) numpy array."""
        f = ops.convert_to_tensor(images)[None]
        return np.concatenate([ops.convert_to_numpy(self.score(e[None, None], f)) for e in np.asarray(sounds)])

    def train_step(self, data):
        pairs = self.pairs_in(data)
        return self.track(self.learn(lambda: self.losses_of(*pairs, training=True)))

    def test_step(self, data):
        return self.track(self.losses_of(*self.pairs_in(data)))

    def get_config(self):
        names = ("embedding_dim", "encoder_kind", "encoder_options", "image_encoder_options")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class MatchingCorrespondence(Correspondence):
    """Tells pairs that go together from pairs that do not, by the logistic of their score.

    In a batch each image is paired with its own clip, and with the clip of the group before it, which is any clip. With
    p = 1 / (1 + exp(-s)) the loss is the mean of -log p over the former and of -log(1 - p) over the latter, halved.
    """

    def losses_of(self, spectrograms, images, training=False):
        e, f = self.embeddings_in(spectrograms, images, training)
        right, wrong = self.score(e[:, None], f), self.score(ops.roll(e, 1, axis=0)[:, None], f)
        return {"loss": ops.mean(matching_loss(right, wrong))}


def matching_loss(right, wrong):
    """The logistic loss of scores of right and of wrong pairs: (...) twice -> (...) nats. log 2 where it guesses."""
    return 0.5 * (ops.softplus(-right) + ops.softplus(wrong))


def check_correspondence(model):
    """The model; ModelError if it does not say how well sounds and images belong together."""
    if not isinstance(model, Correspondence):
        raise ModelError(
            f"A {type(model).__name__} does not compare sounds with images: train a model that does by crossmodal "
            "train correspondence."
        )
    return model
