"""A folder per class: what counts as a class, a speaker, a test image; and what is refused."""

import io
import os
import random
import struct
import zlib
from collections import Counter

import numpy as np
import pytest
from fuzzing import BYTES, changed
from PIL import Image

from crossmodal.data.alignment import split_clips
from crossmodal.data.catalog import load_pair
from crossmodal.data.folders import load_images, load_sounds, read_picture
from crossmodal.errors import DataError


def test_sounds_and_images_of_the_same_classes(class_folders):
    sounds, images = class_folders
    speech, pictures = load_pair("folders", sounds_dir=str(sounds), images_dir=str(images))
    assert speech.classes == pictures.classes
    assert len(speech.waveforms) == 120
    assert set(speech.speakers) == {"speaker0", "speaker1", "speaker2"}
    assert pictures.train_images.shape == (360, 28, 28)
    np.testing.assert_array_equal(np.bincount(pictures.test_labels), [4] * 10)
    split = split_clips(speech, "speaker", held_out_speaker="speaker1")
    assert len(split.test) == 40


def test_classes_must_agree(class_folders, tmp_path):
    sounds, images = class_folders
    for name in ("0_zero", "extra"):
        (tmp_path / name).mkdir()
        for source in sorted((images / "0_zero").iterdir())[:2]:
            (tmp_path / name / source.name).write_bytes(source.read_bytes())
    with pytest.raises(DataError, match="Only one of the two folders has the class 1_one"):
        load_pair("folders", sounds_dir=str(sounds), images_dir=str(tmp_path))


def test_bad_folders_are_refused(tmp_path, class_folders):
    with pytest.raises(DataError, match="does not exist"):
        load_sounds(tmp_path / "absent")
    with pytest.raises(DataError, match="has no folders"):
        load_sounds(tmp_path)
    (tmp_path / "one").mkdir()
    with pytest.raises(DataError, match="holds 0 sounds"):
        load_sounds(tmp_path)
    for name in ("a.png", "b.png"):
        (tmp_path / "one" / name).write_text("not an image")
    with pytest.raises(DataError, match=r"a\.png cannot be read"):
        load_images(tmp_path)
    for name in ("a.wav", "b.wav"):
        (tmp_path / "one" / name).write_text("not a sound")
    with pytest.raises(DataError, match=r"a\.wav"):
        load_sounds(tmp_path)
    with pytest.raises(DataError, match="pass --sounds-dir and --images-dir"):
        load_pair("folders")
    with pytest.raises(DataError, match="no data named"):
        load_pair("cifar")


def encoded_picture(kind: str, mode: str) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(256, size=(40, 30, 4), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
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


def test_damaged_pictures_are_pictures_or_refused_by_name(tmp_path):
    kinds = [("PNG", mode) for mode in ("L", "RGB", "RGBA", "P", "1")] + [("JPEG", "RGB"), ("BMP", "L"), ("BMP", "P")]
    whole = [encoded_picture(*kind) for kind in kinds]
    refused: Counter = Counter()
    for i in range(400):
        rng = random.Random(i)
        data = changed(rng, rng.choice(whole), BYTES)
        path = tmp_path / "a.png"
        path.write_bytes(with_checksums(data) if i % 2 else data)
        try:
            assert (read_picture(path).shape, read_picture(path).dtype) == ((28, 28), np.uint8)
        except DataError as error:
            refused[str(error)] += 1
    assert list(refused) == ["a.png cannot be read as an image: replace or remove it."]
    assert 40 < refused.total() < 360


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    png = bytearray(encoded_picture("PNG", "L"))
    struct.pack_into(">II", png, 16, 10_000, 10_000)
    (tmp_path / "bomb.png").write_bytes(with_checksums(bytes(png)))
    with pytest.raises(DataError, match=r"bomb\.png cannot be read") as refused:
        read_picture(tmp_path / "bomb.png")
    assert "DecompressionBomb" in type(refused.value.__cause__).__name__


def test_only_the_formats_that_are_named_are_decoded_and_no_pipe_is_waited_for(tmp_path):
    (tmp_path / "script.png").write_bytes(encoded_picture("EPS", "RGB"))  # Pillow would run Ghostscript
    with pytest.raises(DataError, match=r"script\.png cannot be read"):
        read_picture(tmp_path / "script.png")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="not a regular file"):
        read_picture(tmp_path / "pipe.png")
