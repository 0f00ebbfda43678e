"""A folder per class: what counts as a class, a file, a speaker, a test image; what is left out."""

import shutil
import unicodedata

import numpy as np
import pytest
from made_folders import count, draw, load_both, sing
from PIL import Image

from crossmodal.data.alignment import split_clips
from crossmodal.data.catalog import load_pair
from crossmodal.errors import DataError

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
