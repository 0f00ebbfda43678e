"""The command `crossmodal evaluate agreement`: what it writes, what it refuses, and where it finds its data."""

import json
import shutil

import pytest

from crossmodal.data.catalog import LOCATIONS
from crossmodal.data.sources import DIGITS
from crossmodal.errors import DataError
from crossmodal.models.vae import AudioImageVAE
from evaluation.__main__ import main


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory):
    model = AudioImageVAE(
        4,
        (4, 4),
        (8,),
        (8,),
        (4, 4),
        classes=DIGITS,
        provenance={"data": "digits-tts", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []},
    )
    path = tmp_path_factory.mktemp("model") / "model.keras"
    model.save(path)
    return path


@pytest.mark.parametrize(
    "said",
    [{"protocol": "x"}, {"seed": -1}, {"seed": "0"}, {"speakers": 3}, {"speakers": [{}]}, {"held_out_speaker": [1]}],
    ids=str,
)
def test_what_a_model_says_of_its_training_is_not_trusted(saved_model, tmp_path, capsys, said):
    provenance = {"data": "digits-tts", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []}
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=DIGITS, provenance={**provenance, **said})
    model.save(tmp_path / "model.keras")
    assert main(["agreement", str(tmp_path / "model.keras"), "--workdir", str(tmp_path)]) == 2
    assert "provenance is invalid" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--seed", "--split-seed"])
def test_seeds_are_whole_numbers_from_0(saved_model, capsys, option):
    for seed in ("-1", "1.5", str(2**32)):
        with pytest.raises(SystemExit, match="2"):
            main(["agreement", str(saved_model), option, seed])
    assert "give a whole number from 0 to 4294967295" in capsys.readouterr().err


def test_the_command_writes_table_json_and_report(saved_model, tmp_path, capsys):
    out, folder = tmp_path / "scores.json", tmp_path / "scored"
    assert main(["agreement", str(saved_model), "--json", str(out), "--workdir", str(folder)]) == 0
    assert "LeNet5 agreement on 360 pairs" in capsys.readouterr().out
    scores = json.loads(out.read_text())
    assert scores["protocol"] == "random"
    assert 0 <= scores["posterior_mean"]["interval_95"][0] <= scores["posterior_mean"]["interval_95"][1] <= 1
    kept = ["clips", "config.json", "confusion.png", "drawings.png", "metrics.json", "report.html"]
    assert sorted(path.name for path in folder.iterdir()) == kept
    report = (folder / "report.html").read_text()
    for words in (f"crossmodal evaluate agreement {saved_model}", "silent audio", "What was read", "random"):
        assert words in report
    assert report.count("<audio") == 10
    assert main(["agreement", str(saved_model), "--workdir", str(folder)]) == 0  # an evaluation may be done again
    training = tmp_path / "training"
    training.mkdir()
    (training / "config.json").write_text(json.dumps({"config": {"data": "digits-tts"}, "environment": {}}))
    assert main(["agreement", str(saved_model), "--workdir", str(training)]) == 2
    assert "choose another --workdir" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{tmp}/absent.keras"], "There is no model at"),
        (["{model}", "--split-seed", "1"], "another division would test it on clips it has heard"),
        (["{model}", "--protocol", "official"], "another division"),
        (["{model}", "--data", "folders"], "pass --sounds-dir and --images-dir"),
        (["{model}", "--data", "fsdd-mnist", "--archives", "{tmp}/nowhere", "--data-dir", "{tmp}"], "does not exist"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(saved_model, tmp_path, capsys, arguments, message):
    arguments = [argument.format(model=saved_model, tmp=tmp_path) for argument in arguments]
    assert main(["agreement", *arguments]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


@pytest.fixture(scope="module")
def run_from_folders(class_folders, tmp_path_factory):
    """The folder of a run that was trained on data from folders, untrained."""
    sounds, images = map(str, class_folders)
    folder = tmp_path_factory.mktemp("runs") / "mine"
    folder.mkdir()
    config = {"data": "folders", "protocol": "random", "seed": 0, "held_out_speaker": None}
    facts = {"classes": DIGITS, "provenance": {**config, "speakers": []}}
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), **facts)
    model.save(folder / "model.keras")
    places = {"data_dir": None, "archives": None, "sounds_dir": sounds, "images_dir": images}
    (folder / "config.json").write_text(json.dumps({"config": {**config, **places}, "environment": {}}))
    return folder


def test_a_run_knows_where_its_data_lie(run_from_folders, class_folders, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = []

    def stop(name, **places):
        asked.append(places)
        raise DataError("enough")

    monkeypatch.setattr("crossmodal.data.catalog.load_pair", stop)

    sounds, images = map(str, class_folders)
    for named in (run_from_folders, run_from_folders / "model.keras"):
        assert main(["agreement", str(named)]) == 2
        assert asked.pop() == {"sounds_dir": sounds, "images_dir": images, "sample_rate": 8000}
    assert main(["agreement", str(run_from_folders), "--sounds-dir", "others", "--data-dir", "tfds"]) == 2
    assert asked.pop() == {"sounds_dir": "others", "images_dir": images, "data_dir": "tfds", "sample_rate": 8000}
    assert main(["agreement", str(run_from_folders), "--data", "digits-tts"]) == 2
    assert asked.pop() == {}


def test_a_runs_data_that_are_gone_are_told_with_the_option(run_from_folders, tmp_path, capsys):
    folder = tmp_path / "moved"
    shutil.copytree(run_from_folders, folder)
    run = json.loads((folder / "config.json").read_text())
    run["config"]["images_dir"] = "/nowhere/images"
    (folder / "config.json").write_text(json.dumps(run))
    assert main(["agreement", str(folder), "--workdir", str(tmp_path / "scored")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("The run's data are no longer at /nowhere/images: pass --images-dir")
    (folder / "config.json").write_text("{")  # as a file of others' may be
    assert main(["agreement", str(folder), "--workdir", str(tmp_path / "scored")]) == 2
    assert "pass --sounds-dir and --images-dir" in capsys.readouterr().err
    assert not (tmp_path / "scored").exists()


def test_an_evaluations_command_and_settings_say_which_data_were_measured(run_from_folders, class_folders, tmp_path):
    from argparse import Namespace

    from crossmodal.app.commands.evaluate.folder import close_folder
    from crossmodal.app.commands.evaluate.tested import locations_of

    sounds, images = map(str, class_folders)
    nothing = dict.fromkeys(
        ("data", "protocol", "split_seed", "held_out_speaker", "manifest", *(set(LOCATIONS) - {"pairs"}))
    )
    for given, named in (({"sounds_dir": None}, False), ({"sounds_dir": sounds}, True)):
        arguments = Namespace(model=run_from_folders, seed=0, **{**nothing, **given})
        folder = tmp_path / f"scored-{named}"
        folder.mkdir()
        close_folder(folder, arguments, "agreement", {"model": run_from_folders}, {}, locations_of(arguments))
        command = json.loads((folder / "metrics.json").read_text())["command"]
        assert (f"--sounds-dir {sounds}" in command) == named
        settings = json.loads((folder / "config.json").read_text())["config"]
        assert (settings["sounds_dir"], settings["images_dir"]) == (sounds, images)
        report = (folder / "report.html").read_text()
        assert sounds in report
        assert images in report
