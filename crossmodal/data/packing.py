"""Packing a manifest into shards, see `shards`: each sound is read once, and memory does not grow with the pairs."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.data.manifest import read_table
from crossmodal.data.manifest_check import check_table
from crossmodal.data.natural_pairs import check_options, files_of
from crossmodal.data.shards import ABOUT, INDEX, save_about, shard_name
from crossmodal.data.table_rows import Rows, skip_rows
from crossmodal.errors import DataError
from crossmodal.runtime.files import replacing
from crossmodal.runtime.words import printable
from crossmodal.sound.spectrogram import LogMel, log_mel_and_durations

PER_SHARD = 4096  # pairs
MOST_SHARDS = 512  # files that are written at once
AT_ONCE = 256  # pairs


def pack(
    path,
    folder,
    *,
    front_end: LogMel | None = None,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    fit="stretch",
    background="white",
    skip_bad: float = 0.0,
    group_of: str | None = None,
    per_shard: int = PER_SHARD,
    seed: int = 0,
    say: Callable[[str], object] = print,
) -> int:
    """Write the pairs of a manifest into a folder; returns how many they are.

    Args:
        path: the manifest.
        folder: a new or empty folder, or one in which packing was broken off.
        front_end: of the spectrograms; the default one if None.
        image_shape, fit, background, skip_bad, group_of, say: see `load_manifest`.
        per_shard: pairs in a shard, about; there are 512 shards at most.
        seed: of which pair goes into which shard.

    Raises:
        DataError: the folder is in use, or more rows cannot be used than `skip_bad` allows.
    """
    check_options(image_shape, fit, background, skip_bad)
    folder = check_output(folder)
    front_end = front_end or LogMel()
    how: dict[str, Any] = {"image_shape": image_shape, "fit": fit, "background": background}
    checked = check_table(read_table(path), sample_rate=front_end.sample_rate, group_of=group_of, **how)
    skip_rows(printable(path), checked.bad, len(checked.rows), skip_bad, say)
    kept = np.arange(len(checked.rows))
    sounds, images = files_of(checked, kept, front_end.sample_rate, **how)
    shards = min(-(-len(kept) // per_shard), MOST_SHARDS)
    index = {
        "shard": np.random.default_rng(seed).permutation(kept) % shards,
        "lasts_s": np.zeros(len(kept), np.float32),
    }
    index |= {name: np.zeros(len(kept), np.int64) for name in ("offset", "size", "crc")}
    folder.mkdir(parents=True, exist_ok=True)
    order = np.argsort(checked.table.index["sound"][checked.at], kind="stable")  # each sound is read once
    write_records(folder, shards, index, examples(sounds, images, checked.rows, order, front_end, index["lasts_s"]))
    with replacing(folder / INDEX) as temporary:
        arrays: dict[str, Any] = {**index, **columns_of(checked.rows)}
        np.savez(temporary, **arrays)
    save_about(folder, front_end, image_shape, checked.sha256, shards)
    return len(kept)


def check_output(folder) -> Path:
    """The folder to pack into; DataError if something else lies there."""
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{printable(folder)} is a file: choose a new folder.")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    others = [name for name in names if not (name.startswith(("pairs-", ".index.npz")) or name == INDEX)]
    if ABOUT in names or others:
        raise DataError(
            f"{printable(folder)} is not empty: choose a new folder for the shards, or remove what is there."
        )
    return folder


def examples(sounds, images, rows: Rows, order, front_end: LogMel, lasts_s: np.ndarray) -> Iterator[tuple[int, bytes]]:
    """(pair, its serialised tf.train.Example) in a given order; how long each sound lasts is put into `lasts_s`."""
    import tensorflow as tf

    def feature(*values: bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))

    for begin in range(0, len(order), AT_ONCE):
        pairs = order[begin : begin + AT_ONCE]
        waveforms = [sounds[pair] for pair in pairs]
        spectrograms, lasts_s[pairs] = log_mel_and_durations(waveforms, front_end)
        for pair, waveform, spectrogram, image in zip(pairs, waveforms, spectrograms, images[pairs], strict=True):
            label = rows.label_names[rows.labels[pair]].encode() if rows.labels[pair] >= 0 else None
            features = {
                "spectrogram": feature(spectrogram.astype(np.float16).tobytes()),
                "image": feature(image.tobytes()),
                "sound": feature(waveform.astype(np.float16).tobytes()),
                "label": feature(*([] if label is None else [label])),
                "group": feature(str(rows.groups[pair]).encode()),
                "line": tf.train.Feature(int64_list=tf.train.Int64List(value=[rows.lines[pair]])),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            yield int(pair), example.SerializeToString(deterministic=True)


def write_records(folder: Path, shards: int, index: dict[str, np.ndarray], records) -> None:
    """Write (pair, record) into the pair's shard, and note in `index` where it lies."""
    import zlib
    from contextlib import ExitStack

    import tensorflow as tf

    ends = [0] * shards
    with ExitStack() as opened:
        files = [opened.enter_context(tf.io.TFRecordWriter(str(folder / shard_name(i, shards)))) for i in range(shards)]
        for pair, record in records:
            shard = int(index["shard"][pair])
            files[shard].write(record)
            index["offset"][pair] = ends[shard] + 12  # behind the length and its check sum
            index["size"][pair], index["crc"][pair] = len(record), zlib.crc32(record)
            ends[shard] += len(record) + 16


def columns_of(rows: Rows) -> dict[str, np.ndarray]:
    """What divides the pairs, as arrays that a file can hold."""
    names, groups = np.unique(rows.groups, return_inverse=True)
    arrays = {field.name: getattr(rows, field.name) for field in fields(Rows)}
    words = {"group_names": np.array(names.tolist(), str), "label_names": np.array(rows.label_names, str)}
    return {**arrays, **words, "groups": groups}
