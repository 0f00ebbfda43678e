"""Any sound file, written rightly, damaged at random or made to do harm: a waveform or one sentence."""

import numpy as np
import pytest
import soundfile
from fuzzing import assert_clean, assert_harmless, assert_one_sentence, fuzz_in_a_process
from hostile_sounds import encoded
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio

many = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@many
@given(
    seed=st.integers(0, 2**32 - 1),
    peak=st.floats(0.01, 1.0),
    offset=st.floats(-1.0, 1.0),
    duration_s=st.floats(0.05, 2.0),
    rate=st.sampled_from((4000, 8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000)),
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
        assert_one_sentence(error, f"{path.name}' is silent below 4,000 Hz" if channels == 1 else path.name)
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


def test_200_hostile_files_do_no_harm(tmp_path):
    assert_harmless(fuzz_in_a_process("sounds", 200, 0, tmp_path), 200)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_3000_hostile_files_do_no_harm(tmp_path, seed):
    assert_harmless(fuzz_in_a_process("sounds", 1000, seed, tmp_path), 1000)
