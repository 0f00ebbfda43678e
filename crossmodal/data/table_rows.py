"""The rows of a table of pairs that can be used: no test row has a sound, an image or a group that trains, nothing is
left out in silence, and labels count where all rows and parts have them."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.contents import NAMED
from crossmodal.data.hashed_parts import TEST, parts_by_group, parts_by_key
from crossmodal.data.sources import DIGITS
from crossmodal.errors import DataError


@dataclass(frozen=True)
class Rows:
    """What is known of pairs, one a row.

    lines:         (rows,) int64, the line of the manifest.
    sounds, images: (rows,) int64, the same number for files of the same content.
    groups:        (rows,) object, str: the group column, what --group-of finds, else the name of the sound.
    labels:        (rows,) int32, index into `label_names`; -1 where nothing is said.
    keys:          (rows,) uint64, a hash of the row.
    seconds:       (rows,) float32, how long each stretch of sound is.
    """

    lines: np.ndarray
    sounds: np.ndarray
    images: np.ndarray
    groups: np.ndarray
    labels: np.ndarray
    keys: np.ndarray
    seconds: np.ndarray
    label_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)

    def keep(self, which) -> "Rows":
        """Some of the rows, by an index or a mask."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: of[which] for name, of in columns.items() if isinstance(of, np.ndarray)})


def usable_rows(
    name: str, rows: Rows, bad: dict[int, str], protocol: str, seed: int, skip_bad: float, say: Callable
) -> tuple[Rows, np.ndarray]:
    """The rows that can be used in a protocol, and which of the given ones they are.

    Raises:
        DataError: more are bad than `skip_bad` allows.
    """
    kept = np.arange(len(rows))
    leaks = leaks_of(rows, protocol, seed, name) if len(rows) > 2 else {}
    if leaks:
        kept = np.flatnonzero(~np.isin(rows.lines, list(leaks)))
        bad = {**bad, **leaks}
    skip_rows(name, bad, len(kept), skip_bad, say)
    return rows.keep(kept), kept


def skip_rows(name: str, bad: dict[int, str], usable: int, skip_bad: float, say: Callable) -> None:
    """Say which rows are left out; DataError if that are more than `skip_bad` allows, or none is left."""
    total = usable + len(bad)
    if len(bad) > skip_bad * total + 1e-9 or not usable:
        lines = [f"line {line}: {bad[line]}" for line in sorted(bad)[:NAMED]]
        more = [f"and {len(bad) - NAMED:,} more: crossmodal data check names all"] if len(bad) > NAMED else []
        raise DataError("\n  ".join([refusal(name, len(bad), total), *lines, *more]))
    if bad:
        lines = [f"line {line}: {bad[line]}" for line in sorted(bad)[:NAMED]]
        more = [f"and {len(bad) - NAMED:,} more"] if len(bad) > NAMED else []
        say("\n  ".join([f"{len(bad):,} of {total:,} rows of {name} left out:", *lines, *more]))


def refusal(name: str, bad: int, total: int) -> str:
    """What to say of rows that cannot be used: how many they are, and what to do."""
    share = -(-1000 * bad // total) / 1000  # rounded up
    them = "them" if bad > 1 else "it"
    option = f", or pass --skip-bad {share:g} to go on without {them}" if share < 1 else ""
    return f"{bad:,} of {total:,} rows of {name} cannot be used: mend or remove {them}{option}."


def leaks_of(rows: Rows, protocol: str, seed: int, name: str) -> dict[int, str]:
    """Line -> what is wrong with a test row whose sound, image or group is in training or validation too."""
    parts = parts_by_group(rows.groups, seed, name) if protocol == "groups" else parts_by_key(rows.keys, seed, name)
    tests = parts == TEST
    found: dict[int, str] = {}
    group_numbers = np.unique(rows.groups, return_inverse=True)[1]
    advice = {
        "sound": "give both lines one group" if protocol == "groups" else "pass --protocol groups",
        "image": "give both lines one group",
        "group": "pass --protocol groups",
    }
    for what, numbers in (("sound", rows.sounds), ("image", rows.images), ("group", group_numbers)):
        trained, where = np.unique(numbers[~tests], return_index=True)
        leaking = np.flatnonzero(tests & np.isin(numbers, trained))
        others = rows.lines[~tests][where[np.searchsorted(trained, numbers[leaking])]]
        for line, other in zip(rows.lines[leaking].tolist(), others.tolist(), strict=True):
            found.setdefault(line, f"tests, and its {what} trains in line {other}: {advice[what]}")
    return found


def labels_of(rows: Rows, split: Split) -> tuple[np.ndarray | None, tuple[str, ...], str]:
    """(labels (rows,) int64, classes, a note), for the evaluation; None where some are missing or a part lacks one."""
    without = int((rows.labels < 0).sum())
    if without:
        return None, (), "no labels" if without == len(rows) else f"no labels: {without:,} rows have none"
    present = {rows.label_names[label] for label in np.unique(rows.labels)}
    classes = DIGITS if present == set(DIGITS) else tuple(sorted(present))
    order = {name: label for label, name in enumerate(classes)}
    labels = np.array([order.get(name, -1) for name in rows.label_names], np.int64)[rows.labels]
    for part, which in (("training", split.train), ("test", split.test)):
        if absent := sorted(set(range(len(classes))) - set(labels[which].tolist())):
            return None, (), f"labels not used: no {part} row has {classes[absent[0]]}"
    return labels, classes, f"{len(classes)} labels"
