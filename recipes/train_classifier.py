"""Train LeNet5, the classifier that reads the drawings, on MNIST or on your own images, then measure it.

    python recipes/train_classifier.py
    python recipes/train_classifier.py --data folders --images-dir I

Everything of a run lies in one folder; the same command continues a run that was stopped. To let it read what a model
of your own classes draws, pass it by --reader, or put its model.keras beside that model as reader.keras.
"""

import sys

from crossmodal.app.experiments.train_classifier import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/classifier")


if __name__ == "__main__":
    sys.exit(main())
