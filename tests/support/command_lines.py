"""Command lines that nobody should type: every option of every command at values that make no sense.

`lines(places)` gives them all, `some(...)` a seeded choice with each option in it. Beside the option that is tried a
line has what the command needs to come as far as that, and data that are not there: a training is refused before it
takes minutes.
"""

import argparse
import random

from parsers import command_parsers, takes_numbers

from crossmodal.app.experiments.families import FAMILIES
from crossmodal.app.options import a_name, a_path

NUMBERS = ("0", "-1", "nan", "inf", "1e308", "-1e308", "9" * 30, "0.5", "many", "")
NAMES = ("{missing}", "{folder}", "{file}", "{file}/below", "{closed}/new", "", " ", "x" * 5000, "-", "0", "七\n%s{{}}")
SUFFIXES = {"draw": ".png", "learn": ".keras", "mix": ".keras", "export": ".onnx", "report": ".html"}
SUFFIXES |= dict.fromkeys(("say", "play"), ".wav")
# what a command needs beside the option that is tried
NEEDED = {
    ("draw",): ["{sound}", "--model", "{model}", "-o", "{out}.png"],
    ("say",): ["{missing}", "--model", "{model}", "-o", "{out}.wav"],
    ("find",): ["{sound}", "--among", "{folder}", "--model", "{model}"],
    ("texture", "learn"): ["{missing}", "-o", "{out}.keras"],
    ("texture", "mix"): ["{missing}", "{sound}", "-o", "{out}.keras"],
    ("texture", "play"): ["{model}", "-o", "{out}.wav"],
    ("train", "vae"): ["--data", "folders", "--workdir", "{out}"],
    ("train", "vae-gan"): ["--data", "folders", "--workdir", "{out}"],
    **{("train", family): ["--data", "folders", "--workdir", "{out}"] for family in FAMILIES},
    ("train", "correspondence"): ["--data", "folders", "--workdir", "{out}"],
    ("train", "texture"): ["--reference", "{missing}", "--workdir", "{out}"],
    ("train", "texture-mix"): ["--references", "{missing}", "{sound}", "--workdir", "{out}"],
    ("train", "image-texture"): ["--texture", "{missing}", "--workdir", "{out}"],
    ("train", "classifier"): ["--data-dir", "{folder}", "--archives", "{missing}", "--workdir", "{out}"],
    ("train", "listener"): ["--data", "fsdd", "--data-dir", "{folder}", "--workdir", "{out}"],
    ("train", "transcriber"): ["--data", "fsdd", "--data-dir", "{folder}", "--workdir", "{out}"],
    ("evaluate", "agreement"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "conditions"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "confidence"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "coherence"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "strings"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "diversity"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "latent"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "retrieval"): ["{model}", "--data", "folders", "--workdir", "{out}"],
    ("evaluate", "texture"): ["{sound}", "{sound}", "--workdir", "{out}"],
    ("data", "info"): [],
    ("data", "check"): ["{missing}"],
    ("data", "pack"): ["{missing}", "-o", "{out}"],
    ("data", "prepare"): ["--data-dir", "{folder}", "--archives", "{missing}"],
    ("export",): ["{model}", "--format", "saved_model", "-o", "{out}"],
    ("redo",): ["{model}"],
    ("report",): ["{run}", "-o", "{out}.html"],
    ("demo",): ["--model", "{missing}"],
}


def lines(places: dict[str, str]) -> dict[tuple[str, str], list[list[str]]]:
    """(command, option) -> command lines.

    Args:
        places: paths by name: missing, folder, file, closed (takes no files), sound, model, run, out (is not there).
    """
    found: dict[tuple[str, str], list[list[str]]] = {}
    for words, parser in command_parsers().items():
        needed = [part.format(**places) for part in NEEDED[words]]
        for action in parser._actions:
            if isinstance(action, argparse._HelpAction | argparse._VersionAction):
                continue
            name = action.option_strings[0] if action.option_strings else action.dest
            found[" ".join(words), name] = [[*words, *line] for line in _tried(action, words, needed, places)]
    return found


def unreadable(places: dict[str, str]) -> dict[tuple[str, str], list[list[str]]]:
    """The same of lines that are refused as they are read: what is no number where one is wanted, and empty names."""
    found: dict[tuple[str, str], list[list[str]]] = {}
    for words, parser in command_parsers().items():
        needed = [part.format(**places) for part in NEEDED[words]]
        for action in parser._actions:
            is_number = action.type is not None and not action.choices and takes_numbers(action)
            if action.option_strings and (is_number or action.type in (a_name, a_path)):
                wrong = ("nan", "many", "9" * 30, "") if is_number else ("", " ")
                flag = action.option_strings[-1]
                found[" ".join(words), flag] = [[*words, *needed, f"{flag}={value}"] for value in wrong]
    return found


def _tried(action: argparse.Action, words: tuple[str, ...], needed: list[str], places: dict) -> list[list[str]]:
    """What follows the command's words where one of its options has each wrong value."""
    suffix = SUFFIXES.get(words[-1], "")
    values = [*NUMBERS, *(name.format(**places) for name in NAMES)]
    values += [f"{places[name]}{suffix}" for name in ("missing", "folder")] if suffix else []
    if not action.option_strings:
        return [[value, *needed[1:]] for value in values]
    flag = action.option_strings[-1]
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return [[*needed, f"{flag}=yes"], [*needed, flag, flag]]
    return [[*needed, f"{flag}={value}"] for value in values] + [[*needed, flag]]


def some(lines: dict[tuple[str, str], list[list[str]]], count: int, seed: int = 0) -> list[list[str]]:
    """A choice of `count` lines, each option with about as many as any other; a function of the seed."""
    rng = random.Random(seed)
    shuffled = [rng.sample(of, len(of)) for of in lines.values()]
    rounds = [line for i in range(max(map(len, shuffled))) for of in shuffled for line in of[i : i + 1]]
    return rounds[:count]
