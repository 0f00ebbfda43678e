"""What every source of data gives: labelled recordings or labelled images, in plain numpy arrays."""

from dataclasses import dataclass

import numpy as np

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Speech:
    """Labelled recordings.

    waveforms: one float32 array (samples,) in [-1, 1] per clip, all at `sample_rate`.
    labels:    (clips,) int64, index into `classes`.
    speakers:  (clips,) str, who speaks.
    takes:     (clips,) int64, the running number of a recording among those of one speaker and class.
    """

    name: str
    waveforms: list[np.ndarray]
    labels: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray
    sample_rate: int
    classes: tuple[str, ...] = DIGITS


@dataclass(frozen=True)
class Images:
    """Labelled images in two parts: (images, 28, 28) uint8, white on black, and (images,) int64 labels."""

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...] = DIGITS

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        height, width, *channels = self.train_images.shape[1:]
        return height, width, channels[0] if channels else 1
