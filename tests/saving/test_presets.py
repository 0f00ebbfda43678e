"""Pretrained models: what the package brings is whole, and what is not whole is refused."""

import json
import os

import numpy as np
import pytest
import soundfile
from recipe_scripts import recipe

import crossmodal
from crossmodal import AudioImageVAE, AudioImageVAEGAN, CoopNets, LeNet5, load_model, presets
from crossmodal.errors import ModelError


@pytest.mark.parametrize("name", presets.preset_names())
def test_each_preset_loads_and_has_a_card(name):
    card = presets.read_card(name)
    assert {"model", "data", "licence_of_data", "protocol", "command", "limits", "sha256"} <= set(card)
    model = getattr(crossmodal, card["class"]).from_preset(name)
    assert f"{model.count_params():,} parameters" in card["model"]
    assert {np.dtype(variable.dtype) for variable in model.weights} == {np.dtype("float32")}


def test_the_presets_take_less_than_16_mb():
    assert sum(path.stat().st_size for path in presets.FOLDER.iterdir() if path.is_file()) < 16e6


def test_the_texture_preset_plays_rain_and_its_card_says_how_well(tmp_path):
    from crossmodal.__main__ import main
    from crossmodal.data.textures import rain
    from evaluation.texture.report import evaluate_textures

    sound = tmp_path / "new.wav"
    assert main(["texture", "play", "texture_rain", "--seconds", "2", "--seed", "7", "-o", str(sound)]) == 0
    waveform, sample_rate = soundfile.read(sound, dtype="float32")
    assert (len(waveform), sample_rate) == (40_000, 20_000)
    figures = evaluate_textures(rain(), [waveform])["syntheses"][0]
    assert figures["score"] > 0.6
    assert not figures["copied"]
    card = presets.read_card("texture_rain")
    assert CoopNets.from_preset("texture_rain").draw_steps == card["config"]["draw_steps"] == 60
    assert (card["data"], card["draws"], card["copied"]) == ("made:rain", 5, 0)
    low, high = card["score"]["interval_95"]
    assert 0.6 < low < card["score"]["mean"] < high
    assert card["licence_of_data"].startswith("Apache-2.0")


def test_a_name_stands_for_a_model_where_there_is_no_such_file(tmp_path, monkeypatch):
    assert isinstance(load_model("vae_compact"), AudioImageVAE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vae_compact").mkdir()
    with pytest.raises(ModelError, match="There is no model at"):
        load_model("vae_compact")


def test_unknown_names_and_other_classes_are_refused():
    with pytest.raises(
        ModelError, match="no preset 'vae_huge': choose one of coopnets_digits, flow_digits, joint_digits"
    ):
        AudioImageVAE.from_preset("vae_huge")
    with pytest.raises(ModelError, match=r"load it with LeNet5\.from_preset"):
        AudioImageVAE.from_preset("lenet5_mnist")
    with pytest.raises(
        ModelError, match="or one of the presets coopnets_digits, flow_digits, joint_digits, lenet5_mnist, listener"
    ):
        load_model("vae_huge")


@pytest.mark.parametrize("half", [False, True])
def test_a_preset_is_the_model_that_it_was_made_of(tmp_path, half):
    models = {
        "vae": AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), batch_norm=True, provenance={"data": "digits-tts"}),
        "vae_gan": AudioImageVAEGAN.balanced(
            encoder_filters=(4, 4, 4), decoder_filters=(4, 4, 4), discriminator_filters=(4, 4, 4)
        ),
        "lenet5": LeNet5(),
        "texture": CoopNets.auditory(),
    }
    for name, model in models.items():
        presets.write_preset(model, {"model": name}, tmp_path / f"{name}.npz", half=half)
        again = presets.read_preset(type(model), tmp_path / f"{name}.npz")
        assert getattr(again, "provenance", None) == getattr(model, "provenance", None)
        for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
            assert other.dtype == np.float32
            np.testing.assert_allclose(one, other, rtol=1e-3 if half else 0, atol=1e-7 if half else 0)
    assert json.loads((tmp_path / "vae.json").read_text())["model"] == "vae"


def test_damaged_and_missing_weights_are_refused(tmp_path):
    weights = tmp_path / "lenet5.npz"
    presets.write_preset(LeNet5(), {}, weights)
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="not the file that its card describes"):
        presets.read_preset(LeNet5, weights)
    weights.with_suffix(".json").unlink()
    with pytest.raises(ModelError, match="missing"):
        presets.read_preset(LeNet5, weights)


def test_weights_that_half_precision_cannot_hold_are_refused(tmp_path):
    model = LeNet5()
    model.get_layer("logits").bias.assign(np.full(10, 1e6))
    with pytest.raises(ModelError, match="logits/bias is not finite as float16"):
        presets.write_preset(model, {}, tmp_path / "lenet5.npz", half=True)
    assert list(tmp_path.iterdir()) == []


def test_those_that_draw_are_told_from_the_others():
    default_first = ["coopnets_digits", "flow_digits", "joint_digits", "vae_compact"]
    assert presets.drawing_presets() == default_first
    assert not {"lenet5_mnist", "texture_rain"} & set(presets.drawing_presets())


def test_a_texture_becomes_a_preset(tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    recipe_of_it = {"reference": "/home/somebody/fire, small.wav", "seed": 3, "duration_s": 4.0}
    CoopNets.auditory(provenance={"recipe": recipe_of_it}).save(run / "model.keras")
    of_draw = {"score": 0.9, "copied": False, "loops": False, "stretch_s": 0.1, "reversed_stretch_s": 0.0}
    sounds = {
        "draw_1": of_draw,
        "draw_2": of_draw | {"score": 0.7, "copied": True},
        "generator_1": of_draw | {"score": 0.1},
    }
    metrics = {"command": "python recipes/texture_single.py", "sounds": sounds, "draws": [{"alike": False}]}
    (run / "metrics.json").write_text(json.dumps(metrics | {"ill_conditioned": False, "seconds": 1.0}))
    assert recipe("make_preset").main([str(run), "fire", "--half", "--folder", str(tmp_path)]) == 0
    card = json.loads((tmp_path / "fire.json").read_text())
    assert (card["data"], card["licence_of_data"]) == ("fire, small.wav", "that of your recordings")
    assert (card["draws"], card["copied"], card["longest_stretch_s"]) == (2, 1, 0.1)
    assert card["score"]["mean"] == pytest.approx(0.8)
    assert card["score_of_generator_alone"] == {"mean": 0.1, "interval_95": None}
    assert card["generator_differs_by_share"] < 0.01
    assert "generator_differs_by_share 0.0" in capsys.readouterr().out


def test_a_finished_run_becomes_a_preset(tmp_path, capsys):
    provenance = {"data": "fsdd-mnist", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": ["theo"]}
    figure = {"accuracy": 0.9, "interval_95": [0.8, 1.0]}
    run, folder = tmp_path / "run", tmp_path / "presets"
    run.mkdir()
    folder.mkdir()
    arguments = [str(run), "small", "--half", "--folder", str(folder)]
    assert recipe("make_preset").main(arguments) == 2
    assert "no finished run" in capsys.readouterr().err
    AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), provenance=provenance).save(run / "model.keras")
    metrics = {"command": "crossmodal train vae", "epochs": 3, "clips": 10, "posterior_mean": figure}
    metrics |= {"sampled_z": figure, "real_test_images": 0.99, "pairs": 100}
    metrics |= {"controls": {"silent_audio": 0.1, "wrong_class_audio": 0.0}}
    (run / "metrics.json").write_text(json.dumps(metrics))
    strangers = {"command": "c", "runs": {"theo": metrics}}
    strangers |= {name: {"mean": 0.9, "interval_95": [0.8, 1.0]} for name in ("posterior_mean", "sampled_z")}
    (tmp_path / "speaker.json").write_text(json.dumps(strangers))
    assert recipe("make_preset").main([*arguments, "--strangers", str(tmp_path / "speaker.json")]) == 0
    card = json.loads((folder / "small.json").read_text())
    assert (card["posterior_mean"], card["pairs"], card["clips"]) == (figure, 100, 10)
    assert card["never_heard_speakers"]["posterior_mean_of_each"] == {"theo": 0.9}
    assert card["licence_of_data"].startswith("FSDD: CC BY-SA 4.0")
    assert card["drawings_differ_by_at_most"] < 0.01
    assert presets.read_preset(AudioImageVAE, folder / "small.npz").provenance["speakers"] == ["theo"]


@pytest.fixture(scope="module")
def strangers():
    """Speech Commands' clips and their division; skips without."""
    from crossmodal.data import speech_commands
    from crossmodal.data.alignment import split_clips

    if speech_commands.VARIABLE not in os.environ:
        pytest.skip(f"{speech_commands.VARIABLE} is not set")
    speech = speech_commands.load(say=lambda sentence: None)
    return speech, split_clips(speech, "speakers", seed=0)


@pytest.mark.data
@pytest.mark.parametrize("name", ["coopnets_digits", "vae_compact"])
def test_presets_understand_strangers_and_know_when_they_do_not(name, strangers):
    """The figures of the cards, on people who did not train."""
    from crossmodal.data import noises
    from evaluation.conditions import measure_conditions
    from evaluation.confidence import measure_confidence

    model, card = load_model(name), presets.read_card(name)
    recorded = noises.load(None, 8000, noises.TEST_FOLD)
    by_condition = measure_conditions(model, *strangers, noises=recorded).by_condition
    for condition, figure in by_condition.items():
        assert figure.accuracy == pytest.approx(card["by_condition"][condition]["accuracy"], abs=0.01), condition
    assert by_condition["clean"].accuracy > 0.94
    assert by_condition["noise at 10 dB"].accuracy > 0.9
    measured = measure_confidence(model, *strangers, noises=recorded)
    assert measured.calibration_error.accuracy < 0.03
    assert measured.refused.accuracy < 0.05
    assert measured.drawn_anyway.accuracy == pytest.approx(card["confidence"]["drawn_anyway"]["accuracy"], abs=0.03)
