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
from crossmodal.models.tracking import Tracking
from crossmodal.presets import from_preset
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.spectrogram import LogMel

FEW = 64  # clips or latents that are one batch, for which `predict` takes long to begin


def in_batches(network, x):
    """A network's outputs for inputs (n, ...), for inference."""
    return network.predict_on_batch(x) if len(x) <= FEW else network.predict(x, verbose=0)


class AudioImageModel(Hears, Tracking, keras.Model):
    """Hears a spectrogram and draws an image.

    Args:
        image_shape: (height, width, channels) of what it draws.
        front_end: how spectrograms were made, `LogMel.get_config()`.
        classes: what the images show, in the order of the labels; empty where nobody knows.
        least_information: what a sound must tell, see `information`, to count as heard; 0 lets all pass.
        provenance: facts on the training, for whoever receives the file: data, protocol, seed, versions.

    A subclass defines
        call(spectrograms, training)           -> (batch, height, width, channels) in [0, 1], its best drawing,
        draw(spectrograms, samples, seed)      -> the arrays that `generate` returns,
        train_step(batch), test_step(batch)    -> {name: ()}, by `track`; the names are in TRACKED.
    A batch is (spectrograms (clips, frames, mels, 1), images (clips, n, height, width, channels)): n images go with
    each clip. `NEEDS` names what else a family asks for: "clip", "label", "duration", "plain". It comes third, as a
    dictionary of arrays; see `crossmodal.data.pipeline.paired_batches`.
    """

    from_preset = classmethod(from_preset)
    TRACKED: tuple[str, ...] = ("loss",)  # what a training step reports, averaged over an epoch
    NEEDS: tuple[str, ...] = ()  # what a batch carries beside the arrays
    PAIRED = True  # whether it is told which image goes with a sound; else a batch has both side by side at random
    hand_dim = 0  # numbers of the hand: what a drawing has beside what was heard

    def __init__(
        self, image_shape=(28, 28, 1), front_end=None, classes=None, provenance=None, least_information=0.0, **kwargs
    ):
        check_keras()
        super().__init__(**kwargs)
        self.image_shape = tuple(image_shape)
        self.front_end = dict(front_end or LogMel().get_config())
        self.classes = list(classes or [])
        self.provenance = dict(provenance or {})
        self.least_information = float(least_information)
        self.seed_generator = keras.random.SeedGenerator(0)
        self.trackers = {name: keras.metrics.Mean(name) for name in self.TRACKED}

    def build(self, input_shape):
        self.built = True  # the parts are functional and were built with their weights

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

    def compile(self, optimizer="rmsprop", loss=None, **options):
        """`keras.Model.compile` with an optimizer; a family has its own loss and reports its own terms.

        Raises:
            ValueError: a loss or metrics were given, which would not be used.
        """
        unused = [name for name in ("loss_weights", "metrics", "weighted_metrics") if options.get(name)]
        if loss is not None or unused:
            raise ValueError(
                f"A {type(self).__name__} has its own loss: compile it with an optimizer alone. To change the loss, "
                "write a subclass with a train_step of its own."
            )
        super().compile(optimizer, **options)

    def pairs_in(self, data):
        """The spectrograms (batch, frames, mels, 1) and images (batch, n, height, width, channels) of a batch.

        Arrays that were given to `fit` as they are, (batch, frames, mels) and (batch, height, width) or (batch, height,
        width, channels), are one image for each clip; whole numbers from 0 to 255 are brought to [0, 1].

        Raises:
            ValueError: the images have another shape than the model draws.
        """
        if not isinstance(data, tuple) or len(data) < 2:
            raise ValueError("A batch has spectrograms and images: pass both to fit.")
        spectrograms, images = data[:2]
        if len(spectrograms.shape) == 3:
            spectrograms = spectrograms[..., None]
        if len(images.shape) == 3:
            images = images[..., None]
        if len(images.shape) == 4:
            images = images[:, None]
        if tuple(images.shape[2:]) != self.image_shape:
            shape = ", ".join(map(str, self.image_shape))
            raise ValueError(f"Images of shape {tuple(images.shape)} do not fit this model: pass (batch, {shape}).")
        if "int" in keras.backend.standardize_dtype(images.dtype):
            images = ops.cast(images, "float32") / 255
        return spectrograms, images

    def learn(self, losses, learning=None):
        """A step of the optimizer.

        Args:
            losses: called without arguments; returns {"loss": (), further terms}.
            learning: the variables that learn; all trainable ones if None.

        Returns:
            what `losses` returned.
        """
        import tensorflow as tf

        learning = self.trainable_variables if learning is None else learning
        with tf.GradientTape() as tape:
            terms = losses()
            scaled = self.optimizer.scale_loss(terms["loss"])  # for float16; the optimizer scales back
        self.optimizer.apply(tape.gradient(scaled, learning), learning)
        return terms

    def get_config(self):
        names = ("image_shape", "front_end", "classes", "provenance", "least_information")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def as_numpy_images(logits):
    """Logits (n, height, width, channels) -> numpy images in [0, 1]."""
    return ops.convert_to_numpy(ops.sigmoid(ops.convert_to_tensor(logits)))
