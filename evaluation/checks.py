"""What scores refuse to measure: images, labels and data that are not what their figures are defined on."""

import numpy as np

from crossmodal.data.sources import Images, Speech
from crossmodal.errors import DataError, ModelError
from crossmodal.reader import Reader, check_images


def check_drawings(images, image_shape) -> np.ndarray:
    """`check_images` of what a model drew; ModelError where it fails, because the model is to blame."""
    try:
        return check_images(images, image_shape, "the model's drawings")
    except DataError as error:
        raise ModelError(f"The model's output is not a valid image ({str(error).rstrip('.')}).") from None


def check_labels(labels, count: int, name: str = "The labels") -> np.ndarray:
    """Labels of `count` images as they are; DataError unless they are as many whole numbers, none below 0."""
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or (count and labels.min() < 0):
        raise DataError(f"{name} are {labels.dtype} of shape {labels.shape}: pass {count} whole numbers from 0 on.")
    return labels


def check_tested(speech: Speech, images: Images, split, reader: Reader, what: str) -> None:
    """Data on which a model can be tested by a reader.

    Args:
        split: the clips to test on are its `test`, indices into the clips of `speech`.
        what: the figure that cannot be measured, for the error.

    Raises:
        DataError: other classes or images than the reader's, labels that do not fit, no clips.
    """
    if speech.labels is None or images.test_labels is None:
        raise DataError(f"These pairs have no labels: {what} cannot be measured here.")
    if tuple(speech.classes) != reader.classes:
        raise DataError(
            f"{reader.name} reads {', '.join(reader.classes)} and no other classes: {what} cannot be measured here; "
            "train a classifier of these by crossmodal train classifier."
        )
    parts = {
        "The test images": (images.test_images, images.test_labels),
        "The training images": (images.train_images, images.train_labels),
    }
    for name, (pixels, labels) in parts.items():
        shape = pixels.shape[1:] if pixels.ndim == 4 else (*pixels.shape[1:], 1)
        if shape != reader.image_shape or pixels.dtype != np.uint8 or not len(pixels):
            wanted = ", ".join(map(str, reader.image_shape))
            raise DataError(f"{name} are {pixels.dtype} of shape {pixels.shape}: pass uint8 of shape (n, {wanted}).")
        if check_labels(labels, len(pixels), f"The labels of {name.lower()}").max() >= len(reader.classes):
            raise DataError(
                f"The labels of {name.lower()} reach {labels.max()}: pass those of the {len(reader.classes)} classes, "
                f"0 to {len(reader.classes) - 1}."
            )
    if not len(split.test) or not 0 <= np.min(split.test) <= np.max(split.test) < len(speech.waveforms):
        raise DataError("The division has no clips to test on, or names some that there are not: divide them anew.")
