"""crossmodal-evaluate: the scores from the command line, as a table and as JSON.

crossmodal-evaluate agreement runs/vae/model.keras --data fsdd-mnist --json agreement.json
crossmodal-evaluate diversity runs/vae/model.keras --data fsdd-mnist --json diversity.json
crossmodal-evaluate texture reference.wav synthesis.wav

The same as `crossmodal evaluate`.
"""

import os
import sys

if __name__ == "__main__":  # `python -m` looks in the working directory first, where a crossmodal.py may lie
    OWN = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if not sys.flags.safe_path and os.path.realpath(sys.path[0] or ".") != OWN:
        del sys.path[0]

import argparse

from crossmodal.errors import CrossmodalError
from crossmodal.runtime.own_modules import leave_out_working_directory
from crossmodal.runtime.systems import check_system


def main(argv=None) -> int:
    if argv is None:
        leave_out_working_directory()
    try:
        check_system()
    except CrossmodalError as error:
        print(error, file=sys.stderr)
        return 2
    from crossmodal.app.commands.evaluate import add_arguments
    from crossmodal.app.options import run_command
    from crossmodal.app.parsing import Parser

    parser = Parser(
        prog="crossmodal-evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    return run_command(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
