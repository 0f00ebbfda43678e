"""A folder per class as the source: `sounds/CLASS/*.wav` and `images/CLASS/*.png`.

Everything that is wrong is told at once, and nothing is left out in silence: see `contents`.
"""

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from crossmodal.data.contents import EXAMPLES, NAMED, Contents, list_files, listed
from crossmodal.data.pictures import Background, Fit, check_choices, check_image_shape, read_picture
from crossmodal.data.sources import Images, Speech
from crossmodal.errors import AudioError, DataError
from crossmodal.runtime.words import printable
from crossmodal.sound.audio import read_audio

TEST_FRACTION = 0.1
UNUSABLE = "cannot be used"


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
    group_of: str | None = None,
    say: Callable[[str], object] = print,
) -> tuple[Speech, Images]:
    """The sounds and images of the same classes; see `load_sounds` and `load_images`.

    Raises:
        DataError: everything that is wrong in either folder, and the classes that are in one of them alone.
    """
    _check_options(image_shape, fit, background, skip_bad)
    pattern = compiled(group_of)
    sounds, images = list_files(sounds_dir, "sounds"), list_files(images_dir, "images")
    mismatch = []
    if sounds.classes and images.classes:
        mismatch = [*_only_in(sounds, images), *_only_in(images, sounds)]
    waveforms, sounds = _read_sounds(sounds, sample_rate, skip_bad)
    pictures, images = _read_images(images, image_shape, fit, background, skip_bad)
    (speakers, unnamed_sounds), (groups, unnamed_images) = _groups(sounds, pattern), _groups(images, pattern)
    _refuse([*mismatch, *sounds.faults, *images.faults, *unnamed_sounds, *unnamed_images])
    say(sounds.summary())
    say(images.summary())
    return _as_speech(sounds, waveforms, sample_rate, speakers), _as_images(images, pictures, seed, groups)


def load_sounds(
    folder,
    sample_rate: int = 8000,
    *,
    skip_bad: float = 0.0,
    group_of: str | None = None,
    say: Callable[[str], object] = print,
) -> Speech:
    """The sounds of `folder/CLASS/`, classes and files in the order of their names.

    A file named SPEAKER_anything counts as that speaker's: protocol "speaker" divides by it.

    Args:
        folder: a folder per class, in it files of any format that `read_audio` reads.
        sample_rate: of the waveforms, in Hz.
        skip_bad: largest share of the files, from 0 to less than 1, that may be left out because they cannot be read.
        group_of: a regular expression. What its first group finds in a file's name says who speaks, in place of the
            name's beginning; where it finds something in none of the names it changes nothing.
        say: is given the contents' summary.

    Raises:
        DataError: there are no classes, a class has fewer than two sounds, or more files cannot be used than
            `skip_bad` allows. One message tells everything that is wrong.
    """
    check_skip_bad(skip_bad)
    pattern = compiled(group_of)
    waveforms, contents = _read_sounds(list_files(folder, "sounds"), sample_rate, skip_bad)
    groups, unnamed = _groups(contents, pattern)
    _refuse([*contents.faults, *unnamed])
    say(contents.summary())
    return _as_speech(contents, waveforms, sample_rate, groups)


def load_images(
    folder,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    fit: Fit = "stretch",
    background: Background = "white",
    seed: int = 0,
    skip_bad: float = 0.0,
    group_of: str | None = None,
    say: Callable[[str], object] = print,
) -> Images:
    """The images of `folder/CLASS/`, a tenth of each class (at least one) for testing.

    With `group_of`, such as "(.*)_" for files named PERSON_4.jpg, a tenth of the groups tests: no hand, no person is in
    both parts.

    Args:
        folder: a folder per class, in it files of the formats that `read_picture` reads.
        image_shape: (height, width, channels): multiples of 4 from 16 to 128 pixels, 1 (grey) or 3 (colour) channels.
        fit, background: see `read_picture`.
        seed: of the division.
        skip_bad, group_of, say: see `load_sounds`.

    Returns:
        arrays of (images, height, width) uint8 for one channel, (images, height, width, 3) for three.

    Raises:
        DataError: there are no classes, a class has fewer than two images, or more files cannot be used than
            `skip_bad` allows. One message tells everything that is wrong.
    """
    _check_options(image_shape, fit, background, skip_bad)
    pattern = compiled(group_of)
    pictures, contents = _read_images(list_files(folder, "images"), image_shape, fit, background, skip_bad)
    groups, unnamed = _groups(contents, pattern)
    _refuse([*contents.faults, *unnamed])
    say(contents.summary())
    return _as_images(contents, pictures, seed, groups)


def of_classes(images: Images, classes: tuple[str, ...], folder) -> Images:
    """Images whose labels are indices into `classes`, which name the same in another order; DataError if not."""
    if missing := [name for name in classes if name not in images.classes]:
        raise DataError(f"{printable(folder)} has no pictures of {listed(missing, NAMED)}: put them into such folders.")
    if further := [name for name in images.classes if name not in classes]:
        raise DataError(
            f"{printable(folder)} has pictures of {listed(further, NAMED)}, which nobody says: remove them."
        )
    order = np.array([classes.index(name) for name in images.classes])
    labels = {name: order[getattr(images, name)] for name in ("train_labels", "test_labels")}
    return replace(images, classes=classes, **labels)


def compiled(group_of: str | None) -> re.Pattern | None:
    """The regular expression that finds a file's group in its name; DataError if it is none, or has no group."""
    if group_of is None:
        return None
    try:
        pattern = re.compile(group_of)
    except re.error as error:
        raise DataError(
            f"--group-of {group_of!r} is no regular expression ({error}): pass one such as '(.*)_'."
        ) from None
    if not pattern.groups:
        raise DataError(f"--group-of {group_of!r} has no part in parentheses: put them around what names the group.")
    return pattern


def _groups(contents: Contents, pattern: re.Pattern | None) -> tuple[list[str] | None, list[str]]:
    """The group of each file by its name, None where the pattern finds none at all; and a sentence if it finds one in
    some names alone."""
    if pattern is None:
        return None, []
    found = [pattern.search(unicodedata.normalize("NFC", path.stem)) for path, _ in contents.files]
    without = [contents.name_of(path) for (path, _), match in zip(contents.files, found, strict=True) if not match]
    if len(without) == len(found):
        return None, []
    if without:
        names = listed(without, EXAMPLES)
        return None, [f"--group-of finds no group in {len(without):,} names of {contents.kind}: {names}."]
    return [match[1] or "" for match in found if match], []


def _check_options(image_shape, fit, background, skip_bad: float) -> None:
    """DataError for what cannot be asked of pictures."""
    check_image_shape(image_shape)
    check_choices(fit, background)
    check_skip_bad(skip_bad)


def check_skip_bad(skip_bad: float) -> None:
    """DataError unless it is a share from 0 to less than 1."""
    if not 0 <= skip_bad < 1:
        raise DataError(f"--skip-bad is {skip_bad}: choose a share from 0 to less than 1, such as 0.05.")


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


def _as_speech(contents: Contents, waveforms: list[np.ndarray], sample_rate: int, groups: list[str] | None) -> Speech:
    names = [unicodedata.normalize("NFC", path.stem) for path, _ in contents.files]
    return Speech(
        name=_name(contents),
        waveforms=waveforms,
        labels=_labels(contents),
        speakers=np.array(groups or [name.split("_")[0] if "_" in name else "unnamed" for name in names]),
        takes=np.concatenate([np.arange(n) for n in contents.counts()]),
        sample_rate=sample_rate,
        classes=contents.classes,
    )


def _as_images(contents: Contents, pictures: list[np.ndarray], seed: int, groups: list[str] | None) -> Images:
    images, labels = np.stack(pictures), _labels(contents)
    rng = np.random.default_rng(seed)
    is_test = _groups_test(np.array(groups), rng) if groups else _some_of_each_test(labels, rng)
    for part, which in (("training", ~is_test), ("test", is_test)):
        if absent := sorted(set(range(len(contents.classes))) - set(labels[which])):
            names = listed([contents.classes[label] for label in absent], NAMED)
            raise DataError(f"No group of the {part} part has a picture of {names}: choose another --group-of.")
    return Images(
        _name(contents), images[~is_test], labels[~is_test], images[is_test], labels[is_test], contents.classes
    )


def _some_of_each_test(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(images,) bool: a tenth of each class tests, at least one."""
    is_test = np.zeros(len(labels), bool)
    for label in range(labels.max() + 1):
        members = rng.permutation(np.flatnonzero(labels == label))
        is_test[members[: max(round(len(members) * TEST_FRACTION), 1)]] = True
    return is_test


def _groups_test(groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(images,) bool: a tenth of the groups tests, at least one."""
    names = rng.permutation(np.unique(groups))
    return np.isin(groups, names[: max(round(len(names) * TEST_FRACTION), 1)])
