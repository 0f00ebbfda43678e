"""A folder per class: what counts as a class, a file, a speaker, a test image; what is left out; what is refused."""

import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from crossmodal.data.alignment import split_clips
from crossmodal.data.catalog import load_pair
from crossmodal.data.contents import list_files
from crossmodal.data.folders import load_folders, load_images, load_sounds
from crossmodal.errors import DataError


def draw(path: Path, seed: int, size: tuple[int, int] = (30, 20)) -> Path:
    """A picture of noise at a path, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(256, size=(*size, 3), dtype=np.uint8)).save(path)
    return path


def sing(path: Path, seed: int) -> Path:
    """A sound of noise at a path, in the format of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(2000), 8000)
    return path


@pytest.fixture
def pets(tmp_path) -> tuple[Path, Path]:
    """Three sounds and four images each of cat and dog."""
    for label, name in enumerate(("cat", "dog")):
        for i in range(3):
            sing(tmp_path / "sounds" / name / f"{i}.wav", 10 * label + i)
        for i in range(4):
            draw(tmp_path / "images" / name / f"{i}.png", 10 * label + i)
    return tmp_path / "sounds", tmp_path / "images"


def load_both(pets, **options):
    """(speech, images, what was said)."""
    said: list[str] = []
    speech, images = load_pair("folders", sounds_dir=str(pets[0]), images_dir=str(pets[1]), say=said.append, **options)
    assert len(said) == 2
    return speech, images, "\n".join(said)


def refusal_of(pets, **options) -> str:
    with pytest.raises(DataError) as refused:
        load_folders(*pets, say=pytest.fail, **options)
    return str(refused.value)


def count(images) -> int:
    return len(images.train_labels) + len(images.test_labels)


# What is used


def test_sounds_and_images_of_the_same_classes(class_folders, capsys):
    sounds, images = class_folders
    speech, pictures = load_pair("folders", sounds_dir=str(sounds), images_dir=str(images))
    assert speech.classes == pictures.classes
    assert len(speech.waveforms) == 120
    assert set(speech.speakers) == {"speaker0", "speaker1", "speaker2"}
    assert pictures.train_images.shape == (360, 28, 28)
    assert pictures.train_images.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(pictures.test_labels), [4] * 10)
    split = split_clips(speech, "speaker", held_out_speaker="speaker1")
    assert len(split.test) == 40
    said = capsys.readouterr().out
    assert "sounds: 120 used, of 10 classes (0_zero 12, 1_one 12" in said
    assert "images: 400 used, of 10 classes (0_zero 40" in said
    assert "left out" not in said


def test_size_and_colour_are_as_asked(pets):
    for image_shape, shape in (((28, 28, 1), (28, 28)), ((64, 48, 3), (64, 48, 3)), ((128, 16, 1), (128, 16))):
        _, images, _ = load_both(pets, image_shape=image_shape, fit="pad")
        assert images.train_images.shape == (6, *shape)
        assert images.test_images.shape == (2, *shape)
        assert images.train_images.dtype == np.uint8
        assert images.image_shape == image_shape
    with pytest.raises(DataError, match=r"shape \(30, 28, 1\): choose a height and a width from 16 to 128"):
        load_both(pets, image_shape=(30, 28, 1))
    with pytest.raises(DataError, match=r"digits-tts are 28x28 pixels in grey: .*--data folders"):
        load_pair("digits-tts", image_shape=(64, 64, 1))


def test_files_of_every_suffix_that_sounds_and_pictures_have_are_read(pets):
    sounds, images = pets
    for i, suffix in enumerate((".flac", ".OGG", ".aiff", ".mp3", ".au", ".caf", ".w64", ".rf64", ".WAV")):
        sing(sounds / "cat" / f"other{suffix}", 100 + i)
    shutil.copy(sing(sounds / "any.wav", 200), sounds / "dog" / "really_wav.m4a")  # the content tells
    (sounds / "any.wav").unlink()
    for i, suffix in enumerate((".JPG", ".jpeg", ".webp", ".gif", ".tiff", ".TIF", ".bmp")):
        draw(images / "cat" / f"other{suffix}", 100 + i)
    speech, pictures, said = load_both(pets)
    np.testing.assert_array_equal(np.bincount(speech.labels), [12, 4])
    assert count(pictures) == 8 + 7
    assert "left out" not in said


def test_lower_folders_count_as_their_class(pets):
    sounds, images = pets
    sing(sounds / "cat" / "2024" / "may" / "a.wav", 100)
    draw(images / "dog" / "2024" / "a.png", 100)
    speech, pictures, said = load_both(pets)
    assert (len(speech.labels), count(pictures)) == (7, 9)
    assert "1 of them lie in lower folders: cat/2024/may/a.wav" in said
    assert "1 of them lie in lower folders: dog/2024/a.png" in said


def test_an_accent_written_in_two_ways_is_one_class(pets):
    sounds, images = pets
    (sounds / "cat").rename(sounds / unicodedata.normalize("NFD", "Kätzchen"))  # as from a Mac
    (images / "cat").rename(images / unicodedata.normalize("NFC", "Kätzchen"))
    speech, pictures, _ = load_both(pets)
    assert speech.classes == pictures.classes == ("Kätzchen", "dog")


# What is left out, and said


def test_what_systems_leave_behind_is_no_data(pets):
    sounds, images = pets
    speech, pictures, _ = load_both(pets)
    for folder, suffix in ((sounds, ".wav"), (images, ".png")):
        for name in (".ipynb_checkpoints", "__MACOSX", "@eaDir", "$RECYCLE.BIN", ".Trash-1000"):
            (folder / name / "cat").mkdir(parents=True)
            (folder / name / f"a{suffix}").write_bytes(b"no data")
            (folder / "cat" / name).mkdir()
            (folder / "cat" / name / f"0{suffix}").write_bytes(b"no data")
        for name in (f"._0{suffix}", ".DS_Store", "Thumbs.db", "desktop.ini", "Icon\r"):
            (folder / "cat" / name).write_bytes(b"no data")
            (folder / name).write_bytes(b"no data")
    again, pictures_again, said = load_both(pets)
    assert again.classes == speech.classes
    np.testing.assert_array_equal(again.labels, speech.labels)
    np.testing.assert_array_equal(pictures_again.train_images, pictures.train_images)
    assert said.count("20 left out, hidden or of the system: ") == 2
    assert "and 17 more" in said


def test_what_is_no_sound_or_picture_by_name_is_counted_and_named(pets):
    sounds, images = pets
    for name in ("notes.txt", "labels.csv", "a.wav.part", "Makefile"):
        (sounds / "cat" / name).write_text("text")
    (images / "readme.txt").write_text("text")
    draw(images / "stray.png", 0)
    (images / "new folder").mkdir()
    (images / "only text").mkdir()
    (images / "only text" / "a.txt").write_text("text")
    speech, pictures, said = load_both(pets)
    assert speech.classes == pictures.classes == ("cat", "dog")
    assert "4 left out, not named as sounds are: cat/Makefile; cat/a.wav.part; cat/labels.csv and 1 more" in said
    assert "2 left out, not in the folder of a class: readme.txt; stray.png" in said
    assert "2 left out, folders with none in them: new folder; only text" in said
    assert "1 left out, not named as images are: only text/a.txt" in said


def test_sounds_and_images_may_share_their_folders(pets, tmp_path):
    both = tmp_path / "both"
    for folder in pets:
        shutil.copytree(folder, both, dirs_exist_ok=True)
    _, _, said = load_both((both, both))
    assert "8 left out, not named as sounds are" in said
    assert "6 left out, not named as images are" in said


@pytest.mark.timeout(60)
def test_links_are_followed_once(pets, tmp_path):
    sounds, images = pets
    (images / "cat").rename(tmp_path / "elsewhere")
    (images / "cat").symlink_to(tmp_path / "elsewhere")
    for i in range(12):  # each with a link to each other: very many ways and no end
        (images / "dog" / f"d{i}").mkdir()
    for i in range(12):
        for j in range(12):
            (images / "dog" / f"d{i}" / f"to{j}").symlink_to(images / "dog" / f"d{j}")
        (images / "dog" / f"d{i}" / "up").symlink_to(images)
    (sounds / "cat" / "again").symlink_to(sounds / "cat")
    (sounds / "cat" / "self").symlink_to("self")
    speech, pictures, said = load_both(pets)
    assert (len(speech.labels), count(pictures)) == (6, 8)
    assert "156 left out, links to a folder that counts already: dog/d" in said
    assert "1 left out, links to a folder that counts already: cat/again" in said
    assert "1 left out, not named as sounds are: cat/self" in said


def test_copies_are_used_and_said(pets):
    sounds, images = pets
    shutil.copy(images / "cat" / "0.png", images / "cat" / "0 (1).png")
    Image.open(images / "cat" / "0.png").save(images / "cat" / "0.bmp")  # the same picture in another format
    shutil.copy(sounds / "dog" / "0.wav", sounds / "cat" / "9.wav")
    speech, pictures, said = load_both(pets)
    assert (len(speech.labels), count(pictures)) == (7, 10)
    assert (
        "2 used that are the same as another of their class, so that some may train and test: "
        "cat/0.bmp = cat/0 (1).png, cat/0.png = cat/0 (1).png" in said
    )
    assert "1 used that are the same as one of another class: dog/0.wav = cat/9.wav" in said


# What is refused


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
