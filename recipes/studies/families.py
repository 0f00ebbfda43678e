"""Every family of models on the same pairs, measured alike: what each gives up, recognisability, variety or speed.

    python recipes/studies/families.py --data fsdd-mnist --find-word

Each run has a folder of its own below --workdir; finished runs are not run again, so the same command continues where
it was stopped. All families hear by the residual encoder; other options of a family are its defaults. Not among them
are the joint flow, which has no such encoder, and CycleGAN, which is told no pairs (`unpaired.py`). Writes
results/families.json, and beside the runs families.png, agreement against variety with a curve for each dial that a
model has, a strip of drawings of each family in strips, and a report.html on all of them.
"""

import sys
from dataclasses import fields
from pathlib import Path

from crossmodal.app.experiments import families, train_vae, train_vae_gan
from crossmodal.app.experiments.training_data import load_sources
from crossmodal.app.experiments.training_options import TrainingConfig
from crossmodal.app.options import as_options, run_recipe
from crossmodal.app.sweeps.drawings import curves_of, drawing_seconds, save_strip
from crossmodal.app.sweeps.members import add_splits, agreement_of, once, publish, read_members, run_members, splits_of
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.alignment import split_of
from crossmodal.data.catalog import LOCATIONS
from crossmodal.reader import find_reader
from crossmodal.saving.keras_file import load_model
from crossmodal.sound.front_ends import front_end_from, hear
from evaluation.diversity_figures import DiversitySummary

RESULTS = Path(__file__).parents[1] / "results" / "families.json"
APART = ("joint-flow", "cycle-gan")
FURTHER = {name: family for name, family in families.FAMILIES.items() if name not in APART}
FAMILIES = {"vae": train_vae, "vae-gan": train_vae_gan, **FURTHER}


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


def family_of(run: str) -> str:
    """flow of flow-seed0."""
    return run.rsplit("-", 1)[0]


def compare_drawings(config: TrainingConfig, runs: dict[str, dict], workdir: Path) -> None:
    """Add to each family's first run the milliseconds that a drawing takes and the curves of its dials; save a strip of
    drawings of each family, of the first test clip of each class."""
    speech, images = load_sources(config)
    first: dict[str, str] = {}
    for name in runs:
        first.setdefault(family_of(name), name)
    models = {name: load_model(workdir / name) for name in first.values()}
    one = next(iter(models.values()))
    split = split_of(speech, one.provenance)
    clips = [split.test[speech.labels[split.test] == label][0] for label in range(len(speech.classes))]
    spectrograms = hear([speech.waveforms[i] for i in clips], front_end_from(one.front_end))
    for name, seconds in drawing_seconds(models, spectrograms).items():
        runs[name]["milliseconds_a_drawing"] = 1000 * seconds
    for name, model in models.items():
        save_strip(workdir / "strips" / f"{family_of(name)}.png", model, spectrograms)
        runs[name]["curves"] = once(
            workdir / name / "curves.json",
            lambda model=model, name=name: curves_of(
                model, speech, images, split, find_reader(model.classes, model.image_shape, workdir / name)
            ),
        )


def save_frontier(path: Path, runs: dict[str, dict]) -> None:
    """Agreement against variety within a clip, both at random draws: a point a run, a curve for each dial; real images
    at (1, their agreement)."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 4.8), layout="constrained")
    ax = figure.subplots()
    points: dict[str, list] = {}
    for name, run in runs.items():
        point = (DiversitySummary.from_json(run["diversity"]).within_clip, agreement_of(run).sampled_z.accuracy)
        points.setdefault(family_of(name), []).append(point)
    for i, (name, of) in enumerate(points.items()):
        color = colormaps["tab20"](i % 20)
        ax.plot(*zip(*of, strict=True), "o", label=name, markersize=5, color=color)
        own = [each for of_run, each in runs.items() if family_of(of_run) == name]
        for dial, points_of in ((dial, points) for run in own for dial, points in run.get("curves", {}).items()):
            curve = [(point["within_clip"], point["agreement"]) for point in points_of]
            style = ".-" if dial == "guidance" else ".:"
            ax.plot(*zip(*curve, strict=True), style, linewidth=1, markersize=4, color=color)
    ax.plot(1, agreement_of(next(iter(runs.values()))).real_test_images, "k*", markersize=12, label="real images")
    ax.set(xlabel="variety within a clip, ratio to real images", ylabel="agreement of random draws")
    ax.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def work(config: TrainingConfig, arguments) -> None:
    runs = members(config, arguments.families, arguments.splits)
    run_members(runs, arguments, diversity=True)
    if figures := read_members(runs, arguments.workdir, diversity=True):
        compare_drawings(config, figures, arguments.workdir)
        save_frontier(arguments.workdir / "families.png", figures)
        chosen = "" if arguments.families == list(FAMILIES) else f" --families {' '.join(arguments.families)}"
        command = f"python recipes/studies/families.py{as_options(config, LOCATIONS)}{chosen}"
        command += f" --splits {arguments.splits}" if arguments.splits != 3 else ""
        publish({"command": command, "runs": figures}, RESULTS, arguments.workdir)


def extra(parser) -> None:
    add_shares(parser)
    add_splits(parser, default=3)
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES), help="which (all)")


def main(argv=None) -> int:
    return run_recipe(work, TrainingConfig, __doc__, argv, workdir="runs/families", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
