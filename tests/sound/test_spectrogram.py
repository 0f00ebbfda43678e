"""The front end against librosa, and on clips of any length and level."""

from dataclasses import replace

import librosa
import numpy as np
import pytest

from crossmodal.errors import AudioError
from crossmodal.sound.spectrogram import LogMel, frame, log_mel, mel_power, trim_silence, windows_per_frame


def test_power_is_librosas_to_1e_5(noise):
    config = LogMel()
    hop = 100  # 48 frames at whole hops: the same windows as librosa's
    clip = noise(config.n_fft + 47 * hop)
    expected = librosa.feature.melspectrogram(
        y=clip, sr=8000, n_fft=256, hop_length=hop, n_mels=48, fmin=60, fmax=4000, center=False
    ).T
    np.testing.assert_allclose(mel_power([clip], 1, config)[0], expected, rtol=1e-5, atol=1e-5 * expected.max())


@pytest.mark.parametrize("samples", [160, 256, 1148, 3358, 18262, 80_000])
def test_any_length_gives_48_by_48_in_range(noise, samples):
    spectrogram = log_mel([noise(samples)])
    assert spectrogram.shape == (1, 48, 48)
    assert spectrogram.dtype == np.float32
    assert spectrogram.min() >= 0
    assert spectrogram.max() == 1


def test_frames_span_the_whole_clip_without_gaps(noise):
    for samples in (1148, 3358, 18262, 80_000):
        clip = np.arange(samples, dtype=np.float32)
        k = windows_per_frame(samples, LogMel())
        windows = frame([clip], k, LogMel())[0]
        assert windows.shape == (48 * k, 256)
        assert windows[0, 0] == 0
        assert windows[-1, -1] == samples - 1
        assert np.diff(windows[:, 0]).max() <= LogMel().n_fft


def test_stretched_time_ignores_tempo(noise):
    """A tone that rises over the clip gives the same picture at any duration; padded, it does not."""
    t = {n: np.arange(n) / 8000 for n in (4000, 6000)}
    clips = [np.sin(2 * np.pi * (500 + 1000 * t[n] / t[n][-1] / 2) * t[n]).astype(np.float32) for n in t]
    stretched, padded = log_mel(clips), log_mel(clips, LogMel(timing="pad"))
    ridge = stretched.argmax(axis=2)
    assert np.abs(ridge[0] - ridge[1]).max() <= 1
    assert padded[0, 30:].max() == 0  # silence after 0.5 s of the 1 s
    assert padded[1, 30:34].max() > 0.5


def test_level_does_not_matter(noise):
    clip = noise(4000)
    np.testing.assert_allclose(log_mel([clip]), log_mel([clip * 1e-3]), atol=1e-4)


def test_silence_around_a_word_is_trimmed(noise):
    word = noise(4000)
    padded = np.concatenate([np.zeros(1600), word, np.zeros(2400)]).astype(np.float32)
    assert abs(len(trim_silence([padded], 8000, 40.0)[0]) - 4000) <= 160
    np.testing.assert_allclose(log_mel([padded]), log_mel([word]), atol=0.2)


def test_a_batch_is_its_clips_one_by_one(noise):
    clips = [noise(n) for n in (1500, 3000, 9000)]
    np.testing.assert_array_equal(log_mel(clips), np.concatenate([log_mel([clip]) for clip in clips]))


def test_a_silent_clip_is_the_bottom_of_the_range():
    assert log_mel([np.zeros(4000, np.float32)]).max() == 0


@pytest.mark.parametrize("clip", [np.zeros(0), np.array([0.1, np.nan]), np.zeros((2, 100))])
def test_unusable_clips_are_refused(clip):
    with pytest.raises(AudioError, match="Clip 0"):
        log_mel([clip])


def test_unknown_timing_is_refused():
    with pytest.raises(ValueError, match="timing"):
        LogMel(timing="loop")


def test_of_a_long_recording_the_loudest_part_is_heard_and_a_short_one_is_padded(noise):
    """At 16 kHz: a burst of half a second that begins after a second of quieter noise."""
    config = LogMel(16_000, 800, 30, 40, fmax=8000.0, timing="loudest", pad_duration_s=0.5)
    clip = noise(48_000) * np.repeat([0.2, 1.0, 0.2], [16_000, 8000, 24_000])
    alone = log_mel([clip[16_000:24_000]], config)
    np.testing.assert_allclose(log_mel([clip], config), alone, atol=1e-3)
    assert log_mel([clip], replace(config, timing="pad")).shape == alone.shape == (1, 30, 40)
    np.testing.assert_array_equal(
        *(log_mel([noise(3000)], replace(config, timing=each)) for each in ("pad", "loudest"))
    )
    assert config.whole
    assert not LogMel().whole
    with pytest.raises(ValueError, match="a window of 800 samples is longer than pad_duration_s"):
        replace(config, pad_duration_s=0.01)
