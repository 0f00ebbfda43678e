"""What recognisability costs in variety: VAE-GANs of several alphas beside the VAE, `balanced` and real images.

    python recipes/studies/alpha_frontier.py --data fsdd-mnist

alpha weighs the reconstruction; at 0 a plain GAN is left. The VAE-GANs of the sweep are the paper's made narrow
(`--model narrow`), for speed. Each run has a folder of its own below --workdir; finished ones are not run again, so
a sweep that was killed continues where it was. Writes
results/alpha_frontier.json, and beside the runs frontier.png and a report.html on all of them.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments import train_vae, train_vae_gan
from crossmodal.app.options import option, run_recipe
from crossmodal.app.sweeps.members import agreement_of, sweep
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.catalog import LOCATIONS
from evaluation.diversity_figures import DiversitySummary

RESULTS = Path(__file__).parents[1] / "results"
ALPHAS = (0.0, 0.05, 0.2, 1.0, 5.0)


@dataclass(frozen=True)
class Config(train_vae_gan.Config):
    model: Literal["narrow", "paper"] = option("narrow", "the sweep's model")


def members(config: Config) -> dict:
    """The runs by name, each with the function that runs it."""
    narrow = train_vae_gan.Config(**vars(config))
    names = (*LOCATIONS, "data", "protocol", "held_out_speaker", "seed", "deterministic")
    shared = {name: getattr(config, name) for name in names}
    return {f"alpha-{alpha:g}": (train_vae_gan.run, replace(narrow, alpha=alpha)) for alpha in ALPHAS} | {
        "vae": (train_vae.run, train_vae.Config(**shared)),
        "balanced": (train_vae_gan.run, train_vae_gan.Config(**shared)),
    }


def save_frontier(path: Path, runs: dict[str, dict]) -> None:
    """Agreement against within-clip diversity at sampled z, real images at (1, their agreement)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    ax = figure.subplots()
    points = {
        name: (DiversitySummary.from_json(run["diversity"]).within_clip, agreement_of(run).sampled_z.accuracy)
        for name, run in runs.items()
    }
    sweep = [point for name, point in points.items() if "alpha" in name]
    ax.plot(*zip(*sweep, strict=True), "o-", color="tab:blue", label="VAE-GAN")
    for name, point in points.items():
        if "alpha" not in name:
            label, color = {"vae": ("VAE", "tab:green")}.get(name, (name, "tab:orange"))
            ax.plot(*point, "s", label=label, color=color)
        else:
            ax.annotate(name.replace("-", " "), point, textcoords="offset points", xytext=(6, -10), fontsize=8)
    ax.plot(1, agreement_of(next(iter(runs.values()))).real_test_images, "k*", markersize=12, label="real images")
    ax.axhline(0.1, color="gray", linestyle=":", linewidth=1)
    ax.set(xlabel="diversity within a clip, ratio to real images", ylabel="agreement at sampled z", ylim=(0, 1.03))
    ax.legend(loc="center", fontsize=8)
    figure.savefig(path, dpi=110)


def work(config: Config, arguments) -> None:
    results = RESULTS / "alpha_frontier.json"
    sweep("alpha_frontier.py", members(config), config, arguments, results, draw=save_frontier)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/alpha-frontier", extra=add_shares)


if __name__ == "__main__":
    sys.exit(main())
