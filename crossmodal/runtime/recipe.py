"""The recipe of what a command writes. It goes into each file, so that `crossmodal redo` can make the file again.

A recipe is a dictionary of what JSON holds:

    command      the command line, without the options that say where its results go
    seed         of all that it drew at random, of a command that has one
    inputs       name in the command -> SHA-256, of the files, folders and models that it read
    environment  versions, processor and threads: what decides whether it can be repeated to the bit
    result       which of the command's results the file is: the option that names it, or its path in the run's folder

Files are written in one place for each kind, which asks `recipe_of`. Outside of a command there is no recipe.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

KEY = "recipe"  # of PNG, JSON, the metadata of .keras and ONNX, and HTML's <meta>; of a sound it is the comment
_MAKING: list[tuple[Callable[[], dict], Callable[[], Mapping[str, str | os.PathLike]]]] = []  # the last one holds


@contextlib.contextmanager
def making(recipe: Callable[[], dict], results: Callable[[], Mapping[str, str | os.PathLike]]) -> Iterator[None]:
    """Let all files that are written in the block hold a recipe.

    Args:
        recipe: gives it; called once, when the first file is written.
        results: gives the files and the folder that the command writes, by their options; called for each file.
    """
    _MAKING.append((cache(recipe), results))
    try:
        yield
    finally:
        _MAKING.pop()


def recipe_of(path: str | os.PathLike) -> dict | None:
    """The recipe for a file that is about to be written; None outside of a command."""
    if not _MAKING:
        return None
    recipe, results = _MAKING[-1]
    return {**recipe(), "result": _result(Path(os.path.abspath(path)), results())}


def recipe_text(path: str | os.PathLike) -> str | None:
    """The same as JSON, in ASCII."""
    recipe = recipe_of(path)
    return json.dumps(recipe) if recipe else None


def _result(path: Path, results: Mapping[str, str | os.PathLike]) -> str:
    """The option that names a file, else its path in the folder that an option names, else its name."""
    places = {option: Path(os.path.abspath(place)) for option, place in results.items()}
    for option, place in places.items():
        if path == place:
            return option
    within = [path.relative_to(place).as_posix() for place in places.values() if path.is_relative_to(place)]
    return within[0] if within else path.name
