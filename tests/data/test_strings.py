"""Strings of words: where they lie, how they are joined, and that they are a function of the seed."""

import numpy as np
import pytest

from crossmodal.data.sources import Speech
from crossmodal.data.strings import GAP_S, faded, join_words, make_strings

RATE = 8000


def tone(seconds, hz=440.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def people(count=3):
    """Each says two words, four times."""
    waveforms, labels, speakers = [], [], []
    for person in range(count):
        for take in range(8):
            quiet = np.zeros(2000, np.float32)
            waveforms.append(np.concatenate([quiet, 0.3 * tone(0.3, 200 + 100 * person), quiet]))
            labels.append(take % 2)
            speakers.append(f"person {person}")
    arrays = np.array(labels), np.array(speakers), np.arange(len(labels))
    return Speech("people", waveforms, *arrays, RATE, ("one", "two"))


def test_words_lie_where_the_string_says():
    words = [tone(0.3), tone(0.2), tone(0.4)]
    for seed in range(20):
        string = join_words(words, [1, 0, 1], RATE, np.random.default_rng(seed))
        gaps = (string.spans[1:, 0] - string.spans[:-1, 1]) / RATE
        assert ((gaps > GAP_S[0] - 0.001) & (gaps < GAP_S[1] + 0.001)).all()
        np.testing.assert_array_equal(np.diff(string.spans)[:, 0], [len(word) for word in words])
        inside = np.zeros(len(string.waveform), bool)
        for start, stop in string.spans:
            inside[start:stop] = True
        assert not string.waveform[~inside].any()
        assert (string.labels == [1, 0, 1]).all()


def test_words_are_brought_to_levels_of_one_kind():
    """A recording that is a thousand times louder does not hide its neighbour."""
    string = join_words([tone(0.3), 1000 * tone(0.3)], [0, 1], RATE, np.random.default_rng(0))
    levels = [np.sqrt(np.mean(np.square(string.waveform[start:stop]))) for start, stop in string.spans]
    assert 0.3 < levels[0] / levels[1] < 3


def test_a_word_fades_at_both_ends():
    word = faded(np.ones(100, np.float32), 10, 20)
    np.testing.assert_allclose(word[:10], np.arange(10) / 10, atol=1e-6)
    assert (word[10:80] == 1).all()
    np.testing.assert_allclose(word[80:], np.linspace(1, 0, 20), atol=1e-6)
    assert len(faded(np.ones(4, np.float32), 10, 10)) == 4


def test_strings_are_of_one_speaker_each_and_a_function_of_the_seed():
    speech = people()
    clips = np.flatnonzero(speech.speakers != "person 1")
    strings, speakers = make_strings(speech, clips, 30, (3, 7), seed=4)
    assert set(speakers) == {"person 0", "person 2"}
    assert {len(string.labels) for string in strings} == {3, 4, 5, 6, 7}
    for string, name in zip(strings, speakers, strict=True):
        start, stop = string.spans[0]
        spectrum = np.abs(np.fft.rfft(string.waveform[start:stop]))
        hz = np.argmax(spectrum) * RATE / (stop - start)
        assert hz == pytest.approx({"person 0": 200, "person 2": 400}[name], abs=6)
    again, _ = make_strings(speech, clips, 30, (3, 7), seed=4)
    assert all(np.array_equal(a.waveform, b.waveform) for a, b in zip(strings, again, strict=True))
    other, _ = make_strings(speech, clips, 30, (3, 7), seed=5)
    assert not np.array_equal(strings[0].waveform, other[0].waveform)
