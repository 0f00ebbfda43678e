"""Noise, rooms, telephones and clipping against what defines them."""

import numpy as np
import pytest

from crossmodal.sound import conditions

RATE = 8000


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def band_power(waveform, low_hz, high_hz):
    power = np.abs(np.fft.rfft(waveform)) ** 2
    hz = np.fft.rfftfreq(len(waveform), 1 / RATE)
    return power[(hz >= low_hz) & (hz < high_hz)].mean()


@pytest.mark.parametrize("snr_db", [20.0, 0.0, -5.0])
def test_noise_lies_as_far_below_the_speech_as_asked(rng, snr_db):
    speech, noise = rng.standard_normal(8000) * 0.1, rng.standard_normal(9000) * 3
    added = conditions.add_noise(speech, noise, snr_db) - speech
    assert 20 * np.log10(conditions.rms(speech) / conditions.rms(added)) == pytest.approx(snr_db, abs=1e-4)
    assert (conditions.add_noise(speech, np.zeros(8000), snr_db) == speech).all()


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_coloured_noise_falls_by_its_exponent(rng, exponent):
    noise = conditions.coloured_noise(2**17, exponent, rng)
    octaves = [10 * np.log10(band_power(noise, f, 2 * f)) for f in (200, 400, 800, 1600)]
    assert np.diff(octaves) == pytest.approx(-3.01 * exponent, abs=0.3)


def test_a_room_decays_by_60_db_in_its_reverberation_time(rng):
    click = np.zeros(8000)
    click[0] = 1
    tail = conditions.in_a_room(click, RATE, 0.5, 3.0, rng)[1:]
    energy = 10 * np.log10(np.cumsum(tail[::-1] ** 2)[::-1][:3000])  # Schroeder's integral
    slope = np.polyfit(np.arange(2000) / RATE, energy[:2000], 1)[0]
    assert slope == pytest.approx(-120, rel=0.1)  # dB a second: 60 dB in 0.5 s
    assert 10 * np.log10((tail**2).sum()) == pytest.approx(-3.0, abs=0.1)


def test_a_telephone_keeps_its_band_alone(rng):
    noise = rng.standard_normal(2**15).astype(np.float32)
    heard = conditions.through_telephone(noise, RATE)
    inside = band_power(heard, 800, 2500)
    assert band_power(heard, 20, 120) < 0.01 * inside
    assert band_power(heard, 800, 2500) == pytest.approx(band_power(noise, 800, 2500), rel=0.05)


def test_the_mu_law_keeps_quiet_and_loud_alike(rng):
    for level in (1.0, 0.01):
        tone = level * np.sin(np.arange(4000) * 0.3)
        tone[0] = 1.0  # full scale
        error = conditions.mu_law(tone)[1:] - tone[1:]
        assert 20 * np.log10(conditions.rms(tone[1:]) / conditions.rms(error)) > 25


def test_clipping_cuts_at_its_level():
    tone = np.sin(np.arange(1000) * 0.1)
    assert np.abs(conditions.clipped(tone, 6.0)).max() == pytest.approx(np.abs(tone).max() * 10 ** (-0.3))


def test_a_flat_microphone_changes_nothing_and_a_low_pass_cuts(rng):
    noise = rng.standard_normal(2**14).astype(np.float32)
    assert conditions.through_microphone(noise, np.zeros(6)) == pytest.approx(noise, abs=1e-5)
    dull = conditions.through_microphone(noise, np.array([0.0, 0, 0, -30, -30, -30]))
    assert band_power(dull, 3000, 4000) < 0.01 * band_power(dull, 100, 1000)


def test_trimming_takes_what_is_quieter_at_the_ends_alone():
    """A second of steps of 100 ms."""
    levels = [10 ** (db / 20) for db in (-80, -30, -10, -40, 0, -20)] + [0.0] * 4
    waveform = np.repeat(levels, 800) * np.tile([1.0, -1.0], 4000)
    for below, first, last in ((5, 4, 5), (15, 2, 5), (25, 2, 6), (35, 1, 6), (100, 0, 6)):
        np.testing.assert_array_equal(conditions.trimmed(waveform, 8000, below), waveform[800 * first : 800 * last])
    silence = np.zeros(8000)
    np.testing.assert_array_equal(conditions.trimmed(silence, 8000, 20.0), silence)
    short = np.ones(30)  # less than a frame
    np.testing.assert_array_equal(conditions.trimmed(short, 8000, 20.0), short)


def test_speed_moves_pitch_and_length():
    tone = np.sin(2 * np.pi * 200 * np.arange(8000) / RATE).astype(np.float32)
    fast = conditions.at_speed(tone, 1.25)
    assert len(fast) == 6400
    peak = np.abs(np.fft.rfft(fast)).argmax() * RATE / len(fast)
    assert peak == pytest.approx(250, abs=2)
