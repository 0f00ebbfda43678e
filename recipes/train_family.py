"""Train a model of a family to hear a spoken digit and draw it, then measure it.

    python recipes/train_family.py flow                              # embedded data, no download
    python recipes/train_family.py conditional-vae --data fsdd-mnist

Named without a family it lists them. Takes the options of `crossmodal train FAMILY`. Everything of a run lies in one
folder; the same command continues a run that was stopped.
"""

import sys

from crossmodal.app.experiments.families import FAMILIES
from crossmodal.app.options import run_recipe


def main(argv=None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] not in FAMILIES:
        lines = "\n".join(f"    {name:<18}{family.help}" for name, family in FAMILIES.items())
        print(f"{__doc__}\nFamilies:\n{lines}" if argv[:1] in ([], ["-h"], ["--help"]) else f"Families:\n{lines}")
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    family = FAMILIES[argv[0]]
    return run_recipe(family.work, family.Config, __doc__, argv[1:], workdir=f"runs/{family.name}")


if __name__ == "__main__":
    sys.exit(main())
