"""Picture files become what a viewer shows, whatever mode, format and size they have; others are refused by name."""

import io
import os
import random
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from fuzzing import BYTES, changed
from PIL import Image, ImageCms

from crossmodal.data.pictures import as_shown, check_image_shape, read_picture
from crossmodal.errors import DataError

SQUARE = (28, 28, 1)
COLOUR = (28, 28, 3)
NOISE = np.random.default_rng(0).integers(256, size=(40, 30, 4), dtype=np.uint8)


def bars() -> np.ndarray:
    """(28, 28) uint8: black above, white below, and a grey corner at the upper right."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[14:] = 255
    pixels[:7, 21:] = 128
    return pixels


def ink(mode: str, value: int, opacity: np.ndarray) -> Image.Image:
    """A picture of one value whose shape is in its opacity alone."""
    grey = Image.fromarray(np.full(opacity.shape, value, np.uint8))
    image = Image.merge("LA", (grey, Image.fromarray(opacity)))
    return image if mode == "LA" else image.convert("RGBA")


@pytest.fixture
def saved(tmp_path):
    """saved(image, name, **options): the file."""

    def save(image, name="a.png", **options):
        image.save(tmp_path / name, **options)
        return tmp_path / name

    return save


# What is transparent


@pytest.mark.parametrize(
    ("mode", "name"),
    [*((mode, name) for mode in ("LA", "RGBA") for name in ("a.png", "a.webp", "a.tif")), ("RGBA", "a.gif")],
)
def test_black_ink_on_nothing_is_black_ink_on_a_white_page(saved, mode, name):
    opacity = np.where(bars() > 200, 255, 0).astype(np.uint8)
    path = saved(ink(mode, 0, opacity), name, **({"lossless": True} if name == "a.webp" else {}))
    np.testing.assert_array_equal(read_picture(path), 255 - opacity)
    np.testing.assert_array_equal(read_picture(path, COLOUR), np.repeat(255 - opacity[..., None], 3, 2))


def test_white_ink_on_nothing_needs_a_black_page(saved):
    opacity = np.where(bars() > 200, 255, 0).astype(np.uint8)
    path = saved(ink("RGBA", 255, opacity))
    with pytest.raises(DataError, match=r"a\.png is transparent and shows nothing on white: .* --background black\."):
        read_picture(path)
    np.testing.assert_array_equal(read_picture(path, background="black"), opacity)
    with pytest.raises(DataError, match=r"shows nothing on black: .* --background white\."):
        read_picture(saved(ink("RGBA", 0, opacity)), background="black")


def test_half_transparent_ink_is_grey(saved):
    opacity = np.full((28, 28), 128, np.uint8)
    opacity[:14] = 0
    shown = read_picture(saved(ink("LA", 0, opacity)))
    assert set(shown[:14].ravel()) == {255}
    assert set(shown[14:].ravel()) == {127}


@pytest.mark.parametrize(
    ("mode", "transparency"),
    [("1", 0), ("L", 0), ("RGB", (0, 0, 0)), ("P", 0), ("P", bytes([0, 255])), ("I;16", 0)],
)
def test_a_colour_that_png_calls_transparent_is_the_page(saved, mode, transparency):
    pixels = np.where(bars() > 200, 100 if mode != "1" else 255, 0).astype(np.uint8)
    image = Image.fromarray(pixels)
    if mode == "P":
        image = Image.fromarray((pixels > 0).astype(np.uint8))
        image.putpalette([0, 0, 0, 100, 100, 100])
    elif mode == "I;16":
        image = Image.fromarray(pixels.astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    path = saved(image, transparency=transparency)
    if mode == "1":  # white ink on nothing
        with pytest.raises(DataError, match="shows nothing on white"):
            read_picture(path)
    else:
        np.testing.assert_array_equal(read_picture(path), np.where(pixels > 0, 100, 255))


def test_a_bmp_file_whose_opacity_was_never_filled_in_is_opaque(saved):
    image = ink("RGBA", 100, np.zeros((28, 28), np.uint8))
    image.paste((200, 200, 200, 0), (0, 0, 28, 14))
    path = saved(image, "a.bmp")
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 14, 56)  # a header that names four masks; Pillow writes one without
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    struct.pack_into("<I", data, 30, 3)
    struct.pack_into("<I", data, 10, 14 + 56)
    path.write_bytes(bytes(data[:54]) + masks + bytes(image.tobytes("raw", "BGRA", 0, -1)))
    assert Image.open(path).mode == "RGBA"
    assert set(read_picture(path)[:12].ravel()) == {200}


def test_the_colour_of_what_is_invisible_does_not_shine_through_where_a_picture_shrinks(saved):
    pixels = np.zeros((290, 290, 4), np.uint8)
    pixels[145:] = (0, 0, 0, 255)
    shown = []
    for invisible in (0, 255):
        pixels[:145, :, :3] = invisible
        shown.append(read_picture(saved(Image.fromarray(pixels))))
    np.testing.assert_array_equal(*shown)


# Colours and numbers


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV"])
def test_every_mode_shows_the_same_grey_picture(mode):
    grey = Image.fromarray(bars() if mode != "1" else np.where(bars() > 200, 255, 0).astype(np.uint8))
    if mode == "La":
        image = grey.convert("LA").convert("La")
    elif mode == "RGBa":
        image = grey.convert("RGBA").convert("RGBa")
    elif mode == "PA":
        image = grey.convert("P").convert("PA")
    elif mode in ("CMYK", "YCbCr", "HSV"):
        image = grey.convert("RGB").convert(mode)
    else:
        image = grey.convert(mode)
    assert image.mode == mode
    np.testing.assert_allclose(np.asarray(as_shown(image).convert("L")), np.asarray(grey.convert("L")), atol=1)


def test_grey_and_colour_files_become_what_they_were_before_there_was_a_choice(saved):
    for mode in ("1", "L", "RGB", "P", "CMYK"):
        image = Image.fromarray(NOISE[..., :3]).convert(mode)
        path = saved(image, "a.tif")
        np.testing.assert_array_equal(
            read_picture(path), np.asarray(image.convert("L").resize((28, 28), Image.Resampling.LANCZOS))
        )


def test_a_jpeg_file_in_cmyk_is_no_negative(saved):
    image = Image.new("RGB", (32, 32), (250, 200, 30))
    np.testing.assert_allclose(
        read_picture(saved(image.convert("CMYK"), "a.jpg"), COLOUR).reshape(-1, 3).mean(0), (250, 200, 30), atol=4
    )


def test_colours_go_through_their_profile(saved):
    """In LAB the numbers are no colours at all; in another space they are other ones."""
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    colours = Image.fromarray(np.kron(NOISE[:4, :4, :3], np.ones((7, 7, 1), np.uint8)))
    path = saved(ImageCms.profileToProfile(colours, srgb, lab, outputMode="LAB"), "a.tif")
    assert Image.open(path).mode == "LAB"
    np.testing.assert_allclose(read_picture(path, COLOUR), np.asarray(colours), atol=12)
    same = saved(colours, icc_profile=ImageCms.ImageCmsProfile(srgb).tobytes())
    np.testing.assert_array_equal(read_picture(same, COLOUR), np.asarray(colours))
    damaged = saved(colours, "b.png", icc_profile=b"no profile")
    np.testing.assert_array_equal(read_picture(damaged, COLOUR), np.asarray(colours))
    of_another_kind = saved(colours.convert("L"), "c.png", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes())
    np.testing.assert_array_equal(read_picture(of_another_kind), np.asarray(colours.convert("L")))


def swapped_profile() -> bytes:
    """A profile of sRGB whose red and blue are exchanged, under another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    for i in range(count):
        at = 132 + 12 * i
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(tag, tag)
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_profile_with_red_and_blue_exchanged_is_heeded(saved, mode):
    image = Image.new(mode, (28, 28), (255, 0, 0, 255)[: len(mode)])
    shown = read_picture(saved(image, icc_profile=swapped_profile()), COLOUR)
    assert shown[14, 14, 2] > 240
    assert shown[14, 14, 0] < 20


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_sixteen_bits_are_scaled_and_not_cut(saved, name):
    path = saved(Image.fromarray(bars().astype(np.uint16) * 257), name)
    np.testing.assert_array_equal(read_picture(path), bars())


def test_sixteen_bits_of_which_white_is_zero(saved):
    path = saved(Image.fromarray(bars().astype(np.uint16) * 257), "a.tif", tiffinfo={262: 0})
    assert Image.open(path).tag_v2[262] == 0
    np.testing.assert_array_equal(read_picture(path), 255 - bars())


def test_twelve_bits_are_scaled_from_twelve(tmp_path):
    """28 rows of 28 values, two in three bytes, after a header by hand: Pillow does not write this kind."""
    values = np.round(bars().ravel() / 255 * 4095).astype(int)
    first, second = values[::2], values[1::2]
    data = np.stack([first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=1).astype(np.uint8).tobytes()
    tags = [(256, 28), (257, 28), (258, 12), (259, 1), (262, 1), (273, 200), (277, 1), (278, 28), (279, len(data))]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    header = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
    (tmp_path / "a.tif").write_bytes(header.ljust(200, b"\0") + data)
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif"), bars())


def test_numbers_of_32_bits_are_shown_where_white_is_known(saved):
    np.testing.assert_array_equal(read_picture(saved(Image.fromarray(bars().astype(np.int32)), "a.tif")), bars())
    for scale in (1, 1 / 255):
        floats = Image.fromarray((bars() * scale).astype(np.float32))
        np.testing.assert_array_equal(read_picture(saved(floats, "a.tif")), bars())
    for values in (bars().astype(np.int32) * 1000, bars().astype(np.float32) - 100):
        with pytest.raises(DataError, match=r"a\.tif holds numbers from .*, and which of them is white is not known"):
            read_picture(saved(Image.fromarray(values), "a.tif"))
    with pytest.raises(DataError, match=r"a\.tif holds numbers that are NaN or infinite"):
        read_picture(saved(Image.fromarray(np.full((28, 28), np.nan, np.float32)), "a.tif"))


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


# Damage


def encoded_picture(kind: str, mode: str, **options) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(NOISE)
    (image if mode == "RGBA" else image.convert("RGB").convert(mode)).save(buffer, kind, **options)
    return buffer.getvalue()


def with_checksums(png: bytes) -> bytes:
    """A PNG file whose chunks have right checksums again: its damage reaches the decoder."""
    mended, at = bytearray(png), 8
    while at + 12 <= len(mended):
        end = at + 8 + struct.unpack_from(">I", mended, at)[0]
        if end + 4 > len(mended):
            break
        struct.pack_into(">I", mended, end, zlib.crc32(mended[at + 4 : end]))
        at = end + 4
    return bytes(mended)


KINDS = [
    *[("PNG", mode) for mode in ("L", "RGB", "RGBA", "P", "1")],
    *[("JPEG", "RGB"), ("JPEG", "CMYK"), ("BMP", "L"), ("BMP", "P"), ("GIF", "P"), ("WEBP", "RGBA")],
    *[("TIFF", mode) for mode in ("L", "CMYK", "LAB", "F", "RGBA")],
]


def test_damaged_pictures_are_pictures_or_refused_by_name(tmp_path):
    whole = [encoded_picture(*kind) for kind in KINDS] + [
        encoded_picture("TIFF", "RGB", compression="tiff_lzw"),
        encoded_picture("TIFF", "L", compression="jpeg"),
    ]
    refused: Counter = Counter()
    path = tmp_path / "a.png"
    for i in range(600):
        rng = random.Random(i)
        data = changed(rng, rng.choice(whole), BYTES)
        path.write_bytes(with_checksums(data) if i % 2 and data.startswith(b"\x89PNG") else data)
        try:
            shown = read_picture(path, COLOUR if i % 3 else SQUARE)
            assert (shown.shape[:2], shown.dtype) == ((28, 28), np.uint8)
        except DataError as error:
            sentence = str(error)
            assert sentence.startswith("a.png ")
            assert sentence.endswith(".")
            assert ": " in sentence
            assert "\n" not in sentence
            refused[sentence.split("(")[0]] += 1
    assert 60 < refused.total() < 540
    assert len(refused) > 1


def test_damaged_profiles_change_colours_at_most(tmp_path):
    profile = swapped_profile()
    path = tmp_path / "a.png"
    for i in range(200):
        rng = random.Random(i)
        path.write_bytes(encoded_picture("PNG", "RGB", icc_profile=changed(rng, profile, BYTES)))
        assert read_picture(path, COLOUR).shape == COLOUR


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    png = bytearray(encoded_picture("PNG", "L"))
    struct.pack_into(">II", png, 16, 10_000, 10_000)
    (tmp_path / "bomb.png").write_bytes(with_checksums(bytes(png)))
    with pytest.raises(DataError, match=r"bomb\.png has more than 89 million pixels: save it smaller\.") as refused:
        read_picture(tmp_path / "bomb.png")
    assert "DecompressionBomb" in type(refused.value.__cause__).__name__


def test_nothing_is_printed_beside_the_message(tmp_path):
    """In a process of its own: pytest takes what is logged."""
    data = encoded_picture("TIFF", "RGB")
    samples = struct.pack("<HHIHH", 277, 3, 1, 3, 0)
    assert samples in data
    (tmp_path / "a.tif").write_bytes(data.replace(samples, struct.pack("<HHIHH", 277, 3, 1, 999, 0)))
    script = "import sys; from crossmodal.data.pictures import read_picture; read_picture(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.tif")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert "DataError: a.tif is no PNG" in done.stderr
    assert "\nMore samples" not in f"\n{done.stderr}"


def test_a_lack_of_memory_is_not_called_damage(saved, monkeypatch):
    def none_left(*_):
        raise MemoryError

    path = saved(Image.fromarray(bars()))
    monkeypatch.setattr("crossmodal.data.pictures.as_shown", none_left)
    with pytest.raises(DataError, match="needs more memory than is free"):
        read_picture(path)
