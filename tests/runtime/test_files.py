"""Files exist completely or not at all."""

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import stat
import subprocess
import sys

import pytest
from elsewhere import closed, command

from crossmodal.errors import CrossmodalError
from crossmodal.runtime.files import check_folder, check_output, exclusive, replacing, write_json


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


@pytest.fixture
def places(tmp_path):
    """A folder, a file, and a name that is too long, below tmp_path."""
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "file").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder.json", "it is a folder, choose the name of a file"),
        (".", "choose a name that ends in .json"),
        ("a.txt", "choose a name that ends in .json"),
        ("nowhere/a.json", "there is no folder .*nowhere, make the folder first"),
        ("file/a.json", "file is a file"),
        ("/dev/null", "ends in .json"),
        (f"{'x' * 300}.json", "File name too long"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(name, message, places):
    with pytest.raises(CrossmodalError, match=message):
        check_output(places / name, (".json",))
    assert sorted(path.name for path in places.iterdir()) == ["file", "folder.json"]


def test_what_can_be_written_is_not_refused_and_nothing_is_left_behind(places):
    check_output(places / "new.json", (".json",))
    check_output(places / "any")
    check_output(places / "file")
    check_folder(places / "new" / "run")
    check_folder(places)
    assert sorted(path.name for path in places.iterdir()) == ["file", "folder.json"]
    with pytest.raises(CrossmodalError, match="it is no file"):
        check_output("/dev/null")


@pytest.mark.parametrize(
    ("name", "message"), [("file", "is a file"), ("file/run", "is a file"), ("x" * 300, "too long")]
)
def test_a_folder_that_cannot_be_is_refused(name, message, places):
    with pytest.raises(CrossmodalError, match=f"{message}.*choose another --workdir"):
        check_folder(places / name)


def test_a_folder_that_takes_no_files_is_refused(places, monkeypatch):
    def refused(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with pytest.raises(CrossmodalError, match=r"takes no files \(Permission denied\): choose another folder"):
        check_output(places / "a.json")
    with pytest.raises(CrossmodalError, match=r"cannot be made: .* takes no files .*choose another --workdir"):
        check_folder(places / "new" / "run")


def test_commands_say_so_of_a_folder_of_others(tmp_path):
    os.chmod(tmp_path, 0o755)
    closed(tmp_path / "closed")
    done = command(["report", "run", "-o", str(tmp_path / "closed" / "a.html")], "/", as_nobody=True)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


OUTPUTS = [
    ["draw", "{sound}", "-o", "{place}.png"],
    ["texture", "learn", "made:rain", "-o", "{place}.keras"],
    ["texture", "play", "texture_rain", "-o", "{place}.wav"],
    ["export", "vae_compact", "--format", "onnx", "-o", "{place}.onnx"],
    ["export", "vae_compact", "--format", "saved_model", "-o", "{place}"],
    ["report", "{folder}", "-o", "{place}.html"],
    ["evaluate", "agreement", "vae_compact", "--json", "{place}.json"],
    ["evaluate", "diversity", "vae_compact", "--json", "{place}.json"],
    ["evaluate", "texture", "{sound}", "{sound}", "--json", "{place}.json"],
]
WORKDIRS = [
    ["train", "vae"],
    ["train", "vae-gan"],
    ["train", "classifier"],
    ["texture", "learn", "made:rain", "-o", "{folder}/new.keras"],
    ["evaluate", "agreement", "vae_compact"],
    ["evaluate", "texture", "{sound}", "{sound}"],
]


@pytest.fixture
def no_work(monkeypatch):
    """Whatever takes long fails, in each module that has it by name; all are imported before, or one that is imported
    meanwhile would keep what fails."""
    import crossmodal
    from crossmodal.data import catalog, mnist, textures
    from crossmodal.saving import keras_file
    from crossmodal.sound import audio

    for found in pkgutil.walk_packages(crossmodal.__path__, "crossmodal."):
        if found.name != "crossmodal.__main__" and not found.name.startswith("crossmodal.app.demo."):
            importlib.import_module(found.name)

    for module, name in (
        (catalog, "load_pair"),
        (mnist, "load"),
        (textures, "load_texture"),
        (keras_file, "load_model"),
        (audio, "read_audio"),
    ):
        real = getattr(module, name)
        for holder in [held for held_as, held in sys.modules.items() if held_as.startswith("crossmodal.")]:
            if getattr(holder, name, None) is real:
                monkeypatch.setattr(holder, name, lambda *arguments, **options: pytest.fail("it has begun to work"))


@pytest.mark.parametrize("words", OUTPUTS, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("kind", ["folder", "nowhere", "below a file"])
def test_every_command_looks_at_its_output_first(kind, words, tmp_path, tone, write_sound, no_work, capsys):
    from crossmodal.__main__ import main

    sound = write_sound("a.wav", tone())
    suffix = words[-1].removeprefix("{place}")
    if kind == "folder":
        (tmp_path / f"out{suffix}").mkdir()
    places = {"folder": tmp_path / "out", "nowhere": tmp_path / "nowhere" / "out", "below a file": sound / "out"}
    argv = [word.format(sound=sound, folder=tmp_path, place=places[kind]) for word in words]
    assert main(argv) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "cannot be written" in said or "exists: choose another name" in said


@pytest.mark.parametrize("words", WORKDIRS, ids=lambda words: " ".join(words[:2]))
def test_every_command_looks_at_its_folder_first(words, tmp_path, tone, write_sound, no_work, capsys):
    from crossmodal.__main__ import main

    sound = write_sound("a.wav", tone())
    argv = [word.format(sound=sound, folder=tmp_path) for word in words]
    for place in (sound, sound / "run"):
        assert main([*argv, "--workdir", str(place)]) == 2
        (said,) = capsys.readouterr().err.splitlines()
        assert "is a file: choose another --workdir" in said
