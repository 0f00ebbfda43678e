"""The one way in for a model: a `.keras` file, of which nothing is ever run, or a preset by its name."""

import importlib
import json
import pkgutil
import zipfile
from pathlib import Path

from crossmodal.errors import ModelError
from crossmodal.presets import preset_names, read_card


def load_model(path):
    """A saved model of this package, for inference.

    Args:
        path: a `.keras` file, the folder of a run that holds model.keras, or the name of a preset.

    Raises:
        ModelError: the file is missing, damaged, not of this package, or holds code.
    """
    import keras

    path = Path(path)
    if not path.exists() and str(path) in preset_names():
        return load_preset(str(path))
    if path.is_dir():
        path = path / "model.keras"
    if not path.is_file():
        raise ModelError(
            f"There is no model at {path}: pass a .keras file, the folder of a finished run or one of the presets "
            f"{', '.join(preset_names())}."
        )
    if path.suffix != ".keras":
        raise ModelError(f"{path.name} is not a .keras file: no other format is opened.")
    try:
        register_classes_of(path)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises a different class for each way in which a file can be wrong
        raise ModelError(f"{path.name} is damaged or not a model of this package: make it anew.") from error
    if not hasattr(model, "provenance"):
        raise ModelError(f"{path.name} holds a {type(model).__name__}, not a model of this package.")
    return model


def load_preset(name: str):
    """The preset of a name, whatever its class."""
    import crossmodal

    return getattr(crossmodal, read_card(name)["class"]).from_preset(name)


def register_classes_of(path: Path) -> None:
    """Import the one module of `crossmodal.models` that a model file names, so that Keras knows its classes; a file
    that names another module is left to Keras, which refuses it."""
    import crossmodal.models

    with zipfile.ZipFile(path) as file:
        module = json.loads(file.read("config.json"))["module"]
    if module in {f"crossmodal.models.{m.name}" for m in pkgutil.iter_modules(crossmodal.models.__path__)}:
        importlib.import_module(module)
