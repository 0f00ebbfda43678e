"""The training for strangers at its smallest: Speech Commands made small, further voices, variants, noise."""

import json

import pytest
from printed import StandIn, spoken_archive

from crossmodal import load_model
from crossmodal.__main__ import main
from crossmodal.data import fsdd, mnist, speech_commands

TRAIN = """train vae --data speech-commands-mnist --protocol speakers --train-also fsdd --encoder dense --find-word
    --variants 1 --noise-share 0.02 --without telephone --epochs 1 --batch-size 32"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run, and the archive it heard."""
    root = tmp_path_factory.mktemp("strangers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crossmodal.app.experiments.training_sounds.NOISE_CLIPS", 50)
        for source in (fsdd, mnist):
            patch.setattr(source, "open_dataset", StandIn)
        patch.setenv(speech_commands.VARIABLE, str(spoken_archive(root / "archive")))
        assert main([*TRAIN.split(), "--workdir", str(root / "run")]) == 0
        yield root / "run"


def test_the_run_says_whom_it_heard_and_who_tests(run):
    model = load_model(run)
    assert model.provenance["licences"] == {
        "Speech Commands": "CC BY 4.0, resampled to 8 kHz",
        "MNIST": "CC BY-SA 3.0",
        "FSDD": "CC BY-SA 4.0",
    }
    assert model.front_end["find_word"]
    assert model.encoder_kind == "dense"
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["people"] == 2
    assert metrics["clips"] == 20


def test_what_a_model_refuses_is_chosen_on_the_validation_clips(run):
    assert 0 < load_model(run).least_information < float("inf")


@pytest.mark.parametrize("score", ["conditions", "confidence"])
def test_it_is_measured_on_strangers(run, score, tmp_path, capsys):
    figures = tmp_path / "figures.json"
    argv = ["evaluate", score, str(run), "--json", str(figures), "--workdir", str(tmp_path / "scored")]
    assert main(argv) == 0
    assert "2 people, none of whom trained" in capsys.readouterr().out
    measured = json.loads(figures.read_text())
    assert (measured["clips"], measured["people"], measured["protocol"]) == (20, 2, "speakers")
    report = (tmp_path / "scored" / "report.html").read_text()
    assert ("agreement, noise at 5 dB" if score == "conditions" else "expected calibration error") in report


def test_its_latent_space_is_measured_and_drawn(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("evaluation.latent.paths.PATHS", 4)
    assert main(["evaluate", "latent", str(run), "--workdir", str(tmp_path / "scored")]) == 0
    assert "2 people, none of whom trained" in capsys.readouterr().out
    report = (tmp_path / "scored" / "report.html").read_text()
    for words in ("indexing: mean average precision", "a point for each test clip", "from one clip to another"):
        assert words in report


def test_what_tests_does_not_join_the_training(run, tmp_path, capsys):
    argv = "train vae --data speech-commands-mnist --protocol speakers --train-also speech-commands --epochs 1"
    assert main([*argv.split(), "--workdir", str(tmp_path / "run")]) == 2
    assert capsys.readouterr().err.endswith("speech-commands has clips that test: leave it out of --train-also.\n")


def test_a_change_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train", "vae", "--variants", "1", "--without", "wind"])
    assert "invalid choice: 'wind'" in capsys.readouterr().err
