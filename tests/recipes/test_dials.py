"""A dial is set by validation clips and training images."""

import argparse
import json
import sys

import numpy as np
import pytest
from recipe_scripts import recipe

from crossmodal.data.sources import DIGITS
from crossmodal.models.flow import AudioImageFlow


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run with a flow of the embedded digits whose weights are random."""
    folder = tmp_path_factory.mktemp("flow")
    provenance = {"data": "digits-tts", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []}
    small = dict(width=8, blocks=3, heads=2, hidden=16, latent_dim=4, encoder_kind="linear", steps=1, method="euler")
    model, rng = AudioImageFlow(**small, classes=DIGITS, provenance=provenance), np.random.default_rng(0)
    model.transformer.set_weights([0.3 * rng.standard_normal(w.shape) for w in model.transformer.get_weights()])
    model.save(folder / "model.keras")
    return folder


def test_each_value_of_a_dial_is_measured_beside_real_images(run_folder, tmp_path, monkeypatch):
    dials = recipe("dials")
    monkeypatch.setattr(sys.modules["dials"], "RESULTS", tmp_path)
    options = ["--values", "1", "2", "--images", "300", "--results", "dials.json"]
    assert dials.main([str(run_folder), *options]) == 0
    result = json.loads((tmp_path / "dials.json").read_text())
    assert list(result["values"]) == ["real images", "1", "2"]
    assert result["values"]["real images"]["agreement"] > 0.9 > 0.5 > result["values"]["1"]["agreement"]
    assert result["values"]["1"] != result["values"]["2"]
    assert result["command"].endswith("--dial internal_guidance --values 1 2 --images 300")


def test_the_command_repeats_what_was_given(run_folder, tmp_path, monkeypatch):
    dials = recipe("dials")
    monkeypatch.setattr(sys.modules["dials"], "RESULTS", tmp_path)
    options = ["--values", "1", "--images", "100", "--seed", "1", "--results", "dials.json"]
    assert dials.main([str(run_folder), *options]) == 0
    assert json.loads((tmp_path / "dials.json").read_text())["command"].endswith("--values 1 --images 100 --seed 1")


def test_what_is_tested_later_is_neither_heard_nor_seen(run_folder):
    from crossmodal.app.commands.evaluate.tested import add_model_options, load_tested

    dials = recipe("dials")
    parser = argparse.ArgumentParser()
    add_model_options(parser)
    tested = load_tested(parser.parse_args([str(run_folder)]))
    split, images = dials.for_validation(tested, 300, np.random.default_rng(0))
    assert not set(split.test) & set(tested.split.test)
    np.testing.assert_array_equal(split.test, tested.split.validation)
    assert len(images.test_images) == 300
    assert len(images.train_images) == len(tested.images.train_images) - 300
    known = {image.tobytes() for image in tested.images.train_images}
    assert all(image.tobytes() in known for image in images.test_images)


def test_a_dial_that_a_model_does_not_have(run_folder, capsys):
    assert recipe("dials").main([str(run_folder), "--dial", "loudness"]) == 2
    assert "has no dial 'loudness'" in capsys.readouterr().err


def test_too_few_images_of_a_class(run_folder, monkeypatch, capsys):
    monkeypatch.setattr("evaluation.diversity.K", 30)
    assert recipe("dials").main([str(run_folder), "--images", "100"]) == 2
    assert "Each class needs at least 31 images: raise --images." in capsys.readouterr().err
