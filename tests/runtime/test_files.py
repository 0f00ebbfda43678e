"""Files exist completely or not at all."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys

import pytest

from crossmodal.errors import CrossmodalError
from crossmodal.runtime.files import exclusive, replacing, write_json


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})

    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("half of")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert json.loads(path.read_text()) == {"x": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_lies_beside_and_keeps_the_suffix(tmp_path):
    with replacing(tmp_path / "model.keras") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".keras"
        temporary.write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_a_process_killed_in_the_middle_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    script = (
        "import os, sys; from crossmodal.runtime.files import replacing\n"
        "with replacing(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('new'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)]).returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_content_and_name_are_brought_to_the_disk_in_this_order(tmp_path, monkeypatch):
    """After a power failure a name must not stand for a file whose content was never written."""
    done, fsync, replace = [], os.fsync, os.replace

    def note(what, function):
        def call(*arguments):
            done.append(what(*arguments))
            return function(*arguments)

        return call

    monkeypatch.setattr(os, "fsync", note(lambda fd: "folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file", fsync))
    monkeypatch.setattr(os, "replace", note(lambda *paths: "name", replace))
    write_json(tmp_path / "a.json", {})
    assert done == ["file", "name", "folder"]


HOLDING = """
import contextlib, sys, time
from crossmodal.runtime.files import exclusive, replacing

with {block} as temporary:
    print(temporary, flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def holding(block):
    """A process that is inside a block of crossmodal.runtime.files, and what the block gave; killed at the end."""
    command = [sys.executable, "-c", HOLDING.format(block=block)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def test_what_a_killed_process_left_is_removed_by_the_next_and_a_living_ones_file_stays(tmp_path):
    path = tmp_path / "a.json"
    with holding(f"replacing({str(path)!r})") as temporary:
        write_json(path, {})
        assert os.path.exists(temporary)
    write_json(tmp_path / "b.json", {})
    assert os.path.exists(temporary)
    write_json(path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_a_second_process_is_kept_out_until_the_first_has_ended_in_any_way(tmp_path):
    with (
        holding(f"exclusive({str(tmp_path)!r})"),
        pytest.raises(CrossmodalError, match="Another process is training in"),
        exclusive(tmp_path),
    ):
        pass
    with exclusive(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        write_json(tmp_path / "absent" / "a.json", {})
    assert error.value.filename == str(tmp_path / "absent" / "a.json")
