"""A folder per class: what is refused, and how it is said."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_folders import count, draw, load_both, refusal_of, sing

from crossmodal.data.catalog import load_pair
from crossmodal.data.contents import list_files
from crossmodal.data.folders import load_images, load_sounds
from crossmodal.errors import DataError


def test_all_that_is_wrong_is_told_at_once(pets):
    sounds, images = pets
    (sounds / "cat" / "1.wav").write_bytes(b"not a sound")
    (sounds / "dog" / "2.wav").write_bytes(b"")
    (images / "cat" / "0.png").write_bytes(b"not an image")
    draw(images / "dog" / "half.png", 1)
    data = (images / "dog" / "half.png").read_bytes()
    (images / "dog" / "half.png").write_bytes(data[: len(data) // 2])
    for i in range(2):
        sing(sounds / "cow" / f"{i}.wav", 100 + i)
        draw(images / "Cow" / f"{i}.png", 100 + i)
    draw(images / "pig" / "0.png", 102)
    said = refusal_of(pets)
    lines = said.splitlines()
    assert lines[0] == "5 things are wrong with the data:"
    assert (
        f"  Only the sounds have the class cow: put images of that name into {images}, or remove the sounds." in lines
    )
    assert (
        f"  Only the images have 2 classes Cow, pig: put sounds of that name into {sounds}, or remove the images."
        in lines
    )
    assert f"2 of 8 sounds in {sounds} cannot be used: mend or remove them, or pass --skip-bad 0.25 to go on" in said
    assert any(line.startswith("    cat/1.wav ") for line in lines)
    assert "    dog/2.wav is empty (0 bytes): copy or record it again." in lines
    assert f"2 of 12 images in {images} cannot be used: mend or remove them." in said  # pig would be too few
    assert any(line.startswith("    cat/0.png is no PNG") for line in lines)
    assert any(line.startswith("    dog/half.png cannot be decoded (") for line in lines)
    assert f"  {images / 'pig'} holds 1 image that can be used: a class needs two, one to test with." in lines


def test_a_few_bad_files_may_be_left_out_and_are_named(pets):
    sounds, images = pets
    for i in range(3):
        (images / "cat" / f"bad{i}.png").write_bytes(b"not an image")
    assert "or pass --skip-bad 0.273 to go on without them." in refusal_of(pets)  # 3 of 11
    assert "3 of 11 images" in refusal_of(pets, skip_bad=0.27)
    _, pictures, said = load_both(pets, skip_bad=0.273)
    assert count(pictures) == 8
    assert "3 left out, cannot be used: cat/bad0.png is no PNG" in said
    (images / "cat" / "0.png").write_bytes(b"not an image")
    (images / "cat" / "1.png").write_bytes(b"not an image")
    (images / "cat" / "2.png").write_bytes(b"not an image")
    assert "cat holds 1 image that can be used" in refusal_of(pets, skip_bad=0.9)
    assert "--skip-bad" not in refusal_of(pets)
    for share in (-0.1, 1.0, float("nan"), 5):
        with pytest.raises(DataError, match="choose a share from 0 to less than 1"):
            load_sounds(sounds, skip_bad=share)


@pytest.mark.parametrize("total", [3, 7, 99, 100, 290, 999])
def test_the_share_that_is_named_is_enough(pets, total, monkeypatch):
    """Whatever the rounding."""
    contents = list_files(pets[1], "images")
    for bad in {1, total // 3, total // 2}:
        files = tuple((contents.folder / "cat" / f"{'bad' if i < bad else 'good'}{i}.png", 0) for i in range(total))
        from crossmodal.data import folders

        def read(path):
            if path.name.startswith("bad"):
                raise DataError(f"{path.name} is bad: mend it.")
            return np.zeros(1)

        many = folders.Contents(contents.folder, "images", ("cat",), files)
        _, refused = folders._read(many, read, 0.0)
        share = float(refused.faults[0].split("--skip-bad ")[1].split()[0])
        _, used = folders._read(many, read, share)
        assert not used.faults
        assert len(used.files) == total - bad


def test_of_many_bad_files_the_first_are_named(pets):
    for i in range(30):
        (pets[1] / "cat" / f"bad{i:02d}.png").write_bytes(b"not an image")
    said = refusal_of(pets).splitlines()
    assert len(said) == 1 + 10 + 1
    assert said[-1] == "    and 20 more"


def test_pictures_of_telephones_that_are_not_read_are_not_left_out_in_silence(pets):
    (pets[1] / "cat" / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    assert "cat/IMG_1.HEIC is no PNG" in refusal_of(pets)
    assert "(it seems to be HEIC or a video)" in refusal_of(pets)


def test_names_that_are_not_text_are_printed_with_escapes(pets):
    sounds, images = pets
    shutil.copy(images / "cat" / "0.png", os.fsencode(images / "cat") + b"/caf\xe9.png")
    _, pictures, said = load_both(pets)
    assert count(pictures) == 9
    assert r"cat/caf\udce9.png" in said
    said.encode()
    shutil.copy(sounds / "cat" / "0.wav", os.fsencode(sounds / "cat") + b"/caf\xe9.wav")
    speech, _, said = load_both(pets)
    assert len(speech.labels) == 7
    assert r"cat/caf\udce9.wav" in said
    said.encode()
    os.mkdir(os.fsencode(images) + b"/caf\xe9")
    refusal = refusal_of(pets)
    assert rf"The class caf\udce9 in {images} has a name that is not text: rename it." in refusal
    (images / "cat" / "two\nlines.png").write_bytes(b"no image")
    assert r"cat/two\nlines.png is no PNG" in refusal_of(pets)


def test_a_folder_that_cannot_be_listed_is_a_fault_and_not_an_empty_one(pets, monkeypatch):
    _, images = pets
    (images / "cat" / "closed").mkdir()
    scandir = os.scandir

    def closed(path):
        if Path(path).name in ("closed", "shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    fault = (
        f"The folder {images / 'cat' / 'closed'} cannot be listed (Permission denied): ask its owner for permission."
    )
    assert refusal_of(pets, skip_bad=0.5) == fault
    images.rename(images.parent / "shut")
    assert refusal_of((pets[0], images.parent / "shut")).startswith(
        f"The folder {images.parent / 'shut'} cannot be listed"
    )


def test_bad_folders_are_refused(tmp_path, pets):
    with pytest.raises(DataError, match=r"sounds .*absent does not exist"):
        load_sounds(tmp_path / "absent")
    with pytest.raises(DataError, match=r"File name too long"):
        load_sounds(tmp_path / ("x" * 300))
    (tmp_path / "file.zip").touch()
    with pytest.raises(DataError, match=r"file\.zip is a file: pass a folder"):
        load_images(tmp_path / "file.zip")
    (tmp_path / "none" / "cat").mkdir(parents=True)
    with pytest.raises(
        DataError, match=r"has no folder with sounds \(1 left out, folders with none in them: cat\): put"
    ):
        load_sounds(tmp_path / "none")
    draw(tmp_path / "flat" / "a.png", 0)
    with pytest.raises(
        DataError, match=r"no folder with images \(1 left out, not in the folder of a class: a\.png\): put"
    ):
        load_images(tmp_path / "flat")
    (tmp_path / "void").mkdir()
    with pytest.raises(DataError, match="void has no folder with images: put those of each class in a folder"):
        load_images(tmp_path / "void")
    both = refusal_of((tmp_path / "absent", tmp_path / "flat"))
    assert both.startswith("2 things are wrong")
    with pytest.raises(DataError, match="pass --sounds-dir and --images-dir"):
        load_pair("folders")
    with pytest.raises(DataError, match="no data named"):
        load_pair("cifar")
    (pets[1] / "cat" / "pipe.png").unlink(missing_ok=True)
    os.mkfifo(pets[1] / "cat" / "pipe.png")
    assert "cat/pipe.png is not a regular file" in refusal_of(pets)


def test_one_class_is_enough(pets):
    for folder in pets:
        shutil.rmtree(folder / "dog")
    speech, images, said = load_both(pets)
    assert speech.classes == images.classes == ("cat",)
    assert "sounds: 3 used, of 1 class (cat 3)" in said
