"""crossmodal texture play: streams into files and pipes, and what Ctrl-C leaves."""

import io
import os
import sys

import keras
import numpy as np
import pytest
import soundfile

from crossmodal.__main__ import main
from crossmodal.app import playing
from crossmodal.models.coopnets import CoopNets
from crossmodal.sound.limiter import true_peak


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    keras.utils.set_random_seed(0)
    path = tmp_path_factory.mktemp("model") / "noise.keras"
    CoopNets.thesis(sample_rate=44_100).save(path)
    return str(path)


@pytest.fixture(scope="module")
def streamed(model_path):
    stream = keras.saving.load_model(model_path, compile=False).stream(seed=5)
    return np.concatenate([next(stream) for _ in range(100)])


def test_a_stream_is_written_as_it_comes(model_path, streamed, tmp_path, capsys):
    path = tmp_path / "new.flac"
    words = ["texture", "play", model_path, "--steps", "0", "--seed", "5", "--seconds", "1.5", "-o", str(path)]
    assert main([*words, "--subtype", "24"]) == 0
    sound, sample_rate = soundfile.read(path)
    assert (len(sound), sample_rate, soundfile.info(path).subtype) == (66_150, 44_100, "PCM_24")
    np.testing.assert_allclose(sound, streamed[:66_150], atol=2**-22)
    assert "66,150 samples at 44,100 Hz, 0.2 MB\n1.5 s: " in capsys.readouterr().out


def test_a_pipe_gets_16_bit_samples_alone(model_path, streamed, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["texture", "play", model_path, "--steps", "0", "--seed", "5", "--seconds", "0.5", "-o", "-"]) == 0
    samples = np.frombuffer(out.buffer.getvalue(), "<i2")
    np.testing.assert_array_equal(samples, np.round(32767 * streamed[:22_050]))


def test_knobs_are_turned_by_options_and_by_lines_that_are_typed(model_path, streamed, tmp_path, capsys, monkeypatch):
    path = tmp_path / "new.wav"
    words = ["texture", "play", model_path, "--steps", "0", "--seed", "5", "--seconds", "1", "-o", str(path)]
    assert main([*words, "--subtype", "float", "--level=-6"]) == 0
    np.testing.assert_allclose(soundfile.read(path)[0], 10 ** (-6 / 20) * streamed[:44_100], atol=1e-6)
    read, write = os.pipe()
    os.write(write, b"level -20\nvolume 3\nlevel loud\nlevel 99\n")
    os.close(write)
    with open(read) as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        assert main([*words, "--subtype", "float", "--live"]) == 0
    np.testing.assert_allclose(soundfile.read(path)[0][2000:], 0.1 * streamed[2000:44_100], atol=1e-6)
    told = capsys.readouterr().err
    assert all(part in told for part in ("no knob 'volume'", "'level loud' turns nothing", "level cannot be 99"))


def test_a_seamless_file_lasts_whole_chunks(model_path, tmp_path, capsys):
    path = tmp_path / "loop.wav"
    words = ["texture", "play", model_path, "--seamless", "--seconds", "1", "-o", str(path)]
    assert main(words) == 2
    assert "draw a loop with 0 steps" in capsys.readouterr().err
    assert main([*words, "--steps", "0", "--subtype", "float"]) == 0
    assert soundfile.info(path).frames == 48_000
    assert "48,000 samples at 44,100 Hz, 0.2 MB\n1.1 s: " in capsys.readouterr().out


def test_a_stereo_recording_at_a_studios_rate_comes_out_as_it_went_in(tmp_path, monkeypatch, eager):
    """Its rate, channels, level and the correlation of its channels; peaks stay below full scale."""
    monkeypatch.setattr("crossmodal.models.coopnets.DRAW_STEPS", 1)
    rng = np.random.default_rng(0)
    left, other = 0.25 * rng.standard_normal((2, 120_000))
    sound = np.stack([left, 0.3 * left + 0.3 * other], axis=1)
    soundfile.write(tmp_path / "hiss.wav", sound, 48_000, subtype="FLOAT")
    model, path = tmp_path / "hiss.keras", tmp_path / "new.wav"
    assert main(["texture", "learn", str(tmp_path / "hiss.wav"), "-o", str(model), "--iterations", "0"]) == 0
    draw, sample_rate = soundfile.read(tmp_path / "hiss" / "draw_1.wav")
    assert (draw.shape, sample_rate) == ((4 * 48_000, 2), 48_000)
    for words in (["--steps", "0"], []):
        assert main(["texture", "play", str(model), "--seconds", "3", "-o", str(path), "--subtype", "24", *words]) == 0
        new, sample_rate = soundfile.read(path)
        assert (new.shape, sample_rate, soundfile.info(path).subtype) == ((144_000, 2), 48_000, "PCM_24")
        np.testing.assert_allclose(20 * np.log10(new.std(axis=0) / sound.std(axis=0)), 0, atol=1)
        assert np.corrcoef(new.T)[0, 1] == pytest.approx(np.corrcoef(sound.T)[0, 1], abs=0.1)
        assert true_peak(new) < 1


def test_ctrl_c_keeps_what_was_written(model_path, streamed, tmp_path, monkeypatch, capsys):
    def stopped(blocks, samples):
        for i, block in enumerate(first_samples(blocks, samples)):
            if i == 7:
                raise KeyboardInterrupt
            yield block

    first_samples = playing.first_samples
    monkeypatch.setattr(playing, "first_samples", stopped)
    path = tmp_path / "new.wav"
    words = ["texture", "play", model_path, "--steps", "0", "--seed", "5", "--seconds", "3600", "-o", str(path)]
    assert main(words) == 130
    sound, _ = soundfile.read(path)
    assert 6 * 882 < len(sound) <= 7 * 882
    np.testing.assert_allclose(sound, streamed[: len(sound)], atol=2**-15)
    assert "0.1 s: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "-"], "use --steps 0"),
        (["-o", "-", "--steps", "0", "--seamless"], "no --seamless"),
        (["-o", "new.wav", "--density", "2"], "--density is for streams"),
        (["-o", "new.wav", "--steps", "0", "--seamless", "--live"], "--live is for streams"),
        (["-o", "new.mp3"], "ends in .wav or .flac or .ogg"),
        (["-o", "new.ogg", "--subtype", "24"], "no subtype 24: choose vorbis"),
        (["-o", "new.wav", "--seconds", "3601"], "together 3600 s at most"),
    ],
)
def test_what_cannot_be_played_is_said_before_anything_is_loaded(words, message, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(playing, "load_texture_model", None)
    assert main(["texture", "play", "model.keras", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_day_is_too_long_for_a_wav_file(tmp_path):
    with pytest.raises(playing.CrossmodalError, match="a WAV file holds"):
        playing.check_room(tmp_path / "day.wav", 86_400 * 48_000 * 3)


def test_long_streams_say_how_long_they_take(monkeypatch, capsys):
    times = iter([5.0, 17.0, 18.0])
    monkeypatch.setattr(playing.time, "time", lambda: next(times))
    told = playing.Told([np.zeros(100)] * 3, 300, 100)
    assert len(list(told)) == 3
    assert told.done == 300
    assert capsys.readouterr().err == "2 s written, about 12 s left\n"
