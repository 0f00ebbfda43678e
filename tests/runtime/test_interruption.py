"""Nothing is lost: a run that is killed, stopped or out of room ends as one that never was, to the bit."""

import argparse
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass

import numpy as np
import pytest
from outcomes import differences, outcome
from starts import ROOT, Starts

from crossmodal.app.experiments.finish import finish
from crossmodal.app.options import run_command
from crossmodal.training.checkpoints import save_checkpoint
from crossmodal.training.runs import open_run, read_metrics

# each at its smallest; in one thread, as `starts` sets it
VAE = ("train_vae", ["--epochs", "2", "--passes", "1", "--batch-size", "64", "--encoder", "linear"])
VAE_GAN = ("train_vae_gan", ["--epochs", "2", "--passes", "1"])
TEXTURE = [*("--iterations", "30", "--steps", "1", "--samples", "20000"), *("--draws", "1", "--duration-s", "2")]
COOPNETS = ("texture_single", [*TEXTURE, "--revise-steps", "1"])
FRONTIER = ("alpha_frontier", [])  # of an alpha and a VAE, an epoch each
FAMILIES = {"VAE": VAE, "VAE-GAN": VAE_GAN, "CoopNets": COOPNETS, "frontier": FRONTIER}
MOMENTS_OF_A_FAMILY = 5


@dataclass(frozen=True)
class Config:
    seed: int = 0


def run(start, family, workdir, **how):
    recipe, options = family
    return start(recipe, [*options, "--workdir", str(workdir)], **how)


def test_a_killed_stopped_and_crowded_out_run_ends_as_an_unbroken_one(tmp_path, class_folders):
    """Killed with half of its first checkpoint written, sent SIGTERM, then out of room in the second epoch."""
    recipe, options = VAE
    folders = ["--data", "folders", "--sounds-dir", str(class_folders[0]), "--images-dir", str(class_folders[1])]
    vae = (recipe, [*options, *folders])
    with Starts() as start:
        whole = run(start, vae, tmp_path / "whole")
        assert whole["code"] == 0, whole["said"]
        killed = run(start, vae, tmp_path / "broken", at="fsync *broken/.*.npz")
        assert killed["code"] == -signal.SIGKILL
        assert any(path.name.startswith(".") for path in (tmp_path / "broken").iterdir())
        stopped = run(start, vae, tmp_path / "broken", at="before *checkpoint-00002.npz", by="SIGTERM")
        assert stopped["code"] == 128 + signal.SIGTERM
        assert stopped["said"].endswith("\nStopped after epoch 1: the same command continues.\n")
        full = run(start, vae, tmp_path / "broken", at="after *history.jsonl", by="full")
        assert full["code"] == 2, full["said"]
        assert "checkpoint-00002.npz on its disk: make some, then repeat the command." in full["said"]
        ended = run(start, vae, tmp_path / "broken")
        assert ended["code"] == 0, ended["said"]
        assert "\ncontinuing after epoch 1\n" in ended["said"]
    assert not differences(outcome(tmp_path / "whole"), outcome(tmp_path / "broken"))


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_run_that_ends_at_random_moments_ends_as_an_unbroken_one(family, tmp_path, capsys):
    """Five moments each: within a save, at a rename, or some time after the start by one of three signals."""
    rng = np.random.default_rng(list(FAMILIES).index(family))
    story, ended = [], 0
    with Starts() as start:
        whole = run(start, FAMILIES[family], tmp_path / "whole")
        assert whole["code"] == 0, whole["said"]
    expected, chain = outcome(tmp_path / "whole"), 0
    with Starts() as start:
        while ended < MOMENTS_OF_A_FAMILY:
            if rng.random() < 0.6:
                how = {"at": int(rng.integers(1, len(whole["names"])))}
            else:
                by = ("SIGKILL", "SIGTERM", "SIGINT")[rng.integers(3)]
                how = {"after_s": float(rng.uniform(0.2, 0.9) * whole["seconds"]), "by": by}
            result = run(start, FAMILIES[family], tmp_path / str(chain), **how)
            story.append((how, result["code"], (result["names"] or [""])[-1]))
            if result["code"] == 0:  # it had ended before its moment came
                assert not differences(expected, outcome(tmp_path / str(chain))), story
                chain += 1
                continue
            assert result["code"] in (-signal.SIGKILL, 128 + signal.SIGTERM, 128 + signal.SIGINT), result["said"]
            assert "Traceback" not in result["said"]
            ended += 1
        result = run(start, FAMILIES[family], tmp_path / str(chain))
        assert result["code"] == 0, result["said"]
        assert not differences(expected, outcome(tmp_path / str(chain))), story
    with capsys.disabled():
        print(f"\n{family}: " + "; ".join(map(str, story)))


WAITING = """
import argparse, signal, sys, time
from crossmodal.app.options import run_command

signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background has been told to ignore it

def run(arguments):
    print("ready", flush=True)
    time.sleep(60)

sys.exit(run_command(argparse.Namespace(run=run, needs_tensorflow=False)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_a_command_in_a_sentence(number):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", WAITING], cwd=ROOT, **pipes) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.communicate()[1] == "\nStopped.\n"
    assert process.returncode == 128 + number


def test_a_command_leaves_the_handling_of_sigterm_as_it_was_and_runs_in_any_thread():
    before, codes = signal.getsignal(signal.SIGTERM), []
    arguments = argparse.Namespace(run=lambda arguments: 7, needs_tensorflow=False)
    assert run_command(arguments) == 7
    assert signal.getsignal(signal.SIGTERM) is before
    thread = threading.Thread(target=lambda: codes.append(run_command(arguments)))
    thread.start()
    thread.join()
    assert codes == [7]


@pytest.mark.parametrize("step", range(4))
def test_what_a_kill_left_of_the_end_of_a_run_is_made_up_for(step, tmp_path, monkeypatch):
    """Killed in `finish` before the figures, before the report, before the first removal, after it."""

    def fail(*arguments):
        raise KeyboardInterrupt

    open_run(tmp_path, Config())
    for done in (1, 2):
        save_checkpoint([], tmp_path, done)
    steps = (
        "runtime.files.write_json",
        "app.reports.write_report",
        "training.checkpoints.clear_checkpoints",
        "training.checkpoints.clear_checkpoints",
    )
    with monkeypatch.context() as patch:
        patch.setattr(f"crossmodal.{steps[step]}", fail)
        with pytest.raises(KeyboardInterrupt):
            finish(tmp_path, {"parameters": 1, "seconds": 1.0})
    if step == 3:
        (tmp_path / "checkpoint-00002.npz").unlink()
    metrics = open_run(tmp_path, Config()) or {"parameters": 1, "seconds": 2.0}
    finish(tmp_path, metrics)
    assert read_metrics(tmp_path) == {"parameters": 1, "seconds": 2.0 if step == 0 else 1.0}
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "metrics.json", "report.html"}
