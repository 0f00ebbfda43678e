"""Other sample rates, and the mel scale, as librosa has them."""

import librosa
import numpy as np
import pytest

from crossmodal.sound.mel_scale import hz_of, mel_of, mel_triangles
from crossmodal.sound.resampling import resample


@pytest.mark.parametrize(("rate", "wanted"), [(44_100, 8000), (48_000, 8000), (11_025, 8000), (8000, 22_050)])
@pytest.mark.parametrize("samples", [200, 8001, 44_100])
def test_resampling_is_that_of_librosa(noise, rate, wanted, samples):
    waveform = noise(samples).astype(np.float32)
    found = resample(waveform, rate, wanted)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, librosa.resample(waveform, orig_sr=rate, target_sr=wanted))


def test_a_tone_keeps_its_frequency_and_level():
    tone = np.sin(2 * np.pi * 500 * np.arange(44_100) / 44_100)
    found = resample(tone, 44_100, 8000)
    expected = np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    assert (len(found), found.dtype) == (8000, np.float64)
    np.testing.assert_allclose(found[200:-200], expected[200:-200], atol=1e-3)


def test_the_mel_scale_is_slaneys():
    assert (mel_of(0), mel_of(200), mel_of(1000)) == pytest.approx((0, 3, 15))
    assert mel_of(6400) == pytest.approx(15 + 27)
    np.testing.assert_allclose(hz_of(np.array([0, 3, 15, 42.0])), [0, 200, 1000, 6400])


@pytest.mark.parametrize(
    "sizes",
    [(8000, 256, 48, 60, 4000), (8000, 256, 40, 60, 4000), (16_000, 512, 80, 0, 8000), (22_050, 2048, 128, 0, 11_025)],
)
def test_triangles_are_those_of_librosa(sizes):
    sample_rate, n_fft, n_mels, fmin, fmax = sizes
    expected = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    found = mel_triangles(*sizes)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_the_loudest_frames_are_those_of_a_median_filter():
    from scipy.ndimage import median_filter

    from crossmodal.sound.segmentation import _loudest

    rng = np.random.default_rng(0)
    for frames in (1, 2, 3, 4, 5, 97):
        level = rng.normal(size=frames)
        assert _loudest(level) == median_filter(level, 5).max()
