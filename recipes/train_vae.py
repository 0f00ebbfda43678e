"""Train a VAE that hears a spoken digit and draws it, then measure it.

    python recipes/train_vae.py                                      # embedded data, compact model, no download
    python recipes/train_vae.py --data fsdd-mnist --model paper      # the paper's data and model
    python recipes/train_vae.py --data folders --sounds-dir S --images-dir I

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.train_vae import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/vae")


if __name__ == "__main__":
    sys.exit(main())
