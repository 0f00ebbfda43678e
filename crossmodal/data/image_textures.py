"""Pictures of textures: some that the library makes, crops of scikit-learn's sample photographs, and the user's own.

A texture is a picture whose statistics are the same everywhere: bricks, leaves, cloth. The made ones are deterministic,
float32 (height, width, 3) in [0, 1]; any other take of the same texture has another seed.
"""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from crossmodal.data.pictures import read_whole_picture
from crossmodal.errors import DataError

HEIGHT, WIDTH = 256, 384  # pixels of a made texture, a third of which is held out
SMALLEST, LARGEST = 64, 2048  # pixels, of a part of a picture and of a picture's longer side
SAMPLES = {  # of scikit-learn's photographs: file, rows and columns
    "leaves": ("china.jpg", slice(318, 427), slice(395, 560)),
    "petals": ("flower.jpg", slice(102, 338), slice(188, 428)),
}


def bricks(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> np.ndarray:
    """A wall: bricks of 22x10 pixels between joints of 2, each row half a brick further, each brick of its own red."""
    rng = np.random.default_rng(seed)
    y, x = _places(height, width, rng)
    row = y // 12
    x = x + 12 * (row % 2)
    wall = np.array([0.68, 0.34, 0.25]) * _of_cells(row, x // 24, rng, shade=0.2, hue=0.06)
    joint = (y % 12 < 2) | (x % 24 < 2)
    return _finished(np.where(joint[..., None], 0.8, wall), rng)


def checks(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> np.ndarray:
    """A board of squares of 12 pixels, dark and light in turn, each a little lighter or darker than the others."""
    rng = np.random.default_rng(seed)
    y, x = _places(height, width, rng)
    row, column = y // 12, x // 12
    dark, light = np.array([0.18, 0.22, 0.36]), np.array([0.85, 0.80, 0.70])
    board = np.where(((row + column) % 2 == 0)[..., None], dark, light)
    return _finished(board * _of_cells(row, column, rng, shade=0.1, hue=0.02), rng)


def pebbles(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> np.ndarray:
    """Stones some 14 pixels across, rounded towards dark gaps, each of its own grey: cells of scattered points."""
    rng = np.random.default_rng(seed)
    spacing = 14
    cells = np.moveaxis(np.mgrid[-2 : height // spacing + 3, -2 : width // spacing + 3], 0, -1).reshape(-1, 2)
    points = spacing * (cells + rng.uniform(-0.4, 0.4, cells.shape))
    distance, owner = cKDTree(points).query(np.moveaxis(np.mgrid[:height, :width], 0, -1), k=2)
    roundness = np.clip((distance[..., 1] - distance[..., 0]) / 8, 0, 1) ** 0.7
    grey, warmth = rng.uniform(0.4, 0.95, len(points)), rng.normal(0, 0.08, len(points))
    colours = grey[:, None] * (1 + warmth[:, None] * np.array([1.0, 0.1, -1.0]))
    return _finished(colours[owner[..., 0]] * roundness[..., None], rng)


def fabric(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> np.ndarray:
    """Plain weave of threads 6 pixels wide, blue ones that go down over and under ochre ones that go across."""
    rng = np.random.default_rng(seed)
    y, x = _places(height, width, rng)
    row, column = y // 6, x // 6
    across, down = (np.sin(np.pi * (place % 6 + 0.5) / 6) for place in (y, x))  # of a thread's round section
    lies_down = ((row + column) % 2 == 0)[..., None]
    blue, ochre = np.array([0.25, 0.40, 0.65]), np.array([0.80, 0.62, 0.35])
    first, second = np.zeros_like(row), np.zeros_like(column)
    blue_thread = (
        blue * _of_cells(first, column, rng, shade=0.12, hue=0.03) * (0.35 + 0.65 * down * across**0.5)[..., None]
    )
    ochre_thread = (
        ochre * _of_cells(row, second, rng, shade=0.12, hue=0.03) * (0.35 + 0.65 * across * down**0.5)[..., None]
    )
    return _finished(np.where(lies_down, blue_thread, ochre_thread), rng)


MADE: dict[str, Callable[..., np.ndarray]] = {
    "bricks": bricks,
    "checks": checks,
    "pebbles": pebbles,
    "fabric": fabric,
}


def load_image_texture(name: str) -> np.ndarray:
    """A picture to train on, float32 (height, width, 3) in [0, 1].

    Args:
        name: made:bricks, made:checks, made:pebbles or made:fabric; sample:leaves or sample:petals; or the path of a
            picture, 128 pixels or more on its longer side and 64 on the other, of which no more than the middle 2048
            are taken.

    Raises:
        DataError: there is no such texture, or the picture cannot be read or is too small.
    """
    kind, _, short = str(name).partition(":")
    if kind in ("made", "sample") and name not in names():
        raise DataError(f"There is no texture {name!r}: choose one of {', '.join(names())}, or give a path.")
    if kind == "made":
        return MADE[short]()
    if kind == "sample":
        from sklearn.datasets import load_sample_image

        file, rows, columns = SAMPLES[short]
        return load_sample_image(file)[rows, columns].astype(np.float32) / 255
    picture = read_whole_picture(name)
    height, width = picture.shape[:2]
    if min(height, width) < SMALLEST or max(height, width) < 2 * SMALLEST:
        raise DataError(f"{name} has {width}x{height} pixels: a texture needs {2 * SMALLEST}x{SMALLEST} or more.")
    top, left = (max(0, (length - LARGEST) // 2) for length in (height, width))
    return picture[top : top + LARGEST, left : left + LARGEST].astype(np.float32) / 255


def names() -> list[str]:
    """The textures that are there without a file."""
    return [f"{kind}:{name}" for kind, known in (("made", MADE), ("sample", SAMPLES)) for name in known]


def hold_out(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture (height, width, channels) as two: what is learned from, and the last third of its longer side, 64
    pixels of it at least, for comparison."""
    axis = int(np.argmax(picture.shape[:2]))
    held = max(picture.shape[axis] // 3, SMALLEST)
    learned, compared = np.split(picture, [picture.shape[axis] - held], axis)
    return learned, compared


def _places(height: int, width: int, rng) -> np.ndarray:
    """The row and the column of each pixel, (2, height, width), counted from anywhere."""
    return np.mgrid[:height, :width] + rng.integers(1000, size=(2, 1, 1))


def _of_cells(row: np.ndarray, column: np.ndarray, rng, shade: float, hue: float) -> np.ndarray:
    """A factor for each pixel's colour (height, width, 3), the same throughout a cell: of its shade and of its hue."""
    row, column = row - row.min(), column - column.min()
    cells = (row.max() + 1, column.max() + 1)
    factors = 1 + rng.uniform(-shade, shade, (*cells, 1)) + rng.normal(0, hue, (*cells, 3))
    return factors[row, column]


def _finished(colours: np.ndarray, rng, grain: float = 0.05, blur: float = 0.6) -> np.ndarray:
    """Colours (height, width, 3) as a camera would see them: a little blurred, with grain."""
    height, width, _ = colours.shape
    seen = gaussian_filter(colours, (blur, blur, 0)) + grain * gaussian_filter(
        rng.standard_normal((height, width, 1)), (0.6, 0.6, 0)
    )
    return np.clip(seen, 0, 1).astype(np.float32)
