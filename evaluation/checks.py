"""What scores refuse to measure: images, labels and data that are not what their figures are defined on."""

import numpy as np

from crossmodal.data.sources import DIGITS, Images, Speech
from crossmodal.errors import DataError, ModelError


def check_images(images, name: str = "The images") -> np.ndarray:
    """Images that LeNet5 can read, as they are.

    Raises:
        DataError: they are not (n, 28, 28, 1) floats, there are none, or values are not in [0, 1] (or not numbers).
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[1:] != (28, 28, 1) or not len(images) or images.dtype.kind != "f":
        raise DataError(
            f"{name} are {images.dtype} of shape {images.shape}: pass floats of shape (n, 28, 28, 1), one or more."
        )
    lowest, highest = images.min(), images.max()
    if not (lowest >= 0 and highest <= 1):  # so for NaN too
        raise DataError(f"{name} hold values from {lowest:g} to {highest:g}: bring them to [0, 1].")
    return images


def check_drawings(images) -> np.ndarray:
    """`check_images` of what a model drew; ModelError where it fails, because the model is to blame."""
    try:
        return check_images(images, "the model's drawings")
    except DataError as error:
        raise ModelError(f"The model draws what is no image ({str(error).rstrip('.')}).") from None


def check_labels(labels, count: int, name: str = "The labels") -> np.ndarray:
    """Labels of `count` images as they are; DataError unless they are as many whole numbers, none below 0."""
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or (count and labels.min() < 0):
        raise DataError(f"{name} are {labels.dtype} of shape {labels.shape}: pass {count} whole numbers from 0 on.")
    return labels


def check_digits(speech: Speech, images: Images, split, what: str) -> None:
    """Data on which a model of spoken digits can be tested.

    Args:
        split: the clips to test on are its `test`, indices into the clips of `speech`.
        what: the figure that cannot be measured, for the error.

    Raises:
        DataError: other classes than the ten digits, images that are not 28x28 uint8, labels that do not fit, no clips.
    """
    if tuple(speech.classes) != DIGITS:
        raise DataError(f"LeNet5 reads the ten digits and no other classes: {what} cannot be measured here.")
    parts = {
        "The test images": (images.test_images, images.test_labels),
        "The training images": (images.train_images, images.train_labels),
    }
    for name, (pixels, labels) in parts.items():
        if pixels.ndim != 3 or pixels.shape[1:] != (28, 28) or pixels.dtype != np.uint8 or not len(pixels):
            raise DataError(f"{name} are {pixels.dtype} of shape {pixels.shape}: pass uint8 of shape (n, 28, 28).")
        if check_labels(labels, len(pixels), f"The labels of {name.lower()}").max() >= len(DIGITS):
            raise DataError(f"The labels of {name.lower()} reach {labels.max()}: pass those of the ten digits, 0 to 9.")
    if not len(split.test) or not 0 <= np.min(split.test) <= np.max(split.test) < len(speech.waveforms):
        raise DataError("The division has no clips to test on, or names some that there are not: divide them anew.")
