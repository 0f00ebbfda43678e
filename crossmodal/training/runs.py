"""A run's folder.

workdir/
    config.json       what was asked for, and the environment it ran in
    history.jsonl     one line of figures per epoch, or per block of iterations
    checkpoint-N.npz  the state after epoch or iteration N, the last two, until the run is finished
    model.keras, metrics.json, *.png: what the recipe writes at the end; metrics.json marks a finished run
"""

import contextlib
import json
import os
import platform
import subprocess
from dataclasses import MISSING, asdict, fields
from importlib.metadata import version
from pathlib import Path

from crossmodal.errors import ModelError
from crossmodal.runtime.files import check_folder, replacing, write_json
from crossmodal.runtime.processors import cores, threads
from crossmodal.runtime.ranges import check_config

ROOT = Path(__file__).parents[2]  # of the code
_OPENED: set[Path] = set()  # folders of the runs that this process has started


def open_run(workdir, config, ignore: tuple[str, ...] = ()) -> dict | None:
    """Make or reopen a run's folder.

    Args:
        workdir: the folder.
        config: a dataclass; a run is continued only with the config that it was started with. A field that was added
            to the dataclass since counts as at its default.
        ignore: fields that may change, such as where the data lie.

    Returns:
        the metrics of a finished run, None if there is work left to do.

    Raises:
        CrossmodalError: a number of the config is out of its range, or there can be no such folder; nothing is made.
        ModelError: the folder holds a run with another configuration.
    """
    check_config(config)
    check_folder(workdir)
    workdir = Path(workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    defaults = {f.name: f.default for f in fields(config) if f.default is not MISSING}
    asked, defaults = (json.loads(json.dumps(values)) for values in (asdict(config), defaults))
    path = workdir / "config.json"
    if not path.exists():
        write_json(path, {"config": asked, "environment": environment()})
        _OPENED.add(workdir)
        return read_metrics(workdir)
    run = json.loads(path.read_text())
    started = {**defaults, **run["config"]}
    differing = [k for k in sorted({*asked, *started}) if k not in ignore and asked.get(k) != started.get(k)]
    if differing:
        changes = ", ".join(f"{k} was {started.get(k)!r}, is {asked.get(k)!r}" for k in differing)
        raise ModelError(f"{workdir} holds a run with other settings ({changes}): choose another --workdir.")
    metrics = read_metrics(workdir)
    if metrics is None:
        note_changes(run["environment"])
    return metrics


def forget_unbegun_runs() -> None:
    """Take back what `open_run` made in this process of runs in which nothing was trained, as after a wrong option:
    such a folder would refuse the command once it is corrected."""
    for workdir in _OPENED:
        begun = ("history.jsonl", "metrics.json", "checkpoint-*", "stages/*/history.jsonl")
        if not any(next(workdir.glob(name), None) for name in begun):
            with contextlib.suppress(OSError):
                (workdir / "config.json").unlink()
                workdir.rmdir()  # where there is nothing else in it
    _OPENED.clear()


def recorded_config(workdir) -> dict:
    """The settings that the run in a folder was started with; none where there is no run."""
    path = Path(workdir) / "config.json"
    return json.loads(path.read_text())["config"] if path.exists() else {}


def note_changes(started: dict) -> None:
    """Say what has changed in the environment since a run was started in it."""
    now = environment()
    changes = [f"{k} was {started[k]}, is {now[k]}" for k in now if k in started and started[k] != now[k]]
    if changes:
        print(f"note: {', '.join(changes)}; the run may end with other last digits than an unbroken one", flush=True)


def read_metrics(workdir) -> dict | None:
    """The metrics of a finished run, None of any other."""
    path = Path(workdir) / "metrics.json"
    return json.loads(path.read_text()) if path.exists() else None


def read_history(workdir: Path) -> list[dict]:
    """The figures of each epoch, or block of iterations, so far."""
    path = Path(workdir) / "history.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def seconds_so_far(workdir: Path) -> float:
    """Seconds that the training in a folder has taken up to the last line of its history, in all processes together;
    0 before the first line, and where an earlier version wrote the last."""
    history = read_history(workdir)
    return history[-1].get("seconds", 0.0) if history else 0.0


def position_of(line: dict) -> tuple[str, int]:
    """What a line of the history counts, "epoch" or "iteration", and where it stands, from 1; earlier versions wrote
    both for an iteration."""
    unit = "iteration" if "iteration" in line else "epoch"
    return unit, line[unit]


def append_history(workdir: Path, line: dict) -> None:
    """Add the figures after an epoch or iteration, in place of those of an earlier try at it."""
    kept = [earlier for earlier in read_history(workdir) if position_of(earlier)[1] < position_of(line)[1]]
    lines = "".join(json.dumps(entry) + "\n" for entry in [*kept, line])
    with replacing(Path(workdir) / "history.jsonl") as temporary:
        temporary.write_text(lines)


def environment() -> dict:
    """Versions and settings that decide whether a run can be repeated to the bit. Names no folder of the machine."""
    packages = ("tensorflow", "keras", "numpy", "librosa", "tensorflow-datasets")
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "cpu": cpu_model(),
        "cpus": cores(),
        **threads(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
        "commit": commit(),
    }


def cpu_model() -> str:
    """The processor's name, as far as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit() -> str | None:
    """The commit of the code with "-dirty" after it if files differ from it; None if the code is not a checkout."""
    if not (ROOT / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None
