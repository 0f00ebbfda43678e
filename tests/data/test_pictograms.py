"""Pictures of what makes a sound: a function of a seed, all different, and told apart by their pixels."""

import numpy as np
import pytest

from crossmodal.data.pictograms import PICTURES, pictograms
from crossmodal.errors import DataError


def test_pictures_are_a_function_of_the_seed_and_their_number():
    few, many = pictograms("dog", 3), pictograms("dog", 5)
    assert many.shape == (5, 32, 32, 3)
    assert many.dtype == np.uint8
    np.testing.assert_array_equal(few, many[:3])
    assert (pictograms("dog", 3, seed=1) != few).any(axis=(1, 2, 3)).all()
    assert len({picture.tobytes() for picture in many}) == 5


def test_classes_are_told_apart_by_the_nearest_mean():
    first, second = (np.stack([pictograms(name, 12, seed) for name in PICTURES]) / 255 for seed in (0, 1))
    means = first.mean(axis=1).reshape(10, -1)
    away = np.square(second.reshape(120, 1, -1) - means).sum(axis=2)
    assert np.mean(away.argmin(axis=1) == np.repeat(np.arange(10), 12)) > 0.9


def test_ink_lies_on_a_white_page():
    for name in PICTURES:
        for picture in pictograms(name, 6, seed=2):
            assert (picture[[0, 0, -1, -1], [0, -1, 0, -1]] == 255).all(), name
            assert 0.05 < (picture.min(axis=-1) < 200).mean() < 0.8, name


def test_another_class_is_refused():
    with pytest.raises(DataError, match="no pictogram of 'cat': choose one of dog, rain"):
        pictograms("cat", 1)
