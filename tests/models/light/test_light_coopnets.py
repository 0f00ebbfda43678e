"""Conditional cooperative networks in NumPy: the drawings of Keras, for any size of image and every option."""

import keras
import numpy as np
import pytest

from crossmodal import ConditionalCoopNets, presets
from crossmodal.saving.light import twin_of, write_layers

SMALL = {
    "encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)},
    "decoder_options": {"units": (8,), "filters": (8, 8, 8)},
    "descriptor_filters": (4, 4, 4),
    "recognition_filters": (4, 4),
    "recognition_units": 8,
    "draw_steps": 3,
}


def pair_of(folder, **options):
    """A small model with random weights, and its twin."""
    keras.utils.set_random_seed(0)
    model = ConditionalCoopNets(**{**SMALL, **options})
    rng = np.random.default_rng(0)
    model.set_weights([w + 0.05 * rng.standard_normal(w.shape) for w in model.get_weights()])
    model, weights = model.drawing_only(), folder / "small.npz"
    presets.write_preset(model, {}, weights)
    write_layers(model, weights)
    return model, twin_of(weights)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"draw_steps": 0},
        {"learned_prior": False},
        {"likelihood": 0.0},
        {"image_shape": (20, 16, 3)},
        {"descriptor_units": (6,)},
    ],
)
def test_the_twin_draws_the_same(tmp_path, options):
    """600 draws: more than are revised at once."""
    model, twin = pair_of(tmp_path, **options)
    sounds = np.random.default_rng(1).random((2, 48, 48), np.float32)
    for one, other in zip(model.generate(sounds, 300, 5), twin.generate(sounds, 300, 5), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(other, one, atol=2e-3)
        assert np.abs(other - one).mean() < 1e-5
    assert other.std(axis=1).mean() > 1e-3
