"""The subcommands of `crossmodal`, a module each, imported when it is called.

A module's docstring is its `--help`; `add_arguments(parser)` gives it its options and the default `run`, a function
of the parsed arguments that returns the exit code.
"""

from importlib import import_module

COMMANDS = {
    "draw": "hear spoken digits and draw them",
    "say": "see handwritten digits and say them",
    "find": "find images by a sound, or sounds by a picture",
    "texture": "learn a sound texture, play it, mix several",
    "train": "train a model and measure it",
    "evaluate": "score a model or a sound texture",
    "data": "what data there are, where they lie, under which licence",
    "redo": "make again what a command wrote, and compare",
    "export": "write a model for another runtime",
    "report": "a page on a run, or several runs side by side",
    "demo": "a page to speak into",
}


def add_commands(parser, named: str | None) -> None:
    """Give a parser all commands; of these only the one that is named is imported and has its options."""
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for name, help in COMMANDS.items():
        command = subparsers.add_parser(name, help=help, formatter_class=parser.formatter_class)
        if name == named:
            module = import_module(f"{__name__}.{name}")
            command.description = module.__doc__
            module.add_arguments(command)
