"""The reader: the classifier that says what a drawing shows. Every score, report, page and `draw` asks it.

    reader = default_reader()                    # LeNet5 on MNIST's digits
    reader.read(images)                          # [("seven", 0.99), ...]

LeNet5 on MNIST is the default instance. Another classifier, for other classes or other images, is another instance: it
is trained by `crossmodal train classifier` and lies beside the run whose drawings it reads, as reader.keras.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from crossmodal import presets
from crossmodal.errors import DataError, ModelError
from crossmodal.models.light.twin import kind_of
from crossmodal.runtime.files import sha256
from crossmodal.saving.keras_file import load_model
from crossmodal.saving.light import load_light

DEFAULT = "lenet5_mnist"
SECOND = "residual_mnist"  # another network, seed and training, so that nothing can be tuned to one judge alone
FILE = "reader.keras"  # in a run's folder
BATCH = 1000  # images at once


@dataclass(frozen=True)
class Reader:
    """A classifier of images.

    model:  a `crossmodal.models.classifier.Classifier`, or its twin without TensorFlow.
    sha256: of the file of its weights.
    order:  of its classes, indices into the classifier's; the classifier's own if None.
    """

    model: Any
    sha256: str
    order: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        return kind_of(self.model)

    @property
    def classes(self) -> tuple[str, ...]:
        names = tuple(self.model.classes)
        return names if self.order is None else tuple(names[i] for i in self.order)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return tuple(self.model.image_shape)

    @cached_property
    def _network(self):
        import keras

        return keras.Model(self.model.inputs, [self.model.get_layer("features").output, self.model.output])

    def fits(self, classes, image_shape) -> bool:
        """Whether it can judge a model of these classes and images. A model that names no classes is one of digits."""
        same = not len(classes) or sorted(classes) == sorted(self.classes)
        return same and tuple(image_shape) == self.image_shape

    def in_order(self, classes) -> "Reader":
        """The reader with its classes in the order of a model's; itself if they are, or are others."""
        names = tuple(self.model.classes)
        if tuple(classes) == self.classes or sorted(classes) != sorted(names):
            return self
        return replace(self, order=tuple(names.index(name) for name in classes))

    def features_and_logits(self, images) -> tuple[np.ndarray, np.ndarray]:
        """Images (n, height, width, channels) in [0, 1] -> features (n, d) and logits (n, classes).

        Raises:
            DataError: the images have another shape, are no floats, or hold values that are not in [0, 1].
        """
        images = check_images(images, self.image_shape)
        if self.model.light:
            features, logits = self.model.judge(images)
        elif len(images) <= BATCH:
            features, logits = self._network.predict_on_batch(images)
        else:
            features, logits = self._network.predict(images, batch_size=BATCH, verbose=0)
        logits = np.asarray(logits)
        return np.asarray(features), logits if self.order is None else logits[:, self.order]

    def labels(self, images) -> np.ndarray:
        """Images -> the class that is read in each, (n,) indices into `classes`."""
        return self.features_and_logits(images)[1].argmax(axis=1)

    def probabilities(self, images) -> np.ndarray:
        """Images -> the probability of each class in each, (n, classes) float64."""
        from scipy.special import softmax

        return softmax(self.features_and_logits(images)[1].astype(np.float64), axis=1)

    def read(self, images) -> list[tuple[str, float]]:
        """Images -> the name of the class that is read in each, and its probability."""
        return [(self.classes[row.argmax()], float(row.max())) for row in self.probabilities(images)]

    def to_json(self) -> dict:
        """What reports say of it: its name and the SHA-256 of its weights."""
        return {"name": self.name, "sha256": self.sha256}


def check_images(images, image_shape, name: str = "The images") -> np.ndarray:
    """Images as they are.

    Raises:
        DataError: they are not floats of shape (n, *image_shape), there are none, or values are not in [0, 1] (or not
            numbers).
    """
    images = np.asarray(images)
    if images.shape[1:] != tuple(image_shape) or not len(images) or images.dtype.kind != "f":
        wanted = ", ".join(map(str, image_shape))
        raise DataError(
            f"{name} are {images.dtype} of shape {images.shape}: pass floats of shape (n, {wanted}), one or more."
        )
    lowest, highest = images.min(), images.max()
    if not (lowest >= 0 and highest <= 1):  # so for NaN too
        raise DataError(f"{name} hold values from {lowest:g} to {highest:g}: bring them to [0, 1].")
    return images


@lru_cache(maxsize=2)
def default_reader(light: bool = False) -> Reader:
    """LeNet5 on MNIST, with or without TensorFlow."""
    if light:
        return Reader(load_light(DEFAULT), sha256(presets.FOLDER / f"{DEFAULT}.npz"))
    return load_reader(DEFAULT)


def second_reader(first: Reader) -> Reader | None:
    """The residual network on MNIST, as a second opinion on what `first` reads; None if it reads other images."""
    second = load_reader(SECOND).in_order(first.classes)
    return second if second.fits(first.classes, first.image_shape) and second.sha256 != first.sha256 else None


def load_reader(path) -> Reader:
    """The reader in a `.keras` file, in a run's folder, or of the name of a preset.

    Raises:
        ModelError: there is none, or the model there is no classifier.
    """
    if str(path) in presets.preset_names():
        file = presets.FOLDER / f"{path}.npz"
    else:
        file = Path(path) / "model.keras" if Path(path).is_dir() else Path(path)
    from crossmodal.models.classifier import Classifier

    model = load_model(path)
    if not isinstance(model, Classifier):
        raise ModelError(
            f"{path} holds a {type(model).__name__}, not a classifier: make one by crossmodal train classifier."
        )
    return Reader(model, sha256(file))


def find_reader(classes, image_shape, beside=None, light: bool = False) -> Reader | None:
    """The reader for a model's classes and images: the one that lies beside it, else the default; None if neither fits.

    Args:
        classes, image_shape: the model's.
        beside: the run's folder or the model's file, if there is one.
        light: whether the default is to read without TensorFlow.

    Raises:
        ModelError: what lies beside the model is no reader of its classes and images.
    """
    path = reader_file(beside) if beside is not None else None
    if path and path.is_file():
        reader = load_reader(path)
        if not reader.fits(classes, image_shape):
            raise ModelError(f"{path} reads other classes or images than the model draws: replace or remove it.")
        return reader.in_order(classes)
    default = default_reader(light)
    return default.in_order(classes) if default.fits(classes, image_shape) else None


def reader_file(beside) -> Path:
    """Where the reader of a run lies, by the run's folder or a file in it."""
    beside = Path(beside)
    return (beside if beside.is_dir() else beside.parent) / FILE
