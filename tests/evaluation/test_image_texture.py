"""Copies of an image texture are found where there are some, and where there are none are not."""

import numpy as np
import pytest

from crossmodal.data.image_textures import bricks, checks, hold_out, pebbles
from evaluation.image_texture import coarse_patches, copy_report, patch_report, relative_distances


@pytest.mark.parametrize("texture", [bricks, checks, pebbles])
def test_another_take_is_no_copy_and_a_piece_of_the_picture_is_one(texture):
    learned, held = hold_out(texture(96, 192))
    other = texture(64, 64, seed=1)
    pasted, rng = other.copy(), np.random.default_rng(0)
    pasted[9:50, 11:52] = learned[23:64, 31:72] + 0.02 * rng.standard_normal((41, 41, 1))
    report = copy_report([other, pasted, texture(64, 64, seed=2)], learned, held)
    assert report["copied"] == 1
    assert report["nearest"] < 0.5 * report["held_nearest"]
    assert copy_report([other], learned, held)["copied"] == 0


def test_distances_are_relative_to_contrast():
    patches = np.array([[0.0, 1.0, 0.0, 1.0], [0.4, 0.6, 0.4, 0.6]])
    known = np.array([[0.0, 1.0, 0.0, 1.0], [0.6, 0.4, 0.6, 0.4]])
    np.testing.assert_allclose(relative_distances(patches, known), [0, 2])


def test_patches_are_at_every_place():
    picture = np.random.default_rng(0).uniform(size=(35, 40, 3))
    found = coarse_patches(picture, 1)
    assert found.shape == (4 * 9, 8 * 8 * 3)
    means = picture[2:34, 5:37].reshape(8, 4, 8, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found[2 * 9 + 5], means.transpose(2, 0, 1).ravel(), rtol=1e-5)


def test_patches_of_another_take_are_as_precise_as_the_pictures_own_and_noise_is_not():
    learned, held = hold_out(pebbles(128, 256))
    rng = np.random.default_rng(0)
    report = patch_report([pebbles(128, 128, seed=1)], learned, held)
    noise = patch_report([rng.uniform(size=(128, 128, 3))], learned, held)
    assert report["precision"] > report["learned_precision"] - 0.05
    assert report["recall"] > report["learned_recall"] - 0.05
    assert noise["precision"] < 0.1
