"""A folder per class as the source: `sounds/CLASS/*.wav` and `images/CLASS/*.png`.

All files below a folder of a class are the class', in lower folders too. Everything that is wrong is told at once, and
nothing is left out in silence: see `Contents`.
"""

import hashlib
import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from crossmodal.data.pictures import Background, Fit, check_choices, check_image_shape, read_picture
from crossmodal.data.sources import Images, Speech
from crossmodal.errors import AudioError, DataError
from crossmodal.sound.audio import read_audio

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
TEST_FRACTION = 0.1
NAMED = 10  # bad files and classes that a message names
EXAMPLES = 3  # names for each reason why files are left out

HIDDEN = "hidden or of the system"
BESIDE = "not in the folder of a class"
LINKED = "links to a folder that counts already"
EMPTY = "folders with none in them"
UNUSABLE = "cannot be used"


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


def load_folders(
    sounds_dir,
    images_dir,
    *,
    sample_rate: int = 8000,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    fit: Fit = "stretch",
    background: Background = "white",
    seed: int = 0,
    skip_bad: float = 0.0,
    say: Callable[[str], object] = print,
) -> tuple[Speech, Images]:
    """The sounds and images of the same classes; see `load_sounds` and `load_images`.

    Raises:
        DataError: everything that is wrong in either folder, and the classes that are in one of them alone.
    """
    check_image_shape(image_shape)
    check_choices(fit, background)
    check_skip_bad(skip_bad)
    sounds, images = list_files(sounds_dir, "sounds"), list_files(images_dir, "images")
    mismatch = []
    if sounds.classes and images.classes:
        mismatch = [*_only_in(sounds, images), *_only_in(images, sounds)]
    waveforms, sounds = _read_sounds(sounds, sample_rate, skip_bad)
    pictures, images = _read_images(images, image_shape, fit, background, skip_bad)
    _refuse([*mismatch, *sounds.faults, *images.faults])
    say(sounds.summary())
    say(images.summary())
    return _as_speech(sounds, waveforms, sample_rate), _as_images(images, pictures, seed)


def load_sounds(
    folder, sample_rate: int = 8000, *, skip_bad: float = 0.0, say: Callable[[str], object] = print
) -> Speech:
    """The sounds of `folder/CLASS/`, classes and files in the order of their names.

    A file named SPEAKER_anything counts as that speaker's: protocol "speaker" divides by it.

    Args:
        folder: a folder per class, in it files of any format that `read_audio` reads.
        sample_rate: of the waveforms, in Hz.
        skip_bad: largest share of the files, from 0 to less than 1, that may be left out because they cannot be read.
        say: is given the contents' summary.

    Raises:
        DataError: there are no classes, a class has fewer than two sounds, or more files cannot be used than
            `skip_bad` allows. One message tells everything that is wrong.
    """
    check_skip_bad(skip_bad)
    waveforms, contents = _read_sounds(list_files(folder, "sounds"), sample_rate, skip_bad)
    _refuse(contents.faults)
    say(contents.summary())
    return _as_speech(contents, waveforms, sample_rate)


def load_images(
    folder,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    fit: Fit = "stretch",
    background: Background = "white",
    seed: int = 0,
    skip_bad: float = 0.0,
    say: Callable[[str], object] = print,
) -> Images:
    """The images of `folder/CLASS/`, a tenth of each class (at least one) for testing.

    Args:
        folder: a folder per class, in it files of the formats that `read_picture` reads.
        image_shape: (height, width, channels): multiples of 4 from 16 to 128 pixels, 1 (grey) or 3 (colour) channels.
        fit, background: see `read_picture`.
        seed: of the division.
        skip_bad, say: see `load_sounds`.

    Returns:
        arrays of (images, height, width) uint8 for one channel, (images, height, width, 3) for three.

    Raises:
        DataError: there are no classes, a class has fewer than two images, or more files cannot be used than
            `skip_bad` allows. One message tells everything that is wrong.
    """
    check_image_shape(image_shape)
    check_choices(fit, background)
    check_skip_bad(skip_bad)
    pictures, contents = _read_images(list_files(folder, "images"), image_shape, fit, background, skip_bad)
    _refuse(contents.faults)
    say(contents.summary())
    return _as_images(contents, pictures, seed)


def check_skip_bad(skip_bad: float) -> None:
    """DataError unless it is a share from 0 to less than 1."""
    if not 0 <= skip_bad < 1:
        raise DataError(f"--skip-bad is {skip_bad}: choose a share from 0 to less than 1, such as 0.05.")


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


def printable(text) -> str:
    """A path or name with an escape in the place of what cannot be printed, such as bytes that are not text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in os.fspath(text))


def is_text(name: str) -> bool:
    """False for a file's name whose bytes are not UTF-8."""
    return not any("\ud800" <= c <= "\udfff" for c in name)


def listed(names: list[str], most: int, between: str = ", ") -> str:
    """The first names in one line, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return between.join(names[:most]) + more


def _folder_fault(root: Path, kind: str) -> str | None:
    """A sentence if the path is no folder that can be listed."""
    name = printable(root)
    try:
        status = os.stat(root)
    except FileNotFoundError:
        return f"The folder of {kind} {name} does not exist: pass one with a folder per class."
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return (
            f"The folder of {kind} {name} cannot be opened ({reason}): pass another, or ask its owner for permission."
        )
    if not stat.S_ISDIR(status.st_mode):
        return f"{name} is a file: pass a folder with a folder of {kind} per class."
    return None


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


def _only_in(one: Contents, other: Contents) -> list[str]:
    """A sentence if there are classes in one folder alone."""
    names = [name for name in one.classes if name not in other.classes]
    if not names:
        return []
    classes = "the class" if len(names) == 1 else f"{len(names)} classes"
    return [
        f"Only the {one.kind} have {classes} {listed(names, NAMED)}: put {other.kind} of that name into "
        f"{printable(other.folder)}, or remove the {one.kind}."
    ]


def _read_sounds(contents: Contents, sample_rate: int, skip_bad: float) -> tuple[list[np.ndarray], Contents]:
    def read(path: Path) -> np.ndarray:
        try:
            return read_audio(path, sample_rate)
        except AudioError as error:
            raise DataError(str(error).replace(repr(os.fspath(path)), contents.name_of(path))) from error

    return _read(contents, read, skip_bad)


def _read_images(contents: Contents, image_shape, fit, background, skip_bad) -> tuple[list[np.ndarray], Contents]:
    def read(path: Path) -> np.ndarray:
        return read_picture(path, image_shape, fit=fit, background=background, name=contents.name_of(path))

    return _read(contents, read, skip_bad)


def _read(contents: Contents, read: Callable[[Path], np.ndarray], skip_bad: float) -> tuple[list[np.ndarray], Contents]:
    """The arrays of all files that can be read, and the contents without the others, with what reading has told."""
    arrays, files, bad = [], [], []
    for path, label in contents.files:
        try:
            arrays.append(read(path))
            files.append((path, label))
        except DataError as error:
            bad.append(str(error))
    faults = list(contents.faults)
    may_skip = len(bad) <= skip_bad * len(contents.files) + 1e-9
    if not may_skip:
        faults.append(_bad_files(contents, bad, Counter(label for _, label in files)))
    left_out = contents.left_out + tuple((UNUSABLE, sentence.rstrip(".")) for sentence in bad)
    used = replace(contents, files=tuple(files), left_out=left_out, notes=tuple(_copies(contents, files, arrays)))
    for name, count in zip(contents.classes, (used if may_skip else contents).counts(), strict=True):
        if count < 2:
            kind = contents.kind if count != 1 else contents.kind.removesuffix("s")
            place = printable(contents.folder / name)
            faults.append(f"{place} holds {count} {kind} that can be used: a class needs two, one to test with.")
    return arrays, replace(used, faults=tuple(faults))


def _bad_files(contents: Contents, bad: list[str], good: Counter) -> str:
    """What to say of files that cannot be used: how many, the first ones with their reasons, and what to do.

    Args:
        good: how many files of each label can be used.
    """
    total = len(contents.files)
    share = -(-1000 * len(bad) // total) / 1000  # rounded up
    may_go_on = all(good[label] >= 2 for label in range(len(contents.classes)))
    them = "them" if len(bad) > 1 else "it"
    option = f", or pass --skip-bad {share:g} to go on without {them}" if may_go_on else ""
    more = [f"and {len(bad) - NAMED:,} more"] if len(bad) > NAMED else []
    return "\n    ".join(
        [
            f"{len(bad):,} of {total:,} {contents.kind} in {printable(contents.folder)} cannot be used: "
            f"mend or remove {them}{option}.",
            *bad[:NAMED],
            *more,
        ]
    )


def _copies(contents: Contents, files: list[tuple[Path, int]], arrays: list[np.ndarray]) -> list[str]:
    """Sentences on files that hold the same as another one, once they are read."""
    first: dict[bytes, tuple[Path, int]] = {}
    within: list[str] = []
    across: list[str] = []
    for file, array in zip(files, arrays, strict=True):
        original = first.setdefault(hashlib.sha256(array.tobytes()).digest(), file)
        if original is not file:
            pair = f"{contents.name_of(file[0])} = {contents.name_of(original[0])}"
            (within if original[1] == file[1] else across).append(pair)
    notes = []
    if within:
        notes.append(
            f"{len(within):,} used that are the same as another of their class, so that some may train and test: "
            + listed(within, EXAMPLES)
        )
    if across:
        notes.append(f"{len(across):,} used that are the same as one of another class: {listed(across, EXAMPLES)}")
    return notes


def _refuse(faults) -> None:
    """DataError with all that is wrong, if anything is."""
    if len(faults) == 1:
        raise DataError(faults[0])
    if faults:
        raise DataError("\n  ".join([f"{len(faults)} things are wrong with the data:", *faults]))


def _name(contents: Contents) -> str:
    return f"folder {printable(contents.folder.absolute().name)}"


def _labels(contents: Contents) -> np.ndarray:
    return np.array([label for _, label in contents.files], np.int64)


def _as_speech(contents: Contents, waveforms: list[np.ndarray], sample_rate: int) -> Speech:
    names = [unicodedata.normalize("NFC", path.stem) for path, _ in contents.files]
    return Speech(
        name=_name(contents),
        waveforms=waveforms,
        labels=_labels(contents),
        speakers=np.array([name.split("_")[0] if "_" in name else "unnamed" for name in names]),
        takes=np.concatenate([np.arange(n) for n in contents.counts()]),
        sample_rate=sample_rate,
        classes=contents.classes,
    )


def _as_images(contents: Contents, pictures: list[np.ndarray], seed: int) -> Images:
    images, labels = np.stack(pictures), _labels(contents)
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(labels), bool)
    for label in range(len(contents.classes)):
        members = rng.permutation(np.flatnonzero(labels == label))
        is_test[members[: max(round(len(members) * TEST_FRACTION), 1)]] = True
    return Images(
        _name(contents), images[~is_test], labels[~is_test], images[is_test], labels[is_test], contents.classes
    )
