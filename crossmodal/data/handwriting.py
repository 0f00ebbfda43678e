"""A picture of a handwritten digit as MNIST has them: light on dark, in the middle of 28x28 pixels.

The digit fills 20x20 pixels, its proportions kept, and its centre of mass lies in the middle (LeCun et al. 1998,
section III.A). Whether ink is dark on a light page or light on a dark one is told by the edges of the picture.
"""

import os

import numpy as np
from PIL import Image
from scipy.ndimage import shift

from crossmodal.data.pictures import LARGEST, Background, read_picture
from crossmodal.errors import DataError

SIZE, BOX = 28, 20  # pixels of the image and of the digit in it
LEAST_INK = 32 / 255  # of full ink: a picture of less contrast shows nothing
MIDDLE = 14.0  # row and column where the centre of mass lies
PAGE = 0.2  # of the most ink in a picture: what has less is page


def read_handwriting(path: str | os.PathLike[str], *, background: Background = "white") -> np.ndarray:
    """A picture file as (28, 28, 1) float32 in [0, 1].

    Args:
        path: a picture of one digit, see `read_picture`.
        background: the page behind what is transparent.

    Raises:
        DataError: the file cannot be used, or shows nothing but a page.
    """
    pixels = read_picture(path, (LARGEST, LARGEST, 1), fit="pad", background=background)
    return as_handwriting(pixels.astype(np.float32) / 255, os.fspath(path))


def as_handwriting(pixels: np.ndarray, name: str = "The picture") -> np.ndarray:
    """Pixels (height, width) in [0, 1], of any size -> (28, 28, 1) float32 in [0, 1].

    Args:
        name: of the picture, in a message.

    Raises:
        DataError: it shows nothing but a page.
    """
    page = float(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))
    ink = np.maximum(page - pixels if page > 0.5 else pixels - page, 0)
    if ink.max() < LEAST_INK:
        raise DataError(f"{name} shows no digit on its page: take a picture of more contrast.")
    ink = ink / ink.max()
    rows, columns = (np.flatnonzero((ink > PAGE).any(axis=axis)) for axis in (1, 0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(digit.shape)
    height, width = (max(round(scale * size), 1) for size in digit.shape)
    small = np.asarray(Image.fromarray(digit.astype(np.float32)).resize((width, height), Image.Resampling.BOX))
    image = np.zeros((SIZE, SIZE), np.float32)
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    image[top : top + height, left : left + width] = np.clip(small / small.max(), 0, 1)
    middle = [float(np.sum(image * i) / image.sum()) for i in np.indices(image.shape)]
    return shift(image, [round(MIDDLE - at) for at in middle], order=0)[..., None].clip(0, 1)
