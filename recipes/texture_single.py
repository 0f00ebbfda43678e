"""Learn one sound texture and play it: train cooperative networks on one recording, write draws, pictures and scores.

    python recipes/texture_single.py                                # rain that the library makes, no recording needed
    python recipes/texture_single.py --reference fire.wav --duration-s 10
    python recipes/texture_single.py --reference fire.wav --preset thesis

Writes draw_N.wav (the generator's draws, revised by the descriptor's Langevin chain), generator_N.wav (the same draws
before), spectrograms.png, waveforms.png, curves.png, model.keras and metrics.json, where each draw has its score and
its copy report. The same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.texture_single import Config, work
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/texture")


if __name__ == "__main__":
    sys.exit(main())
