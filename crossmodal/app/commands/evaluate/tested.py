"""What the commands that test a model share: its options, and the model, data and division that they name."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.app.commands.evaluate.folder import asked_of
from crossmodal.app.options import a_name, a_path, add_guidance, flag_of, seed_number
from crossmodal.data.alignment import PROTOCOLS, split_of
from crossmodal.data.catalog import HOW_READ, LOCATIONS, NAMES, PLACES, has_own_sounds, in_folders
from crossmodal.data.sources import Images, Speech, fingerprint
from crossmodal.drawing import set_guidance
from crossmodal.errors import DataError, ModelError
from crossmodal.reader import Reader, find_reader, load_reader


@dataclass(frozen=True)
class Tested:
    """A model, the data to test it on, the reader that judges it if one does, `facts` that its report begins with, and
    the `locations` of the data."""

    model: Any
    speech: Speech
    images: Images
    split: Any
    reader: Any
    facts: dict
    locations: dict[str, str]

    @property
    def data(self) -> tuple[Any, Speech, Images, Any]:
        """What scores are measured on."""
        return self.model, self.speech, self.images, self.split


def add_model_options(parser) -> None:
    """The options that `load_tested` reads, and --seed."""
    add_data_options(parser)
    add_guidance(parser)
    parser.add_argument(
        "--reader", type=a_name, help="classifier that judges, a .keras file or a run (the one beside the model)"
    )


def add_data_options(parser) -> None:
    """The options that `data_to_test` reads, and --seed."""
    parser.add_argument("model", type=a_path, help="a .keras file, the folder of a run or a preset")
    parser.add_argument("--data", choices=NAMES, help="the data (those that the model was trained on)")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="how the clips are divided (the model's own)")
    parser.add_argument("--split-seed", type=seed_number, help="seed of the division of the clips (the model's own)")
    parser.add_argument("--held-out-speaker", type=a_name, help="whom protocol speaker tests on (the model's own)")
    parser.add_argument("--seed", type=seed_number, default=0, help="seed of all that is drawn at random (%(default)s)")
    parser.add_argument("--data-dir", type=a_name, help="TFDS's folder of prepared data (the run's)")
    parser.add_argument(
        "--archives", type=a_name, help="folder of the original archives, for a machine without a network"
    )
    parser.add_argument("--speech-commands-dir", type=a_name, help="folder of the Speech Commands archive, extracted")
    parser.add_argument("--noise-dir", type=a_name, help="folder of recorded noise that tests (the run's)")
    parser.add_argument(
        "--manifest", type=a_name, help="for data manifest: table of pairs, or folder of shards (the run's)"
    )
    for kind in ("sounds", "images"):
        parser.add_argument(
            f"--{kind}-dir",
            type=a_name,
            help=f"for data from folders: one folder of {kind} per class (the run's)",
        )


def check_chosen(chosen: dict) -> None:
    """DataError for what no option gives and no training writes, such as a model of others may say of itself."""
    names, speakers = (chosen["data"], chosen["protocol"]), chosen["speakers"]
    seed, held_out = chosen["seed"], chosen["held_out_speaker"]
    is_sound = (
        names[0] in NAMES
        and names[1] in PROTOCOLS
        and isinstance(seed, int)
        and seed >= 0
        and isinstance(held_out, str | None)
        and isinstance(speakers, list | tuple)
        and all(isinstance(speaker, str) for speaker in speakers)
    )
    if not is_sound:
        raise DataError("The model's provenance is invalid: pass --data, --protocol and --split-seed, or retrain it.")


def as_asked(location: str) -> str:
    """What an evaluation calls a location of the data: pairs are counted there."""
    return "manifest" if location == "pairs" else location


def locations_of(arguments) -> dict[str, str]:
    """Option -> where the data lie: as the arguments say, else as the run's config.json does, without those of neither.

    A model's file alone says nothing of it: it holds no path of the machine that it was trained on.

    Raises:
        DataError: a folder that the run was trained with is gone.
    """
    given = {name: value for name in LOCATIONS if (value := getattr(arguments, as_asked(name))) is not None}
    model = Path(arguments.model)
    folder = model if model.is_dir() else model.parent if model.name == "model.keras" else None
    config = asked_of(folder) if folder else {}
    if arguments.data not in (None, config.get("data")):
        return given
    kept = {name: config[name] for name in LOCATIONS if isinstance(config.get(name), str) and name not in given}
    for name, place in kept.items():
        if not (Path(place).exists() if name == "pairs" else Path(place).is_dir()):
            raise DataError(
                f"The run's data are no longer at {place}: pass {flag_of(as_asked(name))} with where they are now."
            )
    return {**kept, **given}


def load_tested(arguments, labelled: bool = True) -> Tested:
    """The model that the arguments name, its data, and the division that it was trained with.

    Args:
        labelled: whether the score needs labels.

    Raises:
        ModelError: there is no such model.
        DataError: the data are absent or have no labels, or the division would test the model on clips it has heard.
    """
    from crossmodal.models.base import AudioImageModel
    from crossmodal.saving.keras_file import load_model

    model = load_model(arguments.model)
    if not isinstance(model, AudioImageModel):
        raise ModelError(f"{arguments.model} holds a {type(model).__name__}, not a model that hears sounds and draws.")
    set_guidance(model, arguments.guidance)
    return data_to_test(model, arguments, reader_of(model, arguments), labelled)


def data_to_test(model, arguments, reader: Reader | None = None, labelled: bool = True) -> Tested:
    """A model with its data, and the division that it was trained with.

    Args:
        labelled: whether the score needs labels.

    Raises:
        DataError: the data are absent or have no labels, or the division would test the model on clips it has heard.
    """
    from crossmodal.data.catalog import load_pair

    trained = model.provenance
    asked = {
        "data": arguments.data,
        "protocol": arguments.protocol,
        "seed": arguments.split_seed,
        "held_out_speaker": arguments.held_out_speaker,
    }
    chosen = {**trained, **{name: value for name, value in asked.items() if value is not None}}
    if missing := [name for name in ("data", "protocol", "seed") if name not in chosen]:
        raise DataError(f"The model does not say its {missing[0]}: pass --{missing[0].replace('seed', 'split-seed')}.")
    if chosen["data"] == trained.get("data") and any(chosen[name] != trained.get(name) for name in asked):
        raise DataError(
            f"The model was trained with protocol {trained.get('protocol')}, seed {trained.get('seed')}, held-out "
            f"speaker {trained.get('held_out_speaker')}: another division would test it on clips it has heard."
        )
    if chosen["data"] != trained.get("data"):
        chosen["speakers"] = []
    chosen = {"held_out_speaker": None, "speakers": [], **chosen}
    check_chosen(chosen)
    locations = locations_of(arguments)
    places = {name: place for name, place in locations.items() if name in PLACES}
    options: dict[str, Any] = {**options_of(model, chosen["data"]), **places}
    if chosen["data"] == "manifest":  # whose division is that of the table
        options |= {"protocol": chosen["protocol"], "seed": chosen["seed"]}
    speech, images = load_pair(chosen["data"], **options)
    if labelled and speech.labels is None:
        raise DataError(
            "These pairs have no labels, so nothing says what a drawing should show: this score cannot be measured. "
            "What is measured without them is the loss on test pairs, in the run's metrics.json."
        )
    if chosen["data"] == trained.get("data") and "clips" in trained and trained["clips"] != fingerprint(speech):
        raise DataError(
            "The recordings are no longer those that the model was trained with: another division would test it on "
            "clips it has heard."
        )
    names = ("data", "protocol", "held_out_speaker")
    facts = {"model": Path(arguments.model).name, **{name: chosen[name] for name in names}}
    return Tested(model, speech, images, split_of(speech, chosen), reader, facts, locations)


def load_noises(tested: Tested) -> dict[str, np.ndarray] | None:
    """The recordings of noise that test, by name; None if no folder of them is given."""
    from crossmodal.data import noises

    place = tested.locations.get("noise_dir") or os.environ.get(noises.VARIABLE)
    return noises.load(place, tested.model.front_end["sample_rate"], noises.TEST_FOLD) if place else None


def options_of(model, data: str) -> dict[str, Any]:
    """How some data are to be read for a model: as it hears and draws, and as it was trained."""
    recipe = model.provenance.get("recipe")
    heard = {"sample_rate": model.front_end["sample_rate"]} if has_own_sounds(data) else {}
    if not in_folders(data) or not isinstance(recipe, dict):
        return heard
    return {**heard, "image_shape": model.image_shape, **{name: recipe[name] for name in HOW_READ if name in recipe}}


def reader_of(model, arguments) -> Reader:
    """The reader that was asked for, else the one that fits the model; DataError if there is none."""
    if arguments.reader:
        return load_reader(arguments.reader).in_order(model.classes)
    if reader := find_reader(model.classes, model.image_shape, arguments.model):
        return reader
    if not model.classes:
        raise DataError(
            "The model was trained on pairs without labels: nothing says what its drawings should show. What is "
            "measured without them is the loss on test pairs, in the run's metrics.json."
        )
    raise DataError(
        f"Nobody can read what this model draws ({', '.join(model.classes) or 'no classes'}): train a classifier of "
        "these images by crossmodal train classifier, and pass it by --reader."
    )
