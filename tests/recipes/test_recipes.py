"""Each recipe runs for real at its smallest, is finished once, and continues where it was stopped."""

import functools
import importlib.util
import json
import sys
import time

import numpy as np
import pytest
from recipe_scripts import RECIPES, recipe

from crossmodal import AudioImageVAE, AudioImageVAEGAN


@pytest.fixture
def folder_options(class_folders):
    sounds, images = class_folders
    return ["--data", "folders", "--sounds-dir", str(sounds), "--images-dir", str(images)]


def test_train_vae_on_folders_learns_to_draw_what_it_hears(folder_options, class_folders, tmp_path, capsys):
    from crossmodal import load_model, log_mel, read_audio

    small = ["--epochs", "4", "--passes", "5", "--batch-size", "32", "--warmup-steps", "10"]
    options = [*folder_options, *small, "--workdir", str(tmp_path)]
    assert recipe("train_vae").main(options) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "config.json",
        "history.jsonl",
        "model.keras",
        "metrics.json",
        "drawings.png",
        "curves.png",
        "clips",
        "epochs",
        "report.html",
    }
    model = load_model(tmp_path)
    assert model.provenance["recipe"]["epochs"] == 4
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
    assert recipe("train_vae").main(["--epochs", "1", "--passes", "2", "--workdir", str(tmp_path)]) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["real_test_images"] > 0.9
    assert metrics["controls"]["wrong_class_audio"] < 0.3
    assert (tmp_path / "confusion.png").exists()


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


@pytest.mark.parametrize("model", ["balanced", pytest.param("narrow", marks=pytest.mark.slow)])
def test_train_vae_gan_on_the_embedded_data_is_measured_and_drawn(model, tmp_path, capsys):
    options = ["--model", model, "--epochs", "2", "--passes", "1", "--workdir", str(tmp_path)]
    assert recipe("train_vae_gan").main(options) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "epochs").iterdir()) == ["epoch-00001.png", "epoch-00002.png"]
    last = json.loads((tmp_path / "history.jsonl").read_text().splitlines()[-1])
    assert {"loss", "discriminator_loss", "gradient_norm", "discriminator_gradient_norm"} <= set(last)


def test_a_flow_of_the_embedded_data_is_measured_and_drawn(tmp_path, capsys):
    size = ["--width", "16", "--blocks", "1", "--steps", "2", "--epochs", "1", "--passes", "1"]
    assert recipe("train_family").main(["flow", *size, "--workdir", str(tmp_path)]) == 0
    assert "LeNet5 agreement" in capsys.readouterr().out
    last = json.loads((tmp_path / "history.jsonl").read_text().splitlines()[-1])
    assert {"loss", "velocity", "kl", "val_loss"} <= set(last)


def small_families() -> dict:
    """Models of the benchmark's names that build fast."""
    vae = functools.partial(AudioImageVAE, 4, (4, 4), (8,), (8,), (4, 4))
    filters = {"encoder_filters": (4, 4, 4), "decoder_filters": (4, 4, 4), "discriminator_filters": (4, 4, 4)}
    return {"VAE": vae, "compact VAE": vae, "VAE-GAN": functools.partial(AudioImageVAEGAN, **filters)}


class InThisProcess:
    """A rival that waits for none to load its libraries, see `turns.Elsewhere`."""

    def __init__(self, make, *arguments):
        self.work = make(*arguments)

    def __call__(self):
        self.work()

    def close(self):
        pass


def one_turn(rival) -> tuple[str, list[float]]:
    name, work = rival
    began = time.perf_counter()
    work()
    return name, [time.perf_counter() - began]


def test_rivals_take_turns_in_processes_of_their_own(monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPES / "benchmarks"))
    turns = recipe("turns")
    with pytest.raises(RuntimeError, match="ValueError: invalid literal"):
        turns.Elsewhere(int, "no number")
    elsewhere, own = turns.Elsewhere(functools.partial, time.sleep, 0.01), []
    seconds = turns.rounds_of({"elsewhere": elsewhere, "here": lambda: own.append(0)}, 2)
    elsewhere.close()
    assert len(own) == 3  # the first is not counted
    assert all(0.01 < each < 1 for each in seconds["elsewhere"])
    assert seconds["here"][0] < 0.01


def test_benchmark_measures_all_that_the_readme_shows(tmp_path, monkeypatch, eager):
    sizes = ["--rounds", "1", "--steps", "1", "--batch-size", "8", "--clips", "20", "--langevin-steps", "1"]
    out = tmp_path / "benchmark.json"
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    monkeypatch.syspath_prepend(str(RECIPES / "benchmarks"))  # for the rivals in processes of their own
    benchmark, modules = recipe("benchmark"), sys.modules
    monkeypatch.setattr(modules["training"], "families", small_families)
    monkeypatch.setattr(modules["textures"], "Elsewhere", InThisProcess)
    monkeypatch.setattr(modules["turns"], "rounds_of", lambda rivals, rounds: dict(map(one_turn, rivals.items())))
    monkeypatch.setattr(modules["limits"], "SIZE", 64)
    assert benchmark.main([*sizes, "--thesis-iterations", "1", "--results", str(out)]) == 0
    result = json.loads(out.read_text())
    for family in ("VAE", "compact VAE", "VAE-GAN"):
        assert next(iter(result["training"][family]["steps"].values()))["ratio"] == 1
    tables = recipe("tables")
    monkeypatch.setattr(sys.modules["cells"], "RESULTS", tmp_path)
    assert "| log-mel |" in tables.speed()


def test_a_training_step_of_the_papers_vae_is_31_gflop():
    from crossmodal.models.vae import AudioImageVAE

    limits = recipe("limits")
    assert limits.training_flops(AudioImageVAE(), 128) / 1e9 == pytest.approx(31.5, rel=0.02)


@pytest.mark.data
def test_train_classifier_reads_mnist_after_one_epoch(tmp_path, real_data):
    import os

    options = ["--epochs", "1", "--workdir", str(tmp_path), "--data-dir", os.environ["TFDS_DATA_DIR"]]
    assert recipe("train_classifier").main(options) == 0
    from crossmodal.data.sources import DIGITS
    from crossmodal.reader import load_reader

    assert json.loads((tmp_path / "metrics.json").read_text())["accuracy"] > 0.95
    reader = load_reader(tmp_path)
    assert reader.model.count_params() == 61_706
    assert reader.classes == DIGITS


def test_a_classifier_of_colour_pictures_reads_people_whom_it_has_not_seen(tmp_path, capsys):
    from PIL import Image

    from crossmodal.reader import load_reader

    for name, colour in {"rose": (200, 30, 40), "leaf": (40, 160, 30)}.items():
        for person in range(20):
            path = tmp_path / "flowers" / name / f"p{person}_{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (30, 20), tuple(c + person for c in colour)).save(path)
    data = ["--data", "folders", "--images-dir", str(tmp_path / "flowers"), "--group-of", "(p.*)_"]
    shape = ["--image-size", "16", "--colour", "--epochs", "10", "--batch-size", "12", "--workdir", str(tmp_path)]
    assert recipe("train_classifier").main([*data, *shape]) == 2
    assert "LeNet5 reads no images of 16x16 pixels: choose 28 or more, or --model residual." in capsys.readouterr().err
    assert recipe("train_classifier").main([*data, *shape, "--model", "residual"]) == 0
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["accuracy"] == 1
    assert metrics["interval_95"] == [pytest.approx(0.025 ** (1 / 4)), 1]  # of four test pictures
    assert load_reader(tmp_path / "model.keras").image_shape == (16, 16, 3)
    with pytest.raises(SystemExit):
        recipe("train_classifier").main(["--image-size", "12"])
