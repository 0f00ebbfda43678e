"""What the commands that test a model share: its options, and the model, data and division that they name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crossmodal.app.options import natural
from crossmodal.data.alignment import PROTOCOLS, split_of
from crossmodal.data.catalog import NAMES
from crossmodal.data.sources import Images, Speech
from crossmodal.errors import DataError, ModelError
from crossmodal.reader import Reader, find_reader, load_reader


@dataclass(frozen=True)
class Tested:
    """A model, the data to test it on, the reader that judges it, and `facts` that its report begins with."""

    model: Any
    speech: Speech
    images: Images
    split: Any
    reader: Reader
    facts: dict

    @property
    def data(self) -> tuple[Any, Speech, Images, Any]:
        """What scores are measured on."""
        return self.model, self.speech, self.images, self.split


def add_model_options(parser) -> None:
    """The options that `load_tested` reads, and --seed and --json."""
    parser.add_argument("model", type=Path, help="a .keras file, the folder of a run or a preset")
    parser.add_argument("--data", choices=NAMES, help="the data (those that the model was trained on)")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="(the model's own)")
    parser.add_argument("--split-seed", type=natural, help="seed of the division of the clips (the model's own)")
    parser.add_argument("--held-out-speaker", help="for protocol speaker (the model's own)")
    parser.add_argument("--seed", type=natural, default=0, help="of everything drawn at random (%(default)s)")
    parser.add_argument("--data-dir", help="TFDS's folder of prepared data")
    parser.add_argument("--archives", help="folder of the original archives, for a machine without a network")
    parser.add_argument("--sounds-dir", help="for data from folders")
    parser.add_argument("--images-dir", help="for data from folders")
    parser.add_argument("--reader", help="classifier that judges, a .keras file or a run (the one beside the model)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")


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
        raise DataError("The model says of its training what cannot be: pass --data of another kind, or make it anew.")


def load_tested(arguments) -> Tested:
    """The model that the arguments name, its data, and the division that it was trained with.

    Raises:
        ModelError: there is no such model.
        DataError: the data are absent, or the division would test the model on clips it has heard.
    """
    from crossmodal.data.catalog import load_pair
    from crossmodal.models.base import AudioImageModel
    from crossmodal.saving.keras_file import load_model

    model = load_model(arguments.model)
    if not isinstance(model, AudioImageModel):
        raise ModelError(f"{arguments.model} holds a {type(model).__name__}, not a model that hears sounds and draws.")
    reader = reader_of(model, arguments)
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
    speech, images = load_pair(
        chosen["data"],
        data_dir=arguments.data_dir,
        archives=arguments.archives,
        sounds_dir=arguments.sounds_dir,
        images_dir=arguments.images_dir,
    )
    names = ("data", "protocol", "held_out_speaker")
    facts = {"model": Path(arguments.model).name, **{name: chosen[name] for name in names}}
    return Tested(model, speech, images, split_of(speech, chosen), reader, facts)


def reader_of(model, arguments) -> Reader:
    """The reader that was asked for, else the one that fits the model; DataError if there is none."""
    if arguments.reader:
        return load_reader(arguments.reader)
    if reader := find_reader(model.classes, model.image_shape, arguments.model):
        return reader
    raise DataError(
        f"Nobody can read what this model draws ({', '.join(model.classes) or 'no classes'}): train a classifier of "
        "these images by crossmodal train classifier, and pass it by --reader."
    )
