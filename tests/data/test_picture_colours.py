"""Picture files become what a viewer shows, whatever mode, depth, profile and transparency they have."""

import struct

import numpy as np
import pytest
from made_pictures import COLOUR, NOISE, bars, ink, swapped_profile
from PIL import Image, ImageCms

from crossmodal.data.pictures import as_shown, read_picture
from crossmodal.errors import DataError

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
