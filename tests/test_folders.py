"""A folder per class: what counts as a class, a speaker, a test image; and what is refused."""

import numpy as np
import pytest

from crossmodal.data.alignment import split_clips
from crossmodal.data.catalog import load_pair
from crossmodal.data.folders import load_images, load_sounds
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
