"""crossmodal-evaluate: the scores from the command line, as a table and as JSON.

crossmodal-evaluate agreement runs/vae/model.keras --data fsdd-mnist --json agreement.json
crossmodal-evaluate diversity runs/vae/model.keras --data fsdd-mnist --json diversity.json
crossmodal-evaluate texture reference.wav synthesis.wav

The same as `crossmodal evaluate`.
"""

import argparse
import sys

from crossmodal.app.commands.evaluate import add_arguments
from crossmodal.app.options import run_command


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(
        prog="crossmodal-evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    return run_command(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
