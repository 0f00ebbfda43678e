"""Pictures of digits brought into MNIST's form: size, place, light on dark, whatever the page."""

import numpy as np
import pytest
from PIL import Image

from crossmodal.data.handwriting import as_handwriting, read_handwriting
from crossmodal.errors import DataError
from crossmodal.reader import default_reader


def middle(image):
    """The centre of mass (row, column)."""
    return [float((image * i).sum() / image.sum()) for i in np.indices(image.shape)]


def bar(height=200, width=100):
    """A page of 0 with a bar of 1 of 60x12 in a corner."""
    page = np.zeros((height, width), np.float32)
    page[10:70, 80:92] = 1
    return page


def test_a_digit_fills_20_pixels_and_lies_in_the_middle():
    image = as_handwriting(bar())
    assert (image.shape, image.dtype) == ((28, 28, 1), np.float32)
    rows, columns = (np.flatnonzero(image[..., 0].max(axis=axis) > 0.4) for axis in (1, 0))
    assert (len(rows), len(columns)) == (20, 4)
    assert middle(image[..., 0]) == pytest.approx([14, 14], abs=0.51)


def test_the_centre_is_that_of_mass():
    """A heavy foot under a thin stroke: the box of both lies higher than its middle."""
    page = np.zeros((40, 40), np.float32)
    page[10:30, 19:21], page[26:30, 16:24] = 1, 1
    image = as_handwriting(page)[..., 0]
    assert middle(image) == pytest.approx([14, 14], abs=0.51)
    rows = np.flatnonzero(image.max(axis=1) > 0.4)
    assert rows[0] + rows[-1] < 28 - 3


def test_light_on_dark_and_dark_on_grey_paper_are_one():
    np.testing.assert_allclose(as_handwriting(0.8 - 0.5 * bar()), as_handwriting(bar()), atol=1e-5)


def test_what_is_mnists_already_changes_little(real_data):
    images = real_data[1].test_images[:300].astype(np.float32) / 255
    again = np.stack([as_handwriting(image) for image in images])
    assert np.abs(again[..., 0] - images).mean() < 0.05
    read = default_reader().labels(again)
    assert np.mean(read == real_data[1].test_labels[:300]) > 0.98


def test_a_picture_file_is_read_on_its_page(tmp_path):
    Image.fromarray(((1 - bar(300, 150)) * 255).astype(np.uint8)).save(tmp_path / "one.png")
    image = read_handwriting(tmp_path / "one.png")
    assert middle(image[..., 0]) == pytest.approx([14, 14], abs=0.51)
    Image.new("L", (50, 50), 255).save(tmp_path / "empty.png")
    with pytest.raises(DataError, match="shows no digit"):
        read_handwriting(tmp_path / "empty.png")
