"""Pairs as tf.data batches. Pairing, order and augmentation are functions of (seed, epoch, step).

A batch may be cut into parts for several replicas: together they see what one replica would see of the whole.
Spectrograms and images are read batch by batch, from arrays or from `.npy` files of any size: what grows with the
number of pairs is their index alone.
"""

import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from crossmodal.data.alignment import pair_epoch
from crossmodal.data.augment import Augmentation, augment
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel


def steps_per_epoch(image_labels: np.ndarray, batch_size: int, images_per_clip: int = 1) -> int:
    """Whole batches in one epoch; DataError for batches that are smaller than the images of one clip."""
    if batch_size < images_per_clip:
        raise DataError(
            f"A batch of {batch_size} images cannot hold {images_per_clip} of one clip: choose a larger --batch-size "
            "or a smaller --images-per-clip."
        )
    groups = int((np.bincount(image_labels) // images_per_clip).sum())
    return groups // (batch_size // images_per_clip)


class RowFile:
    """The array in a `.npy` file, of which rows are read one by one. (Pages of a mapped file add up in memory.)"""

    def __init__(self, path: Path):
        mapped = np.load(path, mmap_mode="r")
        if not isinstance(mapped, np.memmap) or not mapped.flags.c_contiguous:
            raise DataError(f"{path} holds no rows that lie one after another: save it by np.save in C order.")
        self.shape, self.dtype = mapped.shape, mapped.dtype
        self.offset, self.row_bytes = mapped.offset, mapped[0].nbytes
        self.path, self.file = path, open(path, "rb", buffering=0)  # noqa: SIM115 - as long as the rows are wanted

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        rows = np.empty((index.size, *self.shape[1:]), self.dtype)
        for row, number in zip(rows, index.flat, strict=True):
            if os.preadv(self.file.fileno(), [row], self.offset + int(number) * self.row_bytes) != self.row_bytes:
                raise DataError(f"{self.path} is shorter than it was: make it anew.")
        return rows.reshape(*index.shape, *self.shape[1:])


def take(rows: np.ndarray | RowFile, index: tf.Tensor) -> tf.Tensor:
    """rows[index], read when a batch is made."""
    taken = tf.numpy_function(lambda index: rows[index], [index], rows.dtype, stateful=False)
    taken.set_shape(index.shape.concatenate(rows.shape[1:]))
    return taken


def training_batches(
    spectrograms: np.ndarray | Path,
    clip_labels: np.ndarray,
    images: np.ndarray | Path,
    image_labels: np.ndarray,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    first_epoch: int = 0,
    images_per_clip: int = 1,
    redraw: bool = True,
    front_end: LogMel | None = None,
    augmentation: Augmentation | None = None,
    parts: int = 1,
    own: range = range(1),
) -> tf.data.Dataset:
    """Batches of aligned pairs, epoch after epoch, from `first_epoch` to `epochs`.

    Args:
        spectrograms: (clips, frames, mels) float32, or the `.npy` file of such an array.
        clip_labels: (clips,) their classes.
        images: (images, height, width) uint8, or the `.npy` file of such an array.
        image_labels: (images,) their classes.
        batch_size: images in a batch, a multiple of `images_per_clip` times `parts`.
        augmentation: how to change the spectrograms; not at all if None.
        parts: into how many parts each batch is cut.
        own: those to read, one after another.

    Yields:
        spectrograms (clips, frames, mels, 1) float32 in [0, 1] and
        images (clips, images_per_clip, height, width, 1) float32 in [0, 1],
        with clips = batch_size / images_per_clip / parts.
    """
    if batch_size % (images_per_clip * parts):
        raise DataError(
            f"Batches of {batch_size} cannot be cut into {parts} parts of whole groups of {images_per_clip}: "
            f"choose a multiple of {images_per_clip * parts}."
        )
    groups = batch_size // images_per_clip
    steps = steps_per_epoch(image_labels, batch_size, images_per_clip)
    front_end = front_end or LogMel()
    sounds, pictures = (RowFile(rows) if isinstance(rows, Path) else rows for rows in (spectrograms, images))

    def pairs(epoch):
        clips, members = pair_epoch(
            image_labels,
            clip_labels,
            seed=seed,
            epoch=int(epoch),
            images_per_clip=images_per_clip,
            redraw=redraw,
        )
        clips, members = clips[: steps * groups], members[: steps * groups]
        clips = clips.reshape(steps, parts, -1)[:, own]
        return clips, members.reshape(steps, parts, -1, images_per_clip)[:, own]

    def batches(epoch):
        clips, members = tf.numpy_function(pairs, [epoch], (tf.int64, tf.int64), stateful=False)
        clips.set_shape((steps, len(own), groups // parts))
        members.set_shape((steps, len(own), groups // parts, images_per_clip))
        numbers = tf.range(steps, dtype=tf.int64) + epoch * steps
        index = tf.data.Dataset.from_tensor_slices((numbers, clips, members)).flat_map(parts_of)
        return index.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def parts_of(step, clips, members):
        steps = tf.fill([len(own)], step)
        return tf.data.Dataset.from_tensor_slices((steps, tf.range(own.start, own.stop), clips, members))

    def batch(step, part, clips, members):
        x = take(sounds, clips)
        if augmentation is not None:
            x = augment(x, tf.stack([tf.constant(seed, tf.int64), step]), front_end, augmentation, parts, part)
        return x[..., None], tf.cast(take(pictures, members), tf.float32)[..., None] / 255

    dataset = tf.data.Dataset.range(first_epoch, epochs).flat_map(batches)
    length = steps * len(own) * (epochs - first_epoch)
    return dataset.apply(tf.data.experimental.assert_cardinality(length)).prefetch(4)
