"""Pairs as tf.data batches. Pairing, order and augmentation are functions of (seed, epoch, step).

A batch may be cut into parts for several replicas: together they see what one replica would see of the whole.
Spectrograms and images are read batch by batch, from arrays, from `.npy` files of any size or as `StoredRows` reads
them: only the index of pairs grows with their number.
"""

import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from crossmodal.data.augment import Augmentation, augment
from crossmodal.data.augment_waveform import WaveformAugmentation, augment_waveforms
from crossmodal.data.pairing import ByClass, Pairing
from crossmodal.data.stored import StoredRows
from crossmodal.errors import DataError
from crossmodal.sound.front_ends import FrontEnd
from crossmodal.sound.spectrogram import LogMel

CARRIED = ("clip", "label", "duration", "plain")  # what a batch may carry beside the arrays


def steps_per_epoch(pairing: Pairing, batch_size: int) -> int:
    """Whole batches in one epoch; DataError for batches that are smaller than the images of one clip."""
    if batch_size < pairing.images_per_clip:
        raise DataError(
            f"A batch of {batch_size} images cannot hold {pairing.images_per_clip} of one clip: choose a larger "
            "--batch-size or a smaller --images-per-clip."
        )
    return pairing.groups // (batch_size // pairing.images_per_clip)


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


def take(rows: np.ndarray | RowFile | StoredRows, index: tf.Tensor) -> tf.Tensor:
    """rows[index], read when a batch is made."""
    taken = tf.numpy_function(lambda index: rows[index], [index], rows.dtype, stateful=False)
    taken.set_shape(index.shape.concatenate(rows.shape[1:]))
    return taken


def paired_batches(
    spectrograms: np.ndarray | Path | StoredRows,
    images: np.ndarray | Path | StoredRows,
    pairing: Pairing,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    first_epoch: int = 0,
    needs: tuple[str, ...] = (),
    front_end: FrontEnd | None = None,
    augmentation: Augmentation | WaveformAugmentation | None = None,
    parts: int = 1,
    own: range = range(1),
    durations_s: np.ndarray | None = None,
    plain: np.ndarray | None = None,
) -> tf.data.Dataset:
    """Batches of pairs, epoch after epoch, from `first_epoch` to `epochs`.

    Args:
        spectrograms: (clips, frames, mels) float32 or float16, the `.npy` file of such an array, or a `StoredRows`.
        images: (images, height, width) or (images, height, width, channels) uint8, or the same of them.
        pairing: which of them go together.
        batch_size: images in a batch, a multiple of `pairing.images_per_clip` times `parts`.
        needs: what a batch carries beside the arrays: "clip" (the number of the clip), "label" (its class), "duration"
            (of the clip, in seconds), "plain" (the clip's spectrogram without augmentation, and of a variant that of
            the clip that it was made of).
        augmentation: how to change the spectrograms, or the waveforms; not at all if None.
        parts: into how many parts each batch is cut.
        own: those to read, one after another.
        durations_s: (clips,) float32, of the clips, for models that ask for them.
        plain: (clips,) which clip each is a variant of; none is one if None.

    Yields:
        spectrograms (clips, frames, mels, 1) float32 in [0, 1], or waveforms (clips, samples, 1, 1), and
        images (clips, images_per_clip, height, width, channels) float32 in [0, 1],
        with clips = batch_size / images_per_clip / parts; and, if `needs` names any,
        a dictionary of arrays by these names: (clips,) int64, "duration" float32; "plain" as the spectrograms.

    Raises:
        DataError: the batch cannot be cut so, or `needs` names what pairs do not have.
    """
    per_clip = pairing.images_per_clip
    if batch_size % (per_clip * parts):
        raise DataError(
            f"Batches of {batch_size} cannot be cut into {parts} parts of whole groups of {per_clip}: "
            f"choose a multiple of {per_clip * parts}."
        )
    if unknown := set(needs) - set(CARRIED):
        raise DataError(f"A batch can carry {', '.join(CARRIED)}, not {', '.join(sorted(unknown))}.")
    if "duration" in needs and durations_s is None:
        raise DataError("The model asks for durations: pass those of the clips, of log_mel_and_durations.")
    groups = batch_size // per_clip
    steps = steps_per_epoch(pairing, batch_size)
    front_end = front_end or LogMel()
    sounds, pictures = (RowFile(rows) if isinstance(rows, Path) else rows for rows in (spectrograms, images))

    def pairs(epoch):
        clips, members = (rows[: steps * groups] for rows in pairing.epoch(seed, int(epoch)))
        labels = pairing.labels(members) if "label" in needs else clips
        rows = (
            rows.reshape(steps, parts, groups // parts, *rows.shape[1:])[:, own] for rows in (clips, labels, members)
        )
        return tuple(np.asarray(row, np.int64) for row in rows)

    @tf.autograph.experimental.do_not_convert
    def batches(epoch):
        index = tf.numpy_function(pairs, [epoch], (tf.int64,) * 3, stateful=False)
        for rows, of_a_clip in zip(index, ((), (), (per_clip,)), strict=True):
            rows.set_shape((steps, len(own), groups // parts, *of_a_clip))
        numbers = tf.range(steps, dtype=tf.int64) + epoch * steps
        index = tf.data.Dataset.from_tensor_slices((numbers, *index)).flat_map(parts_of)
        return index.map(batch, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)

    def parts_of(step, *index):
        return tf.data.Dataset.from_tensor_slices((tf.fill([len(own)], step), tf.range(own.start, own.stop), *index))

    def batch(step, part, clips, labels, members):
        x = heard = tf.cast(take(sounds, clips), tf.float32)
        asked = {name: rows for name, rows in (("clip", clips), ("label", labels)) if name in needs}
        if "duration" in needs:
            asked["duration"] = tf.gather(tf.constant(durations_s, tf.float32), clips)
        if "plain" in needs:
            heard = heard if plain is None else tf.cast(take(sounds, tf.gather(tf.constant(plain), clips)), tf.float32)
            asked["plain"] = heard[..., None]
        if augmentation is not None:
            change = augment if isinstance(front_end, LogMel) else augment_waveforms
            x = change(x, tf.stack([tf.constant(seed, tf.int64), step]), front_end, augmentation, parts, part)
        y = tf.cast(take(pictures, members), tf.float32) / 255
        arrays = x[..., None], y if len(pictures.shape) == 4 else y[..., None]
        return (*arrays, asked) if asked else arrays

    dataset = tf.data.Dataset.range(first_epoch, epochs).flat_map(batches)
    length = steps * len(own) * (epochs - first_epoch)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(length)).prefetch(4)
    return dataset.with_options(untuned())


def untuned() -> tf.data.Options:
    """Let a dataset work on all processors as it is written: what TensorFlow's tuner finds out costs more here, at the
    beginning and up to a second at the end."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return options


def training_batches(
    spectrograms: np.ndarray | Path,
    clip_labels: np.ndarray,
    images: np.ndarray | Path,
    image_labels: np.ndarray,
    *,
    images_per_clip: int = 1,
    redraw: bool = True,
    **options,
) -> tf.data.Dataset:
    """`paired_batches` of labelled clips and images, paired by class.

    Args:
        spectrograms, images: see `paired_batches`.
        clip_labels, image_labels, images_per_clip, redraw: see `crossmodal.data.pairing.ByClass`.
        **options: `batch_size`, `epochs`, `seed` and what else `paired_batches` takes.
    """
    pairing = ByClass(np.asarray(clip_labels), np.asarray(image_labels), images_per_clip, redraw)
    return paired_batches(spectrograms, images, pairing, **options)
