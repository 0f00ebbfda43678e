"""The interface of every model that hears a sound and draws an image; a family is a subclass in a file of its own.

    images, draws = model.generate(spectrograms, samples=4, seed=0)

Training, evaluation, drawing, page, export and reports know no more of a model than `AudioImageModel`: what it draws,
the shape of its images, how it hears, its classes and where it comes from. How it draws is its own: see
`crossmodal.models.variational` for models with a Gaussian posterior.
"""

import keras
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.hearing import Hears
from crossmodal.models.pairs import PairModel
from crossmodal.presets import from_preset

FEW = 64  # clips or latents that are one batch, for which `predict` takes long to begin


def in_batches(network, x):
    """A network's outputs for inputs (n, ...), for inference."""
    return network.predict_on_batch(x) if len(x) <= FEW else network.predict(x, verbose=0)


class AudioImageModel(Hears, PairModel):
    """Hears a spectrogram and draws an image.

    Args:
        image_shape: (height, width, channels) of what it draws.
        front_end, classes, provenance: see `PairModel`, which also says what a batch is.
        least_information: what a sound must tell, see `information`, to count as heard; 0 lets all pass.

    A subclass defines
        call(spectrograms, training)           -> (batch, height, width, channels) in [0, 1], its best drawing,
        draw(spectrograms, samples, seed)      -> the arrays that `generate` returns,
        train_step(batch), test_step(batch)    -> {name: ()}, by `track`; the names are in TRACKED.
    """

    from_preset = classmethod(from_preset)
    hand_dim = 0  # numbers of the hand: what a drawing has beside what was heard

    def __init__(
        self, image_shape=(28, 28, 1), front_end=None, classes=None, provenance=None, least_information=0.0, **kwargs
    ):
        super().__init__(image_shape, front_end, classes, provenance, **kwargs)
        self.least_information = float(least_information)
        self.seed_generator = keras.random.SeedGenerator(0)

    def latents_of(self, spectrograms):
        """The latent of each sound, of (clips, frames, mels) in [0, 1]: (clips, d) numpy array, see `draw_at`.

        Raises:
            ModelError: the family has none.
        """
        raise ModelError(f"{type(self).__name__} has no latent that a drawing is made from.")

    def draw_at(self, latents, hands=None):
        """What is drawn at latents, as `generate` draws at a sound's own.

        Args:
            latents: (n, d), see `latents_of`.
            hands: (n, hand_dim), each ~ N(0, I); the middle of all hands, 0, if None.

        Returns:
            (n, height, width, channels) numpy array in [0, 1].

        Raises:
            ModelError: the family has no latent.
        """
        raise ModelError(f"{type(self).__name__} has no latent that a drawing is made from.")

    def hands_of(self, images, latents):
        """The hand in which images (n, height, width, channels) in [0, 1] of latents (n, d) are written, as far as a
        network that saw images in training can say: (n, numbers) numpy array; None where a family has no such network.
        """
        return None

    def drawing_only(self):
        """The same model without networks that training alone needs; itself where it has none."""
        return self

    def get_config(self):
        return {**super().get_config(), "least_information": self.least_information}


def as_numpy_images(logits):
    """Logits (n, height, width, channels) -> numpy images in [0, 1]."""
    return ops.convert_to_numpy(ops.sigmoid(ops.convert_to_tensor(logits)))
