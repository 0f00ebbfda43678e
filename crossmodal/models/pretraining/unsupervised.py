"""What all models that learn without labels share: their figures in training, and where they come from."""

import keras
from keras import ops

from crossmodal.models.tracking import Tracking


class UnsupervisedModel(Tracking, keras.Model):
    """A model to be compiled with an optimizer alone and fitted to examples alone, (n, ...) in the precision of the
    model; of a batch of several arrays it takes the first.

    Args:
        provenance: facts on the training, for whoever receives the file.

    A subclass defines
        train_step(batch)   -> {name: ()}, by `track`; the names are in TRACKED,
        reconstruct(v)      -> what it makes of examples, of their shape.
    """

    TRACKED: tuple[str, ...] = ("loss", "reconstruction")

    def __init__(self, provenance=None, **kwargs):
        super().__init__(**kwargs)
        self.provenance = dict(provenance or {})
        self.seed_generator = keras.random.SeedGenerator(0)
        self.trackers = {name: keras.metrics.Mean(name) for name in self.TRACKED}

    def examples_in(self, data):
        """The examples of a batch, in the model's precision."""
        return ops.cast(data[0] if isinstance(data, tuple) else data, self.variable_dtype)

    def error(self, v):
        """The mean squared error of the reconstructions of v, a unit, ()."""
        return ops.mean(ops.square(v - self.reconstruct(v)))

    def test_step(self, data):
        return self.track({"reconstruction": self.error(self.examples_in(data))})

    def get_config(self):
        return {**super().get_config(), "provenance": self.provenance}
