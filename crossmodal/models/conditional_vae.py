"""A conditional VAE: an image has a hand, a sound has a code (K. Sohn, H. Lee & X. Yan, "Learning Structured Output
Representation using Deep Conditional Generative Models", 2015).

spectrogram x -> code c. In training the recognition network q(u|y, c) sees the image, the prior network p(u|c) the
sound alone, and the decoder p(y|u, c) draws the image again (`crossmodal.models.hand_inference`). A pair's loss,

    -log p(y|u, c), summed over the pixels  +  beta KL(q(u|y, c) || p(u|c)),

bounds -log p(y|x) where beta = 1. What c tells need not be told by u, which costs its KL: so c is what was said and u
how it is written.
"""

import keras

from crossmodal.models.hand_inference import HandInference


@keras.saving.register_keras_serializable("crossmodal")
class ConditionalVAE(HandInference):
    """Hears a spectrogram and draws it in the hand h.

    Args:
        beta: weight of the KL term.
        **kwargs: see `HandInference`.

    Example:
        model = ConditionalVAE()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
    """

    TRACKED = ("loss", "reconstruction", "kl")

    def __init__(self, beta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.beta = beta
        self.build((None, *self.spectrogram_shape))

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the loss, each the mean over the batch's pairs.

        Args:
            spectrograms: (clips, frames, mels, 1).
            images: (clips, n, height, width, channels): n images share a clip.
        """
        return self.bound(*self.heard_and_real(spectrograms, images, training), training)

    def total(self, terms):
        """The terms and the loss that they add up to."""
        return {"loss": terms["reconstruction"] + self.beta * terms["kl"], **terms}

    @classmethod
    def from_config(cls, config):
        """Older files do not say what their prior is: N(0, I)."""
        return super().from_config({"learned_prior": False, **config})

    def get_config(self):
        return {**super().get_config(), "beta": self.beta}
