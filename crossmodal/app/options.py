"""Command lines from dataclasses: a recipe's Config is its only list of options.

Each field is one option, its type and default are the option's, and `option(default, help)` gives the text.
"""

import argparse
import contextlib
import os
import shlex
import sys
import types
from collections.abc import Callable
from dataclasses import MISSING, field, fields
from functools import partial
from pathlib import Path
from typing import Literal, Union, get_args, get_origin, get_type_hints

from crossmodal.errors import CrossmodalError
from crossmodal.runtime.files import DISK_FULL, check_folder
from crossmodal.runtime.interruption import Terminated, sigterm_as_interrupt
from crossmodal.runtime.output import all_written
from crossmodal.runtime.quiet import import_tensorflow
from crossmodal.runtime.ranges import Range, range_of, read_number
from crossmodal.runtime.surroundings import keras_as_needed, prepare_surroundings
from crossmodal.runtime.words import printable


def option(default, help, *, least=None, most=None, above=None, below=None):
    """A dataclass field with a line of help for the command line.

    Args:
        default: its value where nothing else is asked for.
        help: one line.
        least, most, above, below: limits of a number, see `Range`; the command line and `check_config` keep them.
    """
    return field(default=default, metadata={"help": help, "range": Range(least, most, above, below)})


def number(kind: type, within: Range) -> Callable[[str], float]:
    """The type of an option that is an int or float within a range, for `add_argument`."""

    def read(words: str) -> float:
        try:
            return read_number(words, kind, within)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def whole_number(least: int, most: int | None = None) -> Callable[[str], float]:
    """The type of an option that is a whole number of `least` or more, and of `most` at most."""
    return number(int, Range(least, most))


def a_name(words: str) -> str:
    """The type of an option that is a name or a path: not empty."""
    if not words.strip():
        raise argparse.ArgumentTypeError("it is empty: give a name, or leave the option out")
    return words


def a_path(words: str) -> Path:
    """The type of an option that is a file or a folder."""
    return Path(a_name(words))


def add_options(parser: argparse.ArgumentParser, config_class, only: tuple[str, ...] | None = None) -> None:
    """One `--option` for each field; booleans become `--option/--no-option`, tuples take several words.

    Args:
        only: the names of the fields; all if None.
    """
    hints = get_type_hints(config_class)
    for f in fields(config_class):
        if only is not None and f.name not in only:
            continue
        flag, help = flag_of(f.name), f.metadata.get("help", "")
        assert f.default is not MISSING, f"{config_class.__name__}.{f.name} needs a default"
        kind = hints[f.name]
        if get_origin(kind) in (Union, types.UnionType):  # str | None
            assert f.default is None, f"{config_class.__name__}.{f.name} may be None: let that be its default"
            kind = next(k for k in get_args(kind) if k is not type(None))
        shown = "" if f.default is None else " (%(default)s)"
        if get_origin(kind) is tuple:
            shown = f" ({' '.join(map(str, f.default))})" if f.default else ""
            each = get_args(kind)[0]
            read = number(each, range_of(f.metadata)) if each in (int, float) else a_name
            several: dict = dict(nargs="+", action=Several, type=read, metavar=f.name.upper().rstrip("S"))
            if get_origin(each) is Literal:
                several |= dict(choices=get_args(each), metavar=None)
            parser.add_argument(flag, default=f.default, help=help + shown, **several)
        elif kind is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=f.default, help=help)
        elif get_origin(kind) is Literal:
            parser.add_argument(flag, choices=get_args(kind), default=f.default, help=help + shown)
        elif kind in (int, float):
            parser.add_argument(flag, type=number(kind, range_of(f.metadata)), default=f.default, help=help + shown)
        else:
            parser.add_argument(flag, type=a_name if kind is str else kind, default=f.default, help=help + shown)


class Several(argparse.Action):
    """The words of an option as a tuple; if the option is given twice, those of both."""

    def __call__(self, parser, namespace, values, option_string=None):
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, (*(() if before is self.default else before), *values))


def command_of(words: str, config, without: tuple[str, ...] = (), extra: tuple[str, ...] = ()) -> str:
    """The command line that gives a config, quoted for a shell.

    Args:
        words: the program, such as "crossmodal train texture".
        config: a dataclass of options; those left at their defaults are not named.
        without: fields that are not named either, such as where the data lie.
        extra: further words to end with, such as ("--results", "figures.json").
    """
    return words + as_options(config, without) + "".join(f" {shlex.quote(word)}" for word in extra)


def as_options(config, without: tuple[str, ...] = ()) -> str:
    """The options of `command_of`, each with a space before it."""
    named = [f for f in fields(config) if f.name not in without and getattr(config, f.name) != f.default]
    return "".join(as_option(f.name, getattr(config, f.name)) for f in named)


def flag_of(name: str) -> str:
    """The option of a field: "data_dir" -> "--data-dir"."""
    return "--" + name.replace("_", "-")


def as_option(name: str, value) -> str:
    """An option with its value, quoted for a shell, with a space before it.

    Raises:
        ValueError: the value is None or empty.
    """
    flag = flag_of(name)
    if isinstance(value, bool):
        return f" {flag if value else flag.replace('--', '--no-', 1)}"
    if value is None or value == ():
        raise ValueError(f"{flag} cannot be {value}: there are no words for it.")
    words = [str(word) for word in (value if isinstance(value, tuple) else (value,))]
    if any(word.startswith("-") for word in words):  # such a word alone would be taken for an option
        return "".join(f" {flag}={shlex.quote(word)}" for word in words)
    return f" {flag} {shlex.join(words)}"


def seed_number(text: str) -> int:
    """The type of an option that is a whole number from 0 to 2^32 - 1, as seeds are."""
    return int(whole_number(0, 2**32 - 1)(text))


def add_guidance(parser: argparse.ArgumentParser) -> None:
    """The option of commands that draw, for models that have such a dial, see `crossmodal.drawing.set_guidance`."""
    help = "of a flow: 1 draws as it learned, more draws clearer and less varied (the model's)"
    parser.add_argument("--guidance", type=number(float, Range(least=0, most=100)), metavar="G", help=help)


def add_recipe(parser: argparse.ArgumentParser, work, config_class, workdir: str | None = None) -> None:
    """The options of an experiment, and `run`, which calls work(config, arguments) with what was parsed.

    Args:
        work: called with an instance of `config_class` and all other arguments, `workdir` among them.
        config_class: a frozen dataclass whose fields all have defaults.
        workdir: default folder of the run; no such option if None.
    """
    add_options(parser, config_class)
    if workdir:
        parser.add_argument("--workdir", type=a_path, default=Path(workdir), help="folder of the run (%(default)s)")

    def run(arguments):
        config = config_class(**{f.name: getattr(arguments, f.name) for f in fields(config_class)})
        return work(config, arguments)

    parser.set_defaults(run=run, stopped="Stopped: the same command continues where it was.")


def run_recipe(work, config_class, description: str, argv=None, *, workdir: str | None = None, extra=None) -> int:
    """The main of a recipe; returns its exit code, see `run_command`.

    Args:
        work, config_class, workdir: see `add_recipe`.
        description: shown above the options.
        argv: the arguments, those of the process if None.
        extra: a function that adds options of its own to the parser.
    """
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=description, formatter_class=layout, allow_abbrev=False)
    add_recipe(parser, work, config_class, workdir)
    if extra:
        extra(parser)
    return run_command(parser.parse_args(argv))


def run_command(arguments: argparse.Namespace) -> int:
    """Call `arguments.run(arguments)`, with TensorFlow kept quiet, or not imported where `needs_tensorflow` is False.

    Returns:
        the exit code: what `run` returns or 0, 2 after an error of this package or of a file, which is told in its own
        sentence, 130 after Ctrl-C, 143 after SIGTERM.
    """
    from crossmodal.app.recipe.making import recipe_from

    try:
        with sigterm_as_interrupt(), keras_as_needed(), all_written():
            prepare_surroundings()
            if workdir := getattr(arguments, "workdir", None):
                check_folder(workdir)
            return carry_out(arguments, partial(recipe_from, arguments))
    except BrokenPipeError:
        return 2
    except (CrossmodalError, OSError, MemoryError) as error:
        from crossmodal.training.runs import forget_unbegun_runs

        forget_unbegun_runs()
        print(printable(sentence_of(error)), file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        where = f"Stopped {stop.args[0]}: the same command continues." if stop.args else None
        print(f"\n{where or getattr(arguments, 'stopped', 'Stopped.')}", file=sys.stderr)
        return 143 if isinstance(stop, Terminated) else 130


def carry_out(arguments: argparse.Namespace, recipe: Callable[[], dict]) -> int:
    """Call `arguments.run(arguments)`; what it writes holds the recipe. Returns the exit code."""
    from crossmodal.app.recipe.making import RESULTS, results_of
    from crossmodal.runtime.recipe import making

    if getattr(arguments, "needs_tensorflow", True):
        import_tensorflow()
    writes = hasattr(arguments, "parser") and any(hasattr(arguments, name) for name in RESULTS)
    with making(recipe, partial(results_of, arguments)) if writes else contextlib.nullcontext():
        return arguments.run(arguments) or 0


def sentence_of(error: Exception) -> str:
    """What a command says of an error."""
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return f"There is no room for {error.filename or 'a file'} on its disk: make some, then repeat the command."
    if isinstance(error, OSError) and error.filename and error.strerror and not isinstance(error, CrossmodalError):
        return f"{os.fsdecode(error.filename)} cannot be used ({error.strerror}): choose another file or folder."
    if isinstance(error, MemoryError):
        return "There is not enough memory for this: choose smaller numbers, or a machine that has more."
    return str(error) or f"The command ended with {type(error).__name__}."
