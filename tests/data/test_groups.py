"""Groups of files that are not divided, and pictures of one's own beside speech that the library knows."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from crossmodal.data.catalog import load_pair
from crossmodal.data.folders import load_images, load_sounds
from crossmodal.data.sources import DIGITS
from crossmodal.errors import DataError


def pictures(folder: Path, classes, people=10) -> Path:
    """One picture of each class by each of some people, PERSON-CLASS.png, as grey as the person's number."""
    for name in classes:
        for person in range(people):
            path = folder / name / f"p{person:02d}-{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((16, 16), 8 * person, np.uint8)).save(path)
    return folder


def load(folder, **options):
    return load_images(folder, (16, 16, 1), background="black", say=lambda words: None, **options)


def test_nobody_trains_and_tests(tmp_path):
    folder = pictures(tmp_path, ("cat", "dog", "cow"), people=30)
    images = load(folder, group_of=r"(p\d+)-")
    train, test = (set(part[:, 0, 0].tolist()) for part in (images.train_images, images.test_images))
    assert (len(train), len(test)) == (27, 3)
    assert not train & test
    assert np.bincount(images.test_labels).tolist() == [3, 3, 3]
    again = load(folder, group_of=r"(p\d+)-")
    np.testing.assert_array_equal(images.test_images, again.test_images)
    assert set(load(folder, group_of=r"(p\d+)-", seed=1).test_images[:, 0, 0].tolist()) != test


def test_a_pattern_that_no_name_has_divides_by_chance(tmp_path):
    folder = pictures(tmp_path, ("cat", "dog"), people=30)
    np.testing.assert_array_equal(load(folder, group_of="(hand)").test_images, load(folder).test_images)


@pytest.mark.parametrize(
    ("group_of", "words"),
    [
        ("(p", "'(p' is no regular expression (missing ), unterminated subpattern at position 0): pass one such as"),
        ("p", "'p' has no part in parentheses"),
        ("(p0[1-9])", "finds no group in 2 names of images: cat/p00-cat.png, dog/p00-dog.png."),
    ],
)
def test_patterns_that_find_no_groups_are_refused(group_of, words, tmp_path):
    with pytest.raises(DataError) as refused:
        load(pictures(tmp_path, ("cat", "dog")), group_of=group_of)
    assert words in str(refused.value)


def test_a_part_without_a_class_is_refused(tmp_path):
    folder = pictures(tmp_path, ("cat", "dog"), people=4)
    with pytest.raises(DataError, match=r"No group of the training part has a picture of (cat|dog)"):
        load(folder, group_of="-(cat|dog)")


def test_the_groups_of_sounds_are_their_speakers(tmp_path):
    for name in ("cat", "dog"):
        for person in "ab":
            path = tmp_path / name / f"take1_{person}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.1 * np.random.default_rng(len(name) + ord(person)).standard_normal(800), 8000)
    options = {"say": lambda words: None}
    assert load_sounds(tmp_path, group_of="_(.)$", **options).speakers.tolist() == ["a", "b", "a", "b"]
    assert set(load_sounds(tmp_path, **options).speakers) == {"take1"}


def test_pictures_of_the_digits_go_with_known_speech(tmp_path):
    folder = pictures(tmp_path, DIGITS)
    options = {"images_dir": str(folder), "image_shape": (16, 16, 3), "say": lambda words: None}
    speech, images = load_pair("digits-tts-folders", **options)
    assert images.classes == speech.classes == DIGITS
    assert images.train_images.shape[1:] == (16, 16, 3)
    assert sorted(np.bincount(images.train_labels)) == [9] * 10
    alone = load(folder)  # whose classes are sorted by name
    seven = images.train_images[images.train_labels == 7][..., 0]
    np.testing.assert_array_equal(seven, alone.train_images[alone.train_labels == alone.classes.index("seven")])


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (DIGITS[1:], "has no pictures of zero: put them into such folders."),
        ((*DIGITS, "ten"), "has pictures of ten, which nobody says: remove them."),
    ],
)
def test_pictures_of_other_classes_than_are_spoken_are_refused(classes, words, tmp_path):
    with pytest.raises(DataError) as refused:
        load_pair("digits-tts-folders", images_dir=str(pictures(tmp_path, classes)), say=lambda words: None)
    assert words in str(refused.value)
    with pytest.raises(DataError, match="Data from folders needs their place: pass --images-dir"):
        load_pair("digits-tts-folders")
