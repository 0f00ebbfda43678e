"""How an encoder learns to hear two views of a sound as one: the changes are those of training sounds."""

from pathlib import Path

import keras
import numpy as np

from crossmodal.app.experiments.pretraining_data import Examples
from crossmodal.app.experiments.pretraining_methods import Learned
from crossmodal.errors import DataError
from crossmodal.models.networks.encoders import COMPACT
from crossmodal.models.pretraining.two_views import TwoViews
from crossmodal.training.greedy import train_on_rows

WARMUP_STEPS = 100
STRENGTH = 1.0  # of the changes, see `Augmentation.scaled`


def contrastive(config, examples: Examples, folder: Path) -> Learned:
    """The encoder, and how often the sound of the training part that is nearest to a test sound is of its class.

    Raises:
        DataError: the examples are images.
    """
    import tensorflow as tf

    from crossmodal.data.augment import Augmentation, augment
    from crossmodal.sound.spectrogram import LogMel
    from crossmodal.training.optimizers import warm_cosine

    if not examples.sounds:
        raise DataError("The views are changed sounds: add --side sounds.")
    front_end, ranges = LogMel(), Augmentation().scaled(STRENGTH)
    train, test = (x * examples.deviation + examples.mean for x in (examples.train, examples.test))
    model = TwoViews((*examples.shape, 1), config.encoder, COMPACT.get(config.encoder))

    def views(seed, x):
        seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        return tuple(augment(x, each, front_end, ranges)[..., None] for each in seeds)

    steps = config.epochs * max(len(train) // config.batch_size, 1)
    rate = warm_cosine(config.learning_rate, steps, min(WARMUP_STEPS, steps // 2))
    model.compile(keras.optimizers.Adam(rate), jit_compile=False)
    options = {"epochs": config.epochs, "batch_size": config.batch_size, "seed": config.seed}
    logs = train_on_rows(model, (train,), workdir=folder / "views", change=views, **options)
    print("contrastive: " + ", ".join(f"{name} {value:.4g}" for name, value in logs.items()), flush=True)
    nearest = nearest_of(model.hear(test), model.hear(train))
    same = examples.train_labels[nearest] == examples.labels
    people = np.unique(examples.groups)
    figures = {"nearest_is_of_its_class": float(np.mean([same[examples.groups == who].mean() for who in people]))}
    first = keras.ops.convert_to_numpy(next(w for w in model.encoder.weights if len(w.shape) == 4))[:, :, 0]
    return Learned(model, np.moveaxis(first, -1, 0), None, None, figures)


def nearest_of(x: np.ndarray, among: np.ndarray) -> np.ndarray:
    """For each of x (n, d) the index of the row of among (m, d) with the highest cosine."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=1, metric="cosine").fit(among).kneighbors(x, return_distance=False)[:, 0]
