"""What every source of data gives: recordings or images, in plain numpy arrays; see `stored` for those on the disk."""

import hashlib
from dataclasses import dataclass

import numpy as np

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Speech:
    """Recordings.

    waveforms: one float32 array (samples,) in [-1, 1] per clip, all at `sample_rate`; a list, or `stored.StoredSounds`.
    labels:    (clips,) int64, index into `classes`; None where nobody knows what they are.
    speakers:  (clips,) str, who speaks, or another group that protocol "groups" does not divide.
    takes:     (clips,) int64, the running number of a recording among those of one speaker and class.
    parts:     (clips,) str, "training", "validation" or "testing", as the publisher divides the speakers; None where
        nobody has.
    keys:      (clips,) uint64, different ones, by which the rows of a table are divided; None of other sources.
    sha256:    what `fingerprint` gives, where it is known without reading the clips.
    """

    name: str
    waveforms: list[np.ndarray]
    labels: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray
    sample_rate: int
    classes: tuple[str, ...] = DIGITS
    parts: np.ndarray | None = None
    keys: np.ndarray | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Images:
    """Images in two parts: (images, height, width) or (images, height, width, channels) uint8, and (images,) int64
    labels, None where nobody knows them. The training images may be `stored.StoredRows`.

    train_clips, test_clips: (images,) the clip that each image goes with, where pairs are given; None where an image
        goes with any clip of its class.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...] = DIGITS
    train_clips: np.ndarray | None = None
    test_clips: np.ndarray | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        height, width, *channels = self.train_images.shape[1:]
        return height, width, channels[0] if channels else 1

    @property
    def paired(self) -> bool:
        """Whether it is given which clip each image goes with."""
        return self.train_clips is not None


def fingerprint(speech: Speech) -> str:
    """A SHA-256 of the clips of a source and of their order: the division of other clips would be another one."""
    if speech.sha256:
        return speech.sha256
    digest = hashlib.sha256()
    for waveform, speaker in zip(speech.waveforms, speech.speakers, strict=True):
        digest.update(f"{len(waveform)} {speaker} ".encode())
        digest.update(np.asarray(waveform[:: max(len(waveform) // 16, 1)], np.float32).tobytes())
    return digest.hexdigest()


def as_input(images: np.ndarray) -> np.ndarray:
    """(n, height, width) or (n, height, width, channels) uint8 -> (n, height, width, channels) float32 in [0, 1]."""
    return (images if images.ndim == 4 else images[..., None]).astype(np.float32) / 255
