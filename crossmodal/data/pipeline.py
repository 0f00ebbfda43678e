"""Pairs as tf.data batches. Pairing, order and augmentation are functions of (seed, epoch, step)."""

import numpy as np
import tensorflow as tf

from crossmodal.data.alignment import pair_epoch
from crossmodal.data.augment import Augmentation, augment
from crossmodal.spectrogram import LogMel


def steps_per_epoch(image_labels: np.ndarray, batch_size: int, images_per_clip: int = 1) -> int:
    """Whole batches in one epoch."""
    groups = int((np.bincount(image_labels) // images_per_clip).sum())
    return groups // (batch_size // images_per_clip)


def training_batches(
    spectrograms: np.ndarray,
    clip_labels: np.ndarray,
    images: np.ndarray,
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
) -> tf.data.Dataset:
    """Batches of aligned pairs, epoch after epoch, from `first_epoch` to `epochs`.

    Args:
        spectrograms: (clips, frames, mels) float32.
        clip_labels: (clips,) their classes.
        images: (images, height, width) uint8.
        image_labels: (images,) their classes.
        batch_size: images in a batch, a multiple of `images_per_clip`.
        augmentation: how to change the spectrograms; not at all if None.

    Yields:
        spectrograms (batch_size / images_per_clip, frames, mels, 1) float32 in [0, 1] and
        images (batch_size / images_per_clip, images_per_clip, height, width, 1) float32 in [0, 1].
    """
    if batch_size % images_per_clip:
        raise ValueError(f"batch_size {batch_size} must be a multiple of images_per_clip {images_per_clip}.")
    groups = batch_size // images_per_clip
    steps = steps_per_epoch(image_labels, batch_size, images_per_clip)
    front_end = front_end or LogMel()
    spectrograms, images = tf.constant(spectrograms, tf.float32), tf.constant(images)

    def pairs(epoch):
        clips, members = pair_epoch(
            image_labels,
            clip_labels,
            seed=seed,
            epoch=int(epoch),
            images_per_clip=images_per_clip,
            redraw=redraw,
        )
        return clips[: steps * groups].reshape(steps, groups), members[: steps * groups].reshape(steps, groups, -1)

    def batches(epoch):
        clips, members = tf.numpy_function(pairs, [epoch], (tf.int64, tf.int64), stateful=False)
        clips.set_shape((steps, groups))
        members.set_shape((steps, groups, images_per_clip))
        index = tf.data.Dataset.from_tensor_slices((tf.range(steps, dtype=tf.int64) + epoch * steps, clips, members))
        return index.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def batch(step, clips, members):
        x = tf.gather(spectrograms, clips)
        if augmentation is not None:
            x = augment(x, tf.stack([tf.constant(seed, tf.int64), step]), front_end, augmentation)
        return x[..., None], tf.cast(tf.gather(images, members), tf.float32)[..., None] / 255

    dataset = tf.data.Dataset.range(first_epoch, epochs).flat_map(batches)
    return dataset.apply(tf.data.experimental.assert_cardinality(steps * (epochs - first_epoch))).prefetch(4)
