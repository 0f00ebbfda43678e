"""Training of the transcriber: a run that was stopped ends as an unbroken one; what it makes can be a preset."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe
from stopped import run_in_two_parts

from crossmodal import Transcriber
from crossmodal.app.experiments.train_transcriber import Config, noise_strings, run
from crossmodal.presets import read_preset
from crossmodal.saving.keras_file import load_model

SMALL = {"strings": 16, "epochs": 2, "batch_size": 8, "filters": 8, "test_strings": 4}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    run(Config(**SMALL, noise_dir=str(folder)), folder)
    return folder


def test_a_stopped_training_ends_as_an_unbroken_one(finished, tmp_path):
    run_in_two_parts(run, Config(**SMALL), tmp_path)
    one, other = (load_model(folder).get_weights() for folder in (finished, tmp_path))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_its_preset_has_its_errors_and_licences_and_no_places(finished, tmp_path):
    assert recipe("make_preset").main([str(finished), "small", "--half", "--folder", str(tmp_path)]) == 0
    card = json.loads((tmp_path / "small.json").read_text())
    assert set(card["string_errors"]["error_rates"]) == {"transcribed, clean", "transcribed, noise at 10 dB"}
    assert "eSpeak NG" in card["licence_of_data"]
    assert card["protocol"] == "speakers"
    recipe_of = card["config"]["provenance"]["recipe"]
    assert recipe_of["noise_dir"] is recipe_of["data_dir"] is None
    model = read_preset(Transcriber, tmp_path / "small.npz")
    assert len(model.classes) == 10


def test_noise_strings_have_no_words():
    recorded = [np.full(40_000, 0.5, np.float32)]
    found = noise_strings(20, 8000, recorded, seed=0)
    assert all(len(string.labels) == len(string.spans) == 0 for string in found)
    assert 0 < sum(bool((string.waveform == 0.5).all()) for string in found) < 20
