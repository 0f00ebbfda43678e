"""Learn from images or sounds of digits without labels, and save what was learned and pictures of it.

    python recipes/pretrain.py rbm                                     # embedded data, no download
    python recipes/pretrain.py rbm --data fsdd-mnist --only two        # tries to see every image as a 2
    python recipes/pretrain.py convolutional --data fsdd-mnist --side sounds

Named without a method it lists them. A run's folder holds model.keras, its figures, and pictures of its first features,
of what it makes of held-out examples, and of samples.
"""

import sys

from crossmodal.app.experiments.pretraining import METHODS, Config, work_of
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] not in METHODS:
        lines = "\n".join(f"    {name:<18}{help}" for name, help in METHODS.items())
        print(f"{__doc__}\nMethods:\n{lines}" if argv[:1] in ([], ["-h"], ["--help"]) else f"Methods:\n{lines}")
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    return run_recipe(work_of(argv[0]), Config, __doc__, argv[1:], workdir=f"runs/{argv[0]}")


if __name__ == "__main__":
    sys.exit(main())
