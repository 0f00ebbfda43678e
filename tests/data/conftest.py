"""What the tests of data share."""

import pytest


@pytest.fixture
def saved(tmp_path):
    """saved(image, name, **options): the file."""

    def save(image, name="a.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save
