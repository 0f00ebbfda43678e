"""Sound files: what works gives one clean waveform, everything else gives one sentence."""

import io
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crossmodal.audio import read_audio, validate_audio, write_wav
from crossmodal.errors import AudioError

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
many = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def assert_one_sentence(error: BaseException, name: str) -> None:
    sentence = str(error)
    assert name in sentence
    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert "\n" not in sentence
    assert "Error opening" not in sentence
    assert ": " in sentence, "the sentence does not say what to do"
    assert error.__suppress_context__ or error.__context__ is None, "a foreign traceback would be shown"


def assert_refused(path: Path, match: str, **options: float) -> None:
    with pytest.raises(AudioError, match=match) as caught:
        read_audio(path, **options)
    assert_one_sentence(caught.value, path.name)


def assert_clean(waveform: np.ndarray) -> None:
    assert waveform.dtype == np.float32
    assert waveform.ndim == 1
    assert np.isfinite(waveform).all()


def encoded(waveform: np.ndarray, sample_rate: int, suffix: str, subtype: str | None = None) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, format=suffix.upper(), subtype=subtype)
    return buffer.getvalue()


# What works


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


def test_an_unusual_name_works(tone, write_sound):
    read_audio(write_sound("seven 'é' 七.wav", tone()))


def test_importing_audio_loads_neither_tensorflow_nor_librosas_dependencies():
    code = "import sys, crossmodal.audio; print({'tensorflow', 'keras', 'librosa', 'numba'} & set(sys.modules))"
    root = Path(__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# What is refused


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


def two_gigabytes_promised(path, tone):
    data = bytearray(encoded(tone(), 8000, "wav"))
    struct.pack_into("<I", data, data.index(b"data") + 4, 2**31 - 2)
    path.write_bytes(data)


def six_hours_promised(path, tone):
    data = bytearray(encoded(tone(), 8000, "flac"))
    struct.pack_into(">I", data, 22, 2**32 - 1)  # STREAMINFO's total number of samples, low 32 of 36 bits
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "suffix", "match"),
    [
        (no_file, "wav", "does not exist"),
        (folder, "wav", "is a folder"),
        (empty, "wav", r"is empty \(0 bytes\)"),
        (empty, "mp3", r"is empty \(0 bytes\)"),
        *((text, suffix, "damaged or not audio") for suffix in ("wav", "flac", "ogg", "mp3", "raw", "txt")),
        *((random_bytes, suffix, "damaged or not audio") for suffix in ("wav", "flac", "ogg", "mp3", "aiff")),
        (header_without_data, "wav", "damaged or not audio"),
        (no_samples, "wav", "holds no samples"),
        (no_samples, "aiff", "holds no samples"),
        (one_sample, "wav", r"lasts 0\.0001 s \(1 samples\)"),
        (silence, "wav", "is silent"),
        (silence, "mp3", "is silent"),
        (dither, "wav", "is silent"),
        (constant, "wav", "is silent"),
        (opposite_channels, "wav", "is silent"),
        (ultrasound, "wav", "at 8000 Hz is silent"),
        (not_a_number, "wav", "holds 8000 samples that are NaN or infinite"),
        (two_not_finite, "wav", "holds 2 samples that are NaN or infinite"),
        (beyond_float32, "wav", "NaN or infinite"),
        (sixteen_bit_values_as_floats, "wav", "divide it by its full scale"),
        (too_long, "wav", r"lasts 61 s by its header, more than the 60 s allowed"),
        (slow_rate, "wav", "sample rate of 2000 Hz"),
        (fast_rate, "wav", "sample rate of 384000 Hz"),
        *((cut, suffix, "is truncated") for suffix in ("wav", "aiff", "mp3")),
        *((cut, suffix, "damaged or not audio") for suffix in ("flac", "caf")),
        (two_gigabytes_promised, "wav", "is truncated"),
        (six_hours_promised, "flac", "lasts 536871 s by its header"),
    ],
)
def test_a_bad_file_gives_one_sentence(tmp_path, tone, capfd, make, suffix, match):
    path = tmp_path / f"clip.{suffix}"
    make(path, tone)
    assert_refused(path, match)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("make", [two_gigabytes_promised, six_hours_promised])
def test_a_lying_header_takes_no_memory(tmp_path, tone, make):
    make(tmp_path / "liar.wav", tone)
    tracemalloc.start()
    try:
        assert_refused(tmp_path / "liar.wav", "header")
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
    assert_refused(tmp_path / "pipe.wav", "not a regular file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tone, write_sound):
    path = write_sound("secret.wav", tone())
    path.chmod(0)
    assert_refused(path, "may not be read")


@pytest.mark.parametrize("rate", [0, -8000, 3999, 192_001, 8000.0, None])
def test_an_impossible_output_rate_is_refused(tone, write_sound, rate):
    with pytest.raises(AudioError, match="sample rate") as caught:
        read_audio(write_sound("tone.wav", tone()), rate)
    assert_one_sentence(caught.value, "tone.wav")


# Properties


@many
@given(
    seed=st.integers(0, 2**32 - 1),
    peak=st.floats(0.01, 1.0),
    offset=st.floats(-1.0, 1.0),
    duration_s=st.floats(0.05, 2.0),
    rate=st.sampled_from((4000, *RATES)),
    channels=st.integers(1, 3),
    subtype=st.sampled_from(("PCM_16", "FLOAT")),
)
def test_any_written_waveform_reads_back_with_its_duration(
    tmp_path, seed, peak, offset, duration_s, rate, channels, subtype
):
    rng = np.random.default_rng(seed)
    size = round(duration_s * rate)
    waveform = rng.normal(size=(size, channels)) * rng.random((size, 1)) ** 4 + offset
    waveform *= peak / np.abs(waveform).max()
    path = tmp_path / "any.wav"
    soundfile.write(path, waveform, rate, subtype=subtype)
    try:
        read = read_audio(path)
    except AudioError as error:  # channels that cancel, or noise wholly above 4 kHz
        assert_one_sentence(error, f"{path.name}' at 8000 Hz is silent" if channels == 1 else path.name)
        return
    assert_clean(read)
    assert abs(len(read) - size * 8000 / rate) <= 1
    assert np.abs(read).max() < 1.5


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
@many
@given(
    edits=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    header_edits=st.lists(st.tuples(st.integers(0, 63), st.integers(0, 255)), max_size=3),
    kept=st.floats(0.0, 1.0),
)
@example(edits=[], header_edits=[], kept=1.0)
def test_a_damaged_file_gives_a_waveform_or_one_sentence(tmp_path, tone, suffix, edits, header_edits, kept):
    data = bytearray(encoded(tone(sample_rate=16000), 16000, suffix))
    for position, value in edits + header_edits:
        data[position % len(data)] = value
    path = tmp_path / f"damaged.{suffix}"
    path.write_bytes(data[: round(kept * len(data))])
    try:
        assert_clean(read_audio(path))
    except AudioError as error:
        assert_one_sentence(error, path.name)


# Arrays


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


# Writing


@many
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


def test_write_wav_interrupted_while_writing_leaves_the_old_file(tone, tmp_path, monkeypatch):
    path = tmp_path / "old.wav"
    path.write_text("old")

    def half(target, *args, **kwargs):
        Path(target).write_bytes(b"RIFF")
        raise KeyboardInterrupt

    monkeypatch.setattr(soundfile, "write", half)
    with pytest.raises(KeyboardInterrupt):
        write_wav(path, tone(), 8000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
