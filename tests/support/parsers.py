"""Every option of every command and recipe, for tests that go through all of them."""

import argparse
import contextlib
from collections.abc import Iterator

import recipe_scripts

from crossmodal.__main__ import build_parser
from crossmodal.app.commands import COMMANDS

RECIPES = (
    *("train_vae", "train_vae_gan", "train_classifier", "train_transcriber", "texture_single", "texture_mix"),
    *("make_preset", "ablation", "alpha_frontier", "texture_baselines", "texture_sweeps"),
    *("benchmark", "scaling_benchmark"),
)


def command_parsers() -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """The parser of each command that does something, by its words, such as ("texture", "learn")."""
    found: dict[tuple[str, ...], argparse.ArgumentParser] = {}

    def visit(words: tuple[str, ...], parser: argparse.ArgumentParser) -> None:
        below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        for action in below:
            for name, sub in action.choices.items():
                visit((*words, name), sub)
        if not below:
            found[words] = parser

    for name in COMMANDS:
        top = build_parser(name)
        (commands,) = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
        visit((name,), commands.choices[name])
    return found


def recipe_parsers() -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """The parser of each recipe, by the name of its script."""
    return {(name,): recipe_parser(name) for name in RECIPES}


def recipe_parser(name: str) -> argparse.ArgumentParser:
    """The parser that a recipe's main makes: it is caught where it would parse."""
    made = []

    class Caught(Exception):
        pass

    def parse_args(self, *arguments, **options):
        made.append(self)
        raise Caught

    original = argparse.ArgumentParser.parse_args
    argparse.ArgumentParser.parse_args = parse_args  # type: ignore[method-assign]
    try:
        recipe_scripts.recipe(name).main([])
    except Caught:
        pass
    finally:
        argparse.ArgumentParser.parse_args = original  # type: ignore[method-assign]
    return made[0]


def numeric_actions() -> Iterator[tuple[str, argparse.Action]]:
    """(command, action) for each option whose default or value is a number."""
    for words, parser in {**command_parsers(), **recipe_parsers()}.items():
        for action in parser._actions:
            if action.type is not None and not action.choices and takes_numbers(action):
                yield " ".join(words), action


def takes_numbers(action: argparse.Action) -> bool:
    """Whether an option's value is a number."""
    for words in ("1", "0.5", "1000"):
        with contextlib.suppress(argparse.ArgumentTypeError, ValueError):
            return isinstance(action.type(words), int | float)
    return False
