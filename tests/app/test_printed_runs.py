"""The command that a run prints gives the run again: tested for each experiment, from folders, by running it."""

import json
import shlex

import pytest

from crossmodal.__main__ import main

SMALL = {
    "vae": ["--epochs", "1", "--batch-size", "32", "--augment", "0.0", "--no-colour", "--beta", "0.5"],
    "vae-gan": ["--epochs", "1", "--passes", "1", "--model", "narrow", "--batch-size", "32", "--fit", "pad"],
    "flow": ["--epochs", "1", "--batch-size", "32", "--width", "16", "--blocks", "1", "--encoder", "linear"],
    "classifier": ["--epochs", "1", "--batch-size", "32", "--dropout", "0.1", "--seed", "3"],
}


@pytest.mark.parametrize("family", SMALL)
def test_the_printed_command_gives_the_same_run(family, class_folders, tmp_path, capsys):
    sounds, images = class_folders
    places = ["--images-dir", str(images)] + (["--sounds-dir", str(sounds)] if family != "classifier" else [])
    first, again = tmp_path / "first", tmp_path / "again and again"
    assert main(["train", family, "--data", "folders", *places, *SMALL[family], "--workdir", str(first)]) == 0
    command = json.loads((first / "metrics.json").read_text())["command"]
    program, *words = shlex.split(command)
    assert program == "crossmodal"
    assert main([*words, "--workdir", str(again)]) == 0
    configs = [json.loads((folder / "config.json").read_text())["config"] for folder in (first, again)]
    assert configs[0] == configs[1]
    histories = [(folder / "history.jsonl").read_text().splitlines() for folder in (first, again)]
    assert len(histories[0]) == len(histories[1]) == 1
    assert command in (first / "report.html").read_text().replace("&#39;", "'")
