"""What models that hear a sound and draw an image have in common; a family is a subclass in a file of its own.

spectrogram x (48, 48, 1) -> encoder q(z|x) = N(z_mean, exp(z_log_var)) -> z (latent_dim,) -> decoder -> image y
(28, 28, 1). A family builds `encoder` and `decoder` and says in `train_step` and `test_step` what they learn from. One
whose drawing takes more than a pass through the decoder overrides `decode`. Training, evaluation and recipes know no
more of a model than this class.
"""

import keras
from keras import ops

from crossmodal.presets import from_preset
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.spectrogram import LogMel

IMAGE_SHAPE = (28, 28, 1)
FEW = 64  # clips or latents that are one batch, for which `predict` takes long to begin
SPECTROGRAM_MEAN, SPECTROGRAM_STD = 0.4, 0.3  # of spoken digits, roughly; brings the encoder's input near N(0, 1)


def sample_latents(z_mean, z_log_var, samples, seed):
    """z = z_mean + sigma * epsilon: (batch, latent_dim) twice -> (batch, samples, latent_dim)."""
    shape = (ops.shape(z_mean)[0], samples, z_mean.shape[-1])
    noise = keras.random.normal(shape, dtype=z_mean.dtype, seed=seed)
    return z_mean[:, None] + ops.exp(0.5 * z_log_var)[:, None] * noise


def in_batches(network, x):
    """A network's outputs for inputs (n, ...), for inference."""
    return network.predict_on_batch(x) if len(x) <= FEW else network.predict(x, verbose=0)


def standardise(dtype) -> keras.layers.Layer:
    """The first layer of an encoder: a spectrogram in [0, 1] to about zero mean and unit variance."""
    return keras.layers.Rescaling(
        1 / SPECTROGRAM_STD, -SPECTROGRAM_MEAN / SPECTROGRAM_STD, dtype=dtype, name="standardise"
    )


class AudioImageModel(keras.Model):
    """Base of the families.

    Args:
        latent_dim: dimensions of z.
        beta: weight of the KL term.
        kl_warmup_steps: training steps over which that weight rises from 0 to beta.
        front_end: how spectrograms were made, `LogMel.get_config()`.
        classes: what the images show, in the order of the labels.
        provenance: facts on the training, for whoever receives the file: data, protocol, seed, versions.

    A subclass sets `encoder` (spectrogram -> [z_mean, z_log_var], float32), `decoder` (z -> logits of an image,
    float32) and TRACKED, and calls `self.build((None, *self.spectrogram_shape))` at its end.
    """

    from_preset = classmethod(from_preset)
    TRACKED: tuple[str, ...] = ("loss",)  # what a training step reports, averaged over an epoch

    def __init__(
        self, latent_dim=64, beta=1.0, kl_warmup_steps=1500, front_end=None, classes=None, provenance=None, **kwargs
    ):
        check_keras()
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.beta = beta
        self.kl_warmup_steps = kl_warmup_steps
        self.front_end = dict(front_end or LogMel().get_config())
        self.classes = list(classes or [])
        self.provenance = dict(provenance or {})
        self.seed_generator = keras.random.SeedGenerator(0)
        self.trackers = {name: keras.metrics.Mean(name) for name in self.TRACKED}

    @property
    def spectrogram_shape(self):
        return self.front_end["n_frames"], self.front_end["n_mels"], 1

    def build(self, input_shape):
        self.built = True  # the parts are functional and were built with their weights

    def call(self, spectrograms, training=False):
        """(batch, frames, mels, 1) -> the drawing at the posterior mean, (batch, 28, 28, 1) in [0, 1]."""
        z_mean, _ = self.encoder(spectrograms, training=training)
        return ops.sigmoid(self.decoder(z_mean, training=training))

    def kl_weight(self):
        """beta after the warm-up, a straight line before."""
        step = ops.cast(self.optimizer.iterations, "float32") + 1.0
        return self.beta * ops.minimum(1.0, step / max(self.kl_warmup_steps, 1))

    def track(self, values):
        """Add a step's values; returns the means of the epoch so far."""
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: self.trackers[name].result() for name in values}

    @property
    def metrics(self):
        return list(self.trackers.values())

    def generate(self, spectrograms, samples=1, seed=0):
        """Drawings of each clip.

        Args:
            spectrograms: (clips, frames, mels) or (clips, frames, mels, 1), in [0, 1].
            samples: draws of z per clip, or 0.
            seed: the draws are a function of it.

        Returns:
            images: (clips, 28, 28, 1) float32 numpy array in [0, 1], at the posterior mean.
            draws: (clips, samples, 28, 28, 1), at z drawn from the posterior.
        """
        z_mean, z_log_var = in_batches(self.encoder, ops.reshape(spectrograms, (-1, *self.spectrogram_shape)))
        z = sample_latents(ops.convert_to_tensor(z_mean), ops.convert_to_tensor(z_log_var), samples, seed)
        images = self.decode(z_mean)
        draws = self.decode(ops.reshape(z, (-1, self.latent_dim))) if samples else images[:0]
        return images, draws.reshape(len(images), samples, *IMAGE_SHAPE)

    def decode(self, z):
        """(n, latent_dim) -> (n, 28, 28, 1) numpy images in [0, 1]."""
        return ops.convert_to_numpy(ops.sigmoid(in_batches(self.decoder, ops.convert_to_tensor(z))))

    def get_config(self):
        names = ("latent_dim", "beta", "kl_warmup_steps", "front_end", "classes", "provenance")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
