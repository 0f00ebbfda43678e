"""The inputs of a command: their names in its recipe, their SHA-256, and where they are when it is repeated."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from crossmodal.errors import CrossmodalError
from crossmodal.presets import preset_names, read_card
from crossmodal.runtime.files import sha256
from crossmodal.runtime.words import printable

MODEL = "model.keras"  # of a run
SHOWN = 12  # digits of a SHA-256 in a sentence


def names_of(values: Iterable[str]) -> dict[str, str]:
    """Paths as a recipe says them, each by a name of its own: one that is relative as it is, of any other the file's
    name alone, which says nothing of the machine."""
    names: dict[str, str] = {}
    for value in dict.fromkeys(values):
        path = Path(value)
        is_plain = not path.is_absolute() and ".." not in path.parts
        name = last = value if is_plain else Path(os.path.abspath(value)).name or "folder"
        number = 2
        while name in names.values():
            name, number = f"{number}/{last}", number + 1
        names[value] = name
    return names


def digest(value: str, whole: bool = False) -> str | None:
    """The SHA-256 of a file, of a preset, of the model of a run, or of all files of a folder; None if there is no such
    thing, as of made:rain.

    Args:
        whole: all files of a run's folder are meant, not its model; pages in it are not.
    """
    path = Path(value)
    try:
        if path.is_dir():
            model = path / MODEL
            return sha256(model) if model.is_file() and not whole else _folder_digest(path)
        if path.is_file():
            return sha256(path)
    except (OSError, ValueError):
        return None
    return read_card(value)["sha256"] if value in preset_names() else None


def find_input(name: str, wanted: str, whole: bool, given: Iterable[Path], beside: Path) -> Path | None:
    """Where an input of a recipe is now.

    Args:
        name: in the recipe.
        wanted: its SHA-256.
        whole: see `digest`.
        given: files and folders that may be it, whatever they are called.
        beside: a folder that may hold it.

    Returns:
        the path; None where it is a preset, or lies at its name.

    Raises:
        CrossmodalError: it is not there, or has changed.
    """
    if digest(name, whole) == wanted:
        return None
    places = [*given, beside / name, beside / Path(name).name]
    for place in places:
        if digest(str(place), whole) == wanted:
            return Path(os.path.abspath(place))
    shown = printable(name)
    if name in preset_names() and not Path(name).exists():
        raise CrossmodalError(f"The preset {shown} is another one now: install the version that the recipe names.")
    if Path(name).exists() or any(place.exists() for place in places[-2:]):
        raise CrossmodalError(f"{shown} has changed since: pass what it was by --input (SHA-256 {wanted[:SHOWN]}...).")
    raise CrossmodalError(
        f"{shown} is not here: pass by --input where it is now, under any name (SHA-256 {wanted[:SHOWN]}...)."
    )


def _folder_digest(folder: Path) -> str:
    """The SHA-256 of the names and contents of all files in a folder, but for pages and hidden files."""
    said = hashlib.sha256()
    paths = [path for path in folder.rglob("*") if path.suffix != ".html" and not path.name.startswith(".")]
    for path in sorted(path for path in paths if path.is_file()):
        said.update(os.fsencode(path.relative_to(folder).as_posix()) + b"\0" + bytes.fromhex(sha256(path)))
    return said.hexdigest()
