"""The recipe of a command, made of its parsed options."""

import argparse
import os
import shlex
from pathlib import Path

from crossmodal import __version__
from crossmodal.app.options import as_option, flag_of
from crossmodal.app.recipe.inputs import digest, names_of

# options that name what a command reads,
INPUTS = (
    *("recordings", "pictures", "recording", "reference", "references", "texture", "synthesis", "runs"),
    *("query", "among", "pairs", "manifest", "sounds_dir", "images_dir"),
    *("model", "reader", "listener", "initial_weights", "initial_encoder", "morph_to"),
)
WHOLE = ("runs", "among", "pairs", "manifest", "sounds_dir", "images_dir")  # of these all files of a folder
RESULTS = ("output", "json", "workdir")  # what it writes,
# and what is not repeated
UNSAID = (*RESULTS, "save_index", "keep", "data_dir", "archives", "speech_commands_dir", "noise_dir", "tensorboard")


def recipe_from(arguments: argparse.Namespace) -> dict:
    """The recipe of a command that is about to be run, see `crossmodal.runtime.recipe`; its result is still open."""
    names = names_of(value for dest in INPUTS for value in values_of(arguments, dest))
    digests = {names[value]: digest(value, dest in WHOLE) for dest in INPUTS for value in values_of(arguments, dest)}
    seed = {"seed": arguments.seed} if hasattr(arguments, "seed") else {}
    return {
        "command": command_line(arguments, names),
        **seed,
        "inputs": {name: found for name, found in digests.items() if found},
        "environment": environment(),
    }


def environment() -> dict:
    """What decides whether a command can be repeated to the bit."""
    from crossmodal.training import runs

    return {"crossmodal": __version__, **runs.environment()}


def results_of(arguments: argparse.Namespace) -> dict[str, Path]:
    """The files and the folder that a command writes, by their options."""
    named = {dest: getattr(arguments, dest, None) for dest in RESULTS}
    return {flag_of(dest): place for dest, place in named.items() if isinstance(place, Path)}


def values_of(arguments: argparse.Namespace, dest: str) -> list[str]:
    """What an option names, in words; nothing where it is left out."""
    value = getattr(arguments, dest, None)
    several = value if isinstance(value, list | tuple) else [value]
    return [os.fspath(each) for each in several if isinstance(each, str | os.PathLike)]


def command_line(arguments: argparse.Namespace, names: dict[str, str]) -> str:
    """The command line that gives what was parsed, quoted for a shell, with inputs by their `names`. Options at their
    defaults, and those of `UNSAID`, are not named."""
    program = arguments.parser.prog.replace("crossmodal-evaluate", "crossmodal evaluate")
    places, options = [], ""
    for action in arguments.parser.added:
        value = getattr(arguments, action.dest, action.default)
        if named := values_of(arguments, action.dest) if action.dest in INPUTS else []:  # --pairs may be a number
            several = tuple(names[each] for each in named)
            value = several if isinstance(value, list | tuple) else several[0]
        if not action.option_strings:
            places += [str(word) for word in (value if isinstance(value, tuple) else (value,)) if word is not None]
        elif action.dest not in UNSAID and getattr(arguments, action.dest, action.default) != action.default:
            options += as_option(action.dest, tuple(value) if isinstance(value, list) else value)
    said = f" {shlex.join(places)}" if places else ""
    begins = any(place.startswith("-") for place in places)  # such a word alone would be taken for an option
    return f"{program}{options} --{said}" if begins else program + said + options
