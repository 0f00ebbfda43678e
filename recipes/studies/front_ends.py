"""What a model hears, measured alike: log-mel spectrograms, and filters that are learned on the waveform.

    python recipes/studies/front_ends.py --data fsdd-mnist --epochs 2

Takes the options of `crossmodal train vae`, by which one model is trained for each front end: `log-mel`; `fourier`,
filters on the waveform that start as Fourier bases; `random`, the same from random numbers. Each run has a folder of
its own below --workdir; finished runs are not run again. Writes results/front_ends.json, and beside the runs
filters.png, or the file of --picture: the filters that were learned, in the order of their centre frequencies.

An interval is that of the runs' test clips: it says nothing of other seeds.
"""

import sys
from dataclasses import replace
from pathlib import Path

from crossmodal.app.experiments import train_vae
from crossmodal.app.options import as_options, run_recipe
from crossmodal.app.sweeps.members import agreement_of, publish, read_members, run_members
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.catalog import LOCATIONS
from crossmodal.errors import CrossmodalError

RESULTS = Path(__file__).parents[1] / "results" / "front_ends.json"
STARTS = ("fourier", "random")


def members(config: train_vae.Config) -> dict:
    """The runs by name, each with the function that runs it."""
    waveforms = {start: replace(config, front_end="waveform", filters=start) for start in STARTS}
    return {name: (train_vae.run, member) for name, member in {"log-mel": config, **waveforms}.items()}


def save_picture(workdir: Path, path: Path) -> None:
    """The filters of both runs that have some."""
    from crossmodal.app.pictures.filters import filters_of, save_filters
    from crossmodal.saving.keras_file import load_model

    models = {start: load_model(workdir / start) for start in STARTS}
    banks = {f"from {name}": filters_of(model) for name, model in models.items()}
    save_filters(path, banks, models["fourier"].front_end["sample_rate"])


def work(config: train_vae.Config, arguments) -> None:
    if config.front_end != "log-mel" or config.filters != "fourier":
        raise CrossmodalError("The study takes each front end: leave out --front-end and --filters.")
    runs = members(config)
    run_members(runs, arguments, diversity=False)
    if figures := read_members(runs, arguments.workdir, diversity=False):
        for name, run in figures.items():
            found = agreement_of(run).posterior_mean
            low, high = found.interval_95
            print(f"{name:<10}{found.accuracy:.1%} ({low:.1%} to {high:.1%}), {run['parameters']:,} parameters")
        save_picture(arguments.workdir, arguments.picture or arguments.workdir / "filters.png")
        command = f"python recipes/studies/front_ends.py{as_options(config, LOCATIONS)}"
        publish({"command": command, "runs": figures}, RESULTS, arguments.workdir)


def extra(parser) -> None:
    add_shares(parser)
    parser.add_argument("--picture", type=Path, help="PNG of the filters (filters.png below --workdir)")


def main(argv=None) -> int:
    return run_recipe(work, train_vae.Config, __doc__, argv, workdir="runs/front-ends", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
