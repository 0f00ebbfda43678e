"""Training of the listener: who trains does not test; a run that was stopped ends as an unbroken one; its preset."""

import json

import numpy as np
import pytest
from recipe_scripts import recipe
from stopped import run_in_two_parts

from crossmodal import Listener
from crossmodal.app.experiments import train_listener, train_transcriber
from crossmodal.app.experiments.train_listener import Config, divided, heard_in_training, run
from crossmodal.data.sources import Speech
from crossmodal.errors import DataError
from crossmodal.presets import read_preset
from crossmodal.saving.keras_file import load_model
from crossmodal.sound.spectrogram import LogMel

SMALL = {"epochs": 2, "batch_size": 16}


def people(names, name="fsdd", parts=None):
    """A source in which each of some people says each digit twice, a tone each."""
    rows = [(person, digit, take) for person in names for digit in range(10) for take in range(2)]
    speakers, labels, takes = (np.array(column) for column in zip(*rows, strict=True))
    times_s = np.arange(800) / 8000
    waveforms = [np.sin(2 * np.pi * 300 * (1 + digit) * times_s).astype(np.float32) for digit in labels]
    parts = None if parts is None else np.array([parts[person] for person in speakers])
    return Speech(name, waveforms, labels, speakers, takes, 8000, parts=parts)


@pytest.fixture(scope="module", autouse=True)
def sources():
    """Small sources in place of those of these names."""
    publisher = {"ada": "training", "bea": "training", "cleo": "validation", "dan": "testing"}
    small = {"speech-commands": people(publisher, "speech-commands", publisher), "fsdd": people(("eve", "flo", "gus"))}
    small["digits-tts"] = people(("ada", "bea", "cleo"), "digits-tts")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(train_transcriber, "load_source", lambda config, name: small[name])
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unbroken")
    run(Config(**SMALL), folder)
    return folder


def test_a_stopped_training_ends_as_an_unbroken_one(finished, tmp_path):
    run_in_two_parts(run, Config(**SMALL), tmp_path)
    one, other = (load_model(folder).get_weights() for folder in (finished, tmp_path))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_its_preset_has_its_figures_and_licences(finished, tmp_path, capsys):
    assert recipe("make_preset").main([str(finished), "small", "--half", "--folder", str(tmp_path)]) == 0
    assert "It will need TensorFlow: No Listener is computed without Keras." in capsys.readouterr().out
    card = json.loads((tmp_path / "small.json").read_text())
    assert set(card["heard"]["digits-tts"]) >= {"accuracy", "interval_95", "people", "clips"}
    assert "eSpeak NG" in card["licence_of_data"]
    assert card["protocol"] == "speakers"
    assert "logits_differ_by_at_most" in card
    assert (tmp_path / "small.npz").stat().st_size < 500_000
    assert len(read_preset(Listener, tmp_path / "small.npz").classes) == 10


def test_nobody_trains_and_tests():
    config = Config(data="speech-commands", train_also=("fsdd",), left_out=("flo",))
    training, validation, tests, classes, sample_rate = divided(config)
    assert (len(classes), sample_rate) == (10, 8000)
    assert set(training.speakers) | set(validation.speakers) == {"ada", "bea", "eve", "gus"}
    assert not set(training.speakers) & set(validation.speakers)
    assert {name: set(of.speakers) for name, of in tests.items()} == {"speech-commands": {"cleo"}, "fsdd": {"flo"}}
    assert len(training.waveforms) == len(training.labels) == len(training.speakers) == 60
    with pytest.raises(DataError, match="no speaker hal"):
        divided(Config(data="speech-commands", train_also=("fsdd",), left_out=("hal",)))
    with pytest.raises(DataError, match="fsdd has speakers who test"):
        divided(Config(data="fsdd", train_also=("fsdd",)))


def test_variants_follow_the_recordings(tone):
    training = train_listener.Recordings([tone(400.0), tone(900.0)], [3, 4], ["a", "b"])
    spectrograms, labels = heard_in_training(Config(variants=2), training, LogMel(find_word=True))
    assert (spectrograms.shape, spectrograms.dtype) == ((6, 48, 48), np.float16)
    np.testing.assert_array_equal(labels, [3, 4, 3, 4, 3, 4])
    assert spectrograms[0].max() == 1
    assert np.abs(spectrograms[0] - spectrograms[2]).max() > 0.05
