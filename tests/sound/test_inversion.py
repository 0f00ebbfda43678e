"""Spectrograms heard again: against closed forms, and against the front end, of which it is the inverse."""

import numpy as np
import pytest

from crossmodal.errors import AudioError
from crossmodal.sound.inversion import PEAK, at_fixed_hop, hop_of, invert
from crossmodal.sound.spectrogram import LogMel, log_mel, log_mel_and_durations, mel_power, windows_per_frame

CONFIG = LogMel()


def distance_db(one, other):
    """Log-spectral distance of two spectrograms: the mean over frames of the RMS over bands."""
    return float(np.sqrt(np.mean(np.square(60 * (one - other)), axis=-1)).mean())


@pytest.mark.parametrize("samples", [300, 3000, 6000, 14_000])
def test_a_ramp_stays_a_ramp_at_the_places_of_the_frames(samples):
    """Frame i is i: its windows lie evenly from the first sample to the last."""
    ramp = np.tile(np.arange(48, dtype=np.float64)[:, None], (1, 3))
    found = at_fixed_hop(ramp, samples, CONFIG)
    k = windows_per_frame(samples, CONFIG)
    starts = np.linspace(0, samples - 256, 48 * k).reshape(48, k)
    centres = hop_of(CONFIG) * np.arange(len(found))
    np.testing.assert_allclose(found[:, 1], np.interp(centres, starts.mean(axis=1) + 128, np.arange(48)), atol=1e-9)
    assert centres[-1] <= samples < centres[-1] + hop_of(CONFIG)


def test_the_frames_of_a_glide_lie_where_a_fixed_hop_finds_them():
    """A tone that rises: the loudest band of each frame is that of frames computed there."""
    times_s = np.arange(4096) / 8000
    glide = np.sin(2 * np.pi * (400 * times_s + 2000 * times_s**2)).astype(np.float32)
    found = at_fixed_hop(log_mel([glide], LogMel(trim_db=200.0))[0], len(glide), CONFIG)
    placed = LogMel(n_frames=(len(glide) - 256) // 64 + 1)  # a hop of 64 samples, the first centred at 128
    direct = mel_power([glide], 1, placed)[0]
    apart = found[2 : 2 + len(direct)].argmax(axis=1) - direct.argmax(axis=1)
    assert np.abs(apart).max() <= 1
    assert np.mean(apart == 0) > 0.85


def test_a_tone_comes_back_at_its_frequency(tone):
    waveform = tone(1000.0, duration_s=0.3)
    again = invert(log_mel([waveform])[0], 0.3)
    assert (again.shape, again.dtype) == ((2400,), np.float32)
    assert np.abs(again).max() == pytest.approx(PEAK)
    loudest_hz = np.abs(np.fft.rfft(again)).argmax() / 0.3
    assert loudest_hz == pytest.approx(1000, abs=40)  # a mel band is 80 Hz wide there


def test_speech_comes_back_with_its_spectrogram(spoken_digits):
    waveform, bounds = spoken_digits
    words = [waveform[start:stop] for start, stop in bounds]
    spectrograms, durations_s = log_mel_and_durations(words)
    again = [invert(x, d) for x, d in zip(spectrograms, durations_s, strict=True)]
    assert [len(w) for w in again] == np.rint(8000 * durations_s).tolist()
    found = [distance_db(*pair) for pair in zip(log_mel(again), spectrograms, strict=True)]
    others = distance_db(spectrograms[1:], spectrograms[:-1])
    assert max(found) < 5
    assert np.mean(found) < 3 < 10 < others


@pytest.mark.parametrize("config", [LogMel(timing="pad"), LogMel(n_mels=40, n_frames=64, dynamic_range_db=50.0)])
def test_other_front_ends_have_an_inverse_too(config, spoken_digits):
    waveform, bounds = spoken_digits
    spectrograms, durations_s = log_mel_and_durations([waveform[slice(*bounds[7])]], config)
    again = invert(spectrograms[0][..., None], durations_s[0], config)
    assert durations_s[0] == 1.0 or config.timing == "stretch"
    assert distance_db(log_mel([again], config), spectrograms) < 4


def test_durations_are_those_of_what_the_frames_span(tone):
    silence = np.zeros(1600, np.float32)
    clips = [np.concatenate([silence, tone(duration_s=0.25), silence]), tone(duration_s=0.02)]
    spectrograms, durations_s = log_mel_and_durations(clips)
    np.testing.assert_allclose(durations_s, [0.25, 256 / 8000])  # a window at least
    np.testing.assert_array_equal(spectrograms, log_mel(clips))
    assert log_mel_and_durations([])[1].shape == (0,)


def test_silence_stays_silent_and_a_seed_gives_one_sound():
    assert not invert(np.zeros((48, 48)), 0.2).any()
    x = np.random.default_rng(0).random((48, 48))
    np.testing.assert_array_equal(invert(x, 0.3, seed=1), invert(x, 0.3, seed=1))
    assert not np.array_equal(invert(x, 0.3, seed=1), invert(x, 0.3, seed=2))
    assert len(invert(x, 0.01)) == 80  # shorter than a window


@pytest.mark.parametrize("duration_s", [0.0, -1.0, np.nan, 601.0])
def test_what_is_no_sound_is_refused(duration_s):
    with pytest.raises(AudioError, match="cannot last"):
        invert(np.zeros((48, 48)), duration_s)
    for wrong in (np.zeros((48, 40)), np.zeros((1, 48, 48)), np.full((48, 48), np.nan)):
        with pytest.raises(AudioError, match="is no sound"):
            invert(wrong, 0.4)
