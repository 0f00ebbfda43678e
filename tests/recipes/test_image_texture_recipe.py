"""The recipe of images for real at its smallest: a texture, digits, and a run that is continued."""

import json

import numpy as np
import pytest
from printed import StandIn
from recipe_scripts import recipe

SMALLEST = ["--iterations", "2", "--chains", "1", "--steps", "1", "--revise-steps", "1", "--size", "64"]
WRITTEN = {"config.json", "history.jsonl", "metrics.json", "model.keras", "report.html", "curves.png", "samples.png"}


@pytest.mark.parametrize("algorithm", ["coopnets", "descriptor", "generator"])
def test_a_texture_is_learned_drawn_and_searched_for_copies(algorithm, tmp_path, capsys):
    from crossmodal.saving.keras_file import load_model

    options = ["--texture", "sample:leaves", "--algorithm", algorithm, *SMALLEST, "--workdir", str(tmp_path)]
    assert recipe("image_texture").main(options) == 0
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    kinds = {"coopnets": {"draws", "generator"}, "descriptor": {"draws"}, "generator": {"generator"}}
    assert {"draws", "generator"} & set(metrics) == kinds[algorithm]
    for kind in kinds[algorithm]:
        assert metrics[kind]["copied"] == 0
        assert set(metrics[kind]) >= {"nearest", "held_nearest", "precision", "learned_precision"}
    assert metrics["command"].startswith("crossmodal train image-texture --texture sample:leaves")
    assert load_model(tmp_path).draw((64, 128, 3), draws=2).shape == (2, 64, 128, 3)
    assert "that copy the picture" in (tmp_path / "report.html").read_text()
    capsys.readouterr()
    assert recipe("image_texture").main(options) == 0
    assert "iteration" not in capsys.readouterr().out


def test_digits_are_learned_and_read(tmp_path, monkeypatch, capsys):
    from crossmodal.data import mnist

    monkeypatch.setattr(mnist, "open_dataset", StandIn)
    monkeypatch.setattr("crossmodal.app.experiments.image_texture.PATTERNS", 60)
    assert recipe("image_texture").main(["--texture", "mnist", *SMALLEST, "--workdir", str(tmp_path / "all")]) == 0
    metrics = json.loads((tmp_path / "all" / "metrics.json").read_text())
    assert set(metrics["draws"]["drawn"]) == {"label_entropy", "confidence", "classes", "ratio_to_second"}
    assert metrics["draws"]["real"]["classes"] == 10
    assert recipe("image_texture").main(["--texture", "mnist:3", *SMALLEST, "--workdir", str(tmp_path / "three")]) == 0
    three = json.loads((tmp_path / "three" / "metrics.json").read_text())
    assert three["draws"]["real"]["classes"] <= 3
    assert recipe("image_texture").main(["--texture", "mnist:x", *SMALLEST, "--workdir", str(tmp_path / "x")]) == 2
    assert "There is no digit 'x'" in capsys.readouterr().err


def test_what_cannot_be_learned_is_refused_in_a_sentence(tmp_path, capsys):
    for words, message in ((["--texture", "made:hay"], "no texture 'made:hay'"), (["--size", "100"], "multiple of 16")):
        assert recipe("image_texture").main([*words, "--workdir", str(tmp_path / "run")]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_that_was_stopped_ends_as_an_unbroken_one(tmp_path, monkeypatch):
    from crossmodal.app.experiments import image_texture
    from crossmodal.saving.keras_file import load_model

    monkeypatch.setattr("crossmodal.training.image_texture.SHARED", {})
    monkeypatch.setattr("crossmodal.training.image_texture.TEXTURE", {"block": 1})
    config = image_texture.Config(iterations=3, chains=1, steps=1, revise_steps=1, size=64)

    def stop(iteration, figures):
        if iteration == 2:
            raise KeyboardInterrupt

    image_texture.run(config, tmp_path / "whole")
    with monkeypatch.context() as patch:
        patch.setattr(image_texture, "show", stop)
        with pytest.raises(KeyboardInterrupt):
            image_texture.run(config, tmp_path / "stopped")
    image_texture.run(config, tmp_path / "stopped")
    models = [load_model(tmp_path / name) for name in ("whole", "stopped")]
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(a, b)
