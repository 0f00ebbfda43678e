"""Sounds and images that stay on the disk: rows that are read as a batch asks for them.

A model gets its batches from them as from arrays: `pipeline.paired_batches` takes a `StoredRows` for its spectrograms
and for its images. Decoding runs in the parallel calls of tf.data's map. Since each row can be read by itself, an epoch
is shuffled as a whole, is a function of (seed, epoch), and goes on after a stop where it was; in memory is the index.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from crossmodal.errors import DataError
from crossmodal.sound.front_ends import FrontEnd, hear

DECODED = 8  # sounds that are kept, of which further stretches may be asked for


class StoredRows:
    """Rows that are read when they are asked for, indexed as an array's first axis.

    Args:
        read: read(numbers (n,) int64) -> (n, *item_shape).
        numbers: (rows,) int64, what `read` calls each row.
        item_shape, dtype: of one row.
        blocks: (rows,) int64, which file holds each row, see `pairing.Given`; None if none holds many.
    """

    def __init__(self, read: Callable, numbers: np.ndarray, item_shape: tuple, dtype, blocks: np.ndarray | None = None):
        self.read, self.numbers, self.blocks = read, numbers, blocks
        self.shape, self.dtype = (len(numbers), *item_shape), np.dtype(dtype)
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        """(*index.shape, *item_shape): the rows of an index of any shape."""
        index = np.asarray(index)
        return np.asarray(self.read(self.numbers[index.ravel()]), self.dtype).reshape(*index.shape, *self.shape[1:])

    def at(self, rows: np.ndarray) -> "StoredRows":
        """Some of the rows, in a given order, not yet read."""
        blocks = None if self.blocks is None else self.blocks[rows]
        return StoredRows(self.read, self.numbers[rows], self.shape[1:], self.dtype, blocks)


class StoredSounds(Sequence):
    """The waveforms of clips that stay on the disk, in the place of a list of them.

    Args:
        read: read(clip) -> (samples,) float32.
        clips: how many there are.
    """

    def __init__(self, read: Callable[[int], np.ndarray], clips: int):
        self.read, self.clips = read, clips

    def __len__(self) -> int:
        return self.clips

    def __getitem__(self, clip):
        if not 0 <= clip < self.clips:
            raise IndexError(clip)
        return self.read(int(clip))

    def spectrograms(self, clips: np.ndarray, front_end: FrontEnd) -> StoredRows:
        """(clips, *front_end.shape) float32 of some clips."""

        def read(numbers: np.ndarray) -> np.ndarray:
            return hear([self[i] for i in numbers], front_end)

        return StoredRows(read, np.asarray(clips), front_end.shape, np.float32)

    def durations_s(self, clips: np.ndarray, front_end: FrontEnd) -> np.ndarray:
        """(clips,) float32, see `log_mel_and_durations`; DataError where they are not known before all are read."""
        raise DataError(
            "The model asks for durations, which are not known before all sounds are read: pack the pairs by "
            "crossmodal data pack, or let --cache-mb keep them in memory."
        )


def sounds_in_files(read: Callable[[int], np.ndarray], files: np.ndarray, first: np.ndarray, last: np.ndarray):
    """The stretches `first` to `last`, in samples, (clips,) of the files (clips,) that read(file) gives."""
    decoded = lru_cache(DECODED)(read)
    return StoredSounds(lambda clip: decoded(int(files[clip]))[first[clip] : last[clip]], len(files))


def images_in_files(read: Callable[[int], np.ndarray], files: np.ndarray, image_shape: tuple) -> StoredRows:
    """(images, height, width) or (images, height, width, 3) uint8, of the files (images,) that read(file) gives."""
    shape = image_shape[:2] if image_shape[2] == 1 else image_shape

    def read_rows(numbers: np.ndarray) -> np.ndarray:
        return np.stack([read(int(files[i])) for i in numbers]) if len(numbers) else np.zeros((0, *shape), np.uint8)

    return StoredRows(read_rows, np.arange(len(files)), shape, np.uint8)
