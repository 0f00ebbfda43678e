"""Files that exist completely or not at all."""

import contextlib
import errno
import hashlib
import json
import os
import re
import stat
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from crossmodal.errors import CrossmodalError
from crossmodal.runtime.recipe import KEY, recipe_of
from crossmodal.runtime.systems import check_system
from crossmodal.runtime.words import reason_of

check_system()
import fcntl  # noqa: E402 - Windows has no such module

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside `path`, with its suffix; what the block writes there is put in place at its end.

    If the block fails, or the process is killed in it, or the power fails, `path` is as it was. The temporary file is
    locked while the block runs: what killed processes left behind is not, and the next to write `path` removes it.
    """
    path = Path(path)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{path.suffix}")
    try:
        with open(temporary, "xb") as held:
            try_lock(held)
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if error.filename in (None, temporary, str(temporary)):
            error.filename = str(path)  # the name that means something
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, as `fsync` does the content of a file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that has no such thing
            raise
    finally:
        os.close(descriptor)


def try_lock(opened) -> bool:
    """Lock an open file, or a descriptor, until it is closed or the process ends; False if another process has it.

    True without a lock where the file system has none.
    """
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@contextlib.contextmanager
def exclusive(folder: str | os.PathLike) -> Iterator[None]:
    """Keep other processes that ask for the same out of a folder; CrossmodalError if one of them is in it.

    The lock goes with the process, however it ends.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if not try_lock(descriptor):
            raise CrossmodalError(
                f"Another process is training in {folder}: wait until it ends, or choose another --workdir."
            )
        yield
    finally:
        os.close(descriptor)


def _remove_leftovers(path: Path) -> None:
    """Remove the temporary files of `path` that no living process has locked."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{32}}{re.escape(path.suffix)}")
    with contextlib.suppress(OSError):  # no such folder: told where the file is made
        for other in path.parent.iterdir():
            if name.fullmatch(other.name):
                with contextlib.suppress(OSError), open(other, "rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    other.unlink()


def sha256(path: str | os.PathLike) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fault_of(path: str | os.PathLike) -> tuple[str, str] | None:
    """Why a file cannot be read, as far as that can be known without opening it; None if nothing speaks against it.

    Returns:
        "missing", "unreachable", "folder", "special" (a pipe or a device: reading one could wait for ever), "empty" or
        "forbidden", and for "unreachable" what the system says of it.
    """
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return "missing", ""
    except (OSError, ValueError) as error:
        return "unreachable", reason_of(error)
    if stat.S_ISDIR(status.st_mode):
        return "folder", ""
    if not stat.S_ISREG(status.st_mode):
        return "special", ""
    if status.st_size == 0:
        return "empty", ""
    return None if os.access(path, os.R_OK) else ("forbidden", "")


def check_output(path: str | os.PathLike, suffixes: tuple[str, ...] | None = None) -> None:
    """Find out before any work that a file can be written.

    Args:
        path: of the file.
        suffixes: what its name has to end in, such as (".png", ".pdf"); anything if None.

    Raises:
        CrossmodalError: it has another suffix, it is a folder or a device, or its folder is not there or takes no
            files.
    """
    path = Path(path)
    if suffixes is not None and path.suffix.lower() not in suffixes:
        ending = f"ends in {' or '.join(suffixes)}" if any(suffixes) else "has no dot"
        raise CrossmodalError(f"{path} cannot be written: choose a name that {ending}.")
    try:
        if stat.S_ISDIR(path.lstat().st_mode if path.name else stat.S_IFDIR):
            raise CrossmodalError(f"{path} cannot be written: it is a folder, choose the name of a file.")
        if not path.is_file() and not path.is_symlink():
            raise CrossmodalError(f"{path} cannot be written: it is no file, choose another name.")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise CrossmodalError(f"{path} cannot be written ({error.strerror}): choose another name.") from error
    if not path.parent.is_dir():
        wrong = f"{path.parent} is a file" if path.parent.exists() else f"there is no folder {path.parent}"
        raise CrossmodalError(f"{path} cannot be written: {wrong}, make the folder first.")
    _check_takes_files(path.parent)


def check_folder(path: str | os.PathLike, option: str = "--workdir") -> None:
    """Find out before any work that a folder is there, or can be made, and takes files.

    Args:
        path: of the folder; it is not made.
        option: what the sentence tells the user to change.

    Raises:
        CrossmodalError: it is a file, lies below one, or takes no files.
    """
    path = Path(path)
    try:
        place = next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))
        if not place.is_dir():
            raise CrossmodalError(f"{path} cannot be a folder, {place} is a file: choose another {option}.")
        _check_takes_files(place, option, "" if place == path else f"{path} cannot be made: ")
        os.lstat(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CrossmodalError(f"{path} cannot be made ({error.strerror}): choose another {option}.") from error


def _check_takes_files(folder: Path, option: str = "folder", begins: str = "") -> None:
    """CrossmodalError unless a file can be made in a folder; it is gone again at once."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CrossmodalError(
            f"{begins}{folder} takes no files ({error.strerror}): choose another {option}."
        ) from error


def write_json(path: str | os.PathLike, content: dict) -> None:
    """Write `content` as JSON, indented, with the recipe of the command that is run."""
    if recipe := recipe_of(path):
        content = {**content, KEY: recipe}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")
