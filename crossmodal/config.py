"""Command lines from dataclasses: a recipe's Config is its only list of options.

Each field is one option, its type and default are the option's, and `option(default, help)` gives the text.
"""

import argparse
import types
from dataclasses import MISSING, field, fields
from typing import Literal, Union, get_args, get_origin, get_type_hints


def option(default, help):
    """A dataclass field with a line of help for the command line."""
    return field(default=default, metadata={"help": help})


def add_options(parser: argparse.ArgumentParser, config_class) -> None:
    """One `--option` for each field; booleans become `--option/--no-option`."""
    hints = get_type_hints(config_class)
    for f in fields(config_class):
        flag, help = "--" + f.name.replace("_", "-"), f.metadata.get("help", "")
        assert f.default is not MISSING, f"{config_class.__name__}.{f.name} needs a default"
        kind = hints[f.name]
        if get_origin(kind) in (Union, types.UnionType):  # str | None
            kind = next(k for k in get_args(kind) if k is not type(None))
        if kind is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=f.default, help=help)
        elif get_origin(kind) is Literal:
            parser.add_argument(flag, choices=get_args(kind), default=f.default, help=f"{help} (%(default)s)")
        else:
            shown = "" if f.default is None else " (%(default)s)"
            parser.add_argument(flag, type=kind, default=f.default, help=f"{help}{shown}")


def parse(config_class, description: str, argv=None, extra=None):
    """The config that a command line describes.

    Args:
        config_class: a frozen dataclass whose fields all have defaults.
        description: shown above the options.
        argv: the arguments, those of the process if None.
        extra: a function that adds options of its own to the parser.

    Returns:
        the config, and the namespace of the extra options.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, config_class)
    if extra:
        extra(parser)
    arguments = vars(parser.parse_args(argv))
    config = config_class(**{f.name: arguments.pop(f.name) for f in fields(config_class)})
    return config, argparse.Namespace(**arguments)
