"""Sound files that work give one clean waveform, whatever their format, rate and number of channels."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fuzzing import assert_clean

from crossmodal.sound.audio import read_audio

RATES = (8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000)  # Hz
RATES_OF = {"OPUS": (8000, 16000, 48000), "MPEG_LAYER_III": RATES[:6]}  # the formats that have fewer
FORMATS = (  # suffix, subtype, highest relative error of the format itself
    ("wav", "PCM_U8", 0.02),
    ("wav", "PCM_16", 1e-4),
    ("wav", "PCM_24", 1e-6),
    ("wav", "PCM_32", 1e-6),
    ("wav", "FLOAT", 1e-6),
    ("wav", "DOUBLE", 1e-6),
    ("flac", "PCM_16", 1e-4),
    ("flac", "PCM_24", 1e-6),
    ("aiff", "PCM_16", 1e-4),
    ("ogg", "VORBIS", 0.1),
    ("ogg", "OPUS", 0.1),
    ("mp3", "MPEG_LAYER_III", 0.1),
)


@pytest.mark.parametrize(("suffix", "subtype", "error"), FORMATS)
def test_every_format_gives_the_waveform_that_was_written(tone, write_sound, suffix, subtype, error):
    expected = tone()
    path = write_sound(f"tone.{suffix}", np.stack([expected, expected], axis=1), 8000, subtype)
    waveform = read_audio(path)
    assert_clean(waveform)
    assert len(waveform) == len(expected)
    inner = slice(400, -400)  # a lossy codec fades at the ends
    assert np.linalg.norm((waveform - expected)[inner]) < error * np.linalg.norm(expected[inner])


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate"),
    [(suffix, subtype, rate) for suffix, subtype, _ in FORMATS for rate in RATES_OF.get(subtype, RATES)],
)
def test_every_rate_in_every_format_works(tone, write_sound, suffix, subtype, rate):
    waveform = read_audio(write_sound(f"tone.{suffix}", tone(sample_rate=rate), rate, subtype))
    assert_clean(waveform)
    assert abs(len(waveform) - 4000) <= 1
    assert np.abs(waveform[400:-400]).max() == pytest.approx(0.5, rel=0.08)


def test_a_stereo_tone_at_44_khz_keeps_its_pitch_and_level_at_8_khz(tone, write_sound):
    """Against the analytic spectrum of a sine: one peak at 440 Hz, of height amplitude / 2."""
    left = tone(440.0, 44100, 2.0, amplitude=0.6)
    path = write_sound("a4.wav", np.stack([left, left / 3], axis=1), 44100)  # mean amplitude: 0.4
    waveform = read_audio(path, 8000)
    assert waveform.shape == (16000,)
    second = waveform[4000:12000]  # one second: bins 1 Hz apart, far from the filter's edges
    spectrum = np.abs(np.fft.rfft(second)) / len(second)
    assert spectrum.argmax() == 440
    assert spectrum[440] == pytest.approx(0.2, rel=1e-3)
    assert np.delete(spectrum, 440).max() < 1e-4


def test_resampling_removes_what_would_alias(tone, write_sound):
    mixed = tone(440.0, 48000, 1.0, 0.1) + tone(7000.0, 48000, 1.0, 0.4)  # 7 kHz would fold to 1 kHz
    spectrum = np.abs(np.fft.rfft(read_audio(write_sound("mixed.wav", mixed, 48000)))) / 8000
    assert spectrum.argmax() == 440
    assert spectrum[900:1100].max() < 1e-4


def test_a_dc_offset_stays(tone, write_sound):
    assert read_audio(write_sound("offset.wav", tone() + 0.25)).mean() == pytest.approx(0.25, abs=1e-3)


def test_many_channels_are_averaged(tone, write_sound):
    path = write_sound("choir.wav", np.outer(tone(), np.arange(1, 9) / 8).astype(np.float32), subtype="FLOAT")
    np.testing.assert_allclose(read_audio(path), tone() * 0.5625, atol=1e-6)


def test_an_mp3_without_a_length_tag_is_not_called_truncated(write_sound, tmp_path):
    noise = np.random.default_rng(0).normal(scale=0.2, size=88200)
    noise[:44100] = 0  # at a variable bit rate, the length guessed from the file's size is then wrong
    path = tmp_path / "radio.mp3"
    soundfile.write(path, noise, 44100, bitrate_mode="VARIABLE", compression_level=0.5)
    data = path.read_bytes()
    path.write_bytes(data[data.index(b"\xff\xfb", 2) :])  # without its first frame, which held the tag
    assert soundfile.info(path).frames > 100_000
    assert len(read_audio(path)) / 8000 == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("suffix", "subtype"), [("mp3", "MPEG_LAYER_III"), ("ogg", "OPUS")])
def test_a_lossy_file_is_decoded_as_libsndfile_does(tone, write_sound, suffix, subtype):
    """Read in blocks through soundfile, these formats are garbled from the second block on."""
    path = write_sound(f"long.{suffix}", tone(440.0, 48000, 3.0), 48000, subtype)
    expected, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_array_equal(read_audio(path, 48000), expected)
    assert np.abs(expected[4800:-4800]).max() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(("suffix", "subtype"), [("wav", "G721_32"), ("wav", "NMS_ADPCM_24"), ("au", "G723_24")])
def test_a_format_in_which_one_cannot_seek_is_read(tone, write_sound, suffix, subtype):
    waveform = read_audio(write_sound(f"telephone.{suffix}", tone(), 8000, subtype))
    assert_clean(waveform)
    assert len(waveform) == pytest.approx(4000, abs=200)  # whole blocks
    assert np.abs(np.fft.rfft(waveform[:4000])).argmax() == 220  # bins 2 Hz apart


def test_an_unusual_name_works(tone, write_sound):
    path = write_sound("seven 'é' 七.wav", tone())
    (path.parent / "link").symlink_to(path)
    np.testing.assert_array_equal(read_audio(path), read_audio(path.parent / "link"))


def test_importing_audio_loads_neither_tensorflow_nor_librosas_dependencies():
    code = "import sys, crossmodal.sound.audio; print({'tensorflow', 'keras', 'librosa', 'numba'} & set(sys.modules))"
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
