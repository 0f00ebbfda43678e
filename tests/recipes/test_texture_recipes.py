"""The recipes of sound textures, each for real at its smallest."""

import json
import shlex

import numpy as np
import pytest
import soundfile
from recipe_scripts import recipe

pytestmark = pytest.mark.usefixtures("eager")
SMALLEST = ["--iterations", "1", "--steps", "1", "--samples", "20000", "--duration-s", "2", "--revise-steps", "1"]


def test_single_writes_sounds_scores_and_a_model_and_is_finished_once(tmp_path, capsys):
    import keras

    options = [*SMALLEST, "--draws", "1", "--workdir", str(tmp_path)]
    assert recipe("texture_single").main(options) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        *("config.json", "history.jsonl", "metrics.json", "model.keras", "report.html"),
        *("curves.png", "spectrograms.png", "waveforms.png", "draw_1.wav", "generator_1.wav"),
    }
    sound, sample_rate = soundfile.read(tmp_path / "generator_1.wav")
    assert (sound.shape, sample_rate) == ((40_000,), 20_000)
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics["sounds"]) == {"draw_1", "generator_1"}
    assert metrics["command"].startswith("crossmodal train texture --iterations 1")
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert model.draw_steps == 1
    np.testing.assert_allclose(model.draw(2.0, steps=0)[0], np.clip(sound, -1, 1), atol=1e-4)
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
    result = sweeps.run(sweeps.Config(iterations=1, samples=26_000, seeds=2), tmp_path)
    assert list(result["runs"]) == [
        f"{kind} seed {seed}" for seed in (0, 1) for kind in ("stride 20", "rate 0.1 steps 1")
    ]
    first, second = (result["runs"][f"stride 20 seed {seed}"] for seed in (0, 1))
    assert first["iterations"] == 1
    assert first["exploded_at"] is None
    assert first["last_error"] == first["first_error"] != second["first_error"]
    assert 0 < first["last_level"] < 1
    panels = sweeps.by_panel({name: [{"iteration": 1, "error": 1.0}] for name in result["runs"]})
    assert {title: list(runs) for title, runs in panels.items()} == {"strides": ["stride 20"], "rate 0.1": ["1 steps"]}
    assert [len(histories) for runs in panels.values() for histories in runs.values()] == [2, 2]
    assert sweeps.exploded_at(np.array([1.0, 2.0, 17.0, np.nan]), 16.0) == 3
    assert sweeps.exploded_at(np.array([1.0, np.nan]), 16.0) == 2
    assert (tmp_path / "sweeps.png").exists()


def test_sweeps_train_what_two_figures_share_once(tmp_path, monkeypatch):
    sweeps, trained = recipe("texture_sweeps"), []
    monkeypatch.setattr(sweeps, "train", lambda member, folder: trained.append(folder.name))
    sweeps.run(sweeps.Config(seeds=1), tmp_path)
    assert len(trained) == len(set(trained)) == 11
    assert "stride_40_seed_0" in trained
    assert "rate_0.1_steps_40_seed_0" not in trained
    trained.clear()
    sweeps.run(sweeps.Config(seeds=1), tmp_path, only=["rate 0.1 steps 40 seed 0"])
    assert trained == ["stride_40_seed_0"]


def test_mix_holds_the_mixture_against_each_recording(tmp_path, capsys):
    options = [*SMALLEST, "--preset", "thesis", "--samples", "26000", "--draws", "1", "--weights", "3", "1"]
    options += ["--how", "average", "--workdir", str(tmp_path)]
    assert recipe("texture_mix").main(options) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics["against"]) == {"made:chirps", "made:insects"}
    assert [sum(shares.values()) for shares in metrics["shares"].values()] == [pytest.approx(1)] * 2
    with pytest.raises(SystemExit, match="2"):
        recipe("texture_mix").main(["--weights", "loud", "soft", "--workdir", str(tmp_path / "other")])
    assert "'loud' is not a number" in capsys.readouterr().err
    assert recipe("texture_mix").main(["--weights", "1", "--workdir", str(tmp_path / "other")]) == 2
    assert "do not fit 2 recordings" in capsys.readouterr().err
    config = json.loads((tmp_path / "config.json").read_text())["config"]
    assert config["references"] == ["made:chirps", "made:insects"]
    assert "reference" not in config  # an option of a single recording's


def test_recordings_take_turns_in_one_model(tmp_path):
    from crossmodal.saving.keras_file import load_model

    options = [*SMALLEST, "--preset", "thesis", "--samples", "26000", "--draws", "1", "--weights", "3", "1"]
    assert recipe("texture_mix").main([*options, "--workdir", str(tmp_path)]) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert set(metrics["shares"]) == {"draw_1", "generator_1"}
    assert metrics["command"].startswith("crossmodal train texture-mix --weights 3.0 1.0")
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"1_made_chirps", "2_made_insects", "draw_1.wav", "model.keras", "report.html"}
    model = load_model(tmp_path)
    assert model.shares == [3.0, 1.0]
    written, _ = soundfile.read(tmp_path / "generator_1.wav", dtype="float32")
    np.testing.assert_allclose(model.draw(len(written) / 20_000, steps=0)[0], written, atol=1e-4)


SAID = {  # how a run is asked for, and the recordings that it is of
    "texture": (["--reference", "rain, heavy.wav"], ["rain, heavy.wav"]),
    "texture-mix": (
        ["--references", "rain, heavy.wav", "it's.wav", "--weights", "1", "0.5"],
        ["rain, heavy.wav", "it's.wav"],
    ),
}


@pytest.mark.parametrize("family", SAID)
def test_the_command_that_a_run_prints_gives_the_same_run(family, tmp_path, monkeypatch, write_sound):
    from crossmodal.__main__ import main
    from crossmodal.app.reports.reading import read_run
    from crossmodal.app.reports.sounds import sounds_of
    from crossmodal.data.textures import chirps, rain
    from crossmodal.saving.keras_file import load_model

    write_sound("rain, heavy.wav", rain(2.0), 20_000)
    write_sound("it's.wav", chirps(2.0), 20_000)
    monkeypatch.chdir(tmp_path)
    words, recordings = SAID[family]
    assert main(["train", family, *words, *SMALLEST, "--draws", "1", "--workdir", "first"]) == 0
    first = json.loads((tmp_path / "first" / "metrics.json").read_text())
    program, *printed = shlex.split(first["command"])
    assert program == "crossmodal"
    assert main([*printed, "--workdir", "again"]) == 0
    again = json.loads((tmp_path / "again" / "metrics.json").read_text())
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    configs = [json.loads((tmp_path / name / "config.json").read_text())["config"] for name in ("first", "again")]
    assert configs[0] == configs[1]
    assert (tmp_path / "first" / "draw_1.wav").read_bytes() == (tmp_path / "again" / "draw_1.wav").read_bytes()
    said = load_model("first").provenance["recipe"]
    assert said.get("references", [said.get("reference")]) == recordings
    assert ("reference" in said) == (family == "texture")
    heard = [sound.name for sound in sounds_of(read_run("first")) if sound.recording]
    assert heard == [f"recording: {name}" for name in recordings]
    assert f"recording: {recordings[0]}" in (tmp_path / "first" / "report.html").read_text()


def test_draws_that_cannot_be_made_are_refused_before_anything_is_trained(tmp_path, capsys):
    for options in (["--duration-s", "nan"], ["--duration-s", "1e9"], ["--draws", "0"], ["--draws", "2000"]):
        code = recipe_code("texture_single", [*options, "--workdir", str(tmp_path / "run")])
        assert code == 2
        assert len(capsys.readouterr().err.splitlines()) >= 1
    assert not (tmp_path / "run").exists()


def recipe_code(name, options):
    """The exit code, of a parser's refusal too."""
    try:
        return recipe(name).main(options)
    except SystemExit as stop:
        return stop.code


def test_a_recording_that_cannot_be_scored_can_be_learned(tmp_path, write_sound, noise, capsys):
    """The evaluator wants sound in every second; the model is there all the same."""
    waveform = noise(80_000)
    waveform[20_000:40_000] = 0
    path = write_sound("with a pause.wav", waveform, 20_000)
    options = ["--reference", str(path), *SMALLEST, "--draws", "1", "--workdir", str(tmp_path / "run")]
    assert recipe("texture_single").main(options) == 0
    assert "not scored: the recording is silent in its second 2" in capsys.readouterr().out
    assert (tmp_path / "run" / "model.keras").exists()
    assert "sounds" not in json.loads((tmp_path / "run" / "metrics.json").read_text())


def test_unknown_methods_textures_and_runs_are_refused_before_any_is_trained(
    tmp_path, monkeypatch, capsys, write_sound, noise
):
    write_sound("birds.wav", noise(40_000), 20_000)
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path))
    for options, message in (
        (["--methods", "coopnets", "statistic"], "no method 'statistic': choose one of coopnets, coopnets-z"),
        (["--methods", "peer:AN"], "'peer:AN' is what somebody else made: say where, with --peers"),
        (["--textures", "made:rain", "made:hail"], "no texture 'made:hail': choose from made:rain"),
        (["--textures", "birds,rain"], "no texture 'birds,rain': choose from made:rain, made:insects"),
    ):
        assert recipe("texture_baselines").main([*options, "--workdir", str(tmp_path / "run")]) == 2
        assert message in capsys.readouterr().err
    assert recipe("texture_sweeps").main(["--only", "stride 21", "--workdir", str(tmp_path / "run")]) == 2
    assert "no run 'stride 21': choose one of stride 20 seed 0, stride 40 seed 0" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_hybrids_have_the_networks_of_both_sides():
    """What a tanh can draw, chains at its level, and a descriptor fitted to it."""
    from crossmodal.app.experiments.texture_single import Config
    from crossmodal.data.textures import rain
    from crossmodal.models.networks.auditory import AuditoryDescriptor
    from crossmodal.models.networks.waveform import WaveformDescriptor, WaveformGenerator

    hybrids, sound = recipe("texture_hybrids"), rain(4.0)
    for make, heard in ((hybrids.whitened, WaveformDescriptor), (hybrids.hearing, AuditoryDescriptor)):
        model, signal, settings = make(Config(seed=1), sound)
        assert isinstance(model.generator, WaveformGenerator)
        assert isinstance(model.descriptor, heard)
        assert np.abs(signal).max() == pytest.approx(1)
        np.testing.assert_allclose(model.colour(signal), sound, atol=1e-4)
        assert settings.generator_loss == "waveform"
        assert settings.seed == 1
    level = float(np.std(signal))
    assert model.walk["step"] == pytest.approx(0.2 * level)
    f = model.descriptor(signal[None, :40_000])
    noise = level * np.random.default_rng(0).standard_normal((1, 40_000)).astype(np.float32)
    assert f > model.descriptor(noise)
    assert hybrids.whitened(Config(), sound)[0].walk["sigma"] == pytest.approx(level, rel=1e-3)


def test_baselines_are_one_table(tmp_path, monkeypatch, write_sound):
    """A generator that has hardly learned, and a peer who copied the recording."""
    from crossmodal.data.textures import chirps

    baselines = recipe("texture_baselines")
    monkeypatch.setitem(baselines.TRAINED, "generator", {"algorithm": "generator", "samples": 20_000})
    (tmp_path / "peers" / "copier").mkdir(parents=True)
    write_sound("birds.wav", chirps(2.0), 20_000)
    write_sound("peers/copier/birds.wav", chirps(2.0), 20_000)
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path))
    config = baselines.Config(("birds",), ("generator", "peer:copier"), iterations=1, draws=1, duration_s=2.0)
    result = baselines.run(config, tmp_path / "runs", peers=tmp_path / "peers")
    table = result["methods"]
    assert table["peer:copier"]["birds"]["score"] > table["generator"]["birds"]["score"]
    assert (result["mean"]["peer:copier"]["copied"], result["mean"]["generator"]["copied"]) == (1, 0)
    assert result["mean"]["generator"]["generator_alone"] == table["generator"]["birds"]["generator_alone"]
    assert "generator_alone" not in result["mean"]["peer:copier"]
    assert (tmp_path / "runs" / "birds" / "waveforms.png").exists()


def test_the_generators_own_draws_are_searched_for_copies_loops_and_likeness():
    from crossmodal.app.sweeps.textures import summary

    sound = {"score": 0.5, "copied": False, "loops": False, "stretch_s": 0.0, "reversed_stretch_s": 0.0}
    sounds = {name: dict(sound) for name in ("draw_1", "draw_2", "generator_1", "generator_2")}
    sounds["generator_1"] |= {"score": 0.7, "loops": True}
    metrics = {"sounds": sounds, "draws": [{"alike": False}], "ill_conditioned": False, "seconds": 1.0}
    figures = summary({**metrics, "generator_draws": [{"alike": True}]})
    assert (figures["score"], figures["generator_alone"]) == (0.5, pytest.approx(0.6))
    assert (figures["loops"], figures["alike"], figures["generator_suspect"]) == (0, 0, 2)
    assert figures["kernel_score"] is None  # of a run of an earlier version
    assert summary(metrics)["generator_suspect"] == 1  # the same
    for name, value in (("draw_1", 0.8), ("draw_2", 0.6), ("generator_1", 9.0)):
        sounds[name]["kernel_score"] = value
    assert summary(metrics)["kernel_score"] == pytest.approx(0.7)
