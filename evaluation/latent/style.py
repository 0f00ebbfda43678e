"""How a digit is written, measured on its pixels: slant and thickness of its strokes.

An image is ink of 0 to 1 on a ground of 0; colours are averaged. Neither measure depends on how dark the ink is or
where it lies.
"""

import numpy as np


def slant(images) -> np.ndarray:
    """By how much the strokes lean to the right: (n,), the shift in columns per row upwards, 0 upright.

    With the central moments mu_ij = sum of (column - mean)^i (row - mean)^j ink it is - mu_11 / mu_02, the shear that
    takes the covariance of row and column away (LeCun et al. 1998, section III.A). Of an image without ink it is 0.

    Args:
        images: (n, height, width, channels) in [0, 1].
    """
    ink = _ink(images)
    rows, columns = (np.arange(size, dtype=np.float64) for size in ink.shape[1:])
    mass = np.maximum(ink.sum(axis=(1, 2)), 1e-12)
    of_rows, of_columns = ink.sum(axis=2), ink.sum(axis=1)
    row_mean, column_mean = of_rows @ rows / mass, of_columns @ columns / mass
    mu_11 = np.einsum("nrc,r,c->n", ink, rows, columns) / mass - row_mean * column_mean
    mu_02 = of_rows @ rows**2 / mass - row_mean**2
    return np.where(mu_02 > 1e-9, -mu_11 / np.maximum(mu_02, 1e-9), 0.0)


def thickness(images) -> np.ndarray:
    """The mean width of the strokes in pixels: (n,). Of an image without ink it is 0.

    A stroke of length l and width w, l far above w, has the area w l and the perimeter 2 l, so w = 2 area / perimeter.
    The area is the ink. The perimeter is its total variation, sum of |grad ink| (the coarea formula), which soft edges
    leave as it is.

    Args:
        images: (n, height, width, channels) in [0, 1].
    """
    ink = np.pad(_ink(images), ((0, 0), (1, 1), (1, 1)))
    down, right = np.diff(ink, axis=1)[:, :, :-1], np.diff(ink, axis=2)[:, :-1]
    perimeter = np.hypot(down, right).sum(axis=(1, 2))
    return np.where(perimeter > 1e-9, 2 * ink.sum(axis=(1, 2)) / np.maximum(perimeter, 1e-9), 0.0)


STYLES = {"slant": slant, "thickness": thickness}


def _ink(images) -> np.ndarray:
    return np.asarray(images, np.float64).mean(axis=-1)
