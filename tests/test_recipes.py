"""Each recipe runs for real at its smallest, is finished once, and continues where it was stopped."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

RECIPES = Path(__file__).parent.parent / "recipes"


def recipe(name):
    sys.path.insert(0, str(RECIPES))
    try:
        spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(RECIPES))


@pytest.fixture
def folder_options(class_folders):
    sounds, images = class_folders
    return ["--data", "folders", "--sounds-dir", str(sounds), "--images-dir", str(images)]


def test_train_vae_on_folders_learns_to_draw_what_it_hears(folder_options, class_folders, tmp_path, capsys):
    from crossmodal import load_model, log_mel, read_audio

    options = [
        *folder_options,
        "--epochs",
        "30",
        "--batch-size",
        "32",
        "--warmup-steps",
        "10",
        "--workdir",
        str(tmp_path),
    ]
    assert recipe("train_vae").main(options) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "config.json",
        "history.jsonl",
        "model.keras",
        "metrics.json",
        "digits.png",
        "curves.png",
    }
    model = load_model(tmp_path)
    assert model.provenance["recipe"]["epochs"] == 30
    drawn_at = []
    for folder in sorted(class_folders[0].iterdir()):
        image = model.generate(log_mel([read_audio(next(folder.glob("*.wav")))]))[0][0, :, :, 0]
        drawn_at.append(image.sum(axis=0).argmax())
    np.testing.assert_allclose(drawn_at, 4 + 2 * np.arange(10), atol=2)
    # finished: not run again
    capsys.readouterr()
    assert recipe("train_vae").main(options) == 0
    assert "epoch" not in capsys.readouterr().out
    # another configuration does not fall on this folder
    assert recipe("train_vae").main([*options, "--seed", "1"]) == 2
    assert "seed was 0, is 1" in capsys.readouterr().err


def test_train_vae_on_the_embedded_data_is_measured(tmp_path, capsys):
    assert recipe("train_vae").main(["--epochs", "1", "--batch-size", "64", "--workdir", str(tmp_path)]) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["real_test_images"] > 0.9
    assert metrics["controls"]["wrong_digit_audio"] < 0.3
    assert (tmp_path / "confusion.png").exists()


def test_vae_splits_gathers_what_its_runs_found(tmp_path, monkeypatch):
    splits = recipe("vae_splits")
    runs = {
        f"seed{i}": {
            "parameters": 1,
            "epochs": 1,
            "clips": 10,
            "real_test_images": 1.0,
            "controls": {},
            "posterior_mean": {"accuracy": 0.9 + i / 100, "interval_95": [0, 1]},
            "sampled_z": {"accuracy": 0.8, "interval_95": [0, 1]},
        }
        for i in range(5)
    }
    gathered = splits.gather(runs, "command")
    assert gathered["posterior_mean"]["mean"] == pytest.approx(0.92)
    low, high = gathered["posterior_mean"]["interval_95"]
    assert high - low == pytest.approx(2 * 2.776 * np.std([0, 1, 2, 3, 4], ddof=1) / 100 / 5**0.5)
    seeds = splits.members(splits.Config(), 3)
    assert [config.seed for config in seeds.values()] == [0, 1, 2]


def test_benchmark_compares_rivals_turn_by_turn(tmp_path):
    out = tmp_path / "benchmark.json"
    assert (
        recipe("benchmark").main(
            ["--rounds", "1", "--steps", "1", "--batch-size", "8", "--clips", "20", "--results", str(out)]
        )
        == 0
    )
    result = json.loads(out.read_text())
    assert result["spectrograms"]["log_mel"]["ratio"] > 0  # too few clips for a figure that means something
    assert next(iter(result["training"].values()))["ratio"] == 1


@pytest.mark.data
def test_train_lenet5_reads_mnist_after_one_epoch(tmp_path, real_data):
    import os

    options = ["--epochs", "1", "--workdir", str(tmp_path), "--data-dir", os.environ["TFDS_DATA_DIR"]]
    assert recipe("train_lenet5").main(options) == 0
    from evaluation.lenet5 import load_lenet5

    assert json.loads((tmp_path / "metrics.json").read_text())["accuracy"] > 0.95
    assert load_lenet5(tmp_path / "lenet5_mnist.npz").count_params() == 61_706
