"""Files that libsndfile does not read: named, with the command that converts them, and read where FFmpeg is."""

import itertools
import os
import struct
import sys
import time

import numpy as np
import pytest
from fuzzing import assert_one_sentence
from hostile_sounds import encoded
from sound_headers import chunk, wav

import crossmodal.sound.ffmpeg
from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio

ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
REST = bytes(range(256)) * 20
SOUNDS = {  # first bytes, what they are called, FFmpeg's name of the format
    "m4a": (b"\0\0\0\x1cftypM4A ", "an MP4 or M4A file", "mov"),
    "mp4": (b"\0\0\0\x20ftypisom", "an MP4 or M4A file", "mov"),
    "3gp": (b"\0\0\0\x1cftyp3gp4", "a 3GP file", "mov"),
    "mov": (b"\0\0\0\x14ftypqt  ", "a QuickTime file", "mov"),
    "webm": (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "a WebM file", "matroska"),
    "mka": (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "a Matroska file", "matroska"),
    "wma": (ASF, "a Windows Media file (WMA)", "asf"),
    "amr": (b"#!AMR\n<", "an AMR file", "amr"),
    "awb": (b"#!AMR-WB\n", "an AMR file", "amr"),
    "aac": (b"\xff\xf1\x50\x80", "an AAC file", "aac"),
    "mp3": (b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10 + b"\xff\xf9\x50\x80", "an AAC file", "aac"),
    "wv": (b"wvpk", "a WavPack file", "wv"),
    "ape": (b"MAC \x96\x0f", "a Monkey's Audio file", "ape"),
    "ac3": (b"\x0bw", "an AC-3 file", "ac3"),
    "avi": (b"RIFF\0\0\1\0AVI LIST", "an AVI file", "avi"),
    "ts": ((b"G" + b"\xff" * 187) * 4, "an MPEG transport stream", "mpegts"),
    "spx": (b"OggS\0\2" + bytes(20) + b"\1\x50Speex   ", "an Ogg file with Speex in it", "ogg"),
    "wav": (wav(chunk(b"fmt ", struct.pack("<HHIIHHH", 0x161, 1, 8000, 1000, 10, 0, 0))), "a WAV file with WMA", "wav"),
    "caf": (b"caff\0\1\0\0desc" + bytes(8) + struct.pack(">d", 8000) + b"aac ", "a CAF file with AAC in it", "caf"),
}


@pytest.fixture
def no_ffmpeg(monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.fixture
def fake_ffmpeg(monkeypatch, tmp_path):
    """fake_ffmpeg(code): an `ffmpeg` that runs Python code after writing its arguments, one a line; where they are."""

    def make(code: str):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        said = tmp_path / "arguments"
        lines = [
            f"#!{sys.executable} -S",
            "import os, struct, sys, time",
            f"open({str(said)!r}, 'w').write('\\n'.join(sys.argv[1:]))",
            "def header(channels=1, rate=8000):",
            "    return b'RIFF' + b'\\xff' * 4 + b'WAVELIST\\4\\0\\0\\0INFOfmt ' + struct.pack(",
            "        '<IHHIIHH', 16, 3, channels, rate, 4 * channels * rate, 4 * channels, 32",
            "    ) + b'data' + b'\\xff' * 4",
            "out = sys.stdout.buffer",
            code,
        ]
        (folder / "ffmpeg").write_text("\n".join(lines))
        (folder / "ffmpeg").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        return said

    return make


def m4a(tmp_path, name: str = "clip.m4a"):
    path = tmp_path / name
    path.write_bytes(SOUNDS["m4a"][0] + REST)
    return path


@pytest.mark.parametrize("suffix", SOUNDS)
def test_a_sound_of_another_format_is_named_with_the_command_that_converts_it(no_ffmpeg, tmp_path, suffix):
    first, what, _ = SOUNDS[suffix]
    path = tmp_path / f"clip.{suffix}"
    path.write_bytes(first + REST)
    with pytest.raises(AudioError) as caught:
        read_audio(path)
    assert_one_sentence(caught.value, path.name)
    sentence = str(caught.value)
    assert f"is {what}" in sentence
    assert "which is read only where FFmpeg is installed" in sentence
    assert sentence.endswith(f"`ffmpeg -i {path.name} {'converted' if suffix == 'wav' else 'clip'}.wav`.")


@pytest.mark.parametrize("name", ["a b.m4a", "$(rm x).m4a", "line\nbreak.m4a", "-x.m4a", "`x`.m4a"])
def test_the_command_names_no_file_that_a_shell_would_take_apart(no_ffmpeg, tmp_path, name):
    with pytest.raises(AudioError, match=r"`ffmpeg -i clip clip\.wav`") as caught:
        read_audio(m4a(tmp_path, name))
    assert_one_sentence(caught.value, repr(name)[1:-1])


@pytest.mark.parametrize(
    ("first", "what", "advice"),
    [
        (b"PK\3\4", "a ZIP archive", "take the sound files out of it"),
        (b"MThd\0\0\0\6\0\1", "a MIDI file, notes and not sound", "synthesizer"),
        (b"\x1f\x8b\x08", "a gzip archive", "gunzip"),
        (b"%PDF-1.4", "a PDF file", "give a sound file"),
        (b"\x89PNG\r\n\x1a\n", "a picture", "give a sound file"),
        (b"\x93NUMPY\1\0", "an array of NumPy", "numpy.load"),
        (b"<!DOCTYPE html><html>", "a web page", "download the sound itself"),
        (b"#EXTM3U\n", "a playlist", "one of the sound files"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS", "git lfs pull"),
    ],
)
@pytest.mark.parametrize("suffix", ["wav", "mp3", "gsm"])
def test_what_is_no_sound_is_named(tmp_path, first, what, advice, suffix):
    path = tmp_path / f"clip.{suffix}"
    path.write_bytes(first + REST)
    with pytest.raises(AudioError, match=f"is {what}") as caught:
        read_audio(path)
    assert_one_sentence(caught.value, path.name)
    assert advice in str(caught.value)


@pytest.mark.parametrize("text", ["Hello.\n" * 5, "七つの歌\n" * 2000, "x" * 4095 + "é"])
@pytest.mark.parametrize("suffix", ["wav", "mp3", "txt", "vox", "raw"])
def test_text_is_called_text(tmp_path, text, suffix):
    path = tmp_path / f"clip.{suffix}"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AudioError, match="is text: give a sound file"):
        read_audio(path)


def test_samples_without_a_header_are_told_from_damage(tmp_path, noise):
    path = tmp_path / "clip.raw"
    path.write_bytes(noise(8000).tobytes())
    with pytest.raises(AudioError, match="has no header, so that its rate and format are not known") as caught:
        read_audio(path)
    assert_one_sentence(caught.value, "clip.raw")


def test_a_sound_with_a_header_is_read_though_it_is_called_raw(tmp_path, tone):
    path = tmp_path / "clip.raw"
    path.write_bytes(encoded(tone(), 8000, "wav"))
    np.testing.assert_allclose(read_audio(path), tone(), atol=1e-4)


@pytest.mark.parametrize("suffix", SOUNDS)
def test_ffmpeg_decodes_what_libsndfile_does_not(fake_ffmpeg, tmp_path, tone, suffix):
    first, _, demuxer = SOUNDS[suffix]
    stereo = np.stack([tone(sample_rate=16_000), np.zeros(8000)], axis=1).astype("<f4")
    (tmp_path / "samples").write_bytes(stereo.tobytes())
    said = fake_ffmpeg(f"out.write(header(2, 16000) + open({str(tmp_path / 'samples')!r}, 'rb').read())")
    path = tmp_path / f"a;b $(x) 七.{suffix}"
    path.write_bytes(first + REST)
    np.testing.assert_allclose(read_audio(path, 16_000), stereo[:, 0] / 2, atol=1e-6)
    arguments = said.read_text().split("\n")
    assert arguments[0] == "-nostdin"
    following = dict(itertools.pairwise(arguments))
    assert following["-protocol_whitelist"] == "file,pipe"
    assert arguments[arguments.index("-i") - 2 : arguments.index("-i") + 2] == ["-f", demuxer, "-i", f"file:{path}"]
    assert following["-t"] == "61.000"


@pytest.mark.parametrize(
    ("code", "match"),
    [
        ("sys.exit(1)", "is an MP4 or M4A file in which FFmpeg finds no sound"),
        ("out.write(b'RIFF')", "finds no sound"),
        ("out.write(b'<html>' * 999)", "finds no sound"),
        ("out.write(header())", "finds no sound"),
        ("out.write(header() + bytes(8001)); out.flush(); sys.exit(1)", "that FFmpeg cannot read to its end"),
        (
            "out.write(header() + bytes(8000)); sys.stderr.write('File ended prematurely\\n')",
            "that FFmpeg cannot read to its end",
        ),
        ("out.write(header() + bytes(8000))", "is silent"),
        ("out.write(header(1, 1) + bytes(8000))", "recorded at 1 Hz"),
        ("out.write(header(1, 0) + bytes(8000))", "finds no sound"),
        ("out.write(header(0) + bytes(8000))", "finds no sound"),
        ("out.write(header() + b'\\xff' * 8000)", "NaN or infinite"),
        ("sys.stderr.write('x' * 10**6); sys.exit(1)", "finds no sound"),
        ("os.kill(os.getpid(), 9)", "finds no sound"),
    ],
)
def test_what_goes_wrong_in_ffmpeg_gives_one_sentence(fake_ffmpeg, tmp_path, code, match):
    fake_ffmpeg(code)
    with pytest.raises(AudioError, match=match) as caught:
        read_audio(m4a(tmp_path))
    assert_one_sentence(caught.value, "clip.m4a")


def test_endless_output_of_ffmpeg_is_read_no_further_than_the_limit(fake_ffmpeg, tmp_path):
    pid = tmp_path / "pid"
    fake_ffmpeg(
        f"open({str(pid)!r}, 'w').write(str(os.getpid()))\nout.write(header())\nwhile 1: out.write(bytes(4096))"
    )
    with pytest.raises(AudioError, match="longer than the 60 s allowed"):
        read_audio(m4a(tmp_path))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_many_channels_of_ffmpeg_are_read_no_further_than_the_limit_of_values(fake_ffmpeg, tmp_path):
    fake_ffmpeg("out.write(header(1000, 192000))\nwhile 1: out.write(bytes(2**20))")
    with pytest.raises(AudioError, match="more than 67,108,864 samples in all"):
        read_audio(m4a(tmp_path))


@pytest.mark.parametrize(
    "code", ["time.sleep(60)", "os.system(f'{sys.executable} -c \"import time; time.sleep(60)\"')"]
)
def test_ffmpeg_is_not_waited_for_without_end(fake_ffmpeg, tmp_path, monkeypatch, code):
    monkeypatch.setattr(crossmodal.sound.ffmpeg, "TIMEOUT_S", 1.0)
    fake_ffmpeg(code)
    before = time.monotonic()
    with pytest.raises(AudioError, match=r"took FFmpeg more than 1 s: ") as caught:
        read_audio(m4a(tmp_path))
    assert_one_sentence(caught.value, "clip.m4a")
    assert time.monotonic() - before < 20


def test_an_ffmpeg_that_does_not_start_gives_one_sentence(fake_ffmpeg, tmp_path):
    fake_ffmpeg("")
    (tmp_path / "bin" / "ffmpeg").write_text("#!/no/such/program\n")
    with pytest.raises(AudioError, match="did not start") as caught:
        read_audio(m4a(tmp_path))
    assert_one_sentence(caught.value, "clip.m4a")


def test_ffmpeg_is_not_asked_for_what_libsndfile_reads_or_what_is_damaged(fake_ffmpeg, tmp_path, tone):
    said = fake_ffmpeg("")
    path = tmp_path / "clip.wav"
    path.write_bytes(encoded(tone(), 8000, "wav"))
    read_audio(path)
    for data in (encoded(tone(), 8000, "wav")[:300], b"RIFF\4\0\0\0WAVE", b"PK\3\4" + REST, b"#EXTM3U\nhttp://x\n"):
        path.write_bytes(data)
        with pytest.raises(AudioError):
            read_audio(path)
    assert not said.exists()
