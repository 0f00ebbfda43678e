"""Two channels: the spectra, the level and the correlation of a stereo recording, in draws and in streams."""

import keras
import numpy as np
import pytest
import scipy.signal

from crossmodal.errors import ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.sound.long_term import BINS, stereo_response
from crossmodal.training.cooperative import prepare_texture

RATE = 44_100
BANDS = [(100, 400), (400, 1600), (1600, 6400), (6400, 20_000)]  # Hz
CORRELATIONS = [1.0, 0.7, -0.4, 0.0]


def band(sound, low, high, sample_rate=RATE):
    filtered = scipy.signal.butter(4, (low, high), "bandpass", fs=sample_rate, output="sos")
    return scipy.signal.sosfiltfilt(filtered, sound, axis=0)


def correlations(sound):
    return [np.corrcoef(band(sound, *edges).T)[0, 1] for edges in BANDS]


@pytest.fixture(scope="module")
def recording():
    """4 s of noise whose channels are correlated by CORRELATIONS in four bands; the right one is louder by 6 dB."""
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 4 * RATE))
    left = sum(band(a, *edges) for edges in BANDS)
    right = sum(
        r * band(a, *edges) + np.sqrt(1 - r**2) * band(b, *edges) for edges, r in zip(BANDS, CORRELATIONS, strict=True)
    )
    return 0.05 * np.stack([left, 2 * right], axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def model(recording):
    """Not trained, with gains that vary."""
    model, _, _ = prepare_texture(recording[:, 1], RATE, channels=2, samples=44_000)
    model.set_stereo(recording)
    layer = model.generator.gains.get_layer("log_gain")
    layer.kernel.assign(np.random.default_rng(0).normal(0, 0.3, layer.kernel.shape))
    return model


def test_draws_loops_and_streams_have_the_recordings_channels(model, recording):
    expected = correlations(recording)
    np.testing.assert_allclose(expected, CORRELATIONS, atol=0.05)
    stream = model.stream(seed=2)
    streamed = np.concatenate([next(stream) for _ in range(200)])
    assert streamed.shape == (200 * 882, 2)
    for sound in (model.draw(4.0, draws=2, seed=1, steps=0)[1], model.loop(4.0, seed=1, steps=0), streamed):
        np.testing.assert_allclose(correlations(sound), expected, atol=0.1)
        np.testing.assert_allclose(20 * np.log10(sound.std(axis=0) / recording.std(axis=0)), 0, atol=1)


def test_a_stereo_stream_is_its_loop(model):
    """The loop is the stream of one period of noise: both mix the same signals, by filters made in two ways."""
    from itertools import islice

    from crossmodal.models import streaming

    latents = streaming.stream_latents(model, 1, period=3)
    signals = (signal.numpy() for signal in model.generator.stream(latents))
    responses = streaming.impulse_responses(model.response(streaming.TAPS))
    streamed = np.concatenate(
        list(islice(streaming.filter_blocks(streaming.blocks_of(signals, 256), lambda: responses), 180)), 1
    )
    loop = model.loop(3 * model.generator.chunk_samples / RATE, seed=1, steps=0)
    error = streamed.T - np.roll(loop, -streaming.TAPS // 2, axis=0)[: streamed.shape[1]]
    assert error.std() < 2e-3 * loop.std()


def test_the_response_is_a_root_of_the_spectral_densities(recording):
    response = stereo_response(recording, -90.0)
    densities = np.einsum("ajf,bjf->abf", response, response.conj()) * 2
    for i in (0, 1):
        _, expected = scipy.signal.welch(recording[:, i], nperseg=2 * (BINS - 1))
        np.testing.assert_allclose(densities[i, i].real[8:400], expected[8:400], rtol=1e-3)
    _, cross = scipy.signal.csd(recording[:, 0], recording[:, 1], nperseg=2 * (BINS - 1))
    np.testing.assert_allclose(densities[1, 0][8:400], cross[8:400], rtol=1e-3)


def test_a_delay_between_channels_is_kept():
    noise = np.random.default_rng(0).standard_normal(80_020)
    delayed = np.stack([noise[20:], noise[:-20]], axis=1).astype(np.float32)  # the right comes 20 samples later
    model = CoopNets.auditory(20_000, 8000.0, channels=2)
    model.set_stereo(delayed)
    sound = model.draw(2.0, steps=0)[0]
    lags = scipy.signal.correlate(sound[:, 1], sound[:, 0])
    assert np.argmax(lags) - (len(sound) - 1) == 20


def test_a_file_gives_back_both_channels(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(loaded.draw(1.0, steps=0), model.draw(1.0, steps=0))


def test_the_thesis_has_one_channel(recording):
    with pytest.raises(ModelError, match="one channel"):
        prepare_texture(recording[:, 0], RATE, "thesis", channels=2)
    with pytest.raises(ModelError, match="1 or 2 channels"):
        CoopNets.auditory(channels=3)
