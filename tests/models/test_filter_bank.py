"""Learned filters on waveforms: against NumPy, Fourier bases against an STFT, and every encoder on them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_sources import bars, tones

from crossmodal import AudioImageVAE, load_model
from crossmodal.models.networks.encoders import ENCODERS, build_encoder
from crossmodal.models.networks.filter_bank import filter_bank, fourier_bases
from crossmodal.saving.keras_file import save_model
from crossmodal.sound.front_ends import hear
from crossmodal.sound.waveform import Waveform
from crossmodal.training.optimizers import FusedAdam

SHORT = {"size": 32, "stride": 3, "pool": 10}
SMALL = {"filters": 16, "size": 64, "stride": 8, "pool": 8}


def test_the_squares_of_a_pair_are_the_power_of_an_stft(noise):
    """128 Fourier bases of 256 samples are the odd bins of its transform under a Hann window."""
    x = noise(256)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    power = np.square(np.abs(np.fft.rfft(hann * x)))[1::2]
    bases = fourier_bases(256, 128).astype(np.float64)
    pairs = np.square(x @ bases).reshape(64, 2).sum(axis=1)
    scale = np.square(hann).mean() / 2  # a basis has a mean square of 1; the highest and lowest bins differ a little
    np.testing.assert_allclose(pairs[1:-1] * scale, power[1:-1], rtol=1e-4)
    np.testing.assert_allclose(np.square(bases).mean(axis=0), 1, rtol=1e-6)


@pytest.mark.parametrize("rectifier", ["squared", "relu"])
def test_a_filter_bank_is_a_convolution_rectified_pooled_and_its_logarithm(rectifier, noise):
    keras.utils.set_random_seed(0)
    bank = filter_bank(
        (400, 1, 1), "float32", filters=4, size=32, stride=3, pool=10, start="random", rectifier=rectifier
    )
    x, kernel = 10 * noise(400), bank.get_layer("filters").get_weights()[0][:, 0]
    a = np.stack([x[t : t + 32] @ kernel for t in range(0, 400 - 31, 3)])
    r, c = (np.square(a) / 32, 1e4) if rectifier == "squared" else (np.maximum(a, 0) / 32**0.5, 1e2)
    frames = len(a) // 10
    expected = np.log(1 + c * r[: 10 * frames].reshape(frames, 10, 4).mean(axis=1)) / np.log(100 * c)
    found = np.asarray(bank(x[None, :, None, None]))
    assert found.shape == (1, frames, 4, 1)
    np.testing.assert_allclose(found[0, ..., 0], expected, rtol=1e-4)


@pytest.mark.parametrize("start", ["fourier", "random"])
def test_levels_are_those_of_a_spectrogram_and_0_after_the_end(start, tone, noise):
    heard = hear([tone(frequency_hz=1031.0), noise(4000)], Waveform())
    levels = np.asarray(filter_bank((8000, 1, 1), "float32", start=start)(heard[..., None]))[..., 0]
    assert levels.shape == (2, 30, 128)
    assert 0 <= levels.min() <= levels.max() < 1.2
    assert (levels[:, 16:] == 0).all()
    assert levels[1, :10].mean() == pytest.approx(np.log(1e4) / np.log(1e6), abs=0.05)
    if start == "fourier":  # the pair of 16 has its frequency, 31.25 Hz (2 * 16 + 1)
        assert levels[0, :10].mean(axis=0).argmax() in (32, 33)


def test_the_power_of_a_filter_does_not_hang_on_where_a_tone_begins():
    """Summed over the pair; so neither does what an encoder hears."""
    times_s = np.arange(8000) / 8000
    x = np.stack([np.sqrt(2) * np.sin(2 * np.pi * 1031.25 * times_s + phase) for phase in (0, 1, 2)])
    levels = np.asarray(filter_bank((8000, 1, 1), "float32")(x[..., None, None].astype(np.float32)))[:, 3, 32:34, 0]
    power = np.expm1(levels * np.log(1e6)).sum(axis=1)
    np.testing.assert_allclose(power, power[0], rtol=0.01)


@pytest.mark.parametrize("kind", ENCODERS)
def test_every_encoder_hears_waveforms(kind):
    options = {"filters": (4, 4)} if kind == "fully convolutional" else {}
    encoder = build_encoder(kind, (8000, 1, 1), 3, -5.0, "float32", filter_bank={**SMALL, "filters": 32}, **options)
    z_mean, z_log_var = encoder(np.random.default_rng(0).normal(size=(2, 8000, 1, 1)).astype(np.float32))
    assert z_mean.shape == z_log_var.shape == (2, 3)
    assert encoder.get_layer("filters").kernel.shape == (64, 1, 32)


def test_a_vae_learns_by_filters_of_its_own_and_is_loaded_again(tmp_path):
    keras.utils.set_random_seed(0)
    speech, images, front_end = tones(), bars(), Waveform(duration_s=0.4)
    clips, targets = (
        [np.flatnonzero(labels == label)[:2] for label in range(3)] for labels in (speech.labels, images.train_labels)
    )
    x = hear([speech.waveforms[i] for i in np.ravel(clips)], front_end)
    y = images.train_images[np.ravel(targets), None, ..., None] / np.float32(255)
    options = {"encoder_kind": "linear", "encoder_options": {"filter_bank": SMALL, "filters": 8}}
    options |= {"front_end": front_end.get_config(), "kl_warmup_steps": 50}
    model = AudioImageVAE(4, (), (), (32,), (8, 8), **options)
    before = model.encoder.get_layer("filters").get_weights()[0]
    model.compile(FusedAdam(5e-3), jit_compile=False)
    model.fit(tf.data.Dataset.from_tensors((x[..., None], y)).repeat(100), verbose=0)
    drawn, _ = model.generate(x, samples=0)
    assert ((drawn > 0.5) == (y[:, 0] > 0.5)).mean() > 0.95
    assert np.abs(model.encoder.get_layer("filters").get_weights()[0] - before).max() > 0.01
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path)
    assert again.front_end == front_end.get_config()
    np.testing.assert_array_equal(again.generate(x, samples=2)[1], model.generate(x, samples=2)[1])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"filters": 7, **SHORT}, "7 filters are no pairs"),
        ({"start": "mel"}, "no start of the filters 'mel'"),
        ({"rectifier": "abs"}, "no rectifier 'abs'"),
        ({"size": 256}, "400 samples give no frame: 508"),
    ],
)
def test_what_makes_no_filters_is_refused(options, match):
    with pytest.raises(ValueError, match=match):
        filter_bank((400, 1, 1), "float32", **options)


def test_filters_are_not_laid_on_spectrograms():
    with pytest.raises(ValueError, match="choose the front end waveform"):
        build_encoder("linear", (48, 48, 1), 3, -5.0, "float32", filter_bank=SMALL)
