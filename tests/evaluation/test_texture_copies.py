"""The copy detector finds what was copied and nothing else."""

import numpy as np
import pytest
import scipy.signal
from texture_sounds import SAMPLE_RATE, chirps, hiss, insects, rain

from evaluation.texture.copies import (
    copy_report,
    draws_report,
    halves_report,
    longest_stretch,
    piece_correlations,
    stretch_limit,
    whiten,
)

SOUNDS = [rain, chirps, insects, hiss]


def spliced(sound, start_s, stretch_s, at_s=1.0, gain=1.0):
    """Another take, into which a stretch of the first is copied."""
    take, copied = sound(4.0, seed=1), sound(4.0, seed=0)
    start, at, samples = (round(s * SAMPLE_RATE) for s in (start_s, at_s, stretch_s))
    take[at : at + samples] = gain * copied[start : start + samples]
    return take


def test_lags_and_correlations_are_exact():
    noise = np.random.default_rng(0).standard_normal(40_000)
    best, lags = piece_correlations(3.0 * noise[12_345:32_345], noise, 0.25)
    np.testing.assert_array_equal(lags, 12_345)
    np.testing.assert_allclose(best, 1, atol=1e-5)
    best, _ = piece_correlations(-noise[:20_000], noise, 0.25)
    assert best.max() < 0.2


def test_correlations_agree_with_the_definition():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(2_000), rng.standard_normal(2_300)
    best, lags = piece_correlations(a, b, 0.1)
    expected = [a @ b[k : k + 2_000] / np.linalg.norm(a) / np.linalg.norm(b[k : k + 2_000]) for k in range(301)]
    assert best[0] == pytest.approx(max(expected), abs=1e-5)
    assert lags[0] == np.argmax(expected)


def test_whitening_flattens_and_removes_an_offset():
    white = np.random.default_rng(0).standard_normal(80_000)
    coloured = scipy.signal.lfilter([1], [1, -0.9], white) + 5  # 26 dB from the lowest to the highest frequency
    spectrum = np.abs(np.fft.rfft(whiten(coloured))) ** 2
    bands = [spectrum[k : k + 800].mean() for k in range(400, 40_000, 800)]  # of 200 Hz
    assert max(bands) < 1.5 * min(bands)
    assert spectrum[0] < 1e-6 * np.mean(bands)


@pytest.mark.parametrize("sound", SOUNDS)
def test_independent_takes_are_no_copies(sound):
    report = copy_report(sound(4.0, seed=0), sound(4.0, seed=1))
    assert not report["copied"]
    assert not report["loops"]


@pytest.mark.parametrize("sound", SOUNDS)
def test_a_spliced_stretch_is_a_copy(sound):
    report = copy_report(sound(4.0, seed=0), spliced(sound, 2.0, 0.6, gain=0.3))
    assert report["copied"]
    assert report["stretch_s"] == pytest.approx(0.6, abs=0.1)
    assert report["reversed_stretch_s"] < 0.2


def test_a_stretch_in_noise_and_in_another_colour_is_a_copy():
    synthesis = np.convolve(spliced(rain, 0.5, 0.6), [1, -0.6, 0.3], mode="same")
    synthesis += 0.3 * np.std(synthesis) * np.random.default_rng(0).standard_normal(len(synthesis))
    assert copy_report(rain(4.0), synthesis)["copied"]


def test_a_stretch_of_a_tenth_of_a_second_is_none():
    assert not copy_report(rain(4.0), spliced(rain, 0.5, 0.1))["copied"]


def test_a_reversed_copy_is_found():
    report = copy_report(rain(4.0), spliced(rain, 1.0, 0.8)[::-1].copy())
    assert report["copied"]
    assert report["stretch_s"] < 0.2
    assert report["reversed_stretch_s"] == pytest.approx(0.8, abs=0.1)


def test_loud_tones_are_no_copies():
    tone = np.sin(2 * np.pi * 440 * np.arange(80_000) / SAMPLE_RATE).astype(np.float32)
    report = copy_report(tone + rain(4.0, seed=0), tone + rain(4.0, seed=1))
    assert report["correlation"]["raw"]["250 ms"]["median"] > 0.9
    assert report["correlation"]["whitened"]["250 ms"]["median"] < 0.3
    assert not report["copied"]


def test_a_loop_is_found():
    assert copy_report(rain(4.0), np.tile(rain(1.0, seed=1), 4))["loops"]
    assert copy_report(rain(4.0), np.concatenate([rain(3.0, seed=1), rain(3.0, seed=1)[:8_000]]))["loops"]


def test_a_reference_whose_halves_agree_asks_for_longer_stretches():
    halves = halves_report(np.tile(rain(1.0), 4))
    assert halves["stretch_s"] == pytest.approx(2.0, abs=0.05)
    assert stretch_limit(halves["stretch_s"]) == pytest.approx(3.0, abs=0.1)
    assert stretch_limit(0.0) == 0.25


def test_draws_are_compared_in_pairs():
    report = draws_report(
        [rain(2.0, seed=1), rain(2.0, seed=2), np.roll(rain(2.0, seed=1), 999)], halves_report(rain())
    )
    assert [(pair["pair"], pair["alike"]) for pair in report] == [((0, 1), False), ((0, 2), True), ((1, 2), False)]
    assert report[0]["distance"] == pytest.approx(report[0]["halves_distance"], abs=0.1)
    assert report[1]["distance"] == pytest.approx(0, abs=0.05)


def test_synthesis_and_reference_may_differ_in_length():
    report = copy_report(rain(2.0), np.concatenate([rain(1.0, seed=1), rain(2.0, seed=0), rain(1.5, seed=2)]))
    assert report["stretch_s"] == pytest.approx(2.0, abs=0.1)
    assert longest_stretch(whiten(rain(1.0)), whiten(rain(1.0, seed=1))) < 0.2
