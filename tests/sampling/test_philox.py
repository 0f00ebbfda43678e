"""Random numbers without TensorFlow: the published vectors of the generator, and TensorFlow's own numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.sampling.philox import fold_in, keras_normal, philox, random_words, stateless_normal, uniform

ONES = 0xFFFFFFFF
PI = [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344]


@pytest.mark.parametrize(
    ("counter", "key", "block"),
    [  # kat_vectors of Random123, Salmon et al. 2011
        ([0] * 4, (0, 0), [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([ONES] * 4, (ONES, ONES), [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (PI, (0xA4093822, 0x299F31D0), [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
    ],
)
def test_blocks_are_those_of_the_paper(counter, key, block):
    np.testing.assert_array_equal(philox(np.array([counter, counter]), key), [block, block])


@pytest.mark.parametrize("seed", [(0, 0), (3, 9), (-5, 7), (2**31 - 1, -(2**31))])
@pytest.mark.parametrize("shape", [(1,), (3,), (4, 7), (2, 5, 64)])
def test_normal_numbers_are_those_of_tensorflow(seed, shape):
    expected = tf.random.stateless_normal(shape, seed).numpy()
    found = stateless_normal(shape, seed)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 3, 2**31 - 2, 2**31, 2**32 - 1])
def test_normal_numbers_are_those_of_keras(seed):
    expected = keras.ops.convert_to_numpy(keras.random.normal((3, 2, 8), seed=seed))
    np.testing.assert_allclose(keras_normal((3, 2, 8), seed), expected, rtol=1e-5, atol=2e-6)


def test_nothing_asked_for_is_nothing():
    assert stateless_normal((2, 0, 64), (1, 2)).shape == (2, 0, 64)


def test_words_may_begin_at_any_block():
    every = random_words(40, (5, 6))
    np.testing.assert_array_equal(random_words(28, (5, 6), skipped=3), every[12:])
    expected = tf.random.stateless_uniform((40,), (5, 6), None, None, tf.uint32).numpy()
    np.testing.assert_array_equal(every, expected)


def test_uniform_numbers_are_below_one():
    words = np.array([0, 2**23 - 1, 2**23, ONES], np.uint32)
    np.testing.assert_array_equal(uniform(words), np.float32([0, 1 - 2.0**-23, 0, 1 - 2.0**-23]))


def test_a_seed_for_each_step_is_that_of_tensorflow():
    for data in (0, 1, 59):
        expected = tf.random.experimental.stateless_fold_in(tf.constant([4, 11]), tf.constant(data)).numpy()
        assert fold_in((4, 11), data) == tuple(expected)
