"""Waveforms in memory: what passes the check, what gives one sentence, and what is written to a file."""

import errno
import os

import numpy as np
import pytest
import soundfile
from fuzzing import assert_clean, assert_one_sentence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio, validate_audio, write_wav


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, ">f4"])
def test_floats_stay_as_they_are(tone, dtype):
    waveform = tone().astype(dtype)
    validated = validate_audio(waveform, 8000)
    assert_clean(validated)
    np.testing.assert_array_equal(validated, waveform.astype(np.float32))
    assert not np.shares_memory(validated, waveform)


@pytest.mark.parametrize(
    ("dtype", "lowest", "zero"),
    [("u1", 0, 128), ("<i2", -(2**15), 0), (">i2", -(2**15), 0), ("i4", -(2**31), 0)],
)
def test_pcm_is_scaled_by_its_full_scale(dtype, lowest, zero):
    validated = validate_audio(np.array([lowest, zero] * 400, dtype), 8000)
    assert_clean(validated)
    np.testing.assert_array_equal(validated, [-1.0, 0.0] * 400)


@pytest.mark.parametrize(
    ("waveform", "match"),
    [
        (np.zeros((2, 800), np.float32), r"shape \(2, 800\)"),
        (0.5, r"shape \(\)"),
        (None, r"shape \(\)"),
        ([[0.1, 0.2], [0.3]], "not an array of numbers"),
        (np.ones(800, np.complex64), "dtype complex64"),
        (np.ones(800, bool), "dtype bool"),
        (np.ones(800, np.int64), "dtype int64"),
        (["a", "b"], "dtype <U1"),
        (np.zeros(0, np.float32), "0 samples"),
        (np.ones(159, np.float32), "less than the 0.02 s"),
        (np.zeros(800), "silent"),
        (np.full(800, 128, np.uint8), "silent"),
        (np.full(800, 0.3), "silent"),
        (np.full(800, 1e300), "peak"),
        (np.array([0.5, np.nan, -np.inf] * 300), "600 samples"),
    ],
)
def test_a_bad_array_gives_one_sentence(waveform, match):
    with pytest.raises(AudioError, match=match) as caught:
        validate_audio(waveform, 8000, name="take 3")
    assert_one_sentence(caught.value, "take 3")


def test_the_limits_of_silence_length_and_level_are_where_they_are_said_to_be(tone):
    square = np.tile([1.0, -1.0], 80)  # 160 samples: 0.02 s at 8 kHz
    validate_audio(square * 1.001e-4, 8000)
    validate_audio(square * 16, 8000)
    for bad in (square * 0.999e-4, square * 16.01, square[1:]):
        with pytest.raises(AudioError):
            validate_audio(bad, 8000)
    validate_audio(square[:2], 8000, min_duration_s=0.0)


@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.05, 3.0), size=st.integers(400, 4000))
def test_what_is_written_is_read_back_clipped_within_one_step(tmp_path, seed, scale, size):
    waveform = np.random.default_rng(seed).normal(scale=scale, size=size)
    write_wav(tmp_path / "noise.wav", waveform, 8000)
    np.testing.assert_allclose(read_audio(tmp_path / "noise.wav"), np.clip(waveform, -1, 1), atol=1.01 / 32768, rtol=0)


def test_write_wav_writes_16_bit_mono_over_what_was_there_and_leaves_nothing_else(tone, tmp_path):
    path = tmp_path / "tone.wav"
    path.write_text("old")
    write_wav(str(path), tone(sample_rate=22050), np.int64(22050))
    info = soundfile.info(path)
    assert (info.format, info.subtype, info.channels, info.samplerate) == ("WAV", "PCM_16", 1, 22050)
    assert list(tmp_path.iterdir()) == [path]


def test_write_wav_writes_silence(tmp_path):
    write_wav(tmp_path / "silence.wav", np.zeros(800), 8000)
    assert soundfile.info(tmp_path / "silence.wav").frames == 800


@pytest.mark.parametrize(
    ("waveform", "rate", "match"),
    [
        (np.array([0.1, np.nan]), 8000, "holds 1 samples that are NaN"),
        (np.array([0.1, np.inf]), 8000, "holds 1 samples that are NaN"),
        (np.zeros((2, 800)), 8000, "shape"),
        (np.zeros(0), 8000, "no samples"),
        (np.zeros(800), 0, "sample rate"),
    ],
)
def test_write_wav_refuses_and_leaves_the_old_file(tmp_path, waveform, rate, match):
    path = tmp_path / "old.wav"
    path.write_text("old")
    with pytest.raises(AudioError, match=match) as caught:
        write_wav(path, waveform, rate)
    assert_one_sentence(caught.value, "old.wav")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["absent/tone.wav", "file/tone.wav", "folder", "null\0.wav"])
def test_write_wav_to_an_impossible_path_gives_one_sentence(tone, tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(AudioError, match="cannot be written") as caught:
        write_wav(tmp_path / name, tone(), 8000)
    assert_one_sentence(caught.value, repr(name)[1:-1])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


def test_write_wav_to_a_full_disk_asks_for_space_and_not_for_another_folder(tone, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    with pytest.raises(AudioError, match=r"No space left on device\): free some space on the disk") as caught:
        write_wav(tmp_path / "tone.wav", tone(), 8000)
    assert_one_sentence(caught.value, "tone.wav")


def test_write_wav_interrupted_while_writing_leaves_the_old_file(tone, tmp_path, monkeypatch):
    path = tmp_path / "old.wav"
    path.write_text("old")

    def half(file, samples):
        write(file, samples[: len(samples) // 2])
        raise KeyboardInterrupt

    write = soundfile.SoundFile.write
    monkeypatch.setattr(soundfile.SoundFile, "write", half)
    with pytest.raises(KeyboardInterrupt):
        write_wav(path, tone(), 8000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
