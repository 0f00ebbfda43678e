"""WaveGAN's networks: shapes, phases that are shuffled, streams, files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.errors import AudioError
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.networks.wavegan import FRAME, LATENTS, WaveGANCritic, WaveGANGenerator, shuffle_phase


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return CoopNets.wavegan(filters=2)


def test_a_frame_is_a_thousand_samples(model):
    signal = model(model.latents(2, 5000, (0, 1)))
    assert signal.shape == (2, 5000)
    assert model.descriptor(signal).shape == (2,)
    with pytest.raises(AudioError, match="1500 samples cannot be drawn: ask for a multiple of 1000"):
        model.generator.latent_shape(1500)
    assert model.draw(0.5, draws=2, seed=1).shape == (2, 10_000)


def test_the_sizes_of_the_default_are_those_of_the_page():
    assert [network.count_params() for network in (WaveGANGenerator(), WaveGANCritic())] == [278_593, 272_576]


def test_maps_are_moved_by_up_to_two_positions():
    x = tf.reshape(tf.range(6.0), (1, 6, 1))
    moved = {tuple(shuffle_phase(x, (seed, 0)).numpy()[0, :, 0].astype(int)) for seed in range(60)}
    assert moved == {(2, 1, 0, 1, 2, 3), (1, 0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5), (1, 2, 3, 4, 5, 4), (2, 3, 4, 5, 4, 3)}


def test_the_critic_shuffles_only_with_a_seed(model):
    signal = tf.random.stateless_normal((1, 4000), (3, 3))
    f = [float(model.descriptor(signal)[0]) for _ in range(2)]
    shuffled = {float(model.descriptor(signal, seed=(seed, 0))[0]) for seed in range(5)}
    assert f[0] == f[1]
    assert len(shuffled) > 1
    assert float(model.descriptor(signal, seed=(1, 0))[0]) == float(model.descriptor(signal, seed=(1, 0))[0])


def test_f_grows_with_the_length(model):
    """It is a sum over time: of a signal that goes on as it is, each 20 frames add as much as the last."""
    signal = tf.tile(tf.random.stateless_normal((1, FRAME), (3, 4)), (1, 60))
    f = [float(model.descriptor(signal[:, : frames * FRAME])[0]) for frames in (20, 40, 60)]
    assert f[2] - f[1] == pytest.approx(f[1] - f[0], rel=1e-3)


def test_a_stream_is_one_long_draw(model):
    z = tf.random.stateless_normal((1, 16 * 5, LATENTS), (5, 5))
    whole = model.generator(z).numpy()
    chunks = [chunk.numpy() for chunk in model.generator.stream(tf.split(z, 5, axis=1))]
    np.testing.assert_allclose(np.concatenate(chunks, axis=1), whole[:, 16 * FRAME : 64 * FRAME], atol=1e-5)


def test_a_file_gives_the_same_model(model, tmp_path):
    model.save(tmp_path / "wavegan.keras")
    loaded = keras.saving.load_model(tmp_path / "wavegan.keras", compile=False, safe_mode=True)
    assert (loaded.generator.filters, loaded.descriptor.filters) == (2, 2)
    np.testing.assert_array_equal(loaded.draw(0.5, seed=3), model.draw(0.5, seed=3))
    signal = tf.random.stateless_normal((1, 4000), (3, 3))
    np.testing.assert_array_equal(loaded.descriptor(signal), model.descriptor(signal))
