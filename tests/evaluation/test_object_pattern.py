"""What a reader sees in drawings of objects: closed forms, and MNIST-like digits against copies and noise."""

import numpy as np
import pytest

from crossmodal.data.digits_tts import load_images
from crossmodal.data.sources import as_input
from crossmodal.reader import default_reader
from evaluation.object_pattern import measure_patterns, ratio_to_second, reading


def test_a_reading_of_two_classes_in_equal_shares():
    logits = np.log(np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2]]))
    found = reading(logits)
    assert found["label_entropy"] == pytest.approx(np.log(2))
    assert found["confidence"] == pytest.approx(0.7)
    assert found["classes"] == 2


def test_a_copy_has_a_ratio_of_zero_and_the_middle_of_two_images_one():
    training = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 9.0]]).reshape(3, 2, 1, 1)
    assert ratio_to_second(training[:1], training) == 0
    assert ratio_to_second(np.array([[0.5, 0.0]]).reshape(1, 2, 1, 1), training) == pytest.approx(1)


def test_digits_are_read_surely_and_noise_and_one_digit_are_told_from_them():
    images = load_images()
    training, real = as_input(images.train_images[:500]), as_input(images.test_images[:200])
    one = real[images.test_labels[:200] == 3]
    of_one = measure_patterns(default_reader(), one, real, training)
    assert of_one["drawn"]["classes"] <= 3
    assert of_one["real"]["classes"] == 10
    assert of_one["drawn"]["label_entropy"] < 0.5 < 2 < of_one["real"]["label_entropy"] <= np.log(10)
    assert of_one["coverage"] < 0.3
    copies = measure_patterns(default_reader(), training[:200], real, training)
    assert copies["drawn"]["ratio_to_second"] < 0.1 < copies["real"]["ratio_to_second"]
    assert copies["coverage"] > 0.8
