"""Checkpoints: everything that training changes, in one file with its SHA-256, the last two kept."""

import hashlib
import warnings
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.files import replacing


def _named(variables: list) -> dict:
    """Keras variables by position and shape: their paths differ from process to process."""
    return {f"{i:04d}-{'x'.join(map(str, variable.shape))}": variable for i, variable in enumerate(variables)}


def save_checkpoint(variables: list, workdir: Path, done: int) -> None:
    """Write the Keras variables after `done` epochs or iterations with their SHA-256; keep the last two."""
    state = {name: np.asarray(variable.value) for name, variable in _named(variables).items()}
    path = workdir / f"checkpoint-{done:05d}.npz"
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **state)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with replacing(path.with_suffix(".sha256")) as temporary:
        temporary.write_text(digest)
    for old in sorted(workdir.glob("checkpoint-*.npz"))[:-2]:
        old.unlink()
        old.with_suffix(".sha256").unlink(missing_ok=True)


def load_checkpoint(variables: list, workdir: Path) -> int:
    """Restore the newest checkpoint that verifies. Returns how much was done, 0 if there is none."""
    for path in sorted(workdir.glob("checkpoint-*.npz"), reverse=True):
        digest = path.with_suffix(".sha256")
        if not digest.exists() or digest.read_text() != hashlib.sha256(path.read_bytes()).hexdigest():
            warnings.warn(f"{path.name} is damaged and is passed over.", stacklevel=2)
            continue
        named = _named(variables)
        with np.load(path, allow_pickle=False) as state:
            if set(state.files) != set(named):
                raise ModelError(f"{path} belongs to another model: choose another --workdir.")
            for name, variable in named.items():
                variable.assign(state[name])
        return int(path.stem.removeprefix("checkpoint-"))
    return 0


def clear_checkpoints(workdir: Path) -> None:
    """Remove the checkpoints of a run that has been finished."""
    for path in Path(workdir).glob("checkpoint-*"):
        path.unlink()
