"""Generate one modality from another: hear a spoken digit and draw it, learn a sound texture and play it.

  crossmodal draw seven.wav -o drawing.png
  crossmodal texture learn rain.wav -o rain.keras
  crossmodal train vae --data fsdd-mnist

Each command has its own --help. Exit codes: 0, 2 after an error, 130 after Ctrl-C, 143 after SIGTERM.
"""

import sys

if __name__ == "__main__":  # before any other import: `python -m` looks for modules in the working directory first
    from crossmodal.runtime.own_modules import leave_out_working_directory

    leave_out_working_directory()

import argparse

from crossmodal import __version__
from crossmodal.app.commands import COMMANDS, add_commands
from crossmodal.errors import CrossmodalError
from crossmodal.runtime.own_modules import leave_out_working_directory
from crossmodal.runtime.systems import check_system


def build_parser(named: str | None) -> argparse.ArgumentParser:
    """The parser of all commands, see `add_commands`."""
    from crossmodal.app.parsing import Parser

    parser = Parser("crossmodal", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"crossmodal {__version__}")
    add_commands(parser, named)
    return parser


def main(argv=None) -> int:
    if argv is None:
        leave_out_working_directory()
    argv = sys.argv[1:] if argv is None else argv
    try:
        check_system()
    except CrossmodalError as error:
        print(error, file=sys.stderr)
        return 2
    from crossmodal.app.options import run_command

    named = next((word for word in argv if word in COMMANDS), None)
    return run_command(build_parser(named).parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
