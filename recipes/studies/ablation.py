"""What each part of `balanced` is worth: the same short training with one part changed at a time.

    python recipes/studies/ablation.py --data fsdd-mnist

Each run has a folder of its own below --workdir; finished ones are not run again. Writes results/ablation.json,
and beside the runs a report.html on all of them.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments import train_vae_gan
from crossmodal.app.options import option, run_recipe
from crossmodal.app.sweeps.members import sweep
from crossmodal.app.sweeps.shards import add_shares

RESULTS = Path(__file__).parents[1] / "results"
CHANGES = {
    "balanced": {},
    "no reconstruction": {"alpha": 0.0},
    "reconstruction in nats": {"reconstruction": "bernoulli", "alpha": 0.05},
    "discriminator sees the image alone": {"conditional": False, "mismatch": 0.0},
    "no wrong sounds": {"mismatch": 0.0},
    "discriminator sees 22 of 28 rows and columns": {"whole_image": False},
    "no R1": {"r1": 0.0},
    "no clipping": {"clip_norm": 0.0},
    "no average": {"average": 0.0},
}


@dataclass(frozen=True)
class Config(train_vae_gan.Config):
    model: Literal["balanced"] = option("balanced", "the model")
    epochs: int = option(2, "epochs of each run", least=1, most=99_999)


def members(config: Config) -> dict:
    """The runs by name, each with the function that runs it."""
    base = train_vae_gan.with_defaults(train_vae_gan.Config(**vars(config)))
    return {name: (train_vae_gan.run, replace(base, **change)) for name, change in CHANGES.items()}


def work(config: Config, arguments) -> None:
    sweep("ablation.py", members(config), config, arguments, RESULTS / "ablation.json", cas_steps=0)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/ablation", extra=add_shares)


if __name__ == "__main__":
    sys.exit(main())
