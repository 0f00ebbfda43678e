"""Train a network that finds the words in strings of digits without pauses, then measure it.

    python recipes/train_transcriber.py                                  # embedded data, no download
    python recipes/train_transcriber.py --data speech-commands --train-also fsdd

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.train_transcriber import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/transcriber")


if __name__ == "__main__":
    sys.exit(main())
