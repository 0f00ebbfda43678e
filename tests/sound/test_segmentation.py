"""Recordings are cut at their pauses, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossmodal.errors import AudioError
from crossmodal.sound.segmentation import FRAME_S, MARGIN_S, find_loudest, find_word, level_db, split_words
from crossmodal.sound.spectrogram import LogMel, log_mel

RATE = 8000


def recording(noise, parts, background=0.0):
    """Pauses and bursts by turns, of so many seconds: (waveform (samples,), [(start_s, stop_s)] of the bursts)."""
    waveform, bounds, end = [], [], 0.0
    for i, duration_s in enumerate(parts):
        waveform.append(noise(round(duration_s * RATE)) * (i % 2))
        if i % 2:
            bounds.append((end, end + duration_s))
        end += duration_s
    waveform = np.concatenate(waveform)
    return (waveform + background * noise(len(waveform) + 1)[1:]).astype(np.float32), bounds


def in_seconds(words):
    return [(start / RATE, stop / RATE) for start, stop in words]


@pytest.mark.parametrize("background", [0.0, 0.01, 0.1])
def test_words_lie_where_they_were_put(noise, background):
    waveform, bounds = recording(noise, [0.3, 0.4, 0.2, 0.3, 0.5, 0.6, 0.3], background)
    words = in_seconds(split_words(waveform, RATE))
    assert len(words) == 3
    for (start, stop), (begin, end) in zip(words, bounds, strict=True):
        assert begin - MARGIN_S - FRAME_S <= start <= begin
        assert end <= stop <= end + MARGIN_S + 2 * FRAME_S


def test_the_level_of_words_may_differ(noise):
    loud, quiet = noise(3000), noise(3000) / 10
    pause = np.zeros(2000, np.float32)
    assert len(split_words(np.concatenate([loud, pause, quiet, pause, loud]), RATE)) == 3


def test_a_closure_within_a_word_is_no_pause(noise):
    waveform, _ = recording(noise, [0.3, 0.2, 0.1, 0.1, 0.3])
    assert len(split_words(waveform, RATE)) == 1


def test_clicks_are_no_words(noise):
    waveform, _ = recording(noise, [0.3, 0.4, 0.5, 0.01, 0.5, 0.4, 0.3], 0.01)
    waveform[round(1.2 * RATE)] = 1.0
    assert len(split_words(waveform, RATE)) == 2


def test_noise_that_begins_after_digital_silence_is_no_word(noise):
    waveform, _ = recording(noise, [0.3, 0.4, 0.4, 0.4, 0.3], 0.02)
    padded = np.concatenate([np.zeros(8000, np.float32), waveform])
    words = split_words(padded, RATE)
    assert len(words) == 2
    assert words[0][0] > 8000


@pytest.mark.parametrize("rate", [8000, 22_050, 48_000])
def test_what_has_no_pause_is_one_word(tone, rate):
    waveform = tone(sample_rate=rate, duration_s=1.0)
    assert split_words(waveform, rate) == [(0, len(waveform))]
    short = tone(sample_rate=rate, duration_s=0.02)
    assert split_words(short, rate) == [(0, len(short))]


def test_the_level_is_that_of_the_frame_around(tone):
    level = level_db(tone(frequency_hz=1000, duration_s=1.0, amplitude=0.5), RATE)
    gain = abs(1 - 0.97 * np.exp(-2j * np.pi / 8))
    assert len(level) == 100
    np.testing.assert_allclose(level[3:-3], 20 * np.log10(0.5 / np.sqrt(2) * gain), atol=0.1)


def test_ten_spoken_digits_are_ten_words_in_their_order(spoken_digits):
    waveform, bounds = spoken_digits
    words = split_words(waveform, RATE)
    assert len(words) == 10
    for (start, stop), (begin, end) in zip(words, bounds, strict=True):
        assert min(stop, end) - max(start, begin) > 0.9 * (end - begin)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 20_000),
    rate=st.sampled_from((4000, 8000, 44_100, 192_000)),
    scale=st.sampled_from((0.0, 1e-30, 0.1, 16.0, 1e18)),
    period=st.integers(1, 20_000),
    offset=st.sampled_from((0.0, 1.0)),
)
def test_words_of_any_waveform_are_disjoint_and_within_it(seed, size, rate, scale, period, offset):
    noise = np.random.default_rng(seed).standard_normal(size)
    waveform = scale * noise * (np.arange(size) // period % 2) + offset
    words = split_words(waveform.astype(np.float32), rate)
    edges = [edge for word in words for edge in word]
    assert words
    assert all(start < stop for start, stop in words)
    assert edges == sorted(edges)
    assert 0 <= edges[0] < edges[-1] <= size


@pytest.mark.parametrize("waveform", [[], [[0.1, 0.2]], 0.5, [0.1, np.nan], [np.inf] * 800], ids=str)
def test_what_is_no_waveform_has_no_words(waveform):
    with pytest.raises(AudioError, match=r"pass \(samples,\) finite numbers"):
        split_words(np.array(waveform), RATE)


@pytest.mark.data
def test_a_clip_of_real_speech_is_one_word(real_data):
    speech, _ = real_data
    words = [len(split_words(waveform, speech.sample_rate)) for waveform in speech.waveforms]
    assert np.mean(np.array(words) == 1) > 0.99


def test_the_word_of_a_clip_is_that_with_the_most_energy_and_the_front_end_hears_it_alone():
    rng = np.random.default_rng(0)
    clip = 1e-3 * rng.standard_normal(12_000).astype(np.float32)
    clip[1000:2000] += 0.05 * np.sin(np.arange(1000) * 0.5)
    clip[6000:9000] += 0.3 * np.sin(np.arange(3000) * 0.8)
    start, stop = find_word(clip, 8000)
    assert 5000 < start <= 6000
    assert 9000 <= stop < 10_000
    heard = log_mel([clip], LogMel(find_word=True))
    np.testing.assert_array_equal(heard, log_mel([clip[start:stop]], LogMel()))
    assert (heard != log_mel([clip], LogMel())).any()
    assert find_word(np.zeros(100, np.float32), 8000) == (0, 100)


def test_the_loudest_stretch_is_that_of_the_most_energy(noise):
    clip = noise(300) * np.repeat([0.1, 1.0, 0.5], 100)
    for samples in (1, 40, 100, 299):
        energies = [np.square(clip[i : i + samples], dtype=np.float64).sum() for i in range(301 - samples)]
        assert find_loudest(clip, samples) == (int(np.argmax(energies)), int(np.argmax(energies)) + samples)
    assert find_loudest(clip, 300) == find_loudest(clip, 500) == (0, 300)
    assert find_loudest(np.zeros(10), 4) == (0, 4)
