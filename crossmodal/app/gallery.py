"""Files of sounds and pictures as embeddings, for `crossmodal find`.

Of a recording its word alone is heard; a picture of a digit is brought to what MNIST has, see
`crossmodal.data.handwriting`.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from crossmodal.app.recipe.reading import read_recipe
from crossmodal.data.contents import SUFFIXES
from crossmodal.errors import CrossmodalError, DataError
from crossmodal.runtime.words import printable
from crossmodal.saving.index import Index, sha256_of
from crossmodal.sound.spectrogram import LogMel, log_mel

OTHER = {"sounds": "images", "images": "sounds"}  # what is found by which


def kind_of(path) -> str:
    """Whether a file is one of "sounds" or "images", by its suffix; DataError if it is neither."""
    for kind, suffixes in SUFFIXES.items():
        if Path(path).suffix.lower() in suffixes:
            return kind
    raise DataError(f"{path} is named as neither a recording nor a picture: give it a name such as seven.wav.")


def read_sound(path, model, background=None) -> np.ndarray:
    """(frames, mels) in [0, 1], the word in a recording; AudioError if it cannot be used."""
    from crossmodal.sound.audio import read_audio

    front_end = LogMel(**model.front_end)
    front_end = replace(front_end, find_word=not front_end.whole)
    return log_mel([read_audio(path, front_end.sample_rate)], front_end)[0]


def is_page_of_drawings(path) -> bool:
    """Whether a picture is one that `crossmodal draw` wrote, by its recipe."""
    try:
        return read_recipe(Path(path))["command"].startswith("crossmodal draw ")
    except CrossmodalError:
        return False


def read_image(path, model, background="white") -> np.ndarray:
    """(height, width, channels) in [0, 1], a picture as the images are that the model was trained on; DataError if it
    cannot be used, or is a page of drawings and captions."""
    if is_page_of_drawings(path):
        raise DataError(f"{printable(path)} is a page that crossmodal draw wrote: cut one drawing out of it.")
    from crossmodal.data.handwriting import SIZE, read_handwriting
    from crossmodal.data.pictures import read_picture
    from crossmodal.data.sources import DIGITS

    if tuple(model.classes) == DIGITS and model.image_shape == (SIZE, SIZE, 1):
        return read_handwriting(path, background=background)
    return read_picture(path, model.image_shape, background=background).reshape(model.image_shape) / np.float32(255)


READ = {"sounds": read_sound, "images": read_image}


def embed(arrays, kind: str, model) -> np.ndarray:
    """What was read of files of one kind, (n, ...) -> embeddings (n, embedding_dim)."""
    return (model.embed_sounds if kind == "sounds" else model.embed_images)(np.stack(arrays))


def files_below(folder: Path, kind: str | None) -> tuple[list[Path], str]:
    """The files of a kind in a folder and all lower ones, sorted, hidden ones left out; and the kind, by what is there
    if None.

    Raises:
        DataError: there is no such folder, it has none, or it has both kinds and none is named.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}: pass one with pictures or recordings, or an index.")
    names = sorted(Path(base, name) for base, _, files in os.walk(folder) for name in files)
    names = [path for path in names if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    found = {each: [path for path in names if path.suffix.lower() in SUFFIXES[each]] for each in SUFFIXES}
    if kind is None and all(found.values()):
        raise DataError(f"{folder} holds recordings and pictures: keep an index of a folder that has one kind alone.")
    kind = kind or next((each for each in found if found[each]), "images")
    if not found[kind]:
        raise DataError(f"{folder} holds no {kind}: pass another folder.")
    return found[kind], kind


def index_of(folder: Path, kind: str | None, model, background="white") -> tuple[Index, int]:
    """The index of a folder, and how many files could not be used; each of these is told in a sentence.

    Raises:
        DataError: see `files_below`; or no file can be used.
    """
    files, kind = files_below(folder, kind)
    names, arrays, failed = [], [], 0
    for path in files:
        try:
            arrays.append(READ[kind](path, model, background))
            names.append(printable(path.relative_to(folder).as_posix()))
        except CrossmodalError as error:
            failed += 1
            print(printable(str(error)), file=sys.stderr)
    if not names:
        raise DataError(f"No file in {folder} can be used: pass another folder.")
    pictures = np.rint(255 * np.stack(arrays)).astype(np.uint8) if kind == "images" else np.zeros(0, np.uint8)
    return Index(kind, np.array(names), embed(arrays, kind, model), pictures, sha256_of(model)), failed
