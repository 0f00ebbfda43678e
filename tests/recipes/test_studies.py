"""Studies: trainings that belong together are continued where they were killed, and gathered into one table."""

import json
import sys

import numpy as np
import pytest
from recipe_scripts import recipe

from crossmodal.data.variants import CHANGES


def finished_run(folder, i, diversity=False):
    """A folder as a finished run leaves it, with figures that depend on i."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics = {
        "parameters": 1,
        "seconds": 1.0,
        "epochs": 1,
        "clips": 10,
        "real_test_images": 1.0,
        "controls": {"silent_audio": 0.1, "wrong_class_audio": 0.0},
        "posterior_mean": {"accuracy": 0.9 + i / 100, "interval_95": [0, 1]},
        "sampled_z": {"accuracy": 0.8, "interval_95": [0, 1]},
    }
    (folder / "config.json").write_text(json.dumps({"config": {"seed": i}, "environment": {}}))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    columns = ("diversity_ratio", "precision", "recall", "density", "coverage", "fid", "kid")
    report = {
        **{"seed": 0, "neighbours": 5, "expected_coverage": 0.97, "pairs": 100, "clips": 20, "real_test_images": {}},
        "reader": {"name": "LeNet5", "sha256": "0", "features": 84},
        "sets": {
            name: dict.fromkeys(columns, value)
            for name, value in {"sampled_z": 0.4, "real_training_images": 0.8}.items()
        },
        "spread": {"within_clip": i / 10, "between_clips": 0.5},
        "cas": {"sampled_z": 0.7, "real_training_images": 0.9},
        "nearest_training_image": {},
    }
    if diversity:
        (folder / "diversity.json").write_text(json.dumps(report))


def test_splits_gathers_what_its_runs_found(tmp_path, monkeypatch, capsys):
    splits = recipe("splits")
    monkeypatch.setattr(sys.modules["splits"], "RESULTS", tmp_path)
    runs = []

    def run(config, workdir):
        runs.append(config.seed)
        finished_run(workdir, config.seed, diversity=True)

    monkeypatch.setattr(splits.FAMILIES["vae-gan"], "run", run)
    options = ["--splits", "5", "--diversity", "--results", "r.json", "--workdir", str(tmp_path / "w")]
    assert splits.main(["vae-gan", *options, "--shard", "1/2"]) == 0
    assert "not finished yet: seed1, seed3" in capsys.readouterr().out
    assert not (tmp_path / "r.json").exists()
    assert splits.main(["vae-gan", *options, "--shard", "2/2"]) == 0
    assert runs == [0, 2, 4, 1, 3]
    gathered = json.loads((tmp_path / "r.json").read_text())
    assert gathered["command"] == "python recipes/studies/splits.py vae-gan --splits 5 --diversity --results r.json"
    assert gathered["posterior_mean"]["mean"] == pytest.approx(0.92)
    assert gathered["within_clip"]["mean"] == pytest.approx(0.2)
    assert gathered["coverage_to_real"]["mean"] == pytest.approx(0.5)
    assert gathered["cas"]["mean"] == pytest.approx(0.7)
    low, high = gathered["posterior_mean"]["interval_95"]
    assert high - low == pytest.approx(2 * 2.776 * np.std([0, 1, 2, 3, 4], ddof=1) / 100 / 5**0.5)
    report = (tmp_path / "w" / "report.html").read_text()
    for words in (gathered["command"], "Means over the runs", "0.920", f"{low:.3f} to {high:.3f}"):
        assert words in report


def test_splits_asks_for_a_family(capsys):
    splits = recipe("splits")
    assert splits.main(["gan"]) == 2
    assert splits.main([]) == 2
    assert splits.main(["--help"]) == 0
    assert "vae-gan" in capsys.readouterr().out


def test_the_frontier_continues_where_it_was_killed(tmp_path, monkeypatch, capsys):
    frontier = recipe("alpha_frontier")
    monkeypatch.setattr(frontier, "RESULTS", tmp_path)
    began = []

    def run(config, workdir):
        if (workdir / "metrics.json").exists():
            return
        began.append(workdir.name)
        if len(began) == 3:
            raise KeyboardInterrupt
        finished_run(workdir, len(began), diversity=True)

    monkeypatch.setattr(frontier.train_vae_gan, "run", run)
    monkeypatch.setattr(frontier.train_vae, "run", run)
    options = ["--data", "fsdd-mnist", "--workdir", str(tmp_path / "w")]
    assert frontier.main(options) == 130
    assert frontier.main(options) == 0
    assert began == ["alpha-0", "alpha-0.05", "alpha-0.2", "alpha-0.2", "alpha-1", "alpha-5", "vae", "balanced"]
    result = json.loads((tmp_path / "alpha_frontier.json").read_text())
    assert list(result["runs"]) == ["alpha-0", "alpha-0.05", "alpha-0.2", "alpha-1", "alpha-5", "vae", "balanced"]
    assert (tmp_path / "w" / "frontier.png").stat().st_size > 10_000
    report = (tmp_path / "w" / "report.html").read_text()
    assert "Agreement against diversity" in report
    assert "python recipes/studies/alpha_frontier.py --data fsdd-mnist" in report
    assert "real images" in capsys.readouterr().out


def test_the_frontiers_members_differ_in_alpha_alone():
    frontier = recipe("alpha_frontier")
    configs = {name: vars(config) for name, (_, config) in frontier.members(frontier.Config(seed=3)).items()}
    assert [configs[f"alpha-{alpha:g}"]["alpha"] for alpha in frontier.ALPHAS] == list(frontier.ALPHAS)
    assert all(config["seed"] == 3 for config in configs.values())
    assert {config["model"] for name, config in configs.items() if "alpha" in name} == {"narrow"}


def test_the_study_of_encoders_continues_where_it_was_killed(tmp_path, monkeypatch, capsys):
    study = recipe("encoders")
    monkeypatch.setattr(study, "RESULTS", tmp_path / "encoders.json")
    configs, began = {}, []

    def run(config, workdir):
        if (workdir / "metrics.json").exists():
            return
        configs[workdir.name] = config
        began.append(workdir.name)
        if len(began) == 3:
            raise KeyboardInterrupt
        finished_run(workdir, len(began))

    monkeypatch.setattr(study.train_vae, "run", run)
    monkeypatch.setattr(study, "measure_strangers", lambda *_: None)
    monkeypatch.setattr(study, "time_drawings", lambda *_: None)
    options = ["--encoders", "linear", "gru", "--epochs", "2", "--workdir", str(tmp_path / "w")]
    assert study.main(options) == 130
    assert study.main(options) == 0
    assert began == ["linear-random", "linear-speaker", "gru-random", "gru-random", "gru-speaker"]
    assert {config.epochs for config in configs.values()} == {2}
    assert [config.encoder for config in configs.values()] == ["linear", "linear", "gru", "gru"]
    held_out = [(config.protocol, config.held_out_speaker) for config in configs.values()]
    result = json.loads((tmp_path / "encoders.json").read_text())
    assert held_out == 2 * [("random", None), ("speaker", result["held_out_speaker"])]
    assert list(result["runs"]) == list(configs)
    assert result["command"] == "python recipes/studies/encoders.py --epochs 2 --encoders linear gru"
    assert (tmp_path / "w" / "encoders.png").stat().st_size > 5_000
    assert study.main([*options, "--encoder", "gru"]) == 2
    assert "leave out the other options" in capsys.readouterr().err


def test_the_study_of_few_clips_trains_what_its_runs_start_from_first(tmp_path, monkeypatch):
    """A start's curve is the mean over the draws of the clips, in the order of their numbers."""
    study = recipe("few_clips")
    monkeypatch.setattr(study, "RESULTS", tmp_path)
    began, configs = [], {}

    def pretrained(method, config, workdir):
        began.append(workdir.name)
        configs[workdir.name] = config
        finished_run(workdir, 0)

    def run(config, workdir):
        began.append(workdir.name)
        configs[workdir.name] = config
        finished_run(workdir, config.clips_seed)

    monkeypatch.setattr(study.train_vae, "run", run)
    monkeypatch.setattr(study.pretraining, "run", pretrained)
    options = ["--starts", "dense", "rbm", "--clips", "2", "45", "--epochs", "1", "--workdir", str(tmp_path / "w")]
    assert study.main([*options, "--find-word"]) == 0
    draws = [f"-2-draw{i}" for i in range(5)]
    of_each = [f"{name}{draw}" for name in ("dense", "rbm") for draw in draws]
    assert began == ["rbm", *of_each, "dense-45-draw0", "rbm-45-draw0"]
    assert configs["rbm"].protocol == "random"
    assert configs["rbm"].find_word
    assert configs["dense-2-draw3"].initial_weights is None
    assert configs["rbm-2-draw3"].initial_weights == str(tmp_path / "w" / "pretrained" / "rbm")
    assert {config.encoder for config in configs.values()} == {"dense"}
    result = json.loads((tmp_path / "few_clips.json").read_text())
    assert result["curves"]["rbm"]["2"]["mean"] == pytest.approx(0.92)
    assert result["curves"]["rbm"]["45"] == {"mean": pytest.approx(0.9), "interval_95": None}
    assert result["command"].endswith("--starts dense rbm --clips 2 45")
    assert (tmp_path / "w" / "few_clips.png").stat().st_size > 5_000
    assert study.main([*options, "--clips-per-speaker", "3"]) == 2


def test_the_ablations_change_one_thing_each():
    ablation = recipe("ablation")
    configs = {name: vars(config) for name, (_, config) in ablation.members(ablation.Config(epochs=3)).items()}
    base = configs.pop("balanced")
    parts = {name: {key for key in base if config[key] != base[key]} for name, config in configs.items()}
    assert all(1 <= len(part) <= 2 for part in parts.values())
    assert len(set(map(frozenset, parts.values()))) == len(parts)


def test_the_study_of_augmentations_leaves_out_one_change_each(tmp_path, monkeypatch, capsys):
    study = recipe("augmentations")
    monkeypatch.setattr(study, "RESULTS", tmp_path / "augmentations.json")
    monkeypatch.setattr(study, "load_sources", lambda config: (None, None))
    monkeypatch.setattr(study, "measured", lambda config, folder, speech: {"by_condition": folder.name})
    configs = {}

    def run(config, workdir):
        configs[workdir.name] = config
        finished_run(workdir, len(configs))

    monkeypatch.setattr(study.train_vae, "run", run)
    options = ["--find-word", "--epochs", "2", "--workdir", str(tmp_path / "w")]
    assert study.main(options) == 0
    whole = vars(configs.pop("nothing"))
    assert (whole["variants"], whole["without"], whole["augment"]) == (4, (), 0.5)
    changed = [{key: value for key, value in vars(each).items() if value != whole[key]} for each in configs.values()]
    assert changed == [*({"without": (change,)} for change in CHANGES), {"variants": 0}, {"augment": 0.0}]
    result = json.loads((tmp_path / "augmentations.json").read_text())
    assert result["command"] == "python recipes/studies/augmentations.py --epochs 2 --find-word"
    assert result["runs"]["telephone"]["conditions"] == {"by_condition": "telephone"}
    assert study.main([*options, "--without", "room"]) == 2
    assert "pass neither --without nor --augment 0" in capsys.readouterr().err
