"""Runs shared between processes: each is made once, by one process at a time, and what a killed one held is free."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = [f"run{i}" for i in range(6)]
SWEEP = f"""
import argparse, os, sys, time
from functools import partial
from pathlib import Path
from crossmodal.app.sweeps.shards import add_shares, share_out
from crossmodal.app import options as config
config.import_tensorflow = lambda: None  # these runs need none

def make(folder):
    # a run that is not made again if it is finished
    if (folder / "metrics.json").exists():
        return
    with open(folder / "log", "a") as log:
        log.write(f"start {{os.getpid()}}\\n")
    end = time.time() + 60
    while time.time() < end and not enough(folder.parent):
        time.sleep(0.05)
    with open(folder / "log", "a") as log:
        log.write(f"end {{os.getpid()}}\\n")
    (folder / "metrics.json").write_text("{{}}")

def enough(workdir):
    # so many processes have taken part
    logs = [path.read_text().splitlines() for path in workdir.glob("*/log")]
    return len({{line.split()[1] for log in logs for line in log}}) >= int(os.environ.get("PROCESSES", "1"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("workdir", type=Path)
    add_shares(parser)
    arguments = parser.parse_args()
    folders = [arguments.workdir / name for name in {NAMES}]
    share_out({{folder.name: (folder, partial(make, folder)) for folder in folders}}, arguments)
"""


@pytest.fixture
def sweep(tmp_path):
    """sweep(*options, **environment): a process that makes six runs in tmp_path/w."""
    script = tmp_path / "sweep.py"
    script.write_text(SWEEP)

    def start(*options, **environment):
        words = [sys.executable, str(script), str(tmp_path / "w"), *options]
        return subprocess.Popen(words, env={**os.environ, **environment, "PYTHONPATH": str(ROOT)})

    return start


def logs(tmp_path) -> dict[str, list[list[str]]]:
    return {name: [line.split() for line in (tmp_path / "w" / name / "log").read_text().splitlines()] for name in NAMES}


def test_two_processes_on_the_same_runs_make_each_once(sweep, tmp_path):
    processes = [sweep(PROCESSES="2"), sweep(PROCESSES="2")]
    assert [process.wait(60) for process in processes] == [0, 0]
    makers = set()
    for name, lines in logs(tmp_path).items():
        assert [word for word, _ in lines] == ["start", "end"], name
        makers |= {pid for _, pid in lines}
    assert makers == {str(process.pid) for process in processes}


def test_shards_divide_the_runs_and_processes_share_a_shard(sweep, tmp_path):
    assert sweep("--shard", "2/2").wait(60) == 0
    assert sorted(path.name for path in (tmp_path / "w").iterdir()) == ["run1", "run3", "run5"]
    assert sweep("--processes", "2", PROCESSES="3").wait(60) == 0
    found = logs(tmp_path)
    assert all(len(lines) == 2 for lines in found.values())
    assert len({lines[0][1] for lines in found.values()}) == 3  # the shard's process, and two


def test_what_a_killed_process_held_is_free(sweep, tmp_path):
    log = tmp_path / "w" / "run0" / "log"
    held = sweep(PROCESSES="9")
    while not log.exists():
        time.sleep(0.05)
    assert sweep().wait(60) == 0  # passes over what the other holds
    assert not (tmp_path / "w" / "run0" / "metrics.json").exists()
    held.send_signal(signal.SIGKILL)
    held.wait()
    assert sweep().wait(60) == 0
    assert (tmp_path / "w" / "run0" / "metrics.json").exists()


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3"])
def test_a_shard_that_does_not_exist_is_refused(text, sweep, tmp_path):
    assert sweep("--shard", text).wait(60) == 2
    assert not (tmp_path / "w").exists()


@pytest.mark.slow
def test_shards_of_a_real_sweep_find_what_one_process_finds(tmp_path):
    """Both shards at once, and a third process that gets in their way."""
    options = ["--epochs", "1", "--passes", "1", "--splits", "2"]

    def start(workdir, *more):
        words = [sys.executable, "recipes/studies/splits.py", "vae", *options, "--workdir", str(workdir), *more]
        words += ["--results", f"../../{os.path.relpath(tmp_path, ROOT)}/{workdir.name}.json"]
        one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(words, cwd=ROOT, env={**os.environ, **one_thread})

    processes = [start(tmp_path / "shared", "--shard", f"{i}/2") for i in (1, 2)] + [start(tmp_path / "shared")]
    assert all(process.wait(500) == 0 for process in processes)
    assert start(tmp_path / "shared").wait(500) == 0
    assert start(tmp_path / "alone").wait(500) == 0
    shared, alone = (json.loads((tmp_path / f"{name}.json").read_text())["runs"] for name in ("shared", "alone"))
    assert shared == alone
