"""Checkpoints: everything that training changes, in one file with its SHA-256, the last two kept."""

import hashlib
import warnings
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.files import replacing


def _variables(model) -> dict:
    """Everything that training changes, by position and shape: paths differ from process to process."""
    variables = [*model.variables, *model.optimizer.variables]
    return {f"{i:04d}-{'x'.join(map(str, variable.shape))}": variable for i, variable in enumerate(variables)}


def save_checkpoint(model, workdir: Path, epoch: int) -> None:
    """Write the state after `epoch` epochs with its SHA-256; keep the last two."""
    state = {name: np.asarray(variable.value) for name, variable in _variables(model).items()}
    path = workdir / f"checkpoint-{epoch:05d}.npz"
    with replacing(path) as temporary:
        np.savez(temporary, allow_pickle=False, **state)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with replacing(path.with_suffix(".sha256")) as temporary:
        temporary.write_text(digest)
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
