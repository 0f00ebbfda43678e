"""Sound files that cannot be used give one sentence, without being waited for and without their memory."""

import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fuzzing import assert_one_sentence
from hostile_sounds import encoded

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio


def assert_refused(path: Path, match: str, **options: float) -> None:
    with pytest.raises(AudioError, match=match) as caught:
        read_audio(path, **options)
    assert_one_sentence(caught.value, path.name)


def no_file(path, tone):
    pass


def folder(path, tone):
    path.mkdir()


def empty(path, tone):
    path.touch()


def text(path, tone):
    path.write_text("Hello, I am not a sound.\n" * 50)


def random_bytes(path, tone):
    path.write_bytes(np.random.default_rng(0).bytes(4096))


def header_without_data(path, tone):
    path.write_bytes(b"RIFF\x04\x00\x00\x00WAVE")


def no_samples(path, tone):
    soundfile.write(path, np.zeros(0), 8000)


def one_sample(path, tone):
    soundfile.write(path, np.array([0.5]), 8000)


def silence(path, tone):
    soundfile.write(path, np.zeros(8000), 8000)


def dither(path, tone):
    soundfile.write(path, np.random.default_rng(0).choice([-1, 0, 1], 8000).astype(np.int16), 8000)


def constant(path, tone):
    soundfile.write(path, np.full(8000, 0.5), 8000)


def opposite_channels(path, tone):
    soundfile.write(path, np.stack([tone(), -tone()], axis=1), 8000)


def ultrasound(path, tone):
    soundfile.write(path, tone(30_000.0, 96_000) * np.hanning(48_000), 96_000)  # no click at its ends


def not_a_number(path, tone):
    soundfile.write(path, np.full(8000, np.nan, np.float32), 8000, subtype="FLOAT")


def two_not_finite(path, tone):
    waveform = np.stack([tone(), tone()], axis=1)
    waveform[7] = np.nan
    waveform[9] = np.inf, -np.inf
    soundfile.write(path, waveform, 8000, subtype="FLOAT")


def beyond_float32(path, tone):
    soundfile.write(path, tone().astype(np.float64) * 1e300, 8000, subtype="DOUBLE")


def sixteen_bit_values_as_floats(path, tone):
    soundfile.write(path, tone() * 32767, 8000, subtype="FLOAT")


def too_long(path, tone):
    soundfile.write(path, np.tile(tone(), 122), 8000)


def slow_rate(path, tone):
    soundfile.write(path, tone(), 2000)


def fast_rate(path, tone):
    soundfile.write(path, tone(), 384_000)


def cut(path, tone):
    soundfile.write(path, np.stack([tone(), tone()], axis=1), 8000)
    os.truncate(path, path.stat().st_size * 2 // 3)


def a_gigabyte_promised(path, tone):
    data = bytearray(encoded(tone(), 8000, "wav"))
    struct.pack_into("<I", data, data.index(b"data") + 4, 2**30)
    path.write_bytes(data)


def six_hours_promised(path, tone):
    data = bytearray(encoded(tone(), 8000, "flac"))
    struct.pack_into(">I", data, 22, 2**32 - 1)  # STREAMINFO's total number of samples, low 32 of 36 bits
    path.write_bytes(data)


def gigabytes_promised(path, tone):
    """A minute of 8 channels at 192 kHz: 369 MB as float32, whatever the file's size."""
    data = bytearray(encoded(tone(), 8000, "flac"))
    data[18:26] = (192_000 << 44 | (8 - 1) << 41 | (16 - 1) << 36 | 60 * 192_000).to_bytes(8, "big")
    path.write_bytes(data)


def endless_tag(path, tone):
    path.write_bytes(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"APIC\x7f\x7f\x7f\x7f\0\0" + encoded(tone(), 8000, "mp3"))


@pytest.mark.parametrize(
    ("make", "suffix", "match"),
    [
        (no_file, "wav", "does not exist"),
        (folder, "wav", "is a folder"),
        (empty, "wav", r"is empty \(0 bytes\)"),
        (empty, "mp3", r"is empty \(0 bytes\)"),
        *((text, suffix, "is text: give a sound file") for suffix in ("wav", "flac", "ogg", "mp3", "raw", "txt")),
        *((random_bytes, suffix, "damaged or not audio") for suffix in ("wav", "flac", "ogg", "mp3", "aiff")),
        (header_without_data, "wav", "damaged or not audio"),
        (no_samples, "wav", "holds no samples"),
        (no_samples, "aiff", "holds no samples"),
        (one_sample, "wav", r"lasts 0\.0001 s \(1 samples\)"),
        (silence, "wav", "is silent"),
        (silence, "mp3", "is silent"),
        (dither, "wav", "is silent"),
        (constant, "wav", "is silent"),
        (opposite_channels, "wav", "channels that cancel each other when averaged"),
        (ultrasound, "wav", "is silent below 4,000 Hz, which is all that a sample rate of 8000 Hz keeps"),
        (not_a_number, "wav", "holds 8000 samples that are NaN or infinite"),
        (two_not_finite, "wav", "holds 2 samples that are NaN or infinite"),
        (beyond_float32, "wav", "has a peak of 3.40282e[+]38 where full scale is 1"),
        (sixteen_bit_values_as_floats, "wav", "divide it by its full scale"),
        (too_long, "wav", r"lasts 61 s by its header, more than the 60 s allowed"),
        (slow_rate, "wav", "was recorded at 2000 Hz, outside the 4,000 to 192,000 Hz that are read"),
        (fast_rate, "wav", "was recorded at 384000 Hz"),
        *((cut, suffix, "is truncated") for suffix in ("wav", "aiff", "mp3", "flac", "caf", "au", "w64")),
        (a_gigabyte_promised, "wav", "is truncated"),
        (six_hours_promised, "flac", "lasts 536871 s by its header"),
        (gigabytes_promised, "flac", r"holds 11,520,000 samples in each of 8 channels, more than 67,108,864 in all"),
        (endless_tag, "mp3", "damaged or not audio"),
    ],
)
def test_a_bad_file_gives_one_sentence(tmp_path, tone, capfd, make, suffix, match):
    path = tmp_path / f"clip.{suffix}"
    make(path, tone)
    assert_refused(path, match)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("make", [a_gigabyte_promised, six_hours_promised, gigabytes_promised])
def test_a_lying_header_takes_no_memory(tmp_path, tone, make):
    make(tmp_path / "liar.wav", tone)
    tracemalloc.start()
    try:
        assert_refused(tmp_path / "liar.wav", "header|channels")
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_max_duration_s_is_the_callers(tone, write_sound):
    path = write_sound("half.wav", tone())
    assert len(read_audio(path, max_duration_s=0.5)) == 4000
    assert_refused(path, r"lasts 0\.5 s by its header, more than the 0\.4 s", max_duration_s=0.4)


@pytest.mark.parametrize("name", ["line\nbreak.wav", "null\0byte.wav", "long" * 100 + ".wav", ""])
def test_an_impossible_name_gives_one_sentence(tmp_path, name):
    with pytest.raises(AudioError) as caught:
        read_audio(tmp_path / name)
    assert_one_sentence(caught.value, repr(name)[1:-1])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "link.wav").symlink_to("pipe.wav")
    for name in ("pipe.wav", "link.wav"):
        assert_refused(tmp_path / name, "not a regular file")


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="the system has no /dev/zero")
def test_a_device_is_refused_and_not_read_without_end(tmp_path):
    (tmp_path / "zeros.wav").symlink_to("/dev/zero")
    assert_refused(tmp_path / "zeros.wav", "not a regular file")


def test_links_that_lead_nowhere_or_in_a_circle_are_refused(tmp_path):
    (tmp_path / "nowhere.wav").symlink_to("absent.wav")
    (tmp_path / "circle.wav").symlink_to("circle.wav")
    assert_refused(tmp_path / "nowhere.wav", "does not exist")
    assert_refused(tmp_path / "circle.wav", "cannot be opened")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tone, write_sound):
    path = write_sound("secret.wav", tone())
    path.chmod(0)
    assert_refused(path, "may not be read")


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_an_impossible_limit_of_duration_is_refused(tone, write_sound, seconds):
    assert_refused(write_sound("tone.wav", tone()), "give a positive number of seconds", max_duration_s=seconds)


def test_the_level_after_resampling_is_not_held_against_the_file(tone, write_sound):
    """A square wave of the highest level allowed: the filter overshoots it."""
    square = np.where(tone(200.0, 16_000) >= 0, 16.0, -16.0).astype(np.float32)
    assert np.abs(read_audio(write_sound("loud.wav", square, 16_000, "FLOAT"))).max() > 16


def test_one_silent_channel_is_no_cancellation(tone, write_sound):
    quiet = 1.2e-4 * tone(amplitude=1.0)
    path = write_sound("half.wav", np.stack([quiet, -0.99 * quiet], axis=1), subtype="FLOAT")
    assert_refused(path, "cancel each other")
    assert_refused(write_sound("quiet.wav", np.stack([quiet, quiet], axis=1) / 10, subtype="FLOAT"), "is silent")


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
def test_a_name_that_is_not_text_works(tone, write_sound):
    path = write_sound("tone.wav", tone())
    path.rename(other := path.with_name(os.fsdecode(b"tone-\xff\xfe.wav")))
    np.testing.assert_allclose(read_audio(other), tone(), atol=1e-4)


@pytest.mark.parametrize("rate", [0, -8000, 3999, 192_001, 8000.0, None])
def test_an_impossible_output_rate_is_refused(tone, write_sound, rate):
    with pytest.raises(AudioError, match="sample rate") as caught:
        read_audio(write_sound("tone.wav", tone()), rate)
    assert_one_sentence(caught.value, "tone.wav")
