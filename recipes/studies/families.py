"""Every family of models on the same pairs, measured alike: what each gives up, recognisability, variety or speed.

    python recipes/studies/families.py --data fsdd-mnist --find-word

Each run has a folder of its own below --workdir; finished runs are not run again, so the same command continues where
it was stopped. All families hear by the residual encoder (the joint flow, which has none, is not among them); other
options of a family are its defaults. Writes
results/families.json, and beside the runs families.png, agreement against variety, and a report.html on all of them.
"""

import sys
from dataclasses import fields
from pathlib import Path

from crossmodal.app.experiments import families, train_vae, train_vae_gan
from crossmodal.app.experiments.audio_to_image import TrainingConfig
from crossmodal.app.options import as_options, run_recipe, whole_number
from crossmodal.app.sweeps.members import agreement_of, publish, read_members, run_members, splits_of
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.catalog import LOCATIONS
from evaluation.diversity_figures import DiversitySummary

RESULTS = Path(__file__).parents[1] / "results" / "families.json"
FAMILIES = {"vae": train_vae, "vae-gan": train_vae_gan, **families.FAMILIES}
del FAMILIES["joint-flow"]


def member_config(experiment, config: TrainingConfig) -> TrainingConfig:
    """The options of a family: its defaults, those that were given in their place, and the encoder of all."""
    plain = TrainingConfig()
    given = {f.name: getattr(config, f.name) for f in fields(config)}
    given = {name: value for name, value in given.items() if value != getattr(plain, name)}
    return experiment.Config(**{"encoder": "residual", **given})


def members(config: TrainingConfig, names, splits: int) -> dict:
    """The runs by name, such as flow-seed0, each with the function that runs it."""
    found = {}
    for name in names:
        experiment = FAMILIES[name]
        for split, member in splits_of(member_config(experiment, config), splits).items():
            found[f"{name}-{split}"] = (experiment.run, member)
    return found


def save_frontier(path: Path, runs: dict[str, dict]) -> None:
    """Agreement against variety within a clip, both at random draws, a point a run; real images at (1, their
    agreement)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 4.8), layout="constrained")
    ax = figure.subplots()
    points: dict[str, list] = {}
    for name, run in runs.items():
        point = (DiversitySummary.from_json(run["diversity"]).within_clip, agreement_of(run).sampled_z.accuracy)
        points.setdefault(name.rsplit("-", 1)[0], []).append(point)
    for name, of in points.items():
        ax.plot(*zip(*of, strict=True), "o", label=name, markersize=5)
    ax.plot(1, agreement_of(next(iter(runs.values()))).real_test_images, "k*", markersize=12, label="real images")
    ax.set(xlabel="variety within a clip, ratio to real images", ylabel="agreement of random draws")
    ax.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def work(config: TrainingConfig, arguments) -> None:
    runs = members(config, arguments.families, arguments.splits)
    run_members(runs, arguments, diversity=True)
    if figures := read_members(runs, arguments.workdir, diversity=True):
        save_frontier(arguments.workdir / "families.png", figures)
        chosen = "" if arguments.families == list(FAMILIES) else f" --families {' '.join(arguments.families)}"
        command = f"python recipes/studies/families.py{as_options(config, LOCATIONS)}{chosen}"
        command += f" --splits {arguments.splits}" if arguments.splits != 3 else ""
        publish({"command": command, "runs": figures}, RESULTS, arguments.workdir)


def extra(parser) -> None:
    add_shares(parser)
    parser.add_argument("--splits", type=whole_number(1, 100), default=3, help="random divisions (%(default)s)")
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), help="which (all)")


def main(argv=None) -> int:
    return run_recipe(work, TrainingConfig, __doc__, argv, workdir="runs/families", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
