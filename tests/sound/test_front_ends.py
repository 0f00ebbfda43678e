"""Waveforms as a front end, and the choice between front ends."""

import numpy as np
import pytest

from crossmodal.errors import AudioError
from crossmodal.sound.front_ends import front_end_from, hear, hear_and_durations, to_look_at
from crossmodal.sound.segmentation import find_word
from crossmodal.sound.spectrogram import LogMel, log_mel
from crossmodal.sound.waveform import Waveform


def test_a_waveform_has_one_level_and_one_length(tone):
    quiet, loud = tone(duration_s=0.5, amplitude=0.01) + 0.3, tone(duration_s=1.5, amplitude=0.9)
    heard, durations_s = hear_and_durations([quiet, loud], Waveform())
    assert heard.shape == (2, 8000, 1)
    assert heard.dtype == np.float32
    np.testing.assert_allclose(durations_s, [0.5, 1.0])
    np.testing.assert_allclose(heard[0, :4000, 0], np.sqrt(2) * tone(duration_s=0.5, amplitude=1.0), atol=1e-4)
    np.testing.assert_allclose(np.square(heard).mean(axis=(1, 2)), [0.5, 1.0], rtol=1e-4)
    assert (heard[0, 4000:] == 0).all()


def test_silence_stays_silent_and_what_cannot_be_heard_is_refused():
    assert (hear([np.zeros(2000)], Waveform()) == 0).all()
    assert hear([], Waveform()).shape == (0, 8000, 1)
    for clip in (np.zeros(0), np.zeros((2, 2)), np.array([0.0, np.nan])):
        with pytest.raises(AudioError, match="Clip 0 must be a non-empty, finite array"):
            hear([clip], Waveform())


def test_the_word_alone_is_heard_without_the_silence_around_it(tone):
    silence = np.zeros(3200, np.float32)
    padded = np.concatenate([silence, tone(), silence])
    np.testing.assert_array_equal(hear([padded], Waveform()), hear([tone()], Waveform()))
    start, stop = find_word(padded, 8000)
    expected = hear([padded[start:stop]], Waveform())
    np.testing.assert_array_equal(hear([padded], Waveform(find_word=True)), expected)


@pytest.mark.parametrize("front_end", [LogMel(n_mels=40), Waveform(duration_s=0.5)])
def test_a_front_end_is_chosen_by_its_configuration(front_end, tone):
    again = front_end_from(front_end.get_config())
    assert again == front_end
    assert hear([tone()], again).shape == (1, *front_end.shape)


def test_a_configuration_without_a_kind_is_log_mel(tone):
    assert front_end_from({}) == LogMel()
    np.testing.assert_array_equal(hear([tone()], LogMel()), log_mel([tone()]))
    with pytest.raises(ValueError, match="no front end 'cochlea'"):
        front_end_from({"kind": "cochlea"})
    for options in ({"duration_s": 0.0}, {"duration_s": 1e9}, {"trim_db": -1.0}):
        with pytest.raises(ValueError, match="duration_s spans"):
            Waveform(**options)


def test_a_waveform_is_shown_as_its_spectrogram(tone):
    shown = to_look_at(hear([tone()], Waveform()), Waveform())
    np.testing.assert_allclose(shown, log_mel([tone()]), atol=0.05)
    heard = log_mel([tone()])
    assert to_look_at(heard, LogMel()) is heard
