"""Folders of sounds and images that the tests of data make, and how they load them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from crossmodal.data.catalog import load_pair
from crossmodal.data.folders import load_folders
from crossmodal.errors import DataError


def draw(path: Path, seed: int, size: tuple[int, int] = (30, 20)) -> Path:
    """A picture of noise at a path, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(256, size=(*size, 3), dtype=np.uint8)).save(path)
    return path


def sing(path: Path, seed: int) -> Path:
    """A sound of noise at a path, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(2000), 8000)
    return path


def load_both(pets, **options):
    """(speech, images, what was said)."""
    said: list[str] = []
    speech, images = load_pair("folders", sounds_dir=str(pets[0]), images_dir=str(pets[1]), say=said.append, **options)
    assert len(said) == 2
    return speech, images, "\n".join(said)


def refusal_of(pets, **options) -> str:
    with pytest.raises(DataError) as refused:
        load_folders(*pets, say=pytest.fail, **options)
    return str(refused.value)


def count(images) -> int:
    return len(images.train_labels) + len(images.test_labels)
