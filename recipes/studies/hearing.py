"""What each change of the training recordings is worth to strangers: the same training with one left out at a time.

    python recipes/studies/hearing.py --noise recorded

Trains on Speech Commands and measures agreement by condition on its validation speakers. Each run has a folder of its
own below --workdir; finished ones are not run again. `--processes N` runs N at once, `--shard I/N` one machine's share
of them. Writes results/hearing.json, and beside the runs a report.html on all of them.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments import train_vae
from crossmodal.app.options import as_options, option, run_recipe
from crossmodal.app.sweeps.members import publish
from crossmodal.app.sweeps.shards import Jobs, add_shares, share_out
from crossmodal.data.catalog import LOCATIONS
from crossmodal.data.variants import CHANGES

RESULTS = Path(__file__).parents[1] / "results"
MEASURED = "conditions.json"  # of a run, in its folder


@dataclass(frozen=True)
class Config(train_vae.Config):
    data: Literal["speech-commands-mnist"] = option("speech-commands-mnist", "which sounds and images")
    protocol: Literal["speakers"] = option("speakers", "how the clips are divided")
    epochs: int = option(12, "epochs of each run", least=1, most=99_999)
    find_word: bool = option(True, "take of each recording the word in it alone")
    variants: int = option(4, "recordings made of each training clip in noise and rooms", least=1, most=100)


def members(config: Config) -> dict[str, train_vae.Config]:
    """The runs by name: with all changes, with one left out, and with none of a kind."""
    base = train_vae.Config(**vars(config))
    left_out = {f"no {change}": replace(base, without=(change,)) for change in CHANGES}
    return {
        "all": base,
        **left_out,
        "no variants": replace(base, variants=0),
        "no changes of spectrograms": replace(base, augment=0.0),
        "the whole clip, not its word": replace(base, find_word=False),
    }


def run_member(config: train_vae.Config, folder: Path) -> None:
    """Train, and measure by condition, what has not been."""
    from crossmodal.app.experiments.training_data import load_sources
    from crossmodal.data import noises
    from crossmodal.data.alignment import split_of
    from crossmodal.runtime.files import write_json
    from crossmodal.saving.keras_file import load_model
    from evaluation.conditions import measure_conditions

    train_vae.run(config, folder)
    if not (folder / MEASURED).exists():
        model = load_model(folder)
        speech, _ = load_sources(config)
        recorded = None
        if config.noise == "recorded":
            recorded = noises.load(config.noise_dir, model.front_end["sample_rate"], noises.TEST_FOLD)
        measured = measure_conditions(model, speech, split_of(speech, model.provenance), noises=recorded)
        write_json(folder / MEASURED, measured.to_json())


def work(config: Config, arguments) -> None:
    folders: dict[str, Path] = {name: arguments.workdir / name.replace(" ", "_") for name in members(config)}
    calls: dict[str, Callable] = {name: partial(run_member, of, folders[name]) for name, of in members(config).items()}
    jobs: Jobs = {name: (folders[name], calls[name]) for name in folders}
    share_out(jobs, arguments)
    if missing := [name for name, folder in folders.items() if not (folder / MEASURED).exists()]:
        print(f"not finished yet: {', '.join(missing)}")
        return
    runs = {name: json.loads((folder / MEASURED).read_text()) for name, folder in folders.items()}
    kept = {name: {"by_condition": run["by_condition"], "people": run["people"]} for name, run in runs.items()}
    command = f"python recipes/studies/hearing.py{as_options(config, LOCATIONS)}"
    publish({"command": command, "runs": kept}, RESULTS / "hearing.json", arguments.workdir)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/hearing", extra=add_shares)


if __name__ == "__main__":
    sys.exit(main())
