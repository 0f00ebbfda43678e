"""Files of several sounds, one after the other: all are read, and what cannot be read is told."""

import io
import struct

import numpy as np
import pytest
import soundfile
from fuzzing import assert_one_sentence
from hostile_sounds import encoded
from sound_headers import (
    FORMAT,
    aiff_of,
    au_of,
    chunk,
    flac_with_total,
    mp3_with_frames,
    mp3_without_tag,
    pcm,
    rf64_of,
    wav,
    wav_of,
)

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio

ID3V2 = b"ID3\x04\0\0" + bytes((0, 0, 8, 0)) + b"TIT2" + bytes((0, 0, 7, 118)) + b"\0\0\0" + b"t" * 1013
ID3V1 = b"TAG" + b"a title".ljust(125)
APE = b"APETAGEX" + struct.pack("<4I8x", 2000, 532, 1, 1 << 31 | 1 << 29) + b"\xff\xfb\x90d" * 125
APE += b"APETAGEX" + struct.pack("<4I8x", 2000, 532, 1, 1 << 31)


@pytest.fixture
def two(tone):
    """A tone of 440 Hz and a longer one of 880 Hz, at 8 kHz, and both."""
    short, long = tone(440.0, 8000, 0.75), tone(880.0, 8000, 2.0)
    return short, long, np.concatenate([short, long])


def read(path, data: bytes) -> np.ndarray:
    path.write_bytes(data)
    return read_audio(path)


def assert_has_both(waveform: np.ndarray, expected: np.ndarray, samples: int = 0) -> None:
    """Both tones, each as loud as written, and as long within `samples`."""
    assert len(waveform) == pytest.approx(len(expected), abs=samples or 1)
    for part, frequency in ((waveform[:6000], 440), (waveform[-16000:], 880)):
        middle = part[1000:-1000]
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
        assert spectrum.argmax() * 8000 / len(middle) == pytest.approx(frequency, abs=3)
        assert np.abs(middle).max() == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac", "wav", "aiff", "au", "caf", "w64", "rf64"])
def test_two_files_joined_into_one_are_read_as_both(tmp_path, two, suffix):
    short, long, both = two
    data = encoded(short, 8000, suffix) + encoded(long, 8000, suffix)
    assert_has_both(read(tmp_path / f"joined.{suffix}", data), both)


@pytest.mark.parametrize(
    "make",
    [
        lambda tone: wav_of(tone, 2**32 - 1, 2**32 - 1),
        lambda tone: rf64_of(tone, 0),
        lambda tone: au_of(tone, 2**32 - 1),
        lambda tone: aiff_of(tone, 0),
        lambda tone: flac_with_total(encoded(tone, 8000, "flac"), 0),
        lambda tone: mp3_without_tag(encoded(tone, 8000, "mp3")),
    ],
)
def test_two_files_from_a_pipe_are_read_as_both(tmp_path, two, make):
    short, long, both = two
    assert_has_both(read(tmp_path / "joined.wav", make(short) + make(long)), both, samples=4000)


@pytest.mark.parametrize("first_has_tag", [True, False])
def test_mp3_files_with_and_without_a_tag_are_read_as_both(tmp_path, two, first_has_tag):
    short, long = (encoded(sound, 8000, "mp3") for sound in two[:2])
    data = short + mp3_without_tag(long) if first_has_tag else mp3_without_tag(short) + long
    assert_has_both(read(tmp_path / "joined.mp3", data), two[2], samples=4000)


def test_many_mp3_files_with_tags_between_them_are_read_to_the_last(tmp_path, two):
    one = encoded(two[0], 8000, "mp3")
    waveform = read(tmp_path / "joined.mp3", (ID3V2 + one + APE + ID3V1) * 10 + b"\0" * 10_000)
    assert len(waveform) == 10 * 6000


def test_an_mp3_tag_that_states_too_little_does_not_cut_the_sound(tmp_path, two):
    data = encoded(two[1], 8000, "mp3")
    assert len(read(tmp_path / "short.mp3", mp3_with_frames(data, 5))) == pytest.approx(16_000, abs=3000)


def test_an_mp3_tag_that_states_too_much_is_called_truncated(tmp_path, two):
    data = encoded(two[1], 8000, "mp3")
    with pytest.raises(AudioError, match="is truncated"):
        read(tmp_path / "long.mp3", mp3_with_frames(data, 500))


@pytest.mark.parametrize("suffix", ["mp3", "flac", "wav", "aiff", "ogg", "au"])
@pytest.mark.parametrize(
    "tail", [ID3V1, APE + ID3V1, ID3V2, b"\0" * 20_000, b"\r\n"], ids=["v1", "ape", "v2", "0", "n"]
)
def test_tags_and_padding_at_the_end_are_not_taken_for_sound(tmp_path, two, suffix, tail):
    whole = read(tmp_path / f"whole.{suffix}", encoded(two[0], 8000, suffix))
    np.testing.assert_array_equal(read(tmp_path / f"tagged.{suffix}", encoded(two[0], 8000, suffix) + tail), whole)


@pytest.mark.parametrize("suffix", ["mp3", "flac"])
@pytest.mark.parametrize("head", [ID3V2, ID3V2 + ID3V2])
def test_tags_at_the_start_are_not_taken_for_sound(tmp_path, two, suffix, head):
    whole = read(tmp_path / f"whole.{suffix}", encoded(two[0], 8000, suffix))
    np.testing.assert_array_equal(read(tmp_path / f"tagged.{suffix}", head + encoded(two[0], 8000, suffix)), whole)


def test_a_wav_file_with_two_data_chunks_is_read_as_both(tmp_path, two):
    short, long, both = two
    info = chunk(b"LIST", b"INFO")
    for between in (b"", info):
        content = FORMAT + chunk(b"data", pcm(short)) + between + chunk(b"data", pcm(long)) + info
        np.testing.assert_allclose(read(tmp_path / "two.wav", wav(content)), both, atol=1e-4)


def test_chunks_after_the_sound_are_not_taken_for_it(tmp_path, two):
    for size in (6000, 5999):  # with a byte of padding, and without the byte that there should be
        data = pcm(two[0])[:size]
        for padding in (b"\0" * (size % 2), b""):
            content = FORMAT + chunk(b"data", data) + padding + chunk(b"LIST", b"INFO" + b"x" * 3000)
            assert len(read(tmp_path / "listed.wav", wav(content))) == size // 2


def test_a_file_that_begins_at_an_odd_place_is_found(tmp_path, two):
    short, long, both = two
    data = wav_of(short, 2**32 - 1, 2**32 - 1) + b"\0" + wav_of(long)
    assert_has_both(read(tmp_path / "odd.wav", data), both)


def test_a_list_that_was_cut_after_the_sound_is_not_taken_for_it(tmp_path, two):
    data = wav(FORMAT + chunk(b"data", pcm(two[0])) + chunk(b"LIST", b"INFO" + b"x" * 3000))[:-1000]
    assert len(read(tmp_path / "cut.wav", data)) == 6000


UNREAD = {
    "wav, samples that look like a chunk": lambda short, long: (
        wav(FORMAT + chunk(b"data", pcm(short))) + b"abcd" + pcm(long)
    ),
    "wav, size too small": lambda short, long: wav_of(long, None, 4000),
    "au, size too small": lambda short, long: au_of(long, 4000),
    "aiff, size too small": lambda short, long: aiff_of(long, 4000),
    "wav, then mp3": lambda short, long: wav_of(short) + encoded(long, 8000, "mp3"),
    "mp3, then wav": lambda short, long: encoded(short, 8000, "mp3") + wav_of(long),
    "ogg, then mp3": lambda short, long: encoded(short, 8000, "ogg") + encoded(np.tile(long, 3), 8000, "mp3"),
    "flac, then wav": lambda short, long: encoded(short, 8000, "flac") + wav_of(long),
}


@pytest.mark.parametrize("make", UNREAD.values(), ids=UNREAD)
def test_sound_that_no_header_counts_is_told(tmp_path, two, make):
    path = tmp_path / "rest.wav"
    with pytest.raises(
        AudioError, match=r"holds [\d,]+ bytes that its headers do not count, which may be sound"
    ) as caught:
        read(path, make(*two[:2]))
    assert_one_sentence(caught.value, "rest.wav")


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac", "wav"])
def test_sounds_at_two_rates_in_one_file_are_told(tmp_path, tone, suffix):
    data = encoded(tone(), 8000, suffix) + encoded(tone(sample_rate=16_000), 16_000, suffix)
    with pytest.raises(AudioError, match="several sounds, at 8000 Hz and at 16000 Hz") as caught:
        read(tmp_path / f"rates.{suffix}", data)
    assert_one_sentence(caught.value, "rates")


def test_sounds_of_one_channel_and_of_two_are_read_as_both(tmp_path, two):
    short, long, both = two
    data = encoded(short, 8000, "wav") + encoded(np.stack([long, long], axis=1), 8000, "wav")
    assert_has_both(read(tmp_path / "channels.wav", data), both)


def test_the_limit_of_duration_is_that_of_all_together(tmp_path, two):
    path = tmp_path / "joined.mp3"
    path.write_bytes(encoded(two[0], 8000, "mp3") + encoded(two[1], 8000, "mp3"))
    assert len(read_audio(path, max_duration_s=2.8)) == 22_000
    with pytest.raises(AudioError, match=r"more than the 2\.7 s allowed"):
        read_audio(path, max_duration_s=2.7)


def test_a_file_of_thousands_of_sounds_is_refused(tmp_path):
    one = wav_of(np.ones(1))
    with pytest.raises(AudioError, match="joined from more than 1,000 sounds"):
        read(tmp_path / "thousands.wav", one * 1001)


@pytest.mark.parametrize(("suffix", "subtype"), [("mp3", None), ("ogg", "VORBIS"), ("ogg", "OPUS"), ("flac", None)])
def test_joined_sounds_are_as_each_alone(tmp_path, two, suffix, subtype):
    data = [encoded(sound, 8000, suffix, subtype) for sound in two[:2]]
    alone = [soundfile.read(io.BytesIO(sound), dtype="float32")[0] for sound in data]
    np.testing.assert_array_equal(read(tmp_path / f"joined.{suffix}", b"".join(data)), np.concatenate(alone))
