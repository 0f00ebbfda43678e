"""The VAE: the paper's size, closed forms, round trips, and that it learns what it is shown."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.vae import AudioImageVAE
from crossmodal.models.variational import sample_latents
from crossmodal.saving.keras_file import load_model
from crossmodal.training.optimizers import FusedAdam


@pytest.fixture(scope="module")
def small():
    return AudioImageVAE(
        latent_dim=8, encoder_filters=(4, 8), encoder_units=(16,), decoder_units=(16,), decoder_filters=(8, 4)
    )


@pytest.fixture(scope="module")
def spectrograms():
    return np.random.default_rng(0).random((5, 48, 48), np.float32)


def test_the_papers_model_has_20_950_529_parameters():
    assert AudioImageVAE().count_params() == 20_950_529


def test_the_compact_model_is_compact():
    assert AudioImageVAE.compact().count_params() <= 1_500_000


def test_latents_have_the_posteriors_moments():
    mean, log_var = ops.array([[1.0, -2.0]]), ops.array([[0.0, -2.0]])
    z = ops.convert_to_numpy(sample_latents(mean, log_var, 100_000, seed=1))[0]
    np.testing.assert_allclose(z.mean(axis=0), [1, -2], atol=0.02)
    np.testing.assert_allclose(z.std(axis=0), np.exp([0.0, -1.0]), rtol=0.01)


def test_generate_gives_images_and_draws_of_a_seed(small, spectrograms):
    images, draws = small.generate(spectrograms, samples=3, seed=4)
    assert images.shape == (5, 28, 28, 1)
    assert draws.shape == (5, 3, 28, 28, 1)
    assert images.min() >= 0
    assert draws.max() <= 1
    np.testing.assert_allclose(images, small(spectrograms[..., None]), atol=1e-6)
    np.testing.assert_array_equal(draws, small.generate(spectrograms, samples=3, seed=4)[1])
    assert not np.array_equal(draws, small.generate(spectrograms, samples=3, seed=5)[1])


def test_a_saved_model_draws_the_same_and_says_how_it_was_made(small, spectrograms, tmp_path):
    model = AudioImageVAE.from_config({**small.get_config(), "classes": ["a", "b"], "provenance": {"seed": 3}})
    model.set_weights(small.get_weights())
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path)
    assert loaded.get_config() == model.get_config()
    assert loaded.provenance == {"seed": 3}
    assert loaded.front_end["sample_rate"] == 8000
    np.testing.assert_array_equal(loaded.generate(spectrograms)[0], model.generate(spectrograms)[0])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.keras", None, "no model at"),
        ("weights.h5", b"x", "not a .keras file"),
        ("text.keras", b"not a zip", "damaged or not a model"),
    ],
)
def test_foreign_files_are_refused_in_one_sentence(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model(tmp_path / name)


def test_other_peoples_models_are_refused(tmp_path):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    other.save(tmp_path / "other.keras")
    with pytest.raises(ModelError, match="not a model of this package"):
        load_model(tmp_path / "other.keras")
    code = keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)])
    code.save(tmp_path / "code.keras")
    with pytest.raises(ModelError, match="not a model of this package"):
        load_model(tmp_path / "code.keras")


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_it_learns_two_aligned_pairs(precision):
    keras.utils.set_random_seed(0)
    model = AudioImageVAE(8, (4, 8), (32,), (32,), (8, 4), batch_norm=True, kl_warmup_steps=1, dtype=precision)
    model.compile(FusedAdam(5e-3), jit_compile=False)
    x = np.random.default_rng(0).random((2, 48, 48, 1), np.float32)
    y = np.zeros((2, 4, 28, 28, 1), np.float32)
    y[0, :, :14], y[1, :, 14:] = 1, 1
    data = tf.data.Dataset.from_tensors((x, y)).repeat(150)
    history = model.fit(data, epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    drawn, _ = model.generate(x)
    np.testing.assert_array_equal(drawn > 0.5, y[:, 0] > 0.5)
    assert model.metrics[0].dtype == "float32"


def test_fused_adam_is_adam():
    start = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    results = []
    for optimizer in (keras.optimizers.Adam(0.01), FusedAdam(0.01)):
        variable = keras.Variable(start)
        for step in range(20):
            optimizer.apply([ops.convert_to_tensor(np.sin(start * (step + 1)))], [variable])
        results.append(np.asarray(variable))
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_saved_model_draws_the_same_under_another_backend(backend, small, spectrograms, tmp_path):
    pytest.importorskip(backend)
    path, out = tmp_path / "model.keras", tmp_path / "out.npy"
    small.save(path)
    np.save(tmp_path / "x.npy", spectrograms)
    script = (
        "import sys, numpy as np; from crossmodal.saving.keras_file import load_model\n"
        "model = load_model(sys.argv[1]); np.save(sys.argv[3], model.generate(np.load(sys.argv[2]), samples=2)[0])\n"
        "assert 'tensorflow' not in sys.modules, 'TensorFlow was imported'"
    )
    environment = {**os.environ, "KERAS_BACKEND": backend}
    command = [sys.executable, "-c", script, str(path), str(tmp_path / "x.npy"), str(out)]
    subprocess.run(command, env=environment, check=True)
    np.testing.assert_allclose(np.load(out), small.generate(spectrograms)[0], atol=1e-5)


def test_lenet5_round_trips_and_pads_28_to_32(tmp_path):
    from crossmodal import LeNet5

    model = LeNet5(classes=3, dropout=0.1)
    images = np.random.default_rng(0).random((2, 28, 28, 1), np.float32)
    model.save(tmp_path / "lenet5.keras")
    loaded = keras.saving.load_model(tmp_path / "lenet5.keras")
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(loaded.predict(images, verbose=0), model.predict(images, verbose=0))
    assert model.get_layer("pad").output.shape == (None, 32, 32, 1)


def test_a_residual_encoder_hears_and_leaves_the_free_dimensions_alone(tmp_path):
    from crossmodal.models.networks.encoders import build_encoder

    encoder = build_encoder("residual", (48, 48, 1), 8, -5.0, "float32", filters=(4, 6), blocks=(1, 2), free_dim=3)
    assert sum(layer.name.endswith("_sum") for layer in encoder.layers) == 3
    noise = np.random.default_rng(0).random((2, 48, 48, 1), np.float32)
    z_mean, z_log_var = (np.asarray(head) for head in encoder(noise))
    assert z_mean.shape == z_log_var.shape == (2, 8)
    assert (z_mean[:, 5:] == 0).all()
    assert (z_log_var[:, 5:] == 0).all()
    assert (z_mean[0, :5] != z_mean[1, :5]).all()
    model = AudioImageVAE.compact(encoder_kind="residual")
    assert model.count_params() <= 1_500_000
    model.save(tmp_path / "model.keras")
    images, _ = model.generate(noise[..., 0], samples=0)
    again, _ = keras.saving.load_model(tmp_path / "model.keras").generate(noise[..., 0], samples=0)
    np.testing.assert_array_equal(images, again)
