"""Train LeNet5 on MNIST, the classifier that scores the drawings.

python recipes/train_lenet5.py                    # downloads MNIST through TFDS
python recipes/train_lenet5.py --archives DIR     # without a network
"""

import sys

from crossmodal.app.experiments.train_lenet5 import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/lenet5")


if __name__ == "__main__":
    sys.exit(main())
