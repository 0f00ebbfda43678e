"""crossmodal train correspondence and crossmodal evaluate retrieval measure the same on the same test part."""

import json

import pytest

from crossmodal.__main__ import main


def test_the_command_measures_it_again(class_folders, tmp_path, capsys):
    """On folders: trained for a step, then evaluated on the same test part."""
    sounds, images = map(str, class_folders)
    run = tmp_path / "run"
    shared = ["--data", "folders", "--sounds-dir", sounds, "--images-dir", images, "--encoder", "linear"]
    argv = ["train", "correspondence", *shared, "--epochs", "1", "--batch-size", "32", "--augment", "0"]
    assert main([*argv, "--workdir", str(run)]) == 0
    trained = json.loads((run / "metrics.json").read_text())["retrieval"]
    again = tmp_path / "again.json"
    argv = ["evaluate", "retrieval", str(run), "--json", str(again), "--workdir", str(tmp_path / "evaluated")]
    assert main(argv) == 0
    measured = json.loads(again.read_text())["retrieval"]
    for way, figures in trained["by_way"].items():
        for name, figure in figures.items():
            assert measured["by_way"][way][name]["mean"] == pytest.approx(figure["mean"])
    assert main(["evaluate", "agreement", str(run)]) == 2
    assert "not a model that hears sounds and draws" in capsys.readouterr().err
