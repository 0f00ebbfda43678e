"""Train a VAE-GAN that hears a spoken digit and draws it in many hands, then measure it.

    python recipes/train_vae_gan.py                                           # embedded data, no download
    python recipes/train_vae_gan.py --data fsdd-mnist --model paper           # the paper's 7,909,382 parameters
    python recipes/train_vae_gan.py --data fsdd-mnist --model balanced

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.train_vae_gan import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/vae-gan")


if __name__ == "__main__":
    sys.exit(main())
