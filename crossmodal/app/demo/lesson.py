"""What a visitor teaches: classes by name, each with sounds and pictures, in a folder that `load_folders` reads.

    LESSON/sounds/CLASS/001.wav    8 kHz, one channel, 16 bits
    LESSON/images/CLASS/001.png    grey

Of what is recorded, drawn or uploaded nothing else is kept: each file is read, checked and written anew, so that its
size is bounded and what stands beside sound and picture in it, such as a place, is gone.
"""

import hashlib
import shutil
import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np

from crossmodal.data.contents import OF_THE_SYSTEM
from crossmodal.data.pictures import NEXT_TO_NOTHING, read_picture
from crossmodal.errors import AudioError, DataError
from crossmodal.runtime.files import replacing
from crossmodal.runtime.words import printable
from crossmodal.sound.audio import read_audio, write_wav

Kind = Literal["sounds", "images"]
ONE_OF: dict[Kind, str] = {"sounds": "sound", "images": "picture"}
SUFFIX: dict[Kind, str] = {"sounds": ".wav", "images": ".png"}
SAMPLE_RATE = 8000  # Hz
IMAGE_SHAPE = (28, 28, 1)
MOST_CLASSES, LEAST_CLASSES = 10, 2
MOST, LEAST = 50, 3  # files of a kind in a class: of three one tests and two teach
LONGEST_S = 10.0  # of a sound
LONGEST_NAME = 40  # letters


def check_name(name: str | None) -> str:
    """A class's name as its folder is called.

    Raises:
        DataError: it is empty, longer than 40 letters, or cannot be the name of a folder.
    """
    name = unicodedata.normalize("NFC", name or "").strip()
    if not name:
        raise DataError("The class has no name: write one first, such as cat.")
    if len(name) > LONGEST_NAME:
        raise DataError(f"The class's name has {len(name)} letters: choose one of {LONGEST_NAME} at most.")
    if not name.isprintable() or name.startswith(".") or set(name) & set("/\\") or name.lower() in OF_THE_SYSTEM:
        raise DataError(f"A class cannot be called {printable(name)!r}: choose a name of letters and digits.")
    return name


def add_sound(lesson: Path, name: str | None, path) -> None:
    """Give a class a sound file of up to 10 s, of any format that `read_audio` reads.

    Raises:
        DataError: the file cannot be used, the class cannot be called so, or there are too many classes or sounds.
    """
    place = _place(lesson, "sounds", name)
    try:
        waveform = read_audio(path, SAMPLE_RATE, max_duration_s=LONGEST_S)
    except AudioError as error:
        raise DataError(str(error).replace(repr(str(path)), printable(Path(path).name))) from None
    place.parent.mkdir(parents=True, exist_ok=True)
    write_wav(place, waveform, SAMPLE_RATE)


def add_picture(lesson: Path, name: str | None, path) -> None:
    """Give a class a picture file, of any format that `read_picture` reads; what is oblong is padded.

    Raises:
        DataError: the file cannot be used or shows nothing, the class cannot be called so, or there are too many
            classes or pictures.
    """
    place = _place(lesson, "images", name)
    picture = read_picture(path, IMAGE_SHAPE, fit="pad", name=printable(Path(path).name))
    if np.ptp(picture) < NEXT_TO_NOTHING:
        raise DataError("There is nothing in the picture: draw something first.")
    place.parent.mkdir(parents=True, exist_ok=True)
    from PIL import Image

    with replacing(place) as temporary:
        Image.fromarray(picture).save(temporary)


def remove_last(lesson: Path, name: str | None, kind: Kind) -> None:
    """Take the newest file of a kind from a class; DataError if it has none."""
    files = files_of(lesson, kind, check_name(name))
    if not files:
        raise DataError(f"{check_name(name)} has no {ONE_OF[kind]} yet.")
    files[-1].unlink()
    if len(files) == 1:
        files[-1].parent.rmdir()


def remove_class(lesson: Path, name: str | None) -> None:
    """Take all sounds and pictures of a class."""
    for kind in ONE_OF:
        shutil.rmtree(lesson / kind / check_name(name), ignore_errors=True)


def files_of(lesson: Path, kind: Kind, name: str) -> list[Path]:
    """The files of a kind in a class, the newest last."""
    return sorted((lesson / kind / name).glob(f"*{SUFFIX[kind]}"))


def counts(lesson: Path) -> dict[str, tuple[int, int]]:
    """How many sounds and pictures each class has, by its name, in the order of the names."""
    names = {folder.name for kind in ONE_OF for folder in (lesson / kind).glob("*")}
    return {
        name: (len(files_of(lesson, "sounds", name)), len(files_of(lesson, "images", name))) for name in sorted(names)
    }


def check_enough(lesson: Path) -> None:
    """DataError unless there are two classes, each with three sounds and three pictures; it says what is missing."""
    found = counts(lesson)
    if len(found) < LEAST_CLASSES:
        raise DataError(f"There are {len(found)} of at least {LEAST_CLASSES} classes: add another, under its own name.")
    missing = []
    for name, numbers in found.items():
        for kind, number in zip(ONE_OF, numbers, strict=True):
            if number < LEAST:
                missing.append(f"{LEAST - number} {ONE_OF[kind]}{'s' if LEAST - number > 1 else ''} of {name}")
    if missing:
        raise DataError(f"There is too little to learn from: add {', '.join(missing)}.")


def digest(lesson: Path) -> str:
    """Sixteen hexadecimal digits that are the same for the same sounds and pictures in the same classes."""
    total = hashlib.sha256()
    for path in sorted(path for kind in ONE_OF for path in (lesson / kind).rglob(f"*{SUFFIX[kind]}")):
        total.update(f"{path.relative_to(lesson).as_posix()} {path.stat().st_size} ".encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def _place(lesson: Path, kind: Kind, name: str | None) -> Path:
    """Where the next file of a kind in a class will lie; DataError if there can be none."""
    name, found = check_name(name), counts(lesson)
    if name not in found and len(found) >= MOST_CLASSES:
        raise DataError(f"There are {MOST_CLASSES} classes already: remove one before you add {name}.")
    files = files_of(lesson, kind, name)
    if len(files) >= MOST:
        raise DataError(f"{name} has {MOST} {ONE_OF[kind]}s already: remove one before you add another.")
    number = int(files[-1].stem) + 1 if files else 1
    return lesson / kind / name / f"{number:03d}{SUFFIX[kind]}"
