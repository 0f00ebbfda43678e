"""What a folder of classes holds, before any file in it is read: `kind/CLASS/*`.

All files below a folder of a class are the class', in lower folders too; what is not used is named with the reason.
"""

import os
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crossmodal.runtime.files import fault_of
from crossmodal.runtime.words import printable

# By its suffix a file is taken for a sound or a picture; whether it can be read, its content tells.
SUFFIXES = {
    "sounds": {
        *(".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".voc", ".sph"),
        *(".flac", ".ape", ".wv", ".tta", ".ogg", ".oga", ".opus", ".spx", ".mp3", ".mp2", ".m4a", ".m4b", ".mp4"),
        *(".aac", ".ac3", ".wma", ".webm", ".mka", ".amr", ".3gp", ".3g2"),
    },
    "images": {
        *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".webp", ".tif", ".tiff"),
        *(".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg", ".psd", ".tga", ".dng", ".cr2", ".cr3", ".nef", ".arw"),
    },
}
OF_THE_SYSTEM = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin", "lost+found"),
    *("system volume information", "__pycache__"),
}
NAMED = 10  # bad files and classes that a message names
EXAMPLES = 3  # names for each reason why files are left out

HIDDEN = "hidden or of the system"
BESIDE = "not in the folder of a class"
LINKED = "links to a folder that counts already"
EMPTY = "folders with none in them"


@dataclass(frozen=True)
class Contents:
    """What a folder of classes holds.

    folder:   its path.
    kind:     "sounds" or "images".
    classes:  the names of the classes that have files, sorted.
    files:    (path, label) of each file to use, by class and name; label is an index into `classes`.
    left_out: (reason, name) of each file or folder that is not used.
    faults:   what must be mended before the folder can be used: sentences.
    notes:    what should be known: sentences.
    """

    folder: Path
    kind: str
    classes: tuple[str, ...] = ()
    files: tuple[tuple[Path, int], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def name_of(self, path: Path) -> str:
        """A path as messages name it: from the folder on, printable."""
        return printable(path.relative_to(self.folder).as_posix())

    def counts(self) -> np.ndarray:
        """(classes,) how many files each class has."""
        return np.bincount([label for _, label in self.files], minlength=len(self.classes))

    def summary(self) -> str:
        """How much is used, and how much is left out and why: a few lines."""
        each = [f"{name} {count:,}" for name, count in zip(self.classes, self.counts(), strict=True)]
        classes = f"{len(each)} class{'es' if len(each) != 1 else ''}"
        lines = [f"{self.kind}: {len(self.files):,} used, of {classes} ({listed(each, NAMED)})"]
        deeper = [path for path, _ in self.files if len(path.relative_to(self.folder).parts) > 2]
        if deeper:
            lines.append(f"{len(deeper):,} of them lie in lower folders: {self.name_of(deeper[0])}")
        for reason in dict.fromkeys(reason for reason, _ in self.left_out):
            names = [name for why, name in self.left_out if why == reason]
            lines.append(f"{len(names):,} left out, {reason}: {listed(names, EXAMPLES, '; ')}")
        return "\n  ".join([*lines, *self.notes])


def list_files(folder, kind: str) -> Contents:
    """What a folder of classes holds, before any file is read.

    Args:
        folder: a folder per class.
        kind: "sounds" or "images".
    """
    root = Path(folder)
    if fault := _folder_fault(root, kind):
        return Contents(root, kind, faults=(fault,))
    entries, unlisted = _entries(root)
    files: dict[str, list[Path]] = {}
    left_out, faults = [], list(unlisted)
    for entry in entries:
        name = printable(entry.name)
        if _is_hidden(entry.name):
            left_out.append((HIDDEN, name))
        elif not os.path.isdir(entry):  # unlike Path.is_dir it raises nothing
            left_out.append((BESIDE, name))
        elif not is_text(entry.name):
            faults.append(f"The class {name} in {printable(root)} has a name that is not text: rename it.")
        else:
            found, not_used, unlisted = _files_below(root, entry, kind)
            left_out += not_used
            faults += unlisted
            if found:  # a Mac writes an accent as a letter of its own, others do not
                files.setdefault(unicodedata.normalize("NFC", entry.name), []).extend(found)
            elif not unlisted:
                left_out.append((EMPTY, name))
    classes = tuple(sorted(files))
    labelled = tuple((path, label) for label, name in enumerate(classes) for path in sorted(files[name]))
    contents = Contents(root, kind, classes, labelled, tuple(left_out), tuple(faults))
    if not classes and not faults:
        beside = " (" + contents.summary().split("\n  ", 1)[1].replace("\n  ", "; ") + ")" if left_out else ""
        fault = f"{printable(root)} has no folder with {kind}{beside}: put those of each class in a folder of its name."
        contents = replace(contents, faults=(fault,))
    return contents


def listed(names: list[str], most: int, between: str = ", ") -> str:
    """The first names in one line, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def is_text(name: str) -> bool:
    """False for a file's name whose bytes are not UTF-8."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def _folder_fault(root: Path, kind: str) -> str | None:
    """A sentence if the path is no folder that can be listed."""
    name = printable(root)
    fault, reason = fault_of(root) or ("", "")
    if fault == "folder":
        return None
    if fault == "missing":
        return f"The folder of {kind} {name} does not exist: pass one with a folder per class."
    if fault == "unreachable":
        return (
            f"The folder of {kind} {name} cannot be opened ({reason}): pass another, or ask its owner for permission."
        )
    return f"{name} is a file: pass a folder with a folder of {kind} per class."


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in OF_THE_SYSTEM


def _entries(folder: Path) -> tuple[list[Path], list[str]]:
    """What lies in a folder, in the order of the names; and the fault if that cannot be told."""
    try:
        return sorted(Path(entry.path) for entry in os.scandir(folder)), []
    except OSError as error:
        return [], [
            f"The folder {printable(folder)} cannot be listed ({error.strerror}): ask its owner for permission."
        ]


def _files_below(root: Path, folder: Path, kind: str) -> tuple[list[Path], list[tuple[str, str]], list[str]]:
    """The files of a kind in a folder and all lower ones; what is not used, with the reason; and faults."""
    found: list[Path] = []
    left_out: list[tuple[str, str]] = []
    faults: list[str] = []
    folders, seen = [folder], {_identity(root)}
    while folders:
        current = folders.pop()
        if (identity := _identity(current)) in seen:
            left_out.append((LINKED, printable(current.relative_to(root).as_posix())))
            continue
        seen.add(identity)
        entries, unlisted = _entries(current)
        faults += unlisted
        for entry in entries:
            name = printable(entry.relative_to(root).as_posix())
            if _is_hidden(entry.name):
                left_out.append((HIDDEN, name))
            elif os.path.isdir(entry):
                folders.append(entry)
            elif entry.suffix.lower() in SUFFIXES[kind]:
                found.append(entry)
            else:
                left_out.append((f"not named as {kind} are", name))
    return found, sorted(left_out), faults


def _identity(folder: Path) -> tuple[int, int]:
    """The same number for all paths to one folder."""
    status = folder.stat()
    return status.st_dev, status.st_ino
