"""The one way in for a model file: `.keras` alone, nothing in it is ever run."""

from pathlib import Path

from crossmodal.errors import ModelError


def load_model(path):
    """A saved model of this package, for inference.

    Args:
        path: a `.keras` file, or the folder of a run that holds model.keras.

    Raises:
        ModelError: the file is missing, damaged, not of this package, or holds code.
    """
    import keras

    from crossmodal.models import vae  # noqa: F401  registers the classes

    path = Path(path)
    if path.is_dir():
        path = path / "model.keras"
    if not path.is_file():
        raise ModelError(f"There is no model at {path}: pass a .keras file or the folder of a finished run.")
    if path.suffix != ".keras":
        raise ModelError(f"{path.name} is not a .keras file: no other format is opened.")
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises a different class for each way in which a file can be wrong
        raise ModelError(f"{path.name} is damaged or not a model of this package: make it anew.") from error
    if not hasattr(model, "front_end"):
        raise ModelError(f"{path.name} holds a {type(model).__name__}, not a model that hears sounds.")
    return model
