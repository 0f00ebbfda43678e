"""Checkpoints: everything that training changes, in one file with its SHA-256 beside it, the last two kept.

The .sha256 is written before the .npz is renamed into place, so a checkpoint that exists is complete, and a process
that is killed at any moment leaves the ones before it.
"""

import contextlib
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import keras
import numpy as np

from crossmodal.errors import ModelError
from crossmodal.runtime.files import exclusive, replacing, sha256
from crossmodal.runtime.interruption import note_progress

KEPT = 2


def snapshot(variables: list[keras.Variable]) -> list[np.ndarray]:
    """Copies of variables' values."""
    return [np.asarray(variable.value).copy() for variable in variables]


def restore(variables: list[keras.Variable], values: list[np.ndarray]) -> None:
    """Put a snapshot back."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _named(variables: list[keras.Variable]) -> dict[str, keras.Variable]:
    """Keras variables by position and shape: their paths differ from process to process."""
    return {f"{i:04d}-{'x'.join(map(str, variable.shape))}": variable for i, variable in enumerate(variables)}


def _newest_first(workdir: Path) -> list[Path]:
    return sorted(Path(workdir).glob("checkpoint-*.npz"), reverse=True)


def verifies(path: Path) -> bool:
    """Whether a checkpoint is what was written."""
    try:
        return path.with_suffix(".sha256").read_text() == sha256(path)
    except (OSError, UnicodeError):
        return False


def save_checkpoint(variables: list, workdir: Path, done: int, values: list[np.ndarray] | None = None) -> None:
    """Write the Keras variables, or values that they had, after `done` epochs or iterations with their SHA-256; keep
    the last two that verify.

    Raises:
        ModelError: a value is not finite. Nothing is written, the checkpoints before are kept.
    """
    values = [np.asarray(variable.value) for variable in variables] if values is None else values
    if not all_finite(values):
        raise ModelError(f"The state after {done} is not finite and is not saved: try a smaller learning rate.")
    state = dict(zip(_named(variables), values, strict=True))
    path = Path(workdir) / f"checkpoint-{done:05d}.npz"
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **state)
        with replacing(path.with_suffix(".sha256")) as digest:
            digest.write_text(sha256(temporary))
    kept = 1
    for other in _newest_first(workdir):
        if other == path:
            continue
        if kept < KEPT and verifies(other):
            kept += 1
        else:
            _remove(other)


def all_finite(arrays: Iterable[np.ndarray]) -> bool:
    """Whether no array holds a NaN or an infinity; whole numbers never do."""
    return all(np.isfinite(array).all() for array in arrays)


def newest_checkpoint(workdir: Path) -> Path | None:
    """The newest checkpoint that verifies and is finite, None if there is none. A warning names each passed over."""
    for path in _newest_first(workdir):
        if not verifies(path):
            warnings.warn(f"{path.name} is damaged and is passed over.", stacklevel=2)
            continue
        with np.load(path, allow_pickle=False) as state:
            finite = all_finite(state[name] for name in state.files)
        if finite:
            return path
        warnings.warn(f"{path.name} holds values that are not finite and is passed over.", stacklevel=2)
    return None


def done_at(path: Path | None) -> int:
    """After how many epochs or iterations a checkpoint was written; 0 of none."""
    return int(path.stem.removeprefix("checkpoint-")) if path else 0


def restore_checkpoint(variables: list, path: Path) -> None:
    """Give Keras variables the values in a checkpoint; ModelError if it is of another model."""
    named = _named(variables)
    with np.load(path, allow_pickle=False) as state:
        if set(state.files) != set(named):
            raise ModelError(f"{path} belongs to another model: choose another --workdir.")
        for name, variable in named.items():
            variable.assign(state[name])


def load_checkpoint(variables: list, workdir: Path) -> int:
    """Restore the newest checkpoint that verifies. Returns how much was done, 0 if there is none."""
    path = newest_checkpoint(workdir)
    if path:
        restore_checkpoint(variables, path)
    return done_at(path)


@contextlib.contextmanager
def training_in(workdir: Path, unit: str) -> Iterator[None]:
    """Keep other processes from training in the same folder, and let an interruption say where training will continue.

    Args:
        unit: what is counted, "epoch" or "iteration".

    Raises:
        CrossmodalError: another process is training there.
    """

    def where() -> str:
        done = max(map(done_at, _newest_first(workdir)), default=0)
        return f"after {unit} {done}"

    with exclusive(workdir), note_progress(where):
        yield


def clear_checkpoints(workdir: Path) -> None:
    """Remove the checkpoints of a run that has been finished."""
    for path in _newest_first(workdir):
        _remove(path)
    for digest in Path(workdir).glob("checkpoint-*.sha256"):  # of a checkpoint that never came to be
        digest.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".sha256").unlink(missing_ok=True)
