"""An encoder that starts from a stack that was trained without labels."""

import numpy as np
import pytest

from crossmodal.errors import ModelError
from crossmodal.models.networks.encoder_parts import SPECTROGRAM_MEAN, SPECTROGRAM_STD
from crossmodal.models.pretraining.deep_autoencoder import DeepAutoencoder
from crossmodal.models.pretraining.two_views import TwoViews
from crossmodal.models.vae import AudioImageVAE
from crossmodal.training.initial import freeze, take_weights


def test_a_dense_encoder_starts_as_that_of_a_deep_autoencoder():
    """The two hear the same: the last layer before the heads gives what the stack makes of a standardised sound."""
    stack = DeepAutoencoder((48 * 48, 6, 4), ("gaussian", "bernoulli", "bernoulli"))
    options = {"encoder_kind": "dense", "encoder_options": {"units": (6, 4)}}
    vae = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), **options)
    assert take_weights(vae, stack) == ["encoder/fc1", "encoder/fc2"]
    sounds = np.random.default_rng(0).random((3, 48, 48, 1)).astype(np.float32)
    expected = np.array(stack.encoder((sounds.reshape(3, -1) - SPECTROGRAM_MEAN) / SPECTROGRAM_STD))
    head = vae.encoder.get_layer("z_mean")
    np.testing.assert_allclose(vae.encoder(sounds)[0], head(expected), atol=1e-4)


def test_a_frozen_encoder_trains_heads_of_its_own():
    """What hears is another's and stays; the heads, which fit nothing, learn."""
    options = {"encoder_kind": "convolutional", "encoder_options": {"filters": (4,), "units": (8,)}}
    views = TwoViews(**options)
    vae = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), **options)
    taken = take_weights(vae, views)
    assert taken == ["encoder/conv1", "encoder/fc1"]
    freeze(vae, "encoder", taken)
    left = {weight.path.split("/")[-2] for weight in vae.encoder.trainable_variables}
    assert left == {"z_mean", "z_log_var"}
    with pytest.raises(ModelError, match="conv1 differs"):
        freeze(AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), **options), "encoder", ["encoder/fc1"])
