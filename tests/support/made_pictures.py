"""Pictures that the tests of picture files make."""

import io
import struct

import numpy as np
from PIL import Image, ImageCms

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


def swapped_profile() -> bytes:
    """A profile of sRGB whose red and blue are exchanged, under another name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack_from(">I", profile, 128)[0]
    for i in range(count):
        at = 132 + 12 * i
        tag = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(tag, tag)
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


def encoded_picture(kind: str, mode: str, **options) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(NOISE)
    (image if mode == "RGBA" else image.convert("RGB").convert(mode)).save(buffer, kind, **options)
    return buffer.getvalue()
