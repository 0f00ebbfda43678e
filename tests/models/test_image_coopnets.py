"""The networks of images: against plain operations, at any size, and from a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.image_textures import bricks
from crossmodal.errors import DataError, ModelError
from crossmodal.models.image_coopnets import ImageCoopNets
from crossmodal.models.networks.image_texture import ImageTextureDescriptor, ImageTextureGenerator, go_round
from crossmodal.saving.keras_file import load_model, save_model
from crossmodal.training.cooperative import train_texture
from crossmodal.training.image_texture import prepare_images, tiles


def small_textures(**kwargs):
    keras.utils.set_random_seed(0)
    networks = ImageTextureGenerator((6, 4, 3)), ImageTextureDescriptor(3, (4, 5), (4, 3), (2, 1))
    return ImageCoopNets(*networks, steps=2, **kwargs)


def test_maps_go_round():
    x = np.arange(12.0).reshape(1, 3, 4, 1)
    np.testing.assert_array_equal(go_round(tf.constant(x), 2), np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), "wrap"))


@pytest.mark.parametrize("kernel", [4, 5, 6, 7])
def test_a_deconvolution_that_goes_round_is_that_of_a_picture_repeated_for_ever(kernel):
    """Of a periodic z the middle of a long plain deconvolution, far from its ends."""
    generator = ImageTextureGenerator((3,), kernel, latents=2)
    z = np.random.default_rng(0).standard_normal((1, 6, 6, 2)).astype(np.float32)
    plain = np.tanh(generator.upconvs[0](np.tile(z, (1, 3, 3, 1))))
    first = 12 + kernel - 1 - 2 * -(-(kernel - 1) // 4)
    np.testing.assert_allclose(generator(z), plain[:, first : first + 12, first : first + 12], atol=1e-5)


def test_a_moved_z_draws_a_moved_picture_and_a_larger_one_a_larger():
    generator = small_textures().generator
    z = tf.random.stateless_normal((1, 4, 5, 4), (0, 0))
    moved = np.roll(generator(z), (8, 16), (1, 2))
    np.testing.assert_allclose(generator(np.roll(z, (1, 2), (1, 2))), moved, atol=1e-5)
    assert generator.latent_shape((64, 256, 3)) == (8, 32, 4)
    assert generator(tf.zeros((2, 8, 32, 4))).shape == (2, 64, 256, 3)
    with pytest.raises(ModelError, match="multiples of 8 pixels and 3 channels"):
        generator.latent_shape((64, 60, 3))


def test_f_is_the_sum_of_what_the_last_map_holds_at_every_place():
    descriptor = small_textures().descriptor
    x = np.random.default_rng(0).standard_normal((2, 12, 14, 3)).astype(np.float32)
    places = [(row, column) for row in range(0, 12 - 7, 2) for column in range(0, 14 - 7, 2)]
    apart = sum(descriptor(x[:, row : row + 8, column : column + 8]).numpy() for row, column in places)
    np.testing.assert_allclose(descriptor(x), apart, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("make", [small_textures, lambda: ImageCoopNets.patterns((16, 16, 1), steps=2, start_rms=0.5)])
def test_a_file_gives_back_the_same_draws(make, tmp_path):
    model = make()
    shape = (32, 48, 3) if model.start_rms == 0 else (16, 16, 1)
    save_model(model, tmp_path / "model.keras")
    drawn = model.draw(shape, draws=3, seed=1, steps=2)
    assert drawn.shape == (3, *shape)
    assert (drawn.min() >= 0, drawn.max() <= 1) == (True, True)
    np.testing.assert_array_equal(load_model(tmp_path / "model.keras").draw(shape, draws=3, seed=1, steps=2), drawn)
    assert not np.array_equal(model.draw(shape, draws=3, seed=2, steps=2), drawn)


def test_draws_that_cannot_be_made():
    model = small_textures(step=1e30)
    with pytest.raises(ModelError, match="not finite"):
        model.draw((16, 16, 3), steps=3)
    with pytest.raises(ModelError, match=r"this generator draws \(16, 16, 1\)"):
        ImageCoopNets.patterns((16, 16, 1)).draw((32, 32, 1))
    with pytest.raises(DataError, match="several of these"):
        prepare_images(np.zeros((64, 64)))


def test_what_is_prepared_by_algorithm():
    wall = bricks(130, 200)
    model, signal, settings = prepare_images(wall, algorithm="descriptor", steps=3)
    assert (settings.shape, signal.shape, model.draw_steps) == ((64, 64, 3), (130, 200, 3), 300)
    assert model.start_rms == pytest.approx(np.sqrt(np.mean(signal**2)))
    model, signal, settings = prepare_images(wall, algorithm="generator", chains=5)
    assert (signal.shape, model.draw_steps, model.start_rms) == ((5, 64, 64, 3), 0, 0)
    np.testing.assert_allclose(signal[4], 2 * wall[64:128, 64:128] - 1, atol=1e-6)
    model, signal, settings = prepare_images(wall[None, :28, :28], steps=4)
    assert (settings.shape, model.draw_steps) == ((28, 28, 3), 4)
    assert tiles(wall, (64, 64, 3)).shape == (6, 64, 64, 3)


def test_cooperating_networks_learn_a_texture():
    """After sixty iterations the generator alone draws the wall's colours: at first it draws grey."""
    wall = bricks(96, 96)
    model, signal, settings = prepare_images(wall, iterations=60, chains=1, steps=5)
    before, after = model.draw((64, 64, 3), steps=0), None
    train_texture(model, signal, settings)
    after = model.draw((64, 64, 3), steps=0)
    errors = [np.abs(draw[0].mean((0, 1)) - wall.mean((0, 1))).max() for draw in (before, after)]
    assert errors[1] < 0.5 * errors[0]
