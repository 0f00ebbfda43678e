"""An encoder is one function and one line: here a recurrent one, by Keras' own layer, under the VAE's decoder."""

from functools import partial

import keras
import numpy as np
import pytest
from extending import train
from keras import layers
from small_sources import sources

from crossmodal import AudioImageVAE, load_model
from crossmodal.errors import ModelError
from crossmodal.models.networks.encoders import ENCODERS, gaussian_heads, standardise


def recurrent(input_shape, latent_dim, initial_log_var, dtype, *, units) -> keras.Model:
    """The last state of a gated recurrent unit over the frames."""
    inputs = keras.Input(input_shape, name="spectrogram")
    x = layers.Reshape(input_shape[:2])(standardise(dtype)(inputs))
    x = layers.GRU(units, name="gru")(x)
    return keras.Model(inputs, gaussian_heads(x, latent_dim, initial_log_var), name="encoder")


def test_it_is_trained_measured_saved_and_loaded(monkeypatch, tmp_path):
    monkeypatch.setitem(ENCODERS, "recurrent", recurrent)
    build = partial(
        AudioImageVAE, 4, decoder_units=(32,), decoder_filters=(8, 8), encoder_kind="recurrent", kl_warmup_steps=10
    )
    metrics = train(partial(build, encoder_options={"units": 16}), tmp_path / "run", sources())
    assert metrics["epochs"] == 15
    model = load_model(tmp_path / "run")
    assert model.encoder.get_layer("gru").units == 16
    images, _ = model.generate(np.zeros((2, 48, 48), np.float32), samples=0)
    assert images.shape == (2, 28, 28, 1)
    monkeypatch.delitem(ENCODERS, "recurrent")
    with pytest.raises(ModelError, match="not a model of this package"):
        load_model(tmp_path / "run")


def test_an_unknown_encoder_is_refused():
    with pytest.raises(ValueError, match="no encoder 'recurent': choose one of convolutional, max-pooling, fully"):
        AudioImageVAE(encoder_kind="recurent")
