"""Write how presets are computed without TensorFlow, NAME.layers.json in crossmodal/presets, anew.

    python recipes/preset_layers.py

`make_preset.py` does it for a new preset. Run this where a network's code or `crossmodal/models/light` has changed.
"""

import argparse
import sys

from crossmodal import presets
from crossmodal.app.options import run_command


def run(arguments) -> None:
    from crossmodal.saving.keras_file import load_preset
    from crossmodal.saving.light import TWINS, write_layers

    for name in arguments.names:
        if presets.read_card(name)["class"] in TWINS:
            weights = presets.FOLDER / f"{name}.npz"
            write_layers(load_preset(name), weights)
            print(presets.layers_file(weights))


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", default=presets.preset_names(), help="of presets (all)")
    parser.set_defaults(run=run)
    return run_command(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
