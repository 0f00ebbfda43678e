"""True peaks, and a limiter: below full scale, quiet sound untouched, the same in blocks and round a loop."""

import numpy as np
import pytest

from crossmodal.sound.limiter import CEILING, Limiter, true_peak

RATE = 20_000


def bursts(samples=20_000):
    """Noise with a loud moment now and then."""
    rng = np.random.default_rng(0)
    envelope = 0.1 + 1.5 * (np.sin(2 * np.pi * np.arange(samples) / 5000) > 0.99)
    return (envelope * rng.standard_normal(samples)).astype(np.float32)


def test_the_true_peak_of_a_tone_lies_between_its_samples():
    """At a quarter of the rate and a phase of 45 degrees every sample of a sine is 3 dB below its peak."""
    tone = np.sin(2 * np.pi * 0.25 * np.arange(1000) + np.pi / 4)
    assert np.abs(tone).max() == pytest.approx(0.5**0.5)
    assert true_peak(tone * np.hanning(1000)) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("channels", [(), (2,)])
def test_no_true_peak_is_beyond_full_scale_and_quiet_moments_are_untouched(channels):
    sound = bursts() if not channels else np.stack([bursts(), 0.3 * bursts()[::-1]], axis=1)
    limiter = Limiter(RATE)
    limited = limiter.whole(sound)
    assert true_peak(sound) > 3
    assert true_peak(limited) < 1
    assert limiter.lowest == pytest.approx(CEILING / true_peak(sound), rel=0.05)
    same = np.isclose(limited, sound, atol=1e-7).reshape(len(sound), -1).all(axis=1)
    assert same.mean() > 0.5
    gain = np.divide(limited, sound, where=np.abs(sound) > 1e-3, out=np.full_like(sound, np.nan))
    assert np.nanmax(np.abs(np.diff(gain, axis=0))) < 0.05  # no jump
    np.testing.assert_array_equal(Limiter(RATE).whole(0.1 * sound), 0.1 * sound)


def test_a_stream_is_limited_as_the_whole():
    sound, limiter = bursts(), Limiter(RATE)
    streamed = np.concatenate(list(limiter.stream(sound.reshape(50, 400))))
    assert len(streamed) == len(sound) - limiter.margin
    np.testing.assert_allclose(streamed, limiter.whole(sound)[: len(streamed)], atol=1e-6)


def test_a_loop_is_limited_round_its_seam():
    sound, limiter = bursts(), Limiter(RATE)
    turned = limiter.whole(np.roll(sound, 7000), circular=True)
    np.testing.assert_allclose(np.roll(turned, -7000), limiter.whole(sound, circular=True), atol=1e-6)
