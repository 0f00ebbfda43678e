"""The check of a manifest as a whole, before anything is trained: each file is read once, each fault named by its line.

Looked at are files that are missing or cannot be read, times that the sound does not have, silence, and rows that
repeat another one. Two files of the same content count as the same.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.data.folders import compiled
from crossmodal.data.manifest import Table
from crossmodal.data.pictures import Background, Fit, read_picture
from crossmodal.data.table_rows import Rows
from crossmodal.errors import AudioError, DataError
from crossmodal.runtime.words import printable
from crossmodal.sound.audio import SILENCE_PEAK, read_audio

LONGEST_S = 600.0  # of a sound that stretches are cut out of
SHORTEST_S = 0.02  # of a stretch
ROUNDED_S = 0.01  # by which an end may lie behind the sound's


@dataclass(frozen=True)
class Checked:
    """A manifest after its check.

    rows:        of those that can be used.
    at:          (rows,) int64, where each stands in the table.
    first, last: (rows,) int64, the samples of its stretch.
    bad:         line -> what is wrong with a row: sentences.
    sha256:      of the usable rows and of what their files hold.
    """

    table: Table
    rows: Rows
    at: np.ndarray
    first: np.ndarray
    last: np.ndarray
    bad: dict[int, str]
    sha256: str


def check_table(
    table: Table,
    *,
    sample_rate: int = 8000,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    fit: Fit = "stretch",
    background: Background = "white",
    group_of: str | None = None,
) -> Checked:
    """Read every file that a table names, one at a time, and tell which rows can be used.

    Args:
        sample_rate: of the waveforms, in Hz.
        image_shape, fit, background: see `read_picture`.
        group_of: a regular expression. What its first group finds in the name of a sound is the row's group, where the
            table names none.

    Raises:
        DataError: `group_of` is no such expression, or the images cannot have that shape.
    """
    pattern = compiled(group_of)
    usable, bad = np.ones(len(table.lines), bool), dict(table.bad)
    first, last = np.zeros((2, len(table.lines)), np.int64)
    digests = {}

    def refuse(rows: np.ndarray, words: list[str]) -> None:
        bad.update(zip(table.lines[rows].tolist(), words, strict=True))
        usable[rows] = False

    digests["sound"] = np.zeros(len(table.names["sound"]), np.uint64)
    for number, rows in _by_name(table.index["sound"], usable):
        name = table.names["sound"][number]
        path = table.file("sound", number)
        try:
            waveform = read_audio(path, sample_rate, max_duration_s=LONGEST_S)
        except AudioError as error:
            words = str(error).replace(repr(os.fspath(path)), f"the sound {printable(name)}").rstrip(".")
            refuse(rows, [words] * len(rows))
            continue
        digests["sound"][number] = digest_of(waveform)
        faults = _stretches(waveform, sample_rate, printable(name), table, rows, first, last)
        refuse(rows[[fault is not None for fault in faults]], [fault for fault in faults if fault])
    digests["image"] = np.zeros(len(table.names["image"]), np.uint64)
    for number, rows in _by_name(table.index["image"], usable):
        name = table.names["image"][number]
        try:
            options: dict[str, Any] = {"fit": fit, "background": background, "name": f"the image {printable(name)}"}
            digests["image"][number] = digest_of(read_picture(table.file("image", number), image_shape, **options))
        except DataError as error:
            refuse(rows, [str(error).rstrip(".")] * len(rows))
    groups = _groups(table, pattern, usable, refuse)
    content = {name: digests[name][table.index[name]] for name in digests}
    _refuse_repeated(table, content, first, last, usable, refuse)
    at = np.flatnonzero(usable)
    keys = np.array([_key(table, i) for i in at.tolist()], np.uint64)
    found = Rows(
        lines=table.lines[at],
        sounds=np.unique(content["sound"][at], return_inverse=True)[1],
        images=np.unique(content["image"][at], return_inverse=True)[1],
        groups=groups[at],
        labels=table.index["label"][at],
        keys=keys,
        seconds=((last - first)[at] / sample_rate).astype(np.float32),
        label_names=table.names["label"],
    )
    sha256 = hashlib.sha256(b"".join(of.tobytes() for of in (keys, content["sound"][at], content["image"][at])))
    return Checked(table, found, at, first[at], last[at], bad, sha256.hexdigest())


def digest_of(array: np.ndarray) -> int:
    """The first 64 bits of the SHA-256 of an array's content."""
    return int.from_bytes(hashlib.sha256(array.tobytes()).digest()[:8], "big")


def _by_name(index: np.ndarray, usable: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """(name, its rows that can be used so far), name after name."""
    order = np.argsort(index, kind="stable")
    bounds = np.flatnonzero(np.diff(index[order], prepend=-1, append=len(index) + 1))
    for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        rows = order[begin:end]
        if len(rows := rows[usable[rows]]):
            yield int(index[rows[0]]), rows


def _stretches(waveform, sample_rate, name, table: Table, rows, first, last) -> list[str | None]:
    """What is wrong with each row's stretch of a sound; where nothing is, its samples are put into `first`, `last`."""
    lasts_s = len(waveform) / sample_rate
    starts_s, ends_s = np.nan_to_num(table.start_s[rows]), table.end_s[rows]
    ends_s = np.where(np.isnan(ends_s), lasts_s, ends_s)
    first[rows] = np.rint(starts_s * sample_rate)
    last[rows] = np.minimum(np.rint(ends_s * sample_rate), len(waveform))
    faults: list[str | None] = []
    for start_s, end_s, begin, end in zip(starts_s, ends_s, first[rows].tolist(), last[rows].tolist(), strict=True):
        fault, stretch = None, waveform[begin:end]
        if start_s >= lasts_s:
            fault = f"starts at {start_s:g} s, but the sound {name} lasts {lasts_s:.3f} s"
        elif end_s > lasts_s + ROUNDED_S:
            fault = f"ends at {end_s:g} s, but the sound {name} lasts {lasts_s:.3f} s"
        elif len(stretch) < SHORTEST_S * sample_rate:
            fault = f"lasts {len(stretch) / sample_rate:.4f} s, less than the {SHORTEST_S:g} s needed"
        elif stretch.max() - stretch.min() < SILENCE_PEAK:
            fault = f"is silent from {begin / sample_rate:g} to {end / sample_rate:g} s of the sound {name}"
        faults.append(fault)
    return faults


def _groups(table: Table, pattern, usable, refuse) -> np.ndarray:
    """(rows,) the group of each row; rows in whose sound's name a pattern finds none are refused."""
    sounds = table.names["sound"]
    found = [None if pattern is None else pattern.search(Path(name).stem) for name in sounds]
    of_sounds = np.array([match[1] or "" if match else name for name, match in zip(sounds, found, strict=True)], object)
    named = table.index["group"]
    groups = of_sounds[table.index["sound"]]
    groups[named >= 0] = np.array(table.names["group"], object)[named[named >= 0]]
    if pattern is not None:
        without = np.array([match is None for match in found], bool)[table.index["sound"]]
        rows = np.flatnonzero(without & usable & (named < 0))
        names = [printable(sounds[i]) for i in table.index["sound"][rows]]
        refuse(rows, [f"has no group: --group-of finds none in {name}" for name in names])
    return groups


def _refuse_repeated(table: Table, content, first, last, usable, refuse) -> None:
    """Refuse the rows that are the same pair as an earlier one."""
    rows = np.flatnonzero(usable)
    columns = (content["image"][rows], last[rows], first[rows], content["sound"][rows])
    order = np.lexsort(columns)
    same = np.ones(max(len(rows) - 1, 0), bool)
    for column in columns:
        same &= np.diff(column[order].view(np.int64)) == 0
    again = np.flatnonzero(same) + 1
    original = np.maximum.accumulate(np.where(np.append(False, same), 0, np.arange(len(rows)))) if len(rows) else again
    lines = table.lines[rows[order[original[again]]]].tolist()
    refuse(rows[order[again]], [f"is the same pair as line {line}" for line in lines])


def _key(table: Table, row: int) -> int:
    """A hash of what a row says of its sound and image."""
    sound, image = (table.names[name][table.index[name][row]] for name in ("sound", "image"))
    words = f"{sound}\t{table.start_s[row]:.6f}\t{table.end_s[row]:.6f}\t{image}"
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big")
