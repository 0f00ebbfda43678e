"""Natural pairs from end to end: a table without labels is trained on, measured, saved, loaded, and tested again."""

import json

import numpy as np
import pytest
from pairs_on_disk import noises_and_bars, spoken_and_written, write_table

from crossmodal import load_model, log_mel, read_audio
from crossmodal.__main__ import main
from crossmodal.reader import default_reader

SMALL = ["--batch-size", "16", "--warmup-steps", "10", "--augment", "0.2"]


def train(pairs, workdir, *options) -> int:
    """The exit code of the training of a small VAE on a table of pairs or its shards."""
    words = ["train", "vae", "--data", "manifest", "--pairs", str(pairs), *SMALL, *options]
    return main([*words, "--workdir", str(workdir)])


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Spoken and written digits as files, and their rows; of the table itself nobody learns which they are."""
    folder = tmp_path_factory.mktemp("digits")
    rows = spoken_and_written(folder, speakers=4, takes=5)
    write_table(folder / "pairs.csv", [{name: row[name] for name in ("sound", "image")} for row in rows])
    return folder, rows


@pytest.fixture(scope="module")
def trained(digits, tmp_path_factory):
    """The folder of a run that was trained on them."""
    run = tmp_path_factory.mktemp("run") / "vae"
    assert train(digits[0] / "pairs.csv", run, "--epochs", "12") == 0
    return run


def test_a_model_of_pairs_without_labels_draws_what_it_hears(digits, trained):
    folder, rows = digits
    metrics = json.loads((trained / "metrics.json").read_text())
    history = [json.loads(line) for line in (trained / "history.jsonl").read_text().splitlines()]
    assert metrics["test_loss"]["reconstruction"] < 0.6 * history[0]["reconstruction"]
    assert "posterior_mean" not in metrics
    assert metrics["classes"] == []
    assert f"--pairs {folder / 'pairs.csv'}" in metrics["command"]
    model = load_model(trained)
    assert model.provenance["data"] == "manifest"
    assert model.provenance["recipe"]["pairs"] is None  # no path of the machine
    assert model.provenance["licences"] == {"your pairs": "yours"}
    spoken = [rows[i] for i in np.flatnonzero(np.arange(len(rows)) % 4 == 0)]
    drawn, _ = model.generate(log_mel([read_audio(folder / row["sound"]) for row in spoken]), samples=0)
    reader = default_reader()
    read = [reader.classes[label] for label in reader.labels(drawn)]
    assert np.mean([word == row["label"] for word, row in zip(read, spoken, strict=True)]) > 0.5


def test_what_cannot_be_scored_without_labels_is_said(trained, digits, tmp_path, capsys):
    for score in ("agreement", "conditions"):
        assert main(["evaluate", score, str(trained), "--workdir", str(tmp_path / "scored")]) == 2
        said = capsys.readouterr().err
        assert "These pairs have no labels, so nothing says what a drawing should show: this score cannot be" in said
        assert "What is measured without them is the loss on test pairs, in the run's metrics.json." in said
    assert train(digits[0] / "pairs.csv", trained, "--epochs", "12") == 0
    said = capsys.readouterr().out
    assert "whether drawings show what was heard is not scored" in said
    assert "on test pairs: " in said
    assert "epoch" not in said  # the run is finished


def test_labels_are_read_by_the_evaluation_alone(digits, tmp_path, capsys):
    """Each take has all digits, so that dividing by takes tests all."""
    folder, rows = digits
    labelled = [{name: row[name] for name in ("sound", "image", "label")} for row in rows]
    table = write_table(folder / "labels.jsonl", labelled)
    options = ["--protocol", "groups", "--group-of", r"_(\d+)$", "--epochs", "1"]
    assert train(table, tmp_path / "run", *options) == 0
    assert "5 groups, 10 labels" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["clips"] == metrics["pairs"] == 40
    assert main(["evaluate", "agreement", str(tmp_path / "run"), "--workdir", str(tmp_path / "scored")]) == 0
    scored = json.loads((tmp_path / "scored" / "metrics.json").read_text())
    assert scored["posterior_mean"] == metrics["posterior_mean"]


def test_shards_train_as_the_table_does(tmp_path, capsys):
    table = write_table(tmp_path / "pairs.csv", noises_and_bars(tmp_path, 60))
    assert main(["data", "pack", str(table), "-o", str(tmp_path / "shards"), "--per-shard", "20"]) == 0
    assert "60 pairs packed into" in capsys.readouterr().out
    losses = []
    for name, pairs in (("table", table), ("disk", table), ("shards", tmp_path / "shards")):
        options = [
            "--protocol",
            "groups",
            "--epochs",
            "1",
            "--augment",
            "0",
            "--cache-mb",
            "0" if name == "disk" else "9",
        ]
        assert train(pairs, tmp_path / name, *options) == 0
        metrics = json.loads((tmp_path / name / "metrics.json").read_text())
        losses.append(metrics["test_loss"]["reconstruction"])
    assert "stay on the disk" in capsys.readouterr().out
    np.testing.assert_allclose(losses, losses[0], rtol=0.02)
    # and a run of the table is evaluated by them: they are the same pairs, divided alike
    assert load_model(tmp_path / "shards").provenance["clips"] == load_model(tmp_path / "table").provenance["clips"]


def test_a_check_names_every_bad_row_and_counts_the_others(tmp_path, capsys):
    rows = noises_and_bars(tmp_path)
    for row in rows[4:16]:
        row["end"] = 9
    table = str(write_table(tmp_path / "pairs.csv", rows))
    assert main(["data", "check", table, "--protocol", "groups"]) == 2
    said = capsys.readouterr()
    assert [f"line {line}: ends at 9 s" in said.out for line in range(4, 20)] == [False] * 2 + [True] * 12 + [False] * 2
    assert "12 of 40 rows of" in said.err
    assert "pass --skip-bad 0.3 to go on without them" in said.err
    assert main(["data", "check", table, "--protocol", "groups", "--skip-bad", "0.3"]) == 0
    assert "28 rows used, of 28 sounds, 28 images, 7 groups, no labels" in capsys.readouterr().out


def test_nothing_joins_natural_pairs(tmp_path, capsys):
    table = write_table(tmp_path / "pairs.csv", noises_and_bars(tmp_path))
    for further in (["--variants", "1"], ["--tts-takes", "1"]):
        assert train(table, tmp_path / "run", "--protocol", "groups", *further) == 2
        assert "Given pairs have a clip each: leave out" in capsys.readouterr().err
