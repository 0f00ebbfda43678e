"""A run: its folder, its checkpoints, its seeds, its log. Knows no particular model.

workdir/
    config.json      what was asked for, and the environment it ran in
    history.jsonl    one line of figures per epoch
    checkpoint-N.npz the state after epoch N, the last two kept until the run is finished
    model.keras, metrics.json, *.png: what the recipe writes at the end; metrics.json marks a finished run

A run that was stopped continues after its last whole epoch; everything random in it is a function of
(seed, epoch, step), so it ends as it would have ended.
"""

import contextlib
import hashlib
import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError


def environment() -> dict:
    """Versions and settings that decide whether a run can be repeated to the bit."""
    packages = ("tensorflow", "keras", "numpy", "librosa", "tensorflow-datasets")
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "cpus": os.cpu_count(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
    }


def write_atomically(path: Path, write: Callable) -> None:
    """Call `write(file)` on a temporary binary file beside `path`, then put it in its place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: dict) -> None:
    write_atomically(path, lambda file: file.write((json.dumps(content, indent=1) + "\n").encode()))


def open_run(workdir, config) -> dict | None:
    """Make or reopen a run's folder.

    Args:
        workdir: the folder.
        config: a dataclass; a run is continued only with the config that it was started with.

    Returns:
        the metrics of a finished run, None if there is work left to do.

    Raises:
        ModelError: the folder holds a run with another configuration.
    """
    workdir = Path(workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    asked = json.loads(json.dumps(asdict(config)))
    path = workdir / "config.json"
    if path.exists():
        started = json.loads(path.read_text())["config"]
        differing = [k for k in sorted({*asked, *started}) if asked.get(k) != started.get(k)]
        if differing:
            changes = ", ".join(f"{k} was {started.get(k)!r}, is {asked.get(k)!r}" for k in differing)
            raise ModelError(f"{workdir} holds a run with other settings ({changes}): choose another --workdir.")
    else:
        write_json(path, {"config": asked, "environment": environment()})
    return read_metrics(workdir)


def read_metrics(workdir) -> dict | None:
    """The metrics of a finished run, None of any other."""
    path = Path(workdir) / "metrics.json"
    return json.loads(path.read_text()) if path.exists() else None


def save_model(model, path: Path) -> None:
    """Write a `.keras` file completely or not at all."""
    temporary = path.with_name(f"tmp-{os.getpid()}-{path.name}")
    try:
        model.save(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _variables(model) -> dict:
    """Everything that training changes, by position and shape: paths differ from process to process."""
    variables = [*model.variables, *model.optimizer.variables]
    return {f"{i:04d}-{'x'.join(map(str, variable.shape))}": variable for i, variable in enumerate(variables)}


def save_checkpoint(model, workdir: Path, epoch: int) -> None:
    """Write the state after `epoch` epochs with its SHA-256; keep the last two."""
    state = {name: np.asarray(variable.value) for name, variable in _variables(model).items()}
    path = workdir / f"checkpoint-{epoch:05d}.npz"
    write_atomically(path, lambda file: np.savez(file, allow_pickle=False, **state))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_atomically(path.with_suffix(".sha256"), lambda file: file.write(digest.encode()))
    for old in sorted(workdir.glob("checkpoint-*.npz"))[:-2]:
        old.unlink()
        old.with_suffix(".sha256").unlink(missing_ok=True)


def load_checkpoint(model, workdir: Path) -> int:
    """Restore the newest checkpoint that verifies. Returns the number of epochs done, 0 if there is none."""
    for path in sorted(workdir.glob("checkpoint-*.npz"), reverse=True):
        digest = path.with_suffix(".sha256")
        if not digest.exists() or digest.read_text() != hashlib.sha256(path.read_bytes()).hexdigest():
            warnings.warn(f"{path.name} is damaged and is passed over.", stacklevel=2)
            continue
        variables = _variables(model)
        with np.load(path, allow_pickle=False) as state:
            if set(state.files) != set(variables):
                raise ModelError(f"{path} belongs to another model: choose another --workdir.")
            for name, variable in variables.items():
                variable.assign(state[name])
        return int(path.stem.removeprefix("checkpoint-"))
    return 0


def clear_checkpoints(workdir: Path) -> None:
    """Remove the checkpoints of a run that has been finished."""
    for path in Path(workdir).glob("checkpoint-*"):
        path.unlink()


def read_history(workdir: Path) -> list[dict]:
    """The figures of each epoch so far."""
    path = Path(workdir) / "history.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def reseed(model, seed: int, epoch: int) -> None:
    """Set every random generator in a model from (seed, epoch)."""
    import keras

    generators = [
        value
        for layer in model._flatten_layers()
        for value in vars(layer).values()
        if isinstance(value, keras.random.SeedGenerator)
    ]
    for i, generator in enumerate(generators):
        state = np.random.SeedSequence([seed, epoch, i]).generate_state(2)
        generator.state.assign(state.astype(generator.state.dtype))


def train(
    model,
    make_batches: Callable,
    *,
    epochs: int,
    steps_per_epoch: int,
    workdir,
    seed: int,
    validation=None,
    on_epoch: Callable | None = None,
) -> None:
    """Train a compiled model with `fit`, from the run's last checkpoint on.

    Args:
        make_batches: first epoch -> the tf.data.Dataset of all batches from that epoch on.
        validation: a tf.data.Dataset to measure after each epoch, or None.
        on_epoch: called as on_epoch(epoch, logs) after each epoch; what it puts into logs is logged too.

    Raises:
        ModelError: the loss is no longer finite. The last checkpoint is kept.
    """
    import keras

    workdir = Path(workdir)
    model.optimizer.build(model.trainable_variables)
    first_epoch = load_checkpoint(model, workdir)
    if first_epoch:
        print(f"continuing after epoch {first_epoch}", flush=True)
    if first_epoch >= epochs:
        return
    history = read_history(workdir)[:first_epoch]
    progress = Progress(epochs, steps_per_epoch)

    class Run(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            reseed(model, seed, epoch)
            progress.start_epoch(epoch)

        def on_train_batch_end(self, batch, logs=None):
            if not np.isfinite(logs["loss"]):
                raise ModelError(
                    f"The loss became {logs['loss']} in epoch {epoch_of(self)}: try a smaller learning rate. "
                    f"The state after the last whole epoch is kept in {workdir}."
                )
            progress.step(batch, logs)

        def on_epoch_end(self, epoch, logs=None):
            logs = dict(logs or {})
            if on_epoch:
                on_epoch(epoch, logs)
            progress.end_epoch(epoch, logs)
            history.append({"epoch": epoch + 1, **{name: float(value) for name, value in logs.items()}})
            lines = "".join(json.dumps(line) + "\n" for line in history)
            write_atomically(workdir / "history.jsonl", lambda file: file.write(lines.encode()))
            save_checkpoint(model, workdir, epoch + 1)

    def epoch_of(callback):
        return progress.epoch + 1

    with _quiet_keras():
        model.fit(
            make_batches(first_epoch).repeat(),  # never read past the end; Keras looks one batch ahead
            initial_epoch=first_epoch,
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
            validation_data=validation,
            shuffle=False,
            verbose=0,
            callbacks=[Run()],
        )


@contextlib.contextmanager
def _quiet_keras():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*shuffle=True.*")
        yield


class Progress:
    """A bar with the time left on a terminal, one line per epoch elsewhere."""

    def __init__(self, epochs: int, steps_per_epoch: int, stream=None):
        self.epochs, self.steps = epochs, steps_per_epoch
        self.stream = stream or sys.stdout
        self.began, self.epoch, self.done, self.drawn = time.time(), 0, 0, 0.0

    def start_epoch(self, epoch: int) -> None:
        self.epoch, self.epoch_began = epoch, time.time()

    def seconds_left(self, batch: int) -> float:
        left = (self.epochs - self.epoch) * self.steps - batch
        return (time.time() - self.began) / max(self.done, 1) * left

    def step(self, batch: int, logs: dict) -> None:
        self.done += 1
        if not self.stream.isatty() or time.time() - self.drawn < 0.2:
            return
        self.drawn = time.time()
        share = (batch + 1) / self.steps
        bar = "#" * round(24 * share) + "." * (24 - round(24 * share))
        left = _clock(self.seconds_left(batch + 1))
        line = f"epoch {self.epoch + 1}/{self.epochs} [{bar}] {_figures(logs)}, {left} left"
        self.stream.write(f"\r{line:<110.110}")
        self.stream.flush()

    def end_epoch(self, epoch: int, logs: dict) -> None:
        start = "\r" if self.stream.isatty() else ""
        took = _clock(time.time() - self.epoch_began)
        line = f"epoch {epoch + 1}/{self.epochs} {_figures(logs)}, {took}"
        if epoch + 1 < self.epochs:
            line += f", {_clock(self.seconds_left(self.steps))} left"
        self.stream.write(f"{start}{line:<110}\n")
        self.stream.flush()


def _figures(logs: dict) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in logs.items())


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
