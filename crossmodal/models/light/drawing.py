"""Twins of what `crossmodal draw` asks: who draws, who reads, who finds the words.

Each is made of the configuration on a preset's card and of networks by their names; `describe_networks` says which
networks of a Keras model these are.
"""

import numpy as np

from crossmodal.models.hearing import Hears
from crossmodal.models.light.activations import sigmoid
from crossmodal.models.light.network import describe
from crossmodal.models.light.twin import DrawingTwin, Twin
from crossmodal.models.word_paths import WordFinder
from crossmodal.sampling.philox import keras_normal


class LightVAE(DrawingTwin):
    """A model with a Gaussian posterior, see `crossmodal.models.variational`: z = z_mean + exp(z_log_var / 2) e.

    e ~ N(0, I) are the numbers that TensorFlow draws with the same seed, so the drawings are the same up to rounding.
    """

    @staticmethod
    def describe_networks(model) -> dict:
        return {name: describe(getattr(model, name), model.weights) for name in ("encoder", "decoder")}

    def draw(self, spectrograms, samples, seed):
        z_mean, z_log_var = self.encoder(spectrograms)
        noise = keras_normal((len(z_mean), samples, z_mean.shape[1]), seed)
        z = z_mean[:, None] + np.exp(0.5 * z_log_var)[:, None] * noise
        images = self.decode(z_mean)
        draws = self.decode(z.reshape(-1, z_mean.shape[1])) if samples else images[:0]
        return images, draws.reshape(len(images), samples, *self.image_shape)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """(n, latent_dim) -> (n, height, width, channels) in [0, 1]."""
        return sigmoid(self.decoder(z))

    def information(self, spectrograms):
        """KL(q(z|x) || N(0, I)) of each sound, in nats."""
        x = np.asarray(spectrograms, np.float32).reshape(-1, *self.spectrogram_shape)
        z_mean, z_log_var = self.encoder(x)
        return 0.5 * np.sum(np.square(z_mean) + np.exp(z_log_var) - 1 - z_log_var, axis=-1)


class LightVAEGAN(LightVAE):
    """The same of a VAE-GAN, which cannot say how much a sound tells."""

    information = Hears.information


class LightClassifier(Twin):
    """A classifier of images, for `crossmodal.reader.Reader`."""

    def __init__(self, config: dict, networks: dict):
        self.classes, self.image_shape = list(config["classes"]), tuple(config["image_shape"])
        self.provenance = dict(config["provenance"])
        self.judge = networks["judge"]  # images -> features and logits

    @staticmethod
    def describe_networks(model) -> dict:
        outputs = [model.get_layer("features").output, model.output]
        return {"judge": describe(model, model.weights, outputs)}


class LightTranscriber(Twin, WordFinder):
    """Finds words as `Transcriber` does."""

    def __init__(self, config: dict, networks: dict):
        self.classes, self.front_end = list(config["classes"]), dict(config["front_end"])
        self.word_cost, self.provenance = float(config["word_cost"]), dict(config["provenance"])
        self.network = networks["network"]

    @staticmethod
    def describe_networks(model) -> dict:
        return {"network": describe(model.network, model.weights)}

    def logits_of(self, frames: np.ndarray) -> np.ndarray:
        return self.network(frames[None])[0]
