"""What a command finds around it: a home that takes no files, settings of other programs, closed streams.

`prepare_surroundings` is for a program of the command line and changes what holds for its process: variables of the
environment, where the default would fail, and the standard streams. Importing the package changes nothing. A library's
user, whose Keras may be set otherwise, gets a sentence from `check_keras`.
"""

import atexit
import contextlib
import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator

from crossmodal.errors import CrossmodalError

KERAS = {"floatx": "float32", "image_data_format": "channels_last"}  # what the models are made for
KERAS_FILE = {**KERAS, "backend": "tensorflow", "epsilon": 1e-7, "nnx_enabled": False}
OF_KERAS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")  # which would cut predictions short


def prepare_surroundings() -> None:
    """Let a command work in a home that takes no files and under any keras.json; see `prepare_streams` too.

    Raises:
        CrossmodalError: there is no folder for temporary files.
    """
    prepare_streams()
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise CrossmodalError("No folder takes temporary files: set TMPDIR to one that does.") from error
    cache, config = xdg_folder("XDG_CACHE_HOME", ".cache"), xdg_folder("XDG_CONFIG_HOME", ".config")
    _move("NUMBA_CACHE_DIR", "numba", os.path.join(cache, "numba"), in_packages="librosa")
    _move("MPLCONFIGDIR", "matplotlib", os.path.join(config, "matplotlib"), os.path.join(cache, "matplotlib"))
    _move("CROSSMODAL_CACHE", "clips", os.path.join(cache, "crossmodal"))
    _move("HF_HOME", "huggingface", os.path.join(cache, "huggingface"))
    _move("GRADIO_TEMP_DIR", "gradio", os.path.join(tempfile.gettempdir(), "gradio"))
    os.environ["MPLBACKEND"] = "agg"  # pictures are files: a notebook's or a screen's backend is not needed
    _prepare_keras()


def prepare_streams() -> None:
    """Let the standard streams be there, and take any name of a file: what their encoding lacks is written as \\x.."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which gives the lowest that is free
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the process
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def xdg_folder(variable: str, otherwise: str) -> str:
    """The folder that a variable of the XDG base directories names, else one in the home; "~" stays where there is no
    home."""
    return os.environ.get(variable) or os.path.join(os.path.expanduser("~"), otherwise)


def takes_files(folder: str) -> bool:
    """Whether a folder can be written in, or made."""
    if not os.path.isabs(folder):
        return False
    while not os.path.lexists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


def private_folder() -> str:
    """A folder for temporary files that no other user can write in, kept for the user's next command if it can be."""
    kept = os.path.join(tempfile.gettempdir(), f"crossmodal-{os.getuid()}")
    with contextlib.suppress(OSError):
        with contextlib.suppress(FileExistsError):
            os.mkdir(kept, 0o700)
        found = os.lstat(kept)
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return kept
    made = tempfile.mkdtemp(prefix="crossmodal-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _move(variable: str, name: str, *folders: str, in_packages: str | None = None) -> None:
    """Set a variable to a temporary folder if what it says, or else the defaults, take no files.

    Args:
        variable: of the environment; a library keeps its files there.
        name: of the temporary folder.
        folders: where the library keeps them otherwise.
        in_packages: a package whose own folder is as good.
    """
    chosen = os.environ.get(variable)
    if all(takes_files(os.path.abspath(chosen) if chosen else folder) for folder in folders):
        return
    if in_packages and not chosen and takes_files(_folder_of(in_packages)):
        return
    os.environ[variable] = os.path.join(private_folder(), name)


def _folder_of(package: str) -> str:
    """The folder of a package, which is not imported; empty if there is none."""
    from importlib.util import find_spec

    spec = find_spec(package)
    return os.path.join(os.path.dirname(spec.origin), "__pycache__") if spec and spec.origin else ""


def _prepare_keras() -> None:
    """Let Keras, once it is imported, run on TensorFlow and ignore a keras.json that says anything but its defaults."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in OF_KERAS:
        os.environ.pop(name, None)
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    if not takes_files(os.path.abspath(os.path.expanduser(home))) or not _as_needed(os.path.join(home, "keras.json")):
        os.environ["KERAS_HOME"] = os.path.join(private_folder(), "keras")


def _as_needed(path: str) -> bool:
    """Whether a keras.json is not there, or says what this package needs."""
    path = os.path.expanduser(path)
    if not os.path.lexists(path):
        return True
    try:
        with open(path, encoding="utf-8") as file:
            said = json.load(file)
        return all(said.get(name, value) == value for name, value in KERAS_FILE.items())
    except (OSError, ValueError, AttributeError):
        return False


@contextlib.contextmanager
def keras_as_needed() -> Iterator[None]:
    """Let a Keras that was imported before have the settings that the models need, while the block runs."""
    if "keras" not in sys.modules:
        yield
        return
    import keras

    settings = keras.config
    before = settings.floatx(), settings.image_data_format(), settings.dtype_policy()
    if before[:2] == tuple(KERAS.values()) and before[2].name == KERAS["floatx"]:
        yield
        return
    try:
        settings.set_floatx(KERAS["floatx"])
        settings.set_image_data_format(KERAS["image_data_format"])
        settings.set_dtype_policy(KERAS["floatx"])
        yield
    finally:
        settings.set_floatx(before[0])
        settings.set_image_data_format(before[1])
        settings.set_dtype_policy(before[2])


def check_keras() -> None:
    """CrossmodalError unless Keras is set to what the models are made for: float32, and channels last."""
    import keras

    for name, needed in KERAS.items():
        found = getattr(keras.config, name)()
        if found != needed:
            raise CrossmodalError(
                f"Keras is set to {name} {found}, the models need {needed}: call keras.config.set_{name}({needed!r}) "
                "first, or change it in keras.json."
            )
