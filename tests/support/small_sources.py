"""Small sources of sounds and images, made here: each class is a tone, and a bar of its own colour at its own place."""

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Images, Speech

CLASSES = ("ape", "bee", "cat")
TAKES = 12
RATE = 8000


def tones() -> Speech:
    """TAKES tones of each class."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(len(CLASSES)), TAKES)
    waveforms = []
    for label in labels:
        times_s = np.arange(2400 + rng.integers(800)) / RATE
        tone = 0.3 * np.sin(2 * np.pi * 400 * 2**label * times_s) + 0.01 * rng.standard_normal(len(times_s))
        waveforms.append(tone.astype(np.float32))
    takes = np.tile(np.arange(TAKES), len(CLASSES))
    return Speech("tones", waveforms, labels, np.full(len(labels), "tone"), takes, RATE, CLASSES)


def bars(image_shape=(28, 28, 1), of_each: int = 40) -> Images:
    """Images of each class: a bar at its place, in colour if there are three channels; a quarter are for testing."""
    rng = np.random.default_rng(1)
    height, width, channels = image_shape
    labels = np.repeat(np.arange(len(CLASSES)), of_each)
    images = np.zeros((len(labels), *image_shape), np.uint8)
    for image, label in zip(images, labels, strict=True):
        left = (1 + 2 * label) * width // 8 + rng.integers(2)
        image[height // 8 : -height // 8, left : left + width // 8, label % channels] = 200 + rng.integers(50)
    images = images[..., 0] if channels == 1 else images
    tested = np.arange(len(labels)) % 4 == 0
    return Images("bars", images[~tested], labels[~tested], images[tested], labels[tested], CLASSES)


def split() -> Split:
    """The last three takes of each class test, one before them validates."""
    takes = np.tile(np.arange(TAKES), len(CLASSES))
    return Split(np.flatnonzero(takes < 8), np.flatnonzero(takes == 8), np.flatnonzero(takes > 8))


def sources(image_shape=(28, 28, 1)) -> tuple:
    """What `train_and_measure` takes in place of the sources that options name."""
    return tones(), bars(image_shape), split()
