"""What all models share that learn from pairs of a sound and images: what they are told, and a step of training."""

import keras
from keras import ops

from crossmodal.models.tracking import Tracking
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.front_ends import front_end_from
from crossmodal.sound.spectrogram import LogMel


class PairModel(Tracking, keras.Model):
    """Learns from spectrograms and images that go together.

    Args:
        image_shape: (height, width, channels).
        front_end: how spectrograms were made, the `get_config()` of a `LogMel` or a `Waveform`.
        classes: what the images show, in the order of the labels; empty where nobody knows.
        provenance: facts on the training, for whoever receives the file: data, protocol, seed, versions.

    A subclass defines train_step(batch) and test_step(batch) -> {name: ()}, by `track`; the names are in TRACKED.
    A batch is (spectrograms (clips, frames, mels, 1), images (clips, n, height, width, channels)): n images go with
    each clip. `NEEDS` names what else a family asks for: "clip", "label", "duration", "plain". It comes third, as a
    dictionary of arrays; see `crossmodal.data.pipeline.paired_batches`.
    """

    TRACKED: tuple[str, ...] = ("loss",)  # what a training step reports, averaged over an epoch
    NEEDS: tuple[str, ...] = ()  # what a batch carries beside the arrays
    PAIRED = True  # whether it is told which image goes with a sound; else a batch has both side by side at random

    def __init__(self, image_shape=(28, 28, 1), front_end=None, classes=None, provenance=None, **kwargs):
        check_keras()
        super().__init__(**kwargs)
        self.image_shape = tuple(image_shape)
        self.front_end = dict(front_end or LogMel().get_config())
        self.classes = list(classes or [])
        self.provenance = dict(provenance or {})
        self.trackers = {name: keras.metrics.Mean(name) for name in self.TRACKED}

    @property
    def spectrogram_shape(self):
        """(frames, mels, 1) of what it hears; (samples, 1, 1) of waveforms."""
        return *front_end_from(self.front_end).shape, 1

    def build(self, input_shape):
        self.built = True  # the parts are functional and were built with their weights

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
            ValueError: the images have another shape than the model's.
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
        names = ("image_shape", "front_end", "classes", "provenance")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
