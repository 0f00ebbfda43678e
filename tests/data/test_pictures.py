"""Picture files of every format and size become what is asked for; others are refused by name."""

import os

import numpy as np
import pytest
from made_pictures import bars, encoded_picture
from PIL import Image

from crossmodal.data.pictures import check_image_shape, read_picture
from crossmodal.errors import DataError

# Formats, turns and frames


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(saved, name, orientation):
    """The camera's rows for each orientation, by the definition of EXIF: where row 0 and column 0 are to be shown."""
    stored = {
        1: bars(),
        2: bars()[:, ::-1],
        3: bars()[::-1, ::-1],
        4: bars()[::-1],
        5: bars().T,
        6: np.rot90(bars()),
        7: np.rot90(bars(), 2).T,
        8: np.rot90(bars(), -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    quality = {"quality": 100} if name == "a.jpg" else {"lossless": True} if name == "a.webp" else {}
    path = saved(Image.fromarray(np.ascontiguousarray(stored)), name, exif=exif, **quality)
    np.testing.assert_allclose(read_picture(path), bars(), atol=3)


def test_a_photo_with_damaged_exif_data_stays_as_it_is(saved):
    path = saved(Image.fromarray(bars()), "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f", quality=100)
    np.testing.assert_allclose(read_picture(path), bars(), atol=3)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tif"])
def test_of_several_frames_the_first_is_shown(saved, name):
    frames = [Image.fromarray(pixels).convert("RGB") for pixels in (bars(), 255 - bars(), bars().T.copy())]
    lossless = {"lossless": True} if name == "a.webp" else {}
    path = saved(frames[0], name, save_all=True, append_images=frames[1:], **lossless)
    assert Image.open(path).n_frames == 3
    np.testing.assert_array_equal(read_picture(path), bars())


def test_a_photo_with_a_second_one_behind_it_is_read(saved):
    """MPO, as many telephones write under the name of JPEG."""
    frames = [Image.fromarray(pixels).convert("RGB") for pixels in (bars(), 255 - bars())]
    path = saved(frames[0], "a.jpg", format="MPO", save_all=True, append_images=frames[1:], quality=100)
    np.testing.assert_allclose(read_picture(path), bars(), atol=3)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"])
def test_the_content_tells_the_format(tmp_path, kind):
    Image.fromarray(bars()).convert("RGB").save(tmp_path / "name.of.no.picture", kind)
    np.testing.assert_allclose(read_picture(tmp_path / "name.of.no.picture"), bars(), atol=50)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "(it seems to be HEIC or a video)"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "(it seems to be AVIF)"),
        (b"<!DOCTYPE html><html>", "(it seems to be text such as SVG or a web page)"),
        (b"%PDF-1.7", "(it seems to be PDF)"),
        (b"not a picture", "picture: save it as PNG or JPEG."),
    ],
)
def test_what_another_file_seems_to_be_is_said(tmp_path, data, said):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(DataError) as refused:
        read_picture(tmp_path / "a.jpg")
    assert str(refused.value).startswith("a.jpg is no PNG, JPEG, BMP, GIF, WebP or TIFF picture")
    assert said in str(refused.value)


def test_only_the_formats_that_are_named_are_decoded_and_no_pipe_is_waited_for(tmp_path):
    (tmp_path / "script.png").write_bytes(encoded_picture("EPS", "RGB"))  # Pillow would run Ghostscript
    with pytest.raises(DataError, match=r"script\.png is no PNG"):
        read_picture(tmp_path / "script.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="not a regular file"):
        read_picture(tmp_path / "pipe.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(DataError, match=r"empty\.png is empty \(0 bytes\): copy it again\."):
        read_picture(tmp_path / "empty.png")
    (tmp_path / "link.png").symlink_to("nowhere.png")
    with pytest.raises(DataError, match=r"link\.png does not exist \(a link to nothing\)"):
        read_picture(tmp_path / "link.png")


# Sizes


@pytest.mark.parametrize("image_shape", [(16, 16, 1), (64, 48, 3), (32, 128, 1)])
@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
@pytest.mark.parametrize("size", [(40, 30), (1, 1), (1000, 3), (3, 1000), (64, 64)])
def test_any_size_becomes_the_one_that_is_asked_for(saved, image_shape, fit, size):
    path = saved(Image.new("RGB", size, (10, 200, 30)))
    shown = read_picture(path, image_shape, fit=fit)
    assert shown.shape == (image_shape[:2] if image_shape[2] == 1 else image_shape)
    assert shown.dtype == np.uint8
    assert len(np.unique(shown.reshape(-1, shown.shape[-1] if shown.ndim == 3 else 1), axis=0)) == 1


def test_what_each_fit_makes_of_a_wide_picture(saved):
    """Red, white, blue from left to right; of a wide picture on a page of the colour of its edges."""
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, :20], pixels[:, 20:40], pixels[:, 40:] = (255, 0, 0), (255, 255, 255), (0, 0, 255)
    path = saved(Image.fromarray(pixels))
    stretched, padded, cropped = (read_picture(path, (60, 60, 3), fit=fit) for fit in ("stretch", "pad", "crop"))
    np.testing.assert_array_equal(stretched[30, [5, 30, 55]], [(255, 0, 0), (255, 255, 255), (0, 0, 255)])
    np.testing.assert_array_equal(padded[20:40], pixels)
    assert len(np.unique(np.concatenate([padded[:20], padded[40:]]).reshape(-1, 3), axis=0)) == 1
    np.testing.assert_array_equal(cropped[:, 10:50], np.full((60, 40, 3), 255))


def test_a_page_goes_on_in_its_own_colour(saved):
    wide = np.zeros((20, 40), np.uint8)
    wide[5:15, 10:30] = 255
    assert set(read_picture(saved(Image.fromarray(wide)), fit="pad")[:6].ravel()) == {0}
    assert set(read_picture(saved(Image.fromarray(255 - wide)), fit="pad")[:6].ravel()) == {255}


@pytest.mark.parametrize(
    "image_shape", [(12, 28, 1), (28, 132, 1), (30, 28, 1), (28, 28), (28, 28, 2), (28, 28, 4), (28.0, 28, 1), ()]
)
def test_shapes_that_no_model_draws_are_refused(image_shape):
    with pytest.raises(DataError, match="choose"):
        check_image_shape(image_shape)


def test_choices_that_do_not_exist_are_refused(saved):
    path = saved(Image.fromarray(bars()))
    with pytest.raises(DataError, match="no fit 'fill': choose one of stretch, pad, crop"):
        read_picture(path, fit="fill")
    with pytest.raises(DataError, match="no background 'red': choose one of white, black"):
        read_picture(path, background="red")
