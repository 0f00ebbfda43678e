"""Each pre-training runs for real at its smallest; what it learned is saved, measured and shown."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe

from crossmodal import load_model
from crossmodal.app.experiments.pretraining import METHODS
from crossmodal.app.experiments.pretraining_data import Examples
from crossmodal.app.experiments.pretraining_methods import errors
from crossmodal.app.pictures.features import save_features, save_reconstructions

SMALL = [*("--epochs", "1", "--fine-epochs", "1", "--sweeps", "2", "--examples", "60", "--batch-size", "20")]


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_run_at_its_smallest(method, tmp_path, capsys):
    side = "sounds" if method in ("convolutional", "contrastive") else "images"
    options = [*SMALL, "--units", "6", "4", "--side", side, "--workdir", str(tmp_path)]
    assert recipe("pretrain").main([method, *options]) == 0
    said = "nearest to a training sound" if method == "contrastive" else "of the squared error of their mean is left"
    assert said in capsys.readouterr().out
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["command"].startswith(f"python recipes/pretrain.py {method} --")
    assert 0 < metrics["nearest_is_of_its_class" if method == "contrastive" else "squared_error"] < 1
    assert load_model(tmp_path).count_params() == metrics["parameters"]
    names = {path.name for path in tmp_path.glob("*.png")}
    drawn = method in ("rbm", "semi-restricted", "deep-belief", "convolutional", "labelled-belief")
    restored = {"reconstructions.png"} if method != "contrastive" else set()
    assert names == {"filters.png"} | restored | ({"samples.png"} if drawn else set())
    assert "What was learned" in (tmp_path / "report.html").read_text()
    assert recipe("pretrain").main([method, *options]) == 0  # finished: not run again
    assert "layer 1" not in (out := capsys.readouterr().out)
    assert "contrastive:" not in out
    assert not list(tmp_path.rglob("checkpoint-*"))


@pytest.mark.parametrize(
    ("method", "stages"), [("labelled-belief", ["layer-1", "layer-2", "fine"]), ("stacked", ["fine"])]
)
def test_a_training_that_was_stopped_ends_as_an_unbroken_one(method, stages, tmp_path, monkeypatch, capsys):
    """It is stopped after the first of two epochs of a stage, again and again."""
    from crossmodal.training import loop

    options = ["--epochs", "2", "--fine-epochs", "2", *SMALL[4:], "--units", "6", "4", "--workdir"]
    assert recipe("pretrain").main([method, *options, str(tmp_path / "unbroken")]) == 0
    append, stopped = loop.append_history, []

    def stop_once(workdir, line):
        append(workdir, line)
        if line["epoch"] == 2 and workdir.name in stages and workdir.name not in stopped:
            stopped.append(workdir.name)
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "append_history", stop_once)
    for _ in stages:
        assert recipe("pretrain").main([method, *options, str(tmp_path / "stopped")]) == 130
    assert recipe("pretrain").main([method, *options, str(tmp_path / "stopped")]) == 0
    assert stopped == stages
    assert "continuing after epoch 1" in capsys.readouterr().out
    models = [load_model(tmp_path / name) for name in ("unbroken", "stopped")]
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_machine_that_knows_one_class_sees_it_in_others(tmp_path):
    """It restores held-out zeros better than it restores other digits."""
    options = ["--only", "zero", "--epochs", "20", "--units", "50", "--sweeps", "2", "--workdir", str(tmp_path)]
    assert recipe("pretrain").main(["rbm", *options]) == 0
    from crossmodal.data.digits_tts import load_images
    from crossmodal.data.sources import as_input

    images = load_images()
    x = as_input(images.test_images).reshape(-1, 784)
    model = load_model(tmp_path)
    error = np.square(x - np.asarray(model.reconstruct(x))).mean(axis=1)
    zeros = images.test_labels == 0
    assert error[zeros].mean() < 0.5 * error[~zeros].mean()
    assert recipe("pretrain").main(["rbm", "--only", "2", "--workdir", str(tmp_path / "other")]) == 2


def test_a_method_is_asked_for(capsys):
    assert recipe("pretrain").main([]) == 2
    assert recipe("pretrain").main(["gan"]) == 2
    assert recipe("pretrain").main(["--help"]) == 0
    assert "deep-belief" in capsys.readouterr().out


def test_errors_are_means_over_people():
    """Of three clips by two people: one restored at an error of 0, two at an error of 0.04."""
    seen = np.zeros((3, 2, 2), np.float32)
    examples = Examples(
        seen + 0.5, seen, np.zeros(3), np.zeros(3), np.array(["a", "b", "b"]), ("x",), "bernoulli", 0.0, 1.0, True
    )
    restored = seen + np.array([0.0, 0.2, 0.2])[:, None, None]
    assert errors(examples, restored)["squared_error"] == pytest.approx(0.02)
    assert errors(examples, restored)["squared_error_of_the_mean"] == pytest.approx(0.25)


def test_standardised_sounds_are_shown_as_they_were_with_low_tones_below():
    heard = np.arange(6, dtype=np.float32).reshape(1, 2, 3) / 6  # two frames of three bands
    standardised = (heard - 0.4) / 0.3
    examples = Examples(standardised, standardised, [0], [0], [0], ("x",), "gaussian", 0.4, 0.3, True)
    shown = examples.pictures(standardised.reshape(1, 6))
    np.testing.assert_allclose(shown[0], heard[0].T[::-1], atol=1e-6)


def test_pictures_are_written(tmp_path):
    rng = np.random.default_rng(0)
    save_features(tmp_path / "features.png", rng.standard_normal((23, 5, 5)))
    save_reconstructions(
        tmp_path / "r.png", rng.random((4, 5, 5)), rng.random((4, 5, 5)), np.array([0, 0, 1, 1]), "abc"
    )
    assert min(path.stat().st_size for path in tmp_path.iterdir()) > 1000
