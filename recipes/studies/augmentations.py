"""What each change of the training sounds is worth: the same short training with one of them left out.

    python recipes/studies/augmentations.py --data speech-commands-mnist --protocol speakers --find-word --epochs 4

Takes the options of `crossmodal train vae`. Each model is tested on the clips that test as they are, in noise, in a
room, through a telephone and clipped, see `crossmodal evaluate conditions`. Each run has a folder of its own below
--workdir; finished ones are not run again. Writes results/augmentations.json.
"""

import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from crossmodal.app.experiments import train_vae
from crossmodal.app.experiments.training_data import load_sources
from crossmodal.app.options import as_options, option, run_recipe
from crossmodal.app.sweeps.members import once, publish, read_members, run_members
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data import noises
from crossmodal.data.alignment import split_of
from crossmodal.data.catalog import LOCATIONS
from crossmodal.data.variants import CHANGES
from crossmodal.errors import CrossmodalError
from crossmodal.saving.keras_file import load_model
from evaluation.conditions import measure_conditions

RESULTS = Path(__file__).parents[1] / "results" / "augmentations.json"
LEFT_OUT: dict[str, dict] = {
    "nothing": {},
    **{change: {"without": (change,)} for change in CHANGES},
    "all of these": {"variants": 0},
    "changes of spectrograms": {"augment": 0.0},
}


@dataclass(frozen=True)
class Config(train_vae.Config):
    variants: int = option(4, "recordings made of each training clip in noise and rooms", least=1, most=100)


def measured(config: Config, folder: Path, speech) -> dict:
    """The figures of a finished run by condition; its noise is that of training, recorded or made."""
    model, recorded = load_model(folder), None
    if config.noise == "recorded":
        recorded = noises.load(config.noise_dir, model.front_end["sample_rate"], noises.TEST_FOLD)
    return measure_conditions(model, speech, split_of(speech, model.provenance), noises=recorded).to_json()


def work(config: Config, arguments) -> None:
    if config.without or not config.augment:
        raise CrossmodalError("The study leaves out each change itself: pass neither --without nor --augment 0.")
    base = train_vae.Config(**vars(config))
    runs: dict = {name: (train_vae.run, replace(base, **options)) for name, options in LEFT_OUT.items()}
    run_members(runs, arguments, diversity=False)
    if not (figures := read_members(runs, arguments.workdir, diversity=False)):
        return
    speech, _ = load_sources(config)
    for name, run in figures.items():
        folder = arguments.workdir / name
        run["conditions"] = once(folder / "conditions.json", partial(measured, config, folder, speech))
    command = f"python recipes/studies/augmentations.py{as_options(config, LOCATIONS)}"
    publish({"command": command, "runs": figures}, RESULTS, arguments.workdir)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/augmentations", extra=add_shares)


if __name__ == "__main__":
    sys.exit(main())
