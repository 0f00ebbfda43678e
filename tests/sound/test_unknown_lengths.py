"""Files whose headers do not know how long they are, as programs write them to a pipe, are read to their end."""

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hostile_sounds import encoded
from sound_headers import (
    FORMAT,
    aiff_of,
    au_of,
    chunk,
    flac_with_total,
    mp3_without_tag,
    pcm,
    rf64_of,
    wav,
    wav_of,
    with_size,
)

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio

PLACEHOLDERS = {  # sizes of the file and of the samples
    "ffmpeg": (2**32 - 1, 2**32 - 1),
    "none": (0, 0),
    "only the header": (36, 0),
    "arecord": (2**31 + 36, 2**31),
    "espeak, sox": (0x7FFFF024, 0x7FFFF000),
    "lame": (0x80000023, 0x7FFFFFFF),
    "all less the header": (2**32 - 1, 2**32 - 1 - 36),
    "only the samples'": (None, 2**32 - 1),
    "only the file's": (2**32 - 1, None),
}


@pytest.mark.parametrize("sizes", PLACEHOLDERS.values(), ids=PLACEHOLDERS)
def test_a_wav_file_with_a_placeholder_is_read_to_its_end(tmp_path, tone, sizes):
    path = tmp_path / "pipe.wav"
    path.write_bytes(wav_of(tone(), *sizes))
    np.testing.assert_allclose(read_audio(path), tone(), atol=1e-4)


def caf_of(waveform, size):
    return with_size(encoded(waveform, 8000, "caf"), b"data", 4, struct.pack(">Q", size))


def w64_of(waveform, size):
    return with_size(encoded(waveform, 8000, "w64"), b"data", 16, struct.pack("<Q", size))


def float_wav_of(waveform, size):
    return with_size(encoded(waveform, 8000, "wav", "FLOAT"), b"data", 4, struct.pack("<I", size))


OTHERS = {
    "rf64 0": ("wav", lambda tone: rf64_of(tone, 0)),
    "rf64 -1": ("wav", lambda tone: rf64_of(tone, 2**64 - 1)),
    "bw64 0": ("wav", lambda tone: rf64_of(tone, 0, b"BW64")),
    "bw64": ("wav", lambda tone: rf64_of(tone, None, b"BW64")),
    "float wav": ("wav", lambda tone: float_wav_of(tone, 2**32 - 1)),
    "au -1": ("au", lambda tone: au_of(tone, 2**32 - 1)),
    "au 0": ("au", lambda tone: au_of(tone, 0)),
    "aiff 0": ("aiff", lambda tone: aiff_of(tone, 0, 0)),
    "aiff -1": ("aiff", lambda tone: aiff_of(tone, 2**32 - 1, 2**32 - 1)),
    "aiff of sox": ("aiff", lambda tone: aiff_of(tone, 0x7F000008, 0x3F800000)),
    "caf -1": ("caf", lambda tone: caf_of(tone, 2**64 - 1)),
    "caf 0": ("caf", lambda tone: caf_of(tone, 0)),
    "w64 -1": ("w64", lambda tone: w64_of(tone, 2**64 - 1)),
    "w64 of ffmpeg": ("w64", lambda tone: w64_of(tone, 2**63 - 1)),
    "w64 0": ("w64", lambda tone: w64_of(tone, 0)),
    "flac 0": ("flac", lambda tone: flac_with_total(encoded(tone, 8000, "flac"), 0)),
    "flac -1": ("flac", lambda tone: flac_with_total(encoded(tone, 8000, "flac"), 2**36 - 1)),
    "flac too few": ("flac", lambda tone: flac_with_total(encoded(tone, 8000, "flac"), 1000)),
}


@pytest.mark.parametrize(("suffix", "make"), OTHERS.values(), ids=OTHERS)
def test_other_formats_with_a_placeholder_are_read_to_their_end(tmp_path, tone, suffix, make):
    path = tmp_path / f"pipe.{suffix}"
    path.write_bytes(make(tone()))
    np.testing.assert_allclose(read_audio(path), tone(), atol=1e-4)


def test_an_empty_data_chunk_before_another_is_no_placeholder(tmp_path):
    path = tmp_path / "empty.wav"
    path.write_bytes(wav(FORMAT + chunk(b"data", b"") + chunk(b"LIST", b"INFO" + b"x" * 3000)))
    with pytest.raises(AudioError, match="holds no samples"):
        read_audio(path)


def test_a_recording_killed_within_a_flac_frame_is_read_up_to_it(tmp_path, tone):
    whole = flac_with_total(encoded(tone(duration_s=3.0), 8000, "flac"), 0)
    path = tmp_path / "killed.flac"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    waveform = read_audio(path)
    assert 1.0 < len(waveform) / 8000 < 2.2
    np.testing.assert_allclose(waveform, tone(duration_s=3.0)[: len(waveform)], atol=1e-4)


def test_flac_of_unknown_length_that_is_damaged_in_its_middle_is_refused(tmp_path, noise):
    data = bytearray(flac_with_total(encoded(noise(80_000), 8000, "flac"), 0))
    data[len(data) // 2] ^= 255
    path = tmp_path / "damaged.flac"
    path.write_bytes(data)
    with pytest.raises(AudioError, match=r"is damaged after \d"):
        read_audio(path)


@pytest.mark.parametrize(
    "make",
    [
        lambda tone: wav_of(tone, 2**32 - 1, 2**30),
        lambda tone: wav_of(tone, None, 10_000),
        lambda tone: rf64_of(tone, 10_000),
        lambda tone: au_of(tone, 10_000),
        lambda tone: aiff_of(tone, 10_000),
        lambda tone: caf_of(tone, 10_000),
        lambda tone: w64_of(tone, 10_000),
        lambda tone: flac_with_total(encoded(tone, 8000, "flac"), 5000),
        lambda tone: encoded(tone, 8000, "flac")[:-1000],
    ],
)
def test_a_length_that_the_file_does_not_have_is_called_truncated(tmp_path, tone, make):
    path = tmp_path / "cut.wav"
    path.write_bytes(make(tone()))
    with pytest.raises(AudioError, match="is truncated"):
        read_audio(path)


def test_mp3_whose_length_would_be_guessed_is_read_to_its_end(tmp_path, noise):
    """Its first frame is longer than most: by its size it would have half of its samples, and the rest be lost."""
    low = mp3_without_tag(encoded(noise(8000) * 1e-3, 8000, "mp3"))
    path = tmp_path / "variable.mp3"
    path.write_bytes(low)
    assert soundfile.info(path).frames < 5000
    assert len(read_audio(path, max_duration_s=2.0)) == pytest.approx(8000, abs=2000)
    with pytest.raises(AudioError, match=r"than the 0\.5 s allowed"):
        read_audio(path, max_duration_s=0.5)


ENDLESS = {
    "wav": wav(FORMAT + chunk(b"data", b"", 2**32 - 1), 2**32 - 1),
    "au": au_of(np.zeros(0), 2**32 - 1),
    "aiff": aiff_of(np.zeros(0), 0x7F000008),
    "rf64": rf64_of(np.zeros(0), 2**64 - 1),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_data_is_read_no_further_than_the_limit(tmp_path, kind):
    """A quarter of a gigabyte that takes no room on the disk; another process, so that its peak memory is seen."""
    path = tmp_path / f"endless.{kind}"
    path.write_bytes(ENDLESS[kind] + pcm(np.ones(100)))
    with open(path, "r+b") as file:
        file.truncate(2**28)
    code = (
        "import resource, sys\n"
        "from crossmodal.sound.audio import read_audio\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: read_audio(sys.argv[1])\n"
        "except ValueError as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, str(path)]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60)
    sentence, more_kb = run.stdout.splitlines()
    assert "than the 60 s allowed: cut it" in sentence
    assert int(more_kb) < 2**16


def test_endless_flac_is_read_no_further_than_the_limit(tmp_path):
    silence = flac_with_total(encoded(np.zeros(8000 * 300, np.float32), 8000, "flac"), 0)
    path = tmp_path / "endless.flac"
    path.write_bytes(silence)
    with pytest.raises(AudioError, match="longer than the 60 s allowed"):
        read_audio(path)


def test_the_limit_of_values_holds_while_reading(tmp_path):
    """49 minutes of stereo at 44.1 kHz in a FLAC file of some kilobytes."""
    path = tmp_path / "bomb.flac"
    path.write_bytes(flac_with_total(encoded(np.zeros((2**22, 8), np.float32), 192_000, "flac"), 0) * 3)
    with pytest.raises(AudioError, match="more than 67,108,864 samples in all"):
        read_audio(path, max_duration_s=1e6)
