"""Sparse codes: the conditions of their optimum, tiles there and back, and a basis that is found again."""

import keras
import numpy as np
import pytest

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.sparse_coding import SparseCoding

ALPHA = 0.1


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    model = SparseCoding((8, 8), atoms=32, size=4, alpha=ALPHA)
    atoms = rng.standard_normal((32, 16))
    model.dictionary.assign(atoms / np.linalg.norm(atoms, axis=1, keepdims=True))
    return model


def test_a_code_is_where_the_cost_is_least(model):
    """With the residual r = x - D'a: d_k r = alpha sign(a_k) where a_k is not 0, |d_k r| <= alpha elsewhere."""
    x = np.random.default_rng(1).standard_normal((20, 16))
    code, dictionary = model.code(x), np.array(model.dictionary, np.float64)
    slopes = (x - code @ dictionary) @ dictionary.T
    active = code != 0
    assert 1 < active.sum(axis=1).mean() < 16
    np.testing.assert_allclose(slopes[active], ALPHA * np.sign(code[active]), atol=2e-3)
    assert np.abs(slopes).max() < ALPHA + 2e-3


def test_an_image_is_its_tiles_and_is_restored_from_their_codes(model):
    images = np.random.default_rng(2).standard_normal((3, 8, 8)).astype(np.float32)
    tiles = model.tiles(images)
    np.testing.assert_array_equal(tiles.reshape(3, 2, 2, 4, 4)[1, 0, 1], images[1, :4, 4:])
    restored = model.reconstruct(images)
    expected = model.code(tiles) @ np.array(model.dictionary)
    np.testing.assert_allclose(restored[2, 4:, :4], expected.reshape(3, 2, 2, 4, 4)[2, 1, 0], atol=1e-6)
    assert np.square(restored - images).mean() < 0.05


def test_a_basis_that_made_the_images_is_found(tmp_path):
    """Each patch is one of 20 atoms of 4 x 4, more than its 16 numbers, of either sign."""
    rng = np.random.default_rng(3)
    atoms = rng.standard_normal((20, 16))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    chosen = rng.integers(20, size=4000)
    images = (rng.choice([-1, 1], 4000) * rng.uniform(1, 2, 4000))[:, None] * atoms[chosen]
    model = SparseCoding((4, 4), atoms=24, size=4, alpha=0.3)
    model.learn(images.reshape(-1, 4, 4), patches=4000, seed=0)
    likeness = np.abs(atoms @ np.array(model.dictionary).T).max(axis=1)
    assert likeness.min() > 0.95
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = images[:3].reshape(-1, 4, 4)
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))


def test_patches_cover_an_image():
    with pytest.raises(ModelError, match=r"do not cover \(28, 28\)"):
        SparseCoding((28, 28), size=8)
