"""An index: the embeddings of many images or sounds in a file, so that what belongs to another one is found quickly.

The file is a `.npz` of plain arrays, without pickle: what kind they are of, their names, their embeddings, the images
themselves as the model sees them, and the SHA-256 of the model's weights. Another model's index is refused.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crossmodal.errors import DataError
from crossmodal.runtime.files import replacing

SUFFIX = ".npz"
KINDS = ("images", "sounds")
ARRAYS = ("kind", "names", "embeddings", "pictures", "model")


@dataclass(frozen=True)
class Index:
    """What can be found.

    kind:       "images" or "sounds".
    names:      (n,) the name of each, its path from its folder on.
    embeddings: (n, embedding_dim) float32.
    pictures:   (n, height, width, channels) uint8, of images; (0,) of sounds.
    model:      the SHA-256 of the weights of the model that made the embeddings, see `sha256_of`.
    """

    kind: str
    names: np.ndarray
    embeddings: np.ndarray
    pictures: np.ndarray
    model: str


def sha256_of(model) -> str:
    """The SHA-256 of a Keras model's weights, in hexadecimal."""
    return hashlib.sha256(b"".join(np.asarray(w, np.float32).tobytes() for w in model.get_weights())).hexdigest()


def save_index(index: Index, path) -> None:
    """Write an index completely or not at all."""
    with replacing(path) as temporary:
        np.savez(
            temporary,
            kind=index.kind,
            names=index.names,
            embeddings=index.embeddings,
            pictures=index.pictures,
            model=index.model,
        )


def load_index(path, model) -> Index:
    """The index in a file.

    Args:
        path: a `.npz` file of `save_index`.
        model: the `crossmodal.models.correspondence.Correspondence` that is to search it.

    Raises:
        DataError: there is no such file, it is damaged or no index, or another model made it.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"There is no index at {path}: make one by crossmodal find --save-index.")
    try:
        with zipfile.ZipFile(path) as file:
            if any(member.compress_type != zipfile.ZIP_STORED for member in file.infolist()):
                raise ValueError("compressed")
        with np.load(path, allow_pickle=False) as arrays:
            kind, names, embeddings, pictures, made_by = (arrays[name] for name in ARRAYS)
        index = Index(str(kind), names, embeddings, pictures, str(made_by))
        check_index(index, model)
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name} is damaged or no index: make it anew by --save-index.") from error
    if index.model != sha256_of(model):
        raise DataError(f"{path.name} was made by another model: make it anew by --save-index.")
    return index


def check_index(index: Index, model) -> None:
    """ValueError unless the arrays of an index are those that a model needs."""
    n = len(index.names) if index.names.ndim == 1 else 0
    pictures = (n, *model.image_shape) if index.kind == "images" else (0,)
    fits = index.kind in KINDS and n and index.names.dtype.kind == "U"
    fits = fits and index.embeddings.shape == (n, index.embeddings.shape[-1]) and index.embeddings.dtype == np.float32
    if not (fits and index.pictures.shape == pictures and np.isfinite(index.embeddings).all()):
        raise ValueError("no index")


def nearest(model, index: Index, embedding: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """What belongs to a sound, in an index of images, or to an image, in an index of sounds.

    Args:
        model: a `crossmodal.models.correspondence.Correspondence`.
        embedding: (embedding_dim,) of what asks.
        count: how many are wanted; all if there are fewer.

    Returns:
        (count,) indices, the best first, and (count,) scores. Where the nearest embedding has the highest score, they
        are the nearest neighbours; else all are scored.
    """
    from sklearn.neighbors import NearestNeighbors

    count, candidates = min(count, len(index.names)), np.arange(len(index.names))
    if model.UNIT:
        candidates = NearestNeighbors(n_neighbors=count).fit(index.embeddings).kneighbors(embedding[None])[1][0]
    found = index.embeddings[candidates]
    sounds, images = (embedding[None], found) if index.kind == "images" else (found, embedding[None])
    scores = model.scores(sounds, images).ravel()
    best = np.argsort(-scores, kind="stable")[:count]
    return candidates[best], scores[best]
