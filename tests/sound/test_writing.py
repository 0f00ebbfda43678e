"""Sound files written block by block: what they hold, and what an interruption leaves."""

import numpy as np
import pytest
import soundfile

from crossmodal.errors import AudioError
from crossmodal.sound.writing import subtype_of, write_blocks

BLOCKS = list(np.random.default_rng(0).uniform(-0.9, 0.9, (10, 400)).astype(np.float32))


@pytest.mark.parametrize(
    ("name", "subtype", "holds", "step"),
    [
        ("a.wav", None, "PCM_16", 2**-15),
        ("a.wav", "24", "PCM_24", 2**-23),
        ("a.wav", "float", "FLOAT", 0),
        ("a.FLAC", "16", "PCM_16", 2**-15),
        ("a.flac", "24", "PCM_24", 2**-23),
    ],
)
def test_a_file_holds_the_blocks_one_after_the_other(name, subtype, holds, step, tmp_path):
    assert write_blocks(tmp_path / name, BLOCKS, 44_100, subtype=subtype) == 0
    info = soundfile.info(tmp_path / name)
    assert (info.samplerate, info.channels, info.subtype) == (44_100, 1, holds)
    np.testing.assert_allclose(soundfile.read(tmp_path / name)[0], np.concatenate(BLOCKS), atol=1.01 * step)
    assert subtype_of(name, subtype)[0] == holds


def test_ogg_and_stereo(tmp_path):
    t = np.arange(4000) / 48_000
    tone = 0.5 * np.sin(2 * np.pi * 440 * t)
    write_blocks(tmp_path / "a.ogg", np.stack([tone, -tone], axis=1).reshape(10, 400, 2), 48_000, channels=2)
    sound, sample_rate = soundfile.read(tmp_path / "a.ogg")
    assert (sound.shape, sample_rate) == ((4000, 2), 48_000)
    np.testing.assert_allclose(sound[:, 0], tone, atol=0.05)
    np.testing.assert_allclose(sound[:, 1], -tone, atol=0.05)


def test_what_is_beyond_full_scale_is_clipped_and_counted_and_floats_keep_it(tmp_path):
    block = np.array([0.5, 1.5, -2.0], np.float32)
    assert write_blocks(tmp_path / "a.wav", [block], 8000) == 2
    np.testing.assert_allclose(soundfile.read(tmp_path / "a.wav")[0], [0.5, 1, -1], atol=1e-4)
    write_blocks(tmp_path / "a.wav", [block], 8000, subtype="float")
    np.testing.assert_array_equal(soundfile.read(tmp_path / "a.wav")[0], block)


@pytest.mark.parametrize("before", [0, 3])
def test_an_interruption_leaves_a_whole_file_of_what_was_written(before, tmp_path):
    def interrupted():
        yield from BLOCKS[:before]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_blocks(tmp_path / "a.flac", interrupted(), 20_000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.flac"] * bool(before)
    if before:
        assert soundfile.info(tmp_path / "a.flac").frames == 1200


def test_a_failure_leaves_the_file_as_it_was(tmp_path):
    def failing():
        yield BLOCKS[0]
        raise OSError(28, "No space left on device")

    (tmp_path / "a.wav").write_text("before")
    with pytest.raises(AudioError, match=r"a.wav' cannot be written \(No space left on device\)"):
        write_blocks(tmp_path / "a.wav", failing(), 20_000)
    assert (tmp_path / "a.wav").read_text() == "before"


def test_kinds_of_files_that_are_not_written():
    with pytest.raises(AudioError, match="choose a name that ends in"):
        subtype_of("a.mp3")
    with pytest.raises(AudioError, match="files have no subtype float: choose 16 or 24"):
        subtype_of("a.flac", "float")
