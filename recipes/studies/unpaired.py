"""Sounds and images without pairs: does a CycleGAN find out by itself which sounds are one digit?

    python recipes/studies/unpaired.py --data fsdd-mnist

Each run has a folder of its own below --workdir; finished ones are not run again. Which digit a sound becomes is free,
so beside agreement stands that by the best permutation of the digits, chosen on validation clips and scored on test
clips. Writes results/unpaired.json, and beside the runs a report.html.
"""

import sys
from pathlib import Path

from crossmodal.app.experiments.families import FAMILIES
from crossmodal.app.experiments.training_data import load_sources
from crossmodal.app.options import as_options, run_recipe
from crossmodal.app.sweeps.members import KEPT, add_splits, all_finished, publish, run_members, splits_of
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.alignment import split_of
from crossmodal.data.catalog import LOCATIONS
from crossmodal.reader import find_reader
from evaluation.permuted import as_table, measure_permuted

RESULTS = Path(__file__).parents[1] / "results" / "unpaired.json"
FAMILY = FAMILIES["cycle-gan"]


def measure(config, folder: Path) -> dict:
    """What is kept of a finished run: its size, and agreement as it is and by the best permutation."""
    from crossmodal.saving.keras_file import load_model
    from crossmodal.training.runs import read_metrics

    model, metrics = load_model(folder), read_metrics(folder) or {}
    speech, _ = load_sources(config)
    reader = find_reader(model.classes, model.image_shape, folder)
    measured = measure_permuted(model, speech, split_of(speech, model.provenance), reader=reader, seed=config.seed)
    print(as_table(measured, speech.classes))
    return {name: metrics[name] for name in KEPT} | measured.to_json()


def work(config, arguments) -> None:
    runs = {name: (FAMILY.run, member) for name, member in splits_of(config, arguments.splits).items()}
    run_members(runs, arguments, diversity=False)
    if not all_finished(runs, arguments.workdir):
        return
    figures = {name: measure(member, arguments.workdir / name) for name, (_, member) in runs.items()}
    command = f"python recipes/studies/unpaired.py{as_options(config, LOCATIONS)}"
    command += f" --splits {arguments.splits}" if arguments.splits != 1 else ""
    publish({"command": command, "runs": figures}, RESULTS, arguments.workdir)


def extra(parser) -> None:
    add_shares(parser)
    add_splits(parser, default=1)


def main(argv=None) -> int:
    return run_recipe(work, FAMILY.Config, __doc__, argv, workdir="runs/unpaired", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
