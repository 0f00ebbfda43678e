"""Repeat the command of a recipe, in a folder for its results."""

import argparse
import contextlib
import io
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from crossmodal.app.commands import COMMANDS, add_commands
from crossmodal.app.options import carry_out
from crossmodal.app.parsing import Parser
from crossmodal.app.recipe.inputs import MODEL, find_input
from crossmodal.app.recipe.making import RESULTS, WHOLE, environment, values_of
from crossmodal.errors import CrossmodalError

VERSIONS = ("crossmodal", "python", "tensorflow", "keras", "numpy", "librosa")
OUTPUT, JSON = "--output", "--json"  # results that an option names


def check_versions(shown: str, recorded: dict) -> None:
    """CrossmodalError if a version that a recipe names is not the one here."""
    now = environment()
    if differing := changes({name: recorded.get(name) for name in VERSIONS}, now):
        raise CrossmodalError(
            f"{shown} was made with other versions ({', '.join(differing)}): install those, or pass --other-versions."
        )


def changes(recorded: dict, now: dict) -> list[str]:
    """What has changed in the environment since, in words."""
    return [f"{k} was {recorded[k]}, is {now[k]}" for k in now if k in recorded and recorded[k] != now[k]]


def repeat(recipe: dict, path: Path, given: Sequence[Path], folder: Path) -> Path:
    """Run the command of a recipe again.

    Args:
        recipe: see `crossmodal.runtime.recipe`.
        path: the file that holds it.
        given: files and folders that may be its inputs.
        folder: an empty one, for its results.

    Returns:
        the file that was made again.

    Raises:
        CrossmodalError: an input is missing or has changed, the command is none of this version, or it fails.
    """
    results, place = folder / "results", folder / "inputs"
    results.mkdir()
    arguments = parsed(recipe, path, results)
    moved = lay_out(recipe["inputs"], arguments, given, path.parent, place)
    again = {name: recipe[name] for name in recipe if name not in ("environment", "result")}
    with contextlib.chdir(place) if moved else contextlib.nullcontext():
        carry_out(arguments, lambda: {**again, "environment": environment()})
    named = {OUTPUT: getattr(arguments, "output", None), JSON: getattr(arguments, "json", None)}
    made = named.get(recipe["result"]) or (getattr(arguments, "workdir", None) or results) / recipe["result"]
    if not made.is_file():
        raise CrossmodalError(f"The command has not written {recipe['result']} this time: see what it says.")
    return made


def parsed(recipe: dict, path: Path, results: Path) -> argparse.Namespace:
    """The options of a recipe's command, with its results in a folder.

    Raises:
        CrossmodalError: it is no command of this version, or one that writes nothing.
    """
    words, result = shlex.split(recipe["command"]), recipe["result"]
    output = [OUTPUT, str(results / (path.name if result == OUTPUT else MODEL))]
    end = words.index("--") if "--" in words else len(words)
    for line in ([*words[1:end], *output, *words[end:]], words[1:]):  # with the option, where there is one
        arguments = _parse(line) if words[:1] == ["crossmodal"] else None
        if arguments is not None and any(hasattr(arguments, name) for name in RESULTS):
            break
    else:
        raise CrossmodalError(f"Its command, {recipe['command']}, is none that this version can repeat.")
    if result == JSON:
        arguments.json = results / path.name
    if hasattr(arguments, "workdir"):  # a report has the name of its folder as its title
        depth = 1 if result.startswith("--") else len(Path(result).parts)
        arguments.workdir = results / (path.parents[depth - 1].name or "run")
    return arguments


def lay_out(inputs: dict, arguments: argparse.Namespace, given: Sequence[Path], beside: Path, place: Path) -> bool:
    """Find the inputs of a command; if one has moved, link them all in a folder, by their names in the command.

    Returns:
        whether one has moved: the command is then to be run in the folder.

    Raises:
        CrossmodalError: an input is missing or has changed, or its name leads out of the folder.
    """
    whole = {value for dest in WHOLE for value in values_of(arguments, dest)}
    found = {name: find_input(name, sha256, name in whole, given, beside) for name, sha256 in inputs.items()}
    if not any(found.values()):
        return False
    for name in sorted(found):
        link = place / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise CrossmodalError(f"The recipe names {name}, which is no name that a recipe may have.")
        target = found[name] or Path(os.path.abspath(name))
        if target.exists() and not link.exists():  # a preset has no file
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
    return True


def _parse(line: list[str]) -> argparse.Namespace | None:
    """What the parser of `crossmodal` makes of words; None if it refuses them."""
    if not line or line[0] not in COMMANDS or line[0] == "redo":
        return None
    parser = Parser("crossmodal")
    add_commands(parser, line[0])
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return parser.parse_args(line)
    except SystemExit:
        return None
