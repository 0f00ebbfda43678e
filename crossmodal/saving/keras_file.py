"""The one way in for a model: a preset by its name, or a `.keras` file, of which nothing is ever run.

A file is looked at before Keras builds anything of it, for its configuration may ask for more memory than there is, for
classes that run code, or for other files. What Keras writes of a model of this package is narrow, and no more is taken:

- three members, stored as they are: nothing that unpacks to gigabytes, or to a disk;
- a configuration of numbers, names and this package's own classes: no Lambda, no class or function of others;
- plain arrays of finite numbers: no links, no data in other files, no shape larger than what is stored of it;
- as many weights as the configuration asks for, counted by a build that allocates none of them.
"""

import io
import json
import math
import re
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.presets import preset_names, read_card
from crossmodal.runtime.files import replacing
from crossmodal.runtime.recipe import KEY, recipe_of
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.audio import HIGHEST_SAMPLE_RATE, LOWEST_SAMPLE_RATE
from crossmodal.sound.front_ends import front_end_from

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
MOST_CONFIG_BYTES = 2**20  # a real one has some thousand
MOST = 10**7  # of any number in a configuration; the steps of a warm-up are the largest
MOST_STEPS = 10_000  # of a chain
MOST_CLASSES = 10_000
MOST_LAYERS = 64  # in one list of a configuration
SPARE = 2**14  # numbers in variables that are not saved, such as means over an epoch
READ_WITH = "import crossmodal; model = crossmodal.load_model(PATH)"
DESCRIPTIVE = ("provenance", "classes")  # what a model says of itself: builds nothing


def load_model(path):
    """A saved model of this package, for inference.

    Args:
        path: a `.keras` file, the folder of a run that holds model.keras, or the name of a preset.

    Raises:
        CrossmodalError: Keras is set to what the models are not made for.
        ModelError: the file is missing, damaged, not of this package, or holds anything but a model's numbers.
    """
    if names_preset(path):
        return load_preset(str(path))
    path = Path(path)
    if _exists(path) and path.is_dir():
        path = path / "model.keras"
    if not _exists(path) or not path.is_file():
        raise ModelError(
            f"There is no model at {path}: pass a .keras file, the folder of a finished run or one of the presets "
            f"{', '.join(preset_names())}."
        )
    if path.suffix != ".keras":
        raise ModelError(f"{path.name} is not a .keras file: no other format is opened.")
    check_keras()
    try:
        return read_model(path)
    except ModelError as error:
        raise ModelError(f"{path.name} is not a model of this package ({error}): make it anew.") from None
    except Exception as error:  # Keras and HDF5 raise a different class for each way in which a file can be wrong
        raise ModelError(f"{path.name} is damaged or not a model of this package: make it anew.") from error


def names_preset(path) -> bool:
    """Whether a path is the name of a preset, and of no file or folder here."""
    return str(path) in preset_names() and not _exists(Path(path))


def save_model(model, path: Path) -> None:
    """Write a `.keras` file completely or not at all; ModelError for weights that are not finite.

    Its metadata say how to read it, and hold the recipe of the command that is run. It has no date: the same model is
    the same file.
    """
    if wrong := not_finite(model):
        raise ModelError(
            f"The weights {wrong[0]} are not finite, and the model is not saved: train anew with a smaller learning "
            "rate."
        )
    with replacing(path) as temporary:
        model.save(temporary)
        with zipfile.ZipFile(temporary) as file:
            content = {name: file.read(name) for name in file.namelist()}
        said = {"keras_version": json.loads(content[METADATA])["keras_version"], "read_with": READ_WITH}
        said |= {KEY: recipe} if (recipe := recipe_of(path)) else {}
        content[METADATA] = json.dumps(said).encode()
        content[CONFIG] = number_shared_objects(content[CONFIG].decode()).encode()
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as file:
            for name, data in content.items():
                file.writestr(zipfile.ZipInfo(name), data)  # of 1980


def number_shared_objects(config: str) -> str:
    """A configuration in which shared objects are numbered from 0, not by where they lay in memory."""
    numbers: dict[str, str] = {}

    def number_of(found: re.Match) -> str:
        return numbers.setdefault(found[0], str(len(numbers)))

    return re.sub(r'(?<="shared_object_id": )\d+', number_of, config)


def not_finite(model) -> list[str]:
    """The weights of a Keras model that hold a NaN or an infinity, as after a training that failed."""
    from crossmodal.training.checkpoints import all_finite  # imports Keras

    return [weight.path for weight in model.weights if not all_finite([np.asarray(weight.value)])]


def load_preset(name: str):
    """The preset of a name, whatever its class."""
    import crossmodal

    return getattr(crossmodal, read_card(name)["class"]).from_preset(name)


def read_model(path: Path):
    """The model of a `.keras` file; ModelError, or any other, for one that is not what this package writes."""
    import keras

    with zipfile.ZipFile(path) as file:
        check_members(file)
        config, weights = json.loads(file.read(CONFIG)), file.read(WEIGHTS)
    import_class_of(config)
    check_class(config)
    check_config({name: value for name, value in config["config"].items() if name not in DESCRIPTIVE})
    check_descriptive(config["config"])
    stored = check_weights(weights)
    with ThreadPoolExecutor(1) as another_thread:  # because Keras keeps thread-local records of uninitialised variables
        asked = another_thread.submit(numbers_asked_for, config).result()
    if asked > stored + SPARE:
        raise ModelError(f"it asks for {asked:,} weights and holds {stored:,}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of what a damaged file lacks, then refuses it
        model = keras.saving.deserialize_keras_object({**config, "compile_config": None}, safe_mode=True)
        model.load_weights(path)
    if not hasattr(model, "provenance"):
        raise ModelError(f"it is a {type(model).__name__}")
    if not_finite(model):
        raise ModelError("its weights are not finite, those of a failed training")
    return model


def check_members(file: zipfile.ZipFile) -> None:
    """ModelError unless an archive holds the three files that Keras writes, as they are."""
    names = file.namelist()
    if sorted(names) != sorted((CONFIG, METADATA, WEIGHTS)):
        raise ModelError(f"it holds {len(names)} files, not {CONFIG}, {METADATA} and {WEIGHTS}")
    if any(member.compress_type != zipfile.ZIP_STORED for member in file.infolist()):
        raise ModelError("its files are compressed")
    if file.getinfo(CONFIG).file_size > MOST_CONFIG_BYTES:
        raise ModelError("its configuration is too long")


def import_class_of(config: dict) -> None:
    """Import the public class that a configuration names, so that Keras knows it, wherever its module lay when the
    file was written."""
    import crossmodal

    if config["class_name"] in crossmodal.__all__:
        getattr(crossmodal, config["class_name"])


def check_class(config: dict) -> None:
    """ModelError unless the class of a configuration is one of `crossmodal.models`, or a family of the user's own that
    was registered before."""
    import keras

    from crossmodal.models.base import AudioImageModel
    from crossmodal.models.classifier import Classifier

    registered = config.get("registered_name")
    known = keras.saving.get_registered_object(registered) if isinstance(registered, str) else None
    is_own = isinstance(known, type) and known.__module__.startswith("crossmodal.models.")
    is_family = isinstance(known, type) and issubclass(known, AudioImageModel | Classifier)
    if known is None or config["class_name"] != known.__name__ or not (is_own or is_family):
        raise ModelError(f"its class is {str(config['class_name'])[:100]!r}")


def check_config(value) -> None:
    """ModelError for anything in a configuration but names, numbers of moderate size and this package's classes."""
    if isinstance(value, dict):
        if "class_name" in value and (value["class_name"], value.get("module")) != ("DTypePolicy", "keras"):
            check_class(value)
        if value.get("compile_config"):
            raise ModelError("a part of it has an optimizer")
        rate = value.get("sample_rate", LOWEST_SAMPLE_RATE)
        if not isinstance(rate, int) or not LOWEST_SAMPLE_RATE <= rate <= HIGHEST_SAMPLE_RATE:
            raise ModelError(f"its sample rate is {str(rate)[:100]}")
        check_steps(value)
        if isinstance(value.get("front_end"), dict):
            front_end_from(value["front_end"])
        value = [entry for name, entry in value.items() if name != "shared_object_id"]
    elif isinstance(value, list) and len(value) > MOST_LAYERS:
        raise ModelError(f"a list of its configuration has {len(value)} entries")
    if isinstance(value, list):
        for entry in value:
            check_config(entry)
    elif isinstance(value, int | float) and not abs(value) <= MOST:
        raise ModelError(f"its configuration holds the number {value:.6g}")


def check_descriptive(config: dict) -> None:
    """ModelError unless what a model says of itself is of the kinds that the package writes."""
    provenance, classes = config.get("provenance", {}), config.get("classes", [])
    recipe = provenance.get("recipe", "") if isinstance(provenance, dict) else None
    if isinstance(classes, int) and 0 < classes <= MOST_CLASSES:  # of a classifier that does not name them
        classes = []
    if not isinstance(recipe, dict | str) or not all(isinstance(name, str) for name in classes):
        raise ModelError("what it says of its training is of other kinds")
    if isinstance(recipe, dict) and "draw_steps" not in config:  # an older texture draws as its recipe says
        check_steps({"draw_steps": recipe.get("revise_steps")})


def check_steps(config: dict) -> None:
    """ModelError for chains of so many steps that a draw would never end."""
    for name in ("steps", "draw_steps"):
        if not 0 <= (config.get(name) or 0) <= MOST_STEPS:
            raise ModelError(f"it asks for {str(config[name])[:100]} steps of its chains")


def check_weights(weights: bytes) -> int:
    """How many numbers the arrays of an HDF5 file hold; ModelError for what is not plain or lies outside the file."""
    import h5py

    with h5py.File(io.BytesIO(weights), "r") as file:
        return _numbers_in(file, {_address(file)})


def _numbers_in(group, seen: set) -> int:
    """The same of a group; `seen` are the addresses of what was met before."""
    import h5py

    count = 0
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ModelError("its weights link to something else")
        entry = group[name]
        if _address(entry) in seen:
            raise ModelError("its weights link to each other")
        seen.add(_address(entry))
        count += _numbers_in(entry, seen) if isinstance(entry, h5py.Group) else _numbers_of(entry)
    return count


def _address(entry) -> int:
    import h5py

    return h5py.h5o.get_info(entry.id).addr


def _numbers_of(array) -> int:
    """How many numbers an array in an HDF5 file holds; ModelError unless the file itself holds them, in one piece."""
    import h5py

    if not isinstance(array, h5py.Dataset) or array.is_virtual or array.external:
        raise ModelError("its weights lie in other files")
    if array.dtype.kind not in "fiub" or len(array.attrs):
        raise ModelError("its weights are not plain numbers")
    count = math.prod(array.shape)
    if array.chunks or count * array.dtype.itemsize != array.id.get_storage_size():
        raise ModelError("an array of its weights is not stored whole")
    return count


def numbers_asked_for(config: dict) -> int:
    """How many numbers the variables of a model hold that a configuration describes; none of them is given a value."""
    import keras

    with keras.StatelessScope(initialize_variables=False):
        model = keras.saving.deserialize_keras_object({**config, "compile_config": None}, safe_mode=True)
        return sum(math.prod(variable.shape) for variable in model.variables)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that may not be read
        return False
