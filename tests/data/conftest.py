"""What the tests of data share."""

from pathlib import Path

import pytest
from made_folders import draw, sing


@pytest.fixture
def saved(tmp_path):
    """saved(image, name, **options): the file."""

    def save(image, name="a.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


@pytest.fixture
def pets(tmp_path) -> tuple[Path, Path]:
    """Three sounds and four images each of cat and dog."""
    for label, name in enumerate(("cat", "dog")):
        for i in range(3):
            sing(tmp_path / "sounds" / name / f"{i}.wav", 10 * label + i)
        for i in range(4):
            draw(tmp_path / "images" / name / f"{i}.png", 10 * label + i)
    return tmp_path / "sounds", tmp_path / "images"
