"""Damaged picture files become pictures or are refused by name, and nothing else happens."""

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
from made_pictures import COLOUR, SQUARE, bars, encoded_picture, swapped_profile
from PIL import Image

from crossmodal.data.pictures import read_picture
from crossmodal.errors import DataError


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
