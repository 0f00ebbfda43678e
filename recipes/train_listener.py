"""Train the classifier of spoken digits that judges sounds, then measure it on people who did not train.

    python recipes/train_listener.py                                  # embedded data, no download
    python recipes/train_listener.py --data speech-commands --train-also fsdd --left-out theo yweweler

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.train_listener import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/listener")


if __name__ == "__main__":
    sys.exit(main())
