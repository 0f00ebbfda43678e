"""The recipe that a file holds: one function for each kind of file."""

import json
import struct
import zipfile
from html.parser import HTMLParser
from pathlib import Path

from crossmodal.app.recipe.inputs import MODEL
from crossmodal.errors import CrossmodalError
from crossmodal.runtime.files import fault_of
from crossmodal.runtime.recipe import KEY
from crossmodal.runtime.words import printable

FIELDS = {"command": str, "inputs": dict, "environment": dict, "result": str}
MOST_BYTES = 2**20  # of a recipe; a usual one has a thousand


def read_recipe(path: Path) -> dict:
    """The recipe in a file, or in the model of a run's folder.

    Raises:
        CrossmodalError: the file is not there, or holds none.
    """
    shown = printable(path)
    if fault := fault_of(path):
        raise CrossmodalError(f"{shown} cannot be read ({' '.join(filter(None, fault))}): choose another file.")
    read = READERS.get(path.suffix.lower())
    if read is None:
        kinds = ", ".join(READERS)
        raise CrossmodalError(f"{shown} holds no recipe, nor does any file of its kind: choose one of {kinds}.")
    try:
        recipe = json.loads(read(path) or "null")
    except Exception:  # each library raises a class of its own for a damaged file
        recipe = None
    if not _is_recipe(recipe):
        raise CrossmodalError(f"{shown} holds no recipe: a command of another version wrote it, or another program.")
    return recipe


def result_file(path: Path) -> Path:
    """The file that is meant by a path: of the folder of a run its model."""
    return path / MODEL if path.is_dir() else path


def of_picture(path: Path) -> str | None:
    """The text chunk of a PNG."""
    from PIL import Image

    with Image.open(path, formats=["PNG"]) as picture:
        return picture.info.get(KEY)


def of_sound(path: Path) -> str | None:
    """The comment among the tags of FLAC and OGG."""
    import soundfile

    with soundfile.SoundFile(path) as file:
        return file.comment


def of_wav(path: Path) -> str | None:
    """The comment in the chunk LIST INFO of a WAV file, of any length: libsndfile reads 2 kB of it."""
    with open(path, "rb") as file:
        if file.read(12)[8:] != b"WAVE":
            return None
        while len(header := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            if name == b"LIST" and size < MOST_BYTES:
                return _comment_of(file.read(size))
            file.seek(size + size % 2, 1)
    return None


def _comment_of(info: bytes) -> str | None:
    """ICMT among the chunks of LIST INFO."""
    at = 4
    while at + 8 <= len(info):
        name, size = struct.unpack("<4sI", info[at : at + 8])
        if name == b"ICMT":
            return info[at + 8 : at + 8 + size].rstrip(b"\0").decode()
        at += 8 + size + size % 2
    return None


def of_model(path: Path) -> str | None:
    """The metadata of a .keras file."""
    with zipfile.ZipFile(path) as file:
        if file.getinfo("metadata.json").file_size > MOST_BYTES:
            return None
        return json.dumps(json.loads(file.read("metadata.json")).get(KEY))


def of_onnx(path: Path) -> str | None:
    """The metadata of an ONNX file."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    return next((entry.value for entry in model.metadata_props if entry.key == KEY), None)


def of_json(path: Path) -> str | None:
    """A key of a JSON file."""
    return json.dumps(json.loads(path.read_text()).get(KEY))


def of_page(path: Path) -> str | None:
    """The element <meta name="recipe"> of a page."""

    class Meta(HTMLParser):
        found: str | None = None

        def handle_starttag(self, tag, attributes):
            said = dict(attributes)
            if tag == "meta" and said.get("name") == KEY:
                self.found = self.found or said.get("content")

    parser = Meta()
    parser.feed(path.read_text(encoding="utf-8").partition("<body")[0])
    return parser.found


READERS = {
    ".png": of_picture,
    ".wav": of_wav,
    ".flac": of_sound,
    ".ogg": of_sound,
    ".keras": of_model,
    ".onnx": of_onnx,
    ".json": of_json,
    ".html": of_page,
}


def _is_recipe(recipe) -> bool:
    """Whether something that was read has the fields of a recipe."""
    return isinstance(recipe, dict) and all(isinstance(recipe.get(name), kind) for name, kind in FIELDS.items())
