"""Data-parallel training: replicas hold the same weights, and do together what one does with the whole batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from distributed_training import result_of
from distributed_training import train as train_tiny

from crossmodal.data.augment import Augmentation
from crossmodal.data.pipeline import training_batches
from crossmodal.errors import CrossmodalError, DataError
from crossmodal.training.distribution import cluster, make_strategy

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).parents[1] / "support" / "distributed_training.py"


def start(words: list[str], config: dict | None = None) -> subprocess.Popen:
    """A process of the toolkit on one thread, one worker of a cluster if `config` is its TF_CONFIG."""
    one_thread = {f"TF_NUM_{kind}OP_THREADS": "1" for kind in ("INTRA", "INTER")} | {"OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **one_thread, "PYTHONPATH": str(ROOT)}
    if config:
        environment["TF_CONFIG"] = json.dumps(config)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *words], env=environment, **pipes)


def configs(workers: int) -> list[dict]:
    """TF_CONFIG of each worker of a cluster on this machine."""
    sockets = [socket.socket() for _ in range(workers)]
    for held in sockets:
        held.bind(("localhost", 0))
    addresses = [f"localhost:{held.getsockname()[1]}" for held in sockets]
    for held in sockets:
        held.close()
    return [{"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}} for i in range(workers)]


def train(folder: Path, family: str, workers: int, epochs: int = 1, victim: int | None = None) -> list[tuple[int, str]]:
    """Train in folder/0, of which the chief alone is told; (exit code, errors) of each worker, `victim` being killed
    in the second epoch."""
    processes = []
    for i, config in enumerate(configs(workers)):
        words = [
            str(SCRIPT),
            family,
            "workers",
            str(folder / str(i)),
            str(folder / f"{i}.npz"),
            "--epochs",
            str(epochs),
        ]
        processes.append(start(words + ["--die-at", "7"] * (i == victim), config))
    errors = [process.communicate(timeout=500)[1] for process in processes]
    return [(process.returncode, error) for process, error in zip(processes, errors, strict=True)]


def assert_close(found: dict, expected: dict) -> None:
    """Equal but for the order of sums: weights, both moments of Adam, losses."""
    for name, value in expected.items():
        atol = 2e-6 * max(np.abs(value).max(), 1e-3)
        np.testing.assert_allclose(found[name], value, rtol=2e-5, atol=atol, err_msg=name)


def assert_equal(results: list[dict]) -> None:
    for result in results[1:]:
        for name in set(results[0]) - {"losses"}:
            np.testing.assert_array_equal(result[name], results[0][name], err_msg=name)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one replica makes of the exact family."""
    folder = tmp_path_factory.mktemp("alone")
    return result_of(train_tiny("exact", make_strategy("none"), folder, epochs=1), folder)


def test_two_workers_do_what_one_does_with_the_whole_batch_and_only_the_chief_writes(alone, tmp_path):
    for code, errors in train(tmp_path, "exact", 2):
        assert code == 0, errors
    results = [dict(np.load(tmp_path / f"{i}.npz")) for i in range(2)]
    assert_equal(results)
    assert_close(results[0], alone)
    assert {path.name for path in (tmp_path / "0").iterdir()} >= {"history.jsonl", "checkpoint-00001.npz"}
    assert not list((tmp_path / "1").iterdir())


def test_two_devices_do_what_one_does_with_the_whole_batch(alone, tmp_path):
    process = start([str(SCRIPT), "exact", "mirrored", str(tmp_path), str(tmp_path / "0.npz")])
    assert process.communicate(timeout=500)[1].count("Error") == 0
    assert_close(dict(np.load(tmp_path / "0.npz")), alone)


def test_gradients_that_travel_as_bfloat16_lead_to_almost_the_same(alone, tmp_path):
    process = start([str(SCRIPT), "exact-bfloat16", "mirrored", str(tmp_path), str(tmp_path / "0.npz")])
    assert process.communicate(timeout=500)[1].count("Error") == 0
    found = dict(np.load(tmp_path / "0.npz"))
    np.testing.assert_allclose(found["losses"], alone["losses"], rtol=1e-4)
    moments = [name for name in alone if "velocity" in name]
    assert moments
    for name in moments:  # mean squares of gradients: bfloat16 has 8 bits of a number
        np.testing.assert_allclose(found[name].sum(), alone[name].sum(), rtol=0.02)
    assert any(np.any(found[name] != alone[name]) for name in moments)


def test_the_parts_of_batches_are_what_one_reads():
    rng = np.random.default_rng(0)
    spectrograms, images = rng.random((40, 48, 48), np.float32), rng.integers(0, 255, (320, 28, 28)).astype(np.uint8)
    data = (spectrograms, np.arange(40) % 10, images, np.arange(320) % 10)
    options = dict(batch_size=32, epochs=1, seed=1, images_per_clip=2, augmentation=Augmentation())
    whole = list(training_batches(*data, **options).as_numpy_iterator())
    for cut in ([range(2), range(2, 4)], [range(i, i + 1) for i in range(4)]):
        readers = [list(training_batches(*data, **options, parts=4, own=own).as_numpy_iterator()) for own in cut]
        for step, (x, y) in enumerate(whole):
            read = [
                reader[step * len(own) + i] for reader, own in zip(readers, cut, strict=True) for i in range(len(own))
            ]
            np.testing.assert_allclose(np.concatenate([part[0] for part in read]), x, atol=1e-5)
            np.testing.assert_array_equal(np.concatenate([part[1] for part in read]), y)
    with pytest.raises(DataError, match=r"cut into 5 parts.*a multiple of 10"):
        training_batches(*data, **options, parts=5, own=range(1))


def test_a_cluster_is_numbered_from_its_chief(monkeypatch):
    chief_and_two = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    for kind, index, number in (("chief", 0, 0), ("worker", 0, 1), ("worker", 1, 2)):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": chief_and_two, "task": {"type": kind, "index": index}}))
        assert cluster() == (number, ["a:1", "b:1", "c:1"])


@pytest.mark.parametrize(
    "text", [None, "{", "[]", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}']
)
def test_without_a_cluster_one_is_told_how_to_name_it(text, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(CrossmodalError, match=r'^Set TF_CONFIG.*"task": \{"type": "worker", "index": 0\}\}\.$'):
        make_strategy("workers")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("family", ["vae", "vae-gan"])
def test_all_workers_hold_equal_weights(family, workers, tmp_path):
    for code, errors in train(tmp_path, family, workers):
        assert code == 0, errors
    results = [dict(np.load(tmp_path / f"{i}.npz")) for i in range(workers)]
    assert_equal(results)
    assert any("moving_mean" in name for name in results[0]) or family == "vae-gan"


@pytest.mark.slow
def test_four_workers_do_what_one_does_with_the_whole_batch(alone, tmp_path):
    for code, errors in train(tmp_path, "exact", 4):
        assert code == 0, errors
    assert_close(dict(np.load(tmp_path / "0.npz")), alone)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_stops_the_others_and_all_started_again_end_as_if_unbroken(victim, tmp_path):
    train(tmp_path / "whole", "vae-gan", 2, epochs=2)
    outcomes = train(tmp_path / "broken", "vae-gan", 2, epochs=2, victim=victim)
    assert outcomes[victim][0] == -9
    code, errors = outcomes[1 - victim]
    assert code == 1
    assert errors.strip().endswith("the run continues after its last whole epoch.")
    for code, errors in train(tmp_path / "broken", "vae-gan", 2, epochs=2):
        assert code == 0, errors
    assert_equal([dict(np.load(tmp_path / name / "0.npz")) for name in ("whole", "broken")])


@pytest.mark.slow
def test_the_recipe_trains_on_two_workers_and_the_chief_measures(tmp_path):
    options = ["--distribute", "workers", "--epochs", "1", "--passes", "1", "--workdir", str(tmp_path)]
    for _ in range(2):  # the second time it is finished
        processes = [start([str(ROOT / "recipes" / "train_vae.py"), *options], config) for config in configs(2)]
        printed = [process.communicate(timeout=500)[0] for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
        assert "LeNet5 agreement" in printed[0]
        assert "the first one measures and writes" in printed[1]
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["replicas"] == 2
    assert metrics["command"].endswith("--distribute workers")
    assert (tmp_path / "epochs" / "epoch-00001.png").exists()
