"""Models with a Gaussian posterior over a latent z (Kingma & Welling 2014).

spectrogram x (frames, mels, 1) -> encoder q(z|x) = N(z_mean, exp(z_log_var)) -> z (latent_dim,) -> decoder -> image y
(height, width, channels). A family builds `encoder` and `decoder` and says in `losses_of` what they learn
from: a term of its own and the KL term. One that learns otherwise overrides `total`, or `train_step` and `test_step`.
One whose drawing takes more than a pass through the decoder overrides `decode`.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.base import AudioImageModel, as_numpy_images, in_batches
from crossmodal.models.losses import kl_divergence


def sample_latents(z_mean, z_log_var, samples, seed):
    """z = z_mean + sigma * epsilon: (batch, latent_dim) twice -> (batch, samples, latent_dim)."""
    shape = (ops.shape(z_mean)[0], samples, z_mean.shape[-1])
    noise = keras.random.normal(shape, dtype=z_mean.dtype, seed=seed)
    return z_mean[:, None] + ops.exp(0.5 * z_log_var)[:, None] * noise


class VariationalModel(AudioImageModel):
    """Draws at z: the best drawing is that of the posterior mean, further ones are at z drawn from the posterior.

    Args:
        latent_dim: dimensions of z.
        beta: weight of the KL term.
        kl_warmup_steps: training steps over which that weight rises from 0 to beta.
        **kwargs: see `AudioImageModel`.

    A subclass sets `encoder` (spectrogram -> [z_mean, z_log_var], float32) and `decoder` (z -> logits of an image,
    float32), and calls `self.build((None, *self.spectrogram_shape))` at its end.
    """

    def __init__(self, latent_dim=64, beta=1.0, kl_warmup_steps=1500, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.beta = beta
        self.kl_warmup_steps = kl_warmup_steps

    def __setattr__(self, name, value):
        """ValueError where the encoder or the decoder of a built model is to be replaced: Keras does not allow it."""
        if name in ("encoder", "decoder") and self.__dict__.get("built"):
            raise ValueError(
                f"The {name} of a built model cannot be replaced: write a subclass of {type(self).__name__} whose "
                f"__init__ builds another {name}, or train one on model.encoder's outputs by itself."
            )
        super().__setattr__(name, value)

    def call(self, spectrograms, training=False):
        """(batch, frames, mels, 1) -> the drawing at the posterior mean, (batch, height, width, channels) in [0, 1]."""
        z_mean, _ = self.encoder(spectrograms, training=training)
        return ops.sigmoid(self.decoder(z_mean, training=training))

    def kl_weight(self):
        """beta after the warm-up, a straight line before; beta too where nothing trains the model."""
        if getattr(self, "optimizer", None) is None:
            return self.beta
        step = ops.cast(self.optimizer.iterations, "float32") + 1.0
        return self.beta * ops.minimum(1.0, step / max(self.kl_warmup_steps, 1))

    def train_step(self, data):
        pairs = self.pairs_in(data)
        return self.track(self.learn(lambda: self.total(self.losses_of(*pairs, training=True), self.kl_weight())))

    def test_step(self, data):
        return self.track(self.total(self.losses_of(*self.pairs_in(data)), self.beta))

    def total(self, terms, beta):
        """The family's own term and the KL term, and the loss that they add up to, `beta` the weight of the latter."""
        (own,) = terms.keys() - {"kl"}
        return {"loss": terms[own] + beta * terms["kl"], **terms}

    def draw(self, spectrograms, samples, seed):
        z_mean, z_log_var = in_batches(self.encoder, ops.convert_to_tensor(spectrograms))
        z = sample_latents(ops.convert_to_tensor(z_mean), ops.convert_to_tensor(z_log_var), samples, seed)
        images = self.decode(z_mean)
        draws = self.decode(ops.reshape(z, (-1, self.latent_dim))) if samples else images[:0]
        return images, draws.reshape(len(images), samples, *self.image_shape)

    @property
    def hand_dim(self):
        """The last dimensions of z that the sound leaves alone, of a family that has such."""
        return getattr(self, "free_dim", 0)

    def z_mean_of(self, spectrograms):
        """(clips, frames, mels) or (clips, frames, mels, 1) -> z_mean, (clips, latent_dim) numpy array."""
        x = np.asarray(spectrograms, np.float32).reshape(-1, *self.spectrogram_shape)
        return ops.convert_to_numpy(in_batches(self.encoder, x)[0])

    def latents_of(self, spectrograms):
        """z_mean without the dimensions of the hand."""
        return self.z_mean_of(spectrograms)[:, : self.latent_dim - self.hand_dim]

    def draw_at(self, latents, hands=None):
        return self.decode(self.with_hands(latents, hands))

    def with_hands(self, latents, hands):
        """z (n, latent_dim) of latents (n, latent_dim - hand_dim) and hands (n, hand_dim), 0 if None."""
        hands = np.zeros((len(latents), self.hand_dim), np.float32) if hands is None else hands
        return np.concatenate([latents, hands], axis=1, dtype=np.float32)

    def information(self, spectrograms):
        """KL(q(z|x) || N(0, I)) of each sound, in nats: what its image costs to tell (Kingma & Welling 2014)."""
        x = np.asarray(spectrograms, np.float32).reshape(-1, *self.spectrogram_shape)
        z_mean, z_log_var = (ops.convert_to_tensor(head) for head in in_batches(self.encoder, x))
        return ops.convert_to_numpy(kl_divergence(z_mean, z_log_var))

    def decode(self, z):
        """(n, latent_dim) -> (n, height, width, channels) numpy images in [0, 1]."""
        return as_numpy_images(in_batches(self.decoder, ops.convert_to_tensor(z)))

    def get_config(self):
        names = ("latent_dim", "beta", "kl_warmup_steps")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
