"""A manifest: the table of natural pairs, a sound and an image in each row, as CSV or as JSON lines.

    sound,image,start,end,group,label
    sounds/rain_1.wav,images/1.png,0.5,1.75,anna,rain

`sound` and `image` are paths, relative ones from the manifest's folder. All else may be absent: `start` and `end` in
seconds cut a stretch out of the sound, `group` says what must not be divided, `label` is read by the evaluation alone.
"""

import codecs
import csv
import json
import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crossmodal.data.contents import NAMED, is_text, listed
from crossmodal.errors import DataError
from crossmodal.runtime.files import fault_of
from crossmodal.runtime.words import phrase, printable

COLUMNS = ("sound", "image", "start", "end", "group", "label")
NEEDED = COLUMNS[:2]


@dataclass(frozen=True)
class Table:
    """The rows of a manifest, column by column; of names each is held once.

    path:      the manifest.
    lines:     (rows,) int64, the line of the file that each row stands in.
    names:     column -> the different words in it, of "sound", "image", "group" and "label".
    index:     the same column -> (rows,) int32, index into its names; -1 where nothing is said.
    start_s, end_s: (rows,) float64 seconds, NaN where nothing is said.
    bad:       line -> what is wrong with a row that cannot be read: sentences. These rows are in no column.
    unused:    other columns that the file has.
    """

    path: Path
    lines: np.ndarray
    names: dict[str, tuple[str, ...]]
    index: dict[str, np.ndarray]
    start_s: np.ndarray
    end_s: np.ndarray
    bad: dict[int, str]
    unused: tuple[str, ...] = ()

    def file(self, column: str, number: int) -> Path:
        """The path of a sound or an image, by its index into the names."""
        return self.path.parent / self.names[column][number]


def read_table(path) -> Table:
    """All rows of a manifest, before any other file is opened.

    Raises:
        DataError: the file is absent, is neither CSV nor JSON lines in UTF-8, has no column `sound` or `image`, or no
            row at all.
    """
    path = Path(path)
    name = printable(path)
    if fault := fault_of(path):
        raise DataError(f"The table of pairs {name} cannot be read ({fault[1] or fault[0]}): check the path.")
    lines, times = array("q"), {"start": array("d"), "end": array("d")}
    names: dict[str, dict[str, int]] = {column: {} for column in COLUMNS if column not in ("start", "end")}
    index = {column: array("i") for column in names}
    bad: dict[int, str] = {}
    unused: dict[str, None] = {}
    try:
        for line, row in _rows(path, unused):
            if wrong := row if isinstance(row, str) else _fault_of(row):
                bad[line] = wrong
            if isinstance(row, str) or wrong:
                continue
            lines.append(line)
            for column, of in names.items():
                word = row.get(column, "")
                index[column].append(of.setdefault(word, len(of)) if word else -1)
            for column, seconds in times.items():
                seconds.append(float(row.get(column) or "nan"))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{name} is no table of pairs ({phrase(str(error))}): save it as CSV or JSON lines in UTF-8."
        ) from None
    if not lines and not bad:
        raise DataError(f"{name} has no rows: give a sound and an image in each.")
    return Table(
        path,
        np.array(lines, np.int64),
        {column: tuple(of) for column, of in names.items()},
        {column: np.array(of, np.int32) for column, of in index.items()},
        np.array(times["start"], np.float64),
        np.array(times["end"], np.float64),
        bad,
        tuple(unused),
    )


def _rows(path: Path, unused: dict) -> Iterator[tuple[int, dict[str, str] | str]]:
    """(line, column -> text) of each row, or (line, what is wrong with it); other columns are put into `unused`."""
    with open(path, "rb") as file:
        start = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()
    with open(path, encoding="utf-8-sig", newline="") as text:
        yield from (_json_rows if start.startswith(b"{") else _csv_rows)(text, path, unused)


def _csv_rows(text, path: Path, unused: dict) -> Iterator[tuple[int, dict[str, str] | str]]:
    rows = csv.reader(text)
    columns = [word.strip() for word in next(rows, [])]
    if missing := [column for column in NEEDED if column not in columns]:
        found = listed([printable(word) for word in columns], NAMED) or "none"
        raise DataError(
            f"{printable(path)} has no column {' and no column '.join(missing)} (its columns: {found}): name the "
            f"columns in its first line, {', '.join(COLUMNS)} in any order; the last four may be left out."
        )
    if twice := [column for column in COLUMNS if columns.count(column) > 1]:
        raise DataError(f"{printable(path)} has the column {twice[0]} twice: remove one of them.")
    unused.update(dict.fromkeys(column for column in columns if column not in COLUMNS))
    for row in rows:
        if len(row) == len(columns):
            yield rows.line_num, {name: row[i].strip() for i, name in enumerate(columns) if name in COLUMNS}
        elif row:  # an empty line is none
            yield rows.line_num, f"has {len(row)} cells, not {len(columns)}: put words with commas into quotation marks"


def _json_rows(text, path: Path, unused: dict) -> Iterator[tuple[int, dict[str, str] | str]]:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            yield number, 'is no JSON object: write {"sound": ..., "image": ...}'
            continue
        unused.update(dict.fromkeys(str(column) for column in row if column not in COLUMNS))
        found = {column: row[column] for column in COLUMNS if row.get(column) is not None}
        if wrong := [column for column, of in found.items() if isinstance(of, bool | list | dict)]:
            yield number, f"has a {wrong[0]} that is neither a text nor a number"
        else:
            yield number, {column: str(of).strip() for column, of in found.items()}


def _fault_of(row: dict[str, str]) -> str | None:
    """What is wrong with a row as it stands, without a look at its files; None if nothing is."""
    for column in NEEDED:
        if not row.get(column):
            return f"names no {column}"
        if not is_text(row[column]) or "\0" in row[column]:
            return f"has a name of a{'n' if column == 'image' else ''} {column} that is not text"
    times = []
    for column, least in (("start", 0.0), ("end", -math.inf)):
        try:
            times.append(float(row.get(column) or least))
        except ValueError:
            return f"has the {column} {printable(row[column])[:40]}, which is no number of seconds"
    start_s, end_s = times
    if not math.isfinite(start_s) or start_s < 0:
        return f"starts at {start_s:g} s: a stretch starts at 0 or later"
    if row.get("end") and not (math.isfinite(end_s) and end_s > start_s):
        return f"ends at {end_s:g} s, not after its start at {start_s:g} s"
    return None
