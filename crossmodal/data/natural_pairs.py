"""Natural pairs as a source: sounds and images one to one, of which nothing but the alignment is known.

    speech, images = load_manifest("pairs.csv", protocol="groups", seed=0)
    images.train_clips[i] is the clip of `speech` that goes with training image i, and so `test_clips`

Clip i is row i of the table. `pairing.Given` pairs them, and `pipeline.paired_batches` makes the batches: x (clips,
frames, mels, 1) and y (clips, 1, height, width, channels). Labels are no part of a batch.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np

from crossmodal.data.alignment import Protocol, Split, split_clips
from crossmodal.data.folders import check_skip_bad
from crossmodal.data.manifest import read_table
from crossmodal.data.manifest_check import LONGEST_S, Checked, check_table
from crossmodal.data.pictures import Background, Fit, check_choices, check_image_shape, read_picture
from crossmodal.data.sources import Images, Speech
from crossmodal.data.stored import StoredRows, StoredSounds, images_in_files, sounds_in_files
from crossmodal.data.table_rows import Rows, labels_of, usable_rows
from crossmodal.runtime.words import printable
from crossmodal.sound.audio import read_audio

CACHE_MB = 512  # of sounds and images that are kept in memory


def load_manifest(
    path,
    *,
    protocol: str = "random",
    seed: int = 0,
    sample_rate: int = 8000,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    fit: Fit = "stretch",
    background: Background = "white",
    skip_bad: float = 0.0,
    group_of: str | None = None,
    cache_mb: float = CACHE_MB,
    say: Callable[[str], object] = print,
) -> tuple[Speech, Images]:
    """The pairs of a manifest, see `crossmodal.data.manifest`, or of the folder of its shards, see `shards`.

    Args:
        protocol: "random" or "groups", see `split_clips`; a sound, an image or a group may not train and test.
        seed: of the division.
        sample_rate: of the waveforms, in Hz.
        image_shape, fit, background: see `read_picture`.
        skip_bad: largest share of the rows, from 0 to less than 1, that may be left out because they cannot be used.
        group_of: see `check_table`.
        cache_mb: more MB of sounds and images than these stay on the disk and are read as they are needed.
        say: is given what is used, and what is left out.

    Returns:
        the sounds, with labels where each row has one and each part each class; the images, with the clip of each.

    Raises:
        DataError: more rows cannot be used than `skip_bad` allows, or the division has a part without rows. One message
            names the bad rows by their lines.
    """
    check_options(image_shape, fit, background, skip_bad)
    if Path(path).is_dir():
        from crossmodal.data.shards import open_shards

        shards = open_shards(path, image_shape)
        rows, kept = usable_rows(printable(path), shards.rows, {}, protocol, seed, skip_bad, say)
        how: dict[str, Any] = {
            "sha256": shards.sha256,
            "protocol": protocol,
            "seed": seed,
            "sample_rate": shards.sample_rate,
        }
        return as_sources(path, rows, shards.sounds(kept), shards.images(kept), **how, say=say)
    options: dict[str, Any] = {"image_shape": image_shape, "fit": fit, "background": background}
    checked = check_table(read_table(path), sample_rate=sample_rate, group_of=group_of, **options)
    rows, kept = usable_rows(printable(path), checked.rows, checked.bad, protocol, seed, skip_bad, say)
    sounds, images = files_of(checked, kept, sample_rate, **options)
    size_mb = (rows.seconds.sum() * sample_rate * 4 + len(rows) * np.prod(images.shape[1:])) / 1e6
    how = {"sha256": checked.sha256, "protocol": protocol, "seed": seed, "sample_rate": sample_rate}
    if size_mb <= cache_mb:
        return as_sources(path, rows, *in_memory(sounds, images, checked, kept), **how, say=say)
    say(f"{size_mb:,.0f} MB of sounds and images stay on the disk, and are read as they are needed")
    return as_sources(path, rows, sounds, images, **how, say=say)


def check_options(image_shape, fit, background, skip_bad: float) -> None:
    """DataError for what cannot be asked of pictures and rows."""
    check_image_shape(image_shape)
    check_choices(fit, background)
    check_skip_bad(skip_bad)


def files_of(checked: Checked, kept: np.ndarray, sample_rate: int, **options) -> tuple[StoredSounds, StoredRows]:
    """The sounds and images of some of the checked rows, in their files."""
    table, at = checked.table, checked.at[kept]

    def hear(path: Path) -> np.ndarray:
        return read_audio(path, sample_rate, max_duration_s=LONGEST_S)

    def see(path: Path) -> np.ndarray:
        return read_picture(path, **options)

    stretches = checked.first[kept], checked.last[kept]
    sounds = sounds_in_files(lambda i: hear(table.file("sound", i)), table.index["sound"][at], *stretches)
    return sounds, images_in_files(
        lambda i: see(table.file("image", i)), table.index["image"][at], options["image_shape"]
    )


def in_memory(sounds, images, checked: Checked, kept: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The same, read: each file once, however many rows share it."""
    files = checked.table.index["sound"][checked.at[kept]]
    waveforms: list[np.ndarray] = [np.zeros(0)] * len(kept)
    for row in np.argsort(files, kind="stable").tolist():
        waveforms[row] = sounds[row]
    return waveforms, images[np.arange(len(kept))]


def as_sources(
    path, rows: Rows, sounds: Any, images: Any, *, sha256: str, protocol: str, seed: int, sample_rate: int, say
) -> tuple[Speech, Images]:
    """Usable rows as `Speech` and `Images`, divided as `split_clips` divides them."""
    name = name_of(path)
    split = division_of(name, rows, protocol, seed)
    labels: Any
    labels, classes, note = labels_of(rows, split)
    say(summary(name, rows, split, note))
    about: dict[str, Any] = {"keys": rows.keys, "sha256": sha256}
    speech = Speech(name, sounds, labels, rows.groups, np.arange(len(rows)), sample_rate, classes, **about)
    trained = np.sort(np.concatenate([split.train, split.validation]))
    training: Any = images.at(trained) if isinstance(images, StoredRows) else images[trained]
    of_parts: Any = (None, None) if labels is None else (labels[trained], labels[split.test])
    return speech, Images(
        name,
        training,
        of_parts[0],
        images[split.test],
        of_parts[1],
        classes,
        train_clips=trained,
        test_clips=split.test,
    )


def name_of(path) -> str:
    """What a table or a folder of shards is called as a source."""
    return f"pairs {printable(Path(path).name)}"


def division_of(name: str, rows: Rows, protocol: str, seed: int) -> Split:
    """Who trains, validates and tests: `split_clips` without the clips."""
    unlabelled: Any = None
    clips = Speech(name, [], unlabelled, rows.groups, rows.lines, 8000, (), keys=rows.keys)
    return split_clips(clips, cast(Protocol, protocol), seed=seed)


def summary(name: str, rows: Rows, split, note: str) -> str:
    """How much is used: a few lines."""
    groups = len(np.unique(rows.groups))
    counts = [f"{len(np.unique(of)):,} {what}" for what, of in (("sounds", rows.sounds), ("images", rows.images))]
    parts = [f"{len(getattr(split, part)):,} {part}" for part in ("train", "validation", "test")]
    return (
        f"{name}: {len(rows):,} rows used, of {', '.join(counts)}, {groups:,} groups, {note}; "
        f"{rows.seconds.sum() / 3600:,.2f} hours\n  {', '.join(parts)}"
    )
