"""How a model draws that has a code for a sound and a hand for a drawing, whatever computes its networks: nothing here
needs Keras."""

import numpy as np

from crossmodal.models.hearing import Hears


class DrawsInHands(Hears):
    """For a model that has `hand_dim`, `latents_of`, which gives the codes of sounds, and `decode`, which draws."""

    hand_dim: int

    def draw(self, spectrograms, samples, seed):
        c = self.latents_of(spectrograms)
        h = np.random.default_rng(seed).standard_normal((len(c) * samples, self.hand_dim), np.float32)
        images = self.decode(c, np.zeros((len(c), self.hand_dim), np.float32))
        draws = self.decode(np.repeat(c, samples, axis=0), h) if samples else images[:0]
        return images, draws.reshape(len(c), samples, *self.image_shape)

    def latents_of(self, spectrograms):
        """Codes (clips, code_dim) of (clips, frames, mels) in [0, 1], a numpy array."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it hears.")

    def decode(self, codes, hands):
        """(n, code_dim) and (n, hand_dim) -> (n, height, width, channels) numpy images in [0, 1]."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it draws.")
