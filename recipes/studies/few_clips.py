"""Does an encoder that has listened before need fewer clips? Each start at each number of aligned clips.

    python recipes/studies/few_clips.py --data fsdd-mnist --find-word

Takes the options of `crossmodal train vae`. Of the training clips so many of each digit and speaker are aligned with
images, drawn several times. What an encoder starts from has heard the others too, or the people of Speech Commands; it
goes on learning, or is frozen and its heads learn. No label was needed for that, but `supervised` has learned to draw
other people's digits, by their classes, and `correspondence` which of their sounds and images belong together.

First come the pre-trainings, each in a folder below pretrained, then the trainings; finished ones are not run again, so
the same command continues where it was stopped. Writes results/few_clips.json, and beside the runs few_clips.png, the
curves.

An interval is Student's over the draws of the clips; all have the same test clips.
"""

import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments import pretraining, train_correspondence, train_vae
from crossmodal.app.options import as_options, run_recipe, whole_number
from crossmodal.app.sweeps.members import agreement_of, all_finished, mean_of, publish, read_members, run_members
from crossmodal.app.sweeps.shards import add_shares, share_out
from crossmodal.data.catalog import LOCATIONS
from crossmodal.errors import CrossmodalError

RESULTS = Path(__file__).parents[1] / "results"
DATA = ("data_dir", "archives", "speech_commands_dir")
ALIGNED = {"correspondence": train_correspondence, "supervised": train_vae}  # methods that know pairs of other people
EPOCHS = 4  # of these
AMOUNTS = (1, 2, 5, 10, 45)  # clips of each digit and speaker; 45 are all
DRAWS = 5
OPTIONS = {  # of the pre-trainings by method and voices, beside their defaults
    ("contrastive", "same"): {"batch_size": 128, "epochs": 60},
    ("contrastive", "other"): {"batch_size": 128, "epochs": 20},
    ("stacked", "other"): {"epochs": 10, "fine_epochs": 10},
}


@dataclass(frozen=True)
class Start:
    """What an encoder starts from: random numbers, if no `method`."""

    encoder: Literal["dense", "convolutional"]
    method: str | None = None  # of recipes/pretrain.py, or "correspondence" or "supervised"
    voices: Literal["same", "other"] = "same"
    frozen: bool = False  # whether the heads alone go on learning


def both(name: str, start: Start) -> dict[str, Start]:
    """A start that goes on learning, and one that stays as it is."""
    return {name: start, f"{name}-frozen": replace(start, frozen=True)}


STARTS = {
    "convolutional": Start("convolutional"),
    **both("contrastive", Start("convolutional", "contrastive")),
    **both("contrastive-others", Start("convolutional", "contrastive", "other")),
    **both("correspondence-others", Start("convolutional", "correspondence", "other")),
    **both("supervised-others", Start("convolutional", "supervised", "other")),
    "dense": Start("dense"),
    **{name: Start("dense", name) for name in ("rbm", "sparse", "denoising")},  # of one layer: the second learns
    **both("stacked", Start("dense", "stacked")),
    **both("deep-belief", Start("dense", "deep-belief")),
    **both("deep-autoencoder", Start("dense", "deep-autoencoder")),
    **both("stacked-others", Start("dense", "stacked", "other")),
}


def pretrainings(config: train_vae.Config, names, workdir: Path) -> dict:
    """Jobs by name, see `share_out`: what the starts of these names need."""
    jobs = {}
    for name in dict.fromkeys(name.removesuffix("-frozen") for name in names if STARTS[name].method):
        start, folder = STARTS[name], workdir / "pretrained" / name
        options = {key: getattr(config, key) for key in (*DATA, "find_word", "seed")} | {"encoder": start.encoder}
        others = {"data": "speech-commands-mnist", "protocol": "speakers"}
        options |= others if start.voices == "other" else {"data": config.data, "protocol": "random"}
        if start.method in ALIGNED:
            experiment = ALIGNED[start.method]
            job = partial(experiment.run, experiment.Config(**options, epochs=EPOCHS), folder)
        else:
            options |= {"side": "sounds", **OPTIONS.get((start.method, start.voices), {})}
            job = partial(pretraining.run, start.method, pretraining.Config(**options), folder)
        jobs[name] = (folder, job)
    return jobs


def members(config: train_vae.Config, names, amounts, workdir: Path) -> dict:
    """The runs by name, such as contrastive-2-draw0, each with the function that runs it."""
    found = {}
    for amount in amounts:
        for name in names:
            start = STARTS[name]
            options: dict = {"encoder": None if start.encoder == "convolutional" else start.encoder}
            if start.method:
                folder = workdir / "pretrained" / name.removesuffix("-frozen")
                options |= {"initial_weights": str(folder), "freeze_encoder": start.frozen}
            for draw in range(1 if amount == max(AMOUNTS) else DRAWS):
                drawn = {"clips_per_speaker": amount, "clips_seed": draw}
                found[f"{name}-{amount}-draw{draw}"] = (train_vae.run, replace(config, **options, **drawn))
    return found


def curves_of(runs: dict[str, dict]) -> dict[str, dict]:
    """Start -> {clips: agreement at the posterior mean, mean over the draws}."""
    found: dict[str, dict] = {}
    for name, run in runs.items():
        start, amount, _ = name.rsplit("-", 2)
        found.setdefault(start, {}).setdefault(int(amount), []).append(agreement_of(run).posterior_mean.accuracy)
    return {start: {n: mean_of(values) for n, values in curve.items()} for start, curve in found.items()}


def save_picture(path: Path, curves: dict[str, dict]) -> None:
    """Agreement against the number of aligned clips, a line for each start, dense encoders dashed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 5.2), layout="constrained")
    ax = figure.subplots()
    for i, (name, curve) in enumerate(curves.items()):
        amounts = sorted(curve)
        style = "--" if STARTS[name].encoder == "dense" else "-"
        means = [curve[n]["mean"] for n in amounts]
        ax.plot(amounts, means, style, marker="o", markersize=4, color=f"C{i % 10}", label=name)
    ax.set(xscale="log", xlabel="aligned clips of each digit and speaker", ylabel="agreement at the posterior mean")
    ax.set_xticks(AMOUNTS, map(str, AMOUNTS), minor=False)
    ax.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def work(config: train_vae.Config, arguments) -> None:
    if config.encoder or config.initial_weights or config.clips_per_speaker:
        raise CrossmodalError("The study chooses encoders, starts and clips itself: leave their options out.")
    jobs = pretrainings(config, arguments.starts, arguments.workdir)
    share_out(jobs, arguments)
    if not all_finished(jobs, arguments.workdir / "pretrained"):
        return
    runs = members(config, arguments.starts, arguments.clips, arguments.workdir)
    run_members(runs, arguments, diversity=False)
    if figures := read_members(runs, arguments.workdir, diversity=False):
        curves = curves_of(figures)
        save_picture(arguments.workdir / "few_clips.png", curves)
        chosen = "" if arguments.starts == list(STARTS) else f" --starts {' '.join(arguments.starts)}"
        chosen += "" if tuple(arguments.clips) == AMOUNTS else f" --clips {' '.join(map(str, arguments.clips))}"
        chosen += "" if arguments.results == "few_clips.json" else f" --results {arguments.results}"
        command = f"python recipes/studies/few_clips.py{as_options(config, LOCATIONS)}{chosen}"
        publish({"command": command, "curves": curves, "runs": figures}, RESULTS / arguments.results, arguments.workdir)


def extra(parser) -> None:
    add_shares(parser)
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=list(STARTS), help="which starts (all)")
    number = whole_number(1, max(AMOUNTS))
    parser.add_argument("--clips", nargs="+", type=number, default=list(AMOUNTS), help="numbers of clips (%(default)s)")
    parser.add_argument("--results", default="few_clips.json", help="name of the file in recipes/results")


def main(argv=None) -> int:
    return run_recipe(work, train_vae.Config, __doc__, argv, workdir="runs/few-clips", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
