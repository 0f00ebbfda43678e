"""What a run left behind, in a form in which two runs can be held against each other to the bit."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import h5py


def outcome(workdir: Path) -> dict:
    """Every file below a run's folder by its name, hidden ones too.

    Weights stand as SHA-256 of each array, since a .keras file has the time in it. How many seconds something took is
    left out, and so is what is in report.html, which says it too.
    """
    found = {}
    for path in sorted(Path(workdir).rglob("*")):
        name, content = str(path.relative_to(workdir)), path.read_bytes() if path.is_file() else b""
        if path.suffix == ".keras":
            found[name] = weights(content)
        elif path.suffix == ".json":
            found[name] = without_seconds(json.loads(content))
        elif path.suffix == ".jsonl":
            found[name] = figures(content)
        else:
            found[name] = None if path.suffix == ".html" else hashlib.sha256(content).hexdigest()
    return found


def weights(content: bytes) -> dict:
    """The SHA-256 of each array of a .keras file."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = hashlib.sha256(item[()].tobytes()).hexdigest()

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        arrays = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(arrays) as file:
        file.visititems(visit)
    return found


def figures(history: bytes) -> list[dict]:
    """The lines of a history.jsonl."""
    return [without_seconds(json.loads(line)) for line in history.splitlines()]


def without_seconds(value):
    if isinstance(value, dict):
        return {name: without_seconds(v) for name, v in value.items() if name != "seconds"}
    return value


def differences(a: dict, b: dict) -> list[str]:
    """The names of the files that are not the same."""
    return [name for name in sorted({*a, *b}) if name not in a or name not in b or a[name] != b[name]]
