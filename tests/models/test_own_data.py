"""What people do with the models from Python: arrays given to fit, a loss given to compile, a network replaced."""

import keras
import numpy as np
import pytest

from crossmodal import AudioImageVAE, AudioImageVAEGAN

RNG = np.random.default_rng(0)
SOUNDS = RNG.random((16, 48, 48), np.float32)
SMALL_GAN = {"encoder_filters": (4, 4, 4), "decoder_filters": (4, 4, 4), "discriminator_filters": (4, 4, 4)}


def vae(**options) -> AudioImageVAE:
    return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), kl_warmup_steps=0, initial_log_var=-30.0, **options)


def trained(images, sounds=SOUNDS):
    keras.utils.set_random_seed(0)
    model = vae()
    model.compile(keras.optimizers.SGD(1e-4), jit_compile=False)
    return model.fit(sounds, images, batch_size=8, epochs=1, shuffle=False, verbose=0).history["loss"][0]


def test_arrays_given_to_fit_are_one_image_for_each_clip():
    images = RNG.integers(0, 256, (16, 28, 28), np.uint8)
    loss = trained(images)
    for same in (images[..., None], images[..., None] / np.float32(255), images[:, None, ..., None] / np.float32(255)):
        assert trained(same) == pytest.approx(loss, rel=1e-5)
    assert trained(images, SOUNDS[..., None]) == pytest.approx(loss, rel=1e-5)


def test_a_vae_gan_takes_arrays_too():
    model = AudioImageVAEGAN(**SMALL_GAN)
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    history = model.fit(SOUNDS, RNG.random((16, 28, 28, 1), np.float32), batch_size=8, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("shape", [(16, 30, 28, 1), (16, 28, 28, 3), (16, 10)], ids=str)
def test_images_of_another_shape_are_refused_in_a_sentence(shape):
    with pytest.raises(ValueError, match=r"do not fit this model: pass \(batch, 28, 28, 1\)"):
        trained(np.zeros(shape, np.float32))


@pytest.mark.parametrize("given", [{"loss": "mse"}, {"metrics": ["mae"]}, {"loss_weights": [1.0]}], ids=str)
def test_what_compile_would_ignore_is_refused(given):
    with pytest.raises(ValueError, match="has its own loss: compile it with an optimizer alone"):
        vae().compile("adam", **given)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_network_of_a_built_model_is_not_replaced(part):
    model = vae()
    network = getattr(model, part)
    with pytest.raises(ValueError, match=f"The {part} of a built model cannot be replaced: write a subclass"):
        setattr(model, part, vae().decoder)
    assert getattr(model, part) is network


def test_a_pretrained_encoder_is_taken_and_kept():
    from crossmodal import load_model
    from crossmodal.training.initial import take_weights

    own = AudioImageVAE.compact(classes=["cat", "dog"], encoder_kind="residual")
    assert "encoder/stage1_conv" in take_weights(own, load_model("vae_compact"))
    own.encoder.trainable = False
    before = [weight.copy() for weight in own.encoder.get_weights()]
    own.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    own.fit(SOUNDS, RNG.random((16, 28, 28, 1), np.float32), batch_size=8, verbose=0)
    for one, other in zip(before, own.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
