"""Images of another size and in colour: 64x64x3, judged by a classifier of these images that lies beside the run."""

from functools import partial

import numpy as np
import pytest
from extending import train, train_reader
from small_sources import CLASSES, bars, sources

from crossmodal import AudioImageVAE, AudioImageVAEGAN, load_model
from crossmodal.drawing import draw_speech
from crossmodal.reader import find_reader

SHAPE = (64, 64, 3)
SMALL_VAE = partial(AudioImageVAE, 8, (8, 8), (32,), (32,), (8, 8), batch_norm=True, kl_warmup_steps=50)
SMALL_GAN = partial(
    AudioImageVAEGAN.balanced,
    free_dim=4,
    latent_dim=8,
    encoder_filters=(4, 4, 8),
    decoder_units=(8,),
    decoder_filters=(16, 8, 8),
    discriminator_filters=(4, 8, 8),
    discriminator_units=(8,),
)


def test_a_vae_in_colour_is_trained_measured_saved_and_loaded(tmp_path):
    run = tmp_path / "run"
    train_reader(bars(SHAPE), run)
    metrics = train(SMALL_VAE, run, sources(SHAPE))
    assert metrics["reader"]["name"] == "LeNet5"
    assert metrics["real_test_images"] > 0.9
    assert metrics["posterior_mean"]["accuracy"] > 0.9
    assert np.shape(metrics["confusion_posterior_mean"]) == (3, 3)
    model = load_model(run)
    speech, _, split = sources(SHAPE)
    reader = find_reader(model.classes, model.image_shape, run)
    (drawing,) = draw_speech(speech.waveforms[split.test[0]], 8000, model, samples=2, reader=reader)
    assert (drawing.image.shape, drawing.draws.shape) == (SHAPE, (2, *SHAPE))
    assert drawing.reading == CLASSES[0]
    assert drawing.image.mean(axis=(0, 1)).argmax() == 0  # its bar is red
    assert "ape" in (run / "report.html").read_text()


def test_a_vae_gan_in_colour_draws_the_shape_of_its_data(tmp_path):
    metrics = train(SMALL_GAN, tmp_path / "run", sources(SHAPE), epochs=1, images_per_clip=4)
    assert "posterior_mean" not in metrics  # nobody reads these classes
    model = load_model(tmp_path / "run")
    images, draws = model.generate(np.zeros((2, 48, 48), np.float32), samples=3)
    assert (images.shape, draws.shape) == ((2, *SHAPE), (2, 3, *SHAPE))


@pytest.mark.parametrize("shape", [(16, 16, 1), (28, 28, 1), (32, 48, 3), (36, 36, 1), (128, 128, 3)], ids=str)
def test_both_families_draw_any_multiple_of_4(shape):
    for model in (SMALL_VAE(image_shape=shape), SMALL_GAN(image_shape=shape)):
        assert model.generate(np.zeros((1, 48, 48), np.float32), samples=1)[1].shape == (1, 1, *shape)
        assert type(model).from_config(model.get_config()).image_shape == shape


def test_other_shapes_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"multiples of 4, not \(30, 28\)"):
        SMALL_VAE(image_shape=(30, 28, 1))
    with pytest.raises(ValueError, match="a height, a width and channels"):
        SMALL_GAN(image_shape=(28, 28))
