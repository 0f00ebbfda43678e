"""Contrastive learning of sounds against its closed forms, and what it learns of a toy."""

import keras
import numpy as np

from crossmodal.models.pretraining.two_views import TwoViews

SMALL = {"encoder_options": {"filters": (4,), "units": (8,)}}


def toy(n, seed):
    """Sounds that are a band somewhere, and noise that says nothing: (n, 12, 12, 1) twice, the same bands."""
    rng = np.random.default_rng(seed)
    band = np.zeros((n, 12, 12, 1), np.float32)
    band[np.arange(n), :, np.arange(n) % 12] = 1
    return tuple((band + 0.3 * rng.random(band.shape)).astype(np.float32) for _ in range(2))


def test_the_loss_is_that_of_its_scores():
    model = TwoViews((12, 12, 1), temperature=0.2, **SMALL)
    views = toy(6, 0)
    e, f = (np.array(model.project(view)) for view in views)
    np.testing.assert_allclose(np.linalg.norm(e, axis=1), 1, atol=1e-5)
    s = e @ f.T / 0.2
    picks = [-np.log(np.exp(np.diag(m)) / np.exp(m).sum(axis=1)).mean() for m in (s, s.T)]
    figures = model.figures_of(views)
    np.testing.assert_allclose(figures["loss"], np.mean(picks), rtol=1e-4)
    np.testing.assert_allclose(figures["picked"], np.mean(s.argmax(axis=1) == np.arange(6)))


def test_it_learns_what_two_views_share(tmp_path):
    keras.utils.set_random_seed(0)
    model = TwoViews((12, 12, 1), **SMALL)
    model.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    views = toy(12, 1)
    before = model.evaluate(*views, batch_size=12, verbose=0, return_dict=True)["picked"]
    model.fit(*views, epochs=60, batch_size=12, verbose=0)
    new = toy(12, 2)
    assert model.evaluate(*new, batch_size=12, verbose=0, return_dict=True)["picked"] > max(0.9, before)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.hear(new[0][..., 0]), model.hear(new[0]))
