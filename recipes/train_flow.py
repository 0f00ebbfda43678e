"""Train a flow that hears a spoken digit and draws it, then measure it.

    python recipes/train_flow.py                                     # embedded data, no download
    python recipes/train_flow.py --data fsdd-mnist

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.train_flow import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/flow")


if __name__ == "__main__":
    sys.exit(main())
