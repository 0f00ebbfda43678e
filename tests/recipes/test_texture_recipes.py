"""The recipes of sound textures, each for real at its smallest."""

import json

import numpy as np
import soundfile
from recipe_scripts import recipe

SMALLEST = ["--iterations", "1", "--steps", "1", "--samples", "20000", "--duration-s", "2", "--revise-steps", "1"]


def test_single_writes_sounds_scores_and_a_model_and_is_finished_once(tmp_path, capsys):
    import keras

    options = [*SMALLEST, "--draws", "1", "--workdir", str(tmp_path)]
    assert recipe("texture_single").main(options) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        *("config.json", "history.jsonl", "metrics.json", "model.keras", "report.html"),
        *("curves.png", "spectrograms.png", "draw_1.wav", "generator_1.wav"),
    }
    sound, sample_rate = soundfile.read(tmp_path / "generator_1.wav")
    assert (sound.shape, sample_rate) == ((40_000,), 20_000)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics["sounds"]) == {"draw_1", "generator_1"}
    assert metrics["command"].startswith("python recipes/texture_single.py --iterations 1")
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_allclose(model.draw(2.0)[0], np.clip(sound, -1, 1), atol=1e-4)
    capsys.readouterr()
    assert recipe("texture_single").main(options) == 0
    assert "iteration" not in capsys.readouterr().out
    assert recipe("texture_single").main([*options, "--seed", "1"]) == 2
    assert "seed was 0, is 1" in capsys.readouterr().err


def test_single_refuses_odd_recordings_in_one_sentence(tmp_path, write_sound, noise, capsys):
    for name, waveform in (("short", noise(4000)), ("silent", np.zeros(60_000)), ("click", np.eye(1, 60_000, 99)[0])):
        path = write_sound(f"{name}.wav", waveform, 20_000)
        options = ["--reference", str(path), "--workdir", str(tmp_path / name), *SMALLEST]
        assert recipe("texture_single").main(options) == 2
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1
        assert f"{name}.wav" in error


def test_sweeps_say_what_explodes(tmp_path, monkeypatch):
    sweeps = recipe("texture_sweeps")
    monkeypatch.setattr(sweeps, "STRIDES", (20,))
    monkeypatch.setattr(sweeps, "RATES", (0.1,))
    monkeypatch.setattr(sweeps, "STEPS", (1,))
    result = sweeps.run(sweeps.Config(iterations=1, samples=26_000), tmp_path)
    assert set(result["runs"]) == {"stride 20", "rate 0.1 steps 1"}
    assert result["runs"]["stride 20"]["iterations"] == 1
    assert result["runs"]["stride 20"]["exploded_at"] is None
    assert sweeps.exploded_at(np.array([1.0, 2.0, 17.0, np.nan]), 16.0) == 3
    assert sweeps.exploded_at(np.array([1.0, np.nan]), 16.0) == 2
    assert (tmp_path / "sweeps.png").exists()


def test_mix_holds_the_mixture_against_each_recording(tmp_path, capsys):
    options = [*SMALLEST, "--preset", "thesis", "--samples", "26000", "--draws", "1", "--weights", "3,1"]
    options += ["--workdir", str(tmp_path)]
    assert recipe("texture_mix").main(options) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics["against"]) == {"made:chirps", "made:insects"}
    assert recipe("texture_mix").main(["--weights", "loud,soft", "--workdir", str(tmp_path / "other")]) == 2
    assert "not numbers" in capsys.readouterr().err


def test_baselines_are_one_table(tmp_path, monkeypatch, write_sound):
    """A generator that has hardly learned, and a peer who copied the recording."""
    from crossmodal.data.textures import chirps

    baselines = recipe("texture_baselines")
    monkeypatch.setitem(baselines.TRAINED, "generator", {"algorithm": "generator", "samples": 20_000})
    (tmp_path / "peers" / "copier").mkdir(parents=True)
    write_sound("birds.wav", chirps(2.0), 20_000)
    write_sound("peers/copier/birds.wav", chirps(2.0), 20_000)
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path))
    config = baselines.Config("birds", "generator,peer:copier", iterations=1, draws=1, duration_s=2.0)
    result = baselines.run(config, tmp_path / "runs", peers=tmp_path / "peers")
    table = result["methods"]
    assert table["peer:copier"]["birds"]["score"] > table["generator"]["birds"]["score"]
    assert (result["mean"]["peer:copier"]["copied"], result["mean"]["generator"]["copied"]) == (1, 0)
