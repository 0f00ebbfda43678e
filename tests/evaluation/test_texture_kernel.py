"""What describes a window, and the distance between windows on the scale from noise to the reference."""

import numpy as np
import pytest
from texture_sounds import SAMPLE_RATE, chirps, hiss, insects, rain

from crossmodal.errors import AudioError
from evaluation.texture.kernel_score import kernel_scale, kernel_score, squared_mmd
from evaluation.texture.score import spectral_noise
from evaluation.texture.windows import FEATURES, HOP, MEL_BANDS, OCTAVES, modulation_spectrum, window_features


def test_the_modulation_spectrum_holds_the_power_of_a_modulation():
    """A sine of 10 dB at 12 Hz has a variance of 50 dB^2: all of it in the octave from 8 to 16 Hz."""
    rate, frames = SAMPLE_RATE / HOP, 100
    band = 10 * np.sin(2 * np.pi * 12 * np.arange(frames) / rate)
    (spectrum,) = modulation_spectrum(band[None])
    bins = np.histogram(np.fft.rfftfreq(frames, 1 / rate)[:-1], OCTAVES)[0]
    power = np.exp(spectrum) * bins * rate / frames
    assert power[1] == pytest.approx(50, rel=0.01)
    assert np.delete(power, 1).max() < 0.01


def test_windows_lie_side_by_side_or_overlap_at_any_level():
    sound = rain(2.0)
    windows = window_features(sound, 0.5)
    assert windows.shape == (4, FEATURES)
    assert window_features(sound, 0.5, 0.25).shape == (7, FEATURES)
    np.testing.assert_allclose(window_features(0.01 * sound, 0.5), windows, atol=1e-2)
    with pytest.raises(AudioError, match="9999 samples has no window"):
        window_features(sound[:9_999], 0.5)
    with pytest.raises(AudioError, match="no window"):
        window_features(np.zeros(20_000))


def test_the_first_feature_is_the_level_of_a_window():
    """Half of the sound 20 dB above the other."""
    sound = hiss(2.0)
    sound[:20_000] *= 10
    level = window_features(sound, 0.5)[:, 0] / np.sqrt(MEL_BANDS)
    assert level[0] - level[-1] == pytest.approx(20, abs=1)


def test_the_squared_mmd_by_enumeration():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 3)), 1 + rng.standard_normal((4, 3))

    def k(a, b):
        return np.exp(-np.sum((a - b) ** 2) / (2 * 1.5**2))

    of_x = np.mean([k(x[i], x[j]) for i in range(5) for j in range(5) if i != j])
    of_y = np.mean([k(y[i], y[j]) for i in range(4) for j in range(4) if i != j])
    assert squared_mmd(x, y, 1.5) == pytest.approx(of_x + of_y - 2 * np.mean([k(a, b) for a in x for b in y]))


def test_the_squared_mmd_of_gaussians_in_closed_form():
    """Of N(0, 1) and N(m, 1) with a kernel of width h: 2 h / sqrt(h^2 + 2) (1 - exp(-m^2 / (2 (h^2 + 2))))."""
    rng, m, h = np.random.default_rng(0), 1.5, 0.8
    x, y, z = (shift + rng.standard_normal((2000, 1)) for shift in (0, m, 0))
    expected = 2 * h / np.sqrt(h**2 + 2) * (1 - np.exp(-(m**2) / (2 * (h**2 + 2))))
    assert squared_mmd(x, y, h) == pytest.approx(expected, abs=0.02)
    assert squared_mmd(x, z, h) == pytest.approx(0, abs=0.003)


@pytest.mark.parametrize("sound", [rain, chirps, insects])
def test_noise_scores_zero_another_take_one_another_texture_less(sound):
    scale = kernel_scale(sound(4.0))
    noise = spectral_noise(sound(4.0), np.random.default_rng(5))
    other = rain if sound is not rain else chirps
    assert not scale.ill_conditioned
    assert kernel_score(scale, noise)["kernel_score"] == pytest.approx(0, abs=0.1)
    assert kernel_score(scale, sound(4.0, seed=1))["kernel_score"] == pytest.approx(1, abs=0.15)
    assert kernel_score(scale, other(4.0, seed=1))["kernel_score"] < 0.6


def test_noise_is_an_ill_conditioned_reference():
    scale = kernel_scale(hiss(4.0))
    assert scale.ill_conditioned
    assert kernel_score(scale, hiss(2.0, seed=1))["kernel_ill_conditioned"]
