"""Learn one image texture from a picture and draw more of it, or MNIST's digits as patterns of objects.

    python recipes/image_texture.py                                      # a wall of bricks that the library makes
    python recipes/image_texture.py --texture sample:leaves              # of scikit-learn's sample photographs
    python recipes/image_texture.py --texture cloth.png --algorithm descriptor
    python recipes/image_texture.py --texture mnist --workdir runs/digits

Writes samples.png (what was learned from, draws of 64x64 pixels and one of 256x256), curves.png, model.keras and
metrics.json: of a texture whether draws copy the picture, of digits what LeNet5 reads. The same command continues a run
that was stopped.
"""

import json
import sys
from pathlib import Path

from crossmodal.app.experiments import image_texture
from crossmodal.app.experiments.image_texture import LOCATIONS, Config
from crossmodal.app.options import command_of, run_recipe

RESULTS = Path(__file__).parent / "results"


def work(config: Config, arguments) -> None:
    from crossmodal.runtime.files import write_json
    from crossmodal.training.runs import read_metrics

    image_texture.work(config, arguments)
    if arguments.results:
        path = RESULTS / arguments.results
        kept = json.loads(path.read_text()) if path.exists() else {}
        metrics = read_metrics(arguments.workdir) or {}
        command = f"{command_of('python recipes/image_texture.py', config, LOCATIONS)} --results {arguments.results}"
        measured = {"texture": config.texture, "algorithm": config.algorithm, **metrics, "command": command}
        write_json(path, {**kept, f"{config.texture} {config.algorithm}": measured})


def extra(parser) -> None:
    parser.add_argument("--results", help="name of a file in recipes/results, to which the figures are added")


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/image-texture", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
