"""One texture of two or more recordings, with weights (thesis, figure 4.5: birds and dogs).

    python recipes/texture_mix.py                                             # two textures that the library makes
    python recipes/texture_mix.py --references birds.wav dogs.wav --weights 1 3

Each recording is learned alone, a run of its own, and one model lets them take turns, each for its weight's share of
the time. With --how average they are brought to one level and joined, each for its share; the networks learn the
average of their statistics and draw one sound that has it. The scores hold each draw against every recording; beside
them stands the share of windows that a classifier hears as each.
"""

import sys

from crossmodal.app.experiments.texture_mix import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/texture-mix")


if __name__ == "__main__":
    sys.exit(main())
