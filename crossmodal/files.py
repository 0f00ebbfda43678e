"""Files that exist completely or not at all."""

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from crossmodal.errors import CrossmodalError


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside `path`, with its suffix; what the block writes there is put in place at its end.

    If the block fails, or the process is killed in it, `path` is as it was.
    """
    path = Path(path)
    temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_output(path: str | os.PathLike, suffixes: tuple[str, ...]) -> None:
    """Find out before any work that a file can be written; CrossmodalError for a wrong folder or suffix."""
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise CrossmodalError(f"{path} cannot be written: choose a name that ends in {' or '.join(suffixes)}.")
    if not path.parent.is_dir():
        raise CrossmodalError(f"{path} cannot be written: there is no folder {path.parent}, make it first.")


def write_json(path: str | os.PathLike, content: dict) -> None:
    """Write `content` as JSON, indented."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")
