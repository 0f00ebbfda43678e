"""A command works in a home that takes no files, under any keras.json, and whatever lies in the working directory."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import pytest
from elsewhere import ROOT, closed, command

from crossmodal.__main__ import main
from crossmodal.errors import CrossmodalError
from crossmodal.runtime import surroundings

NONE = dict.fromkeys(("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "CROSSMODAL_CACHE", "KERAS_HOME", "KERAS_BACKEND"))
NONE |= dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TFDS_DATA_DIR", "GRADIO_TEMP_DIR", "HF_HOME"))


@pytest.fixture
def open_folder():
    """A folder below the system's for temporary files, that every user may write in."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield Path(folder)


@pytest.fixture
def clean(monkeypatch):
    """Environment variables as they are for a user who has set none of them; what a command sets goes again."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in NONE:
        os.environ.pop(name, None)


@pytest.mark.parametrize("home", ["closed", None])
def test_draw_works_without_a_home_that_takes_files(home, open_folder, tone, write_sound):
    path = write_sound("a.wav", tone())
    recording = open_folder / "a.wav"
    recording.write_bytes(path.read_bytes())
    recording.chmod(0o644)
    homes = {"closed": str(closed(open_folder / "closed")), None: None}
    (open_folder / "tmp").mkdir()
    (open_folder / "tmp").chmod(0o777)
    around = {**NONE, "HOME": homes[home], "TMPDIR": str(open_folder / "tmp")}
    done = command(["draw", "a.wav", "-o", "drawing.png"], open_folder, as_nobody=True, **around)
    assert (done.returncode, done.stderr) == (0, "")
    assert (open_folder / "drawing.png").stat().st_size > 1000
    if home == "closed":
        assert list((open_folder / "closed").iterdir()) == []


def test_data_that_cannot_be_kept_are_told_where_to_be_put(open_folder):
    around = {**NONE, "HOME": str(closed(open_folder / "closed")), "TMPDIR": "/tmp"}
    done = command(["data", "prepare"], open_folder, as_nobody=True, **around)
    assert done.returncode == 2
    assert done.stderr.count("takes no files (Permission denied): choose another --data-dir, or set TFDS_DATA_DIR") == 2
    assert len(done.stderr.splitlines()) == 2


WRONG_SETTINGS = [
    {"image_data_format": "channels_first"},
    {"floatx": "float16"},
    {"backend": "jax"},
    {"epsilon": "small"},
    {"backend": "nonsense", "floatx": "float8", "image_data_format": "sideways"},
    [],
    None,
]


def keras_file(home: Path, settings) -> Path:
    """A keras.json in a home, damaged if there are no settings."""
    (home / ".keras").mkdir(exist_ok=True)
    path = home / ".keras" / "keras.json"
    path.write_text("{" if settings is None else json.dumps(settings))
    return path


@pytest.mark.parametrize("settings", [{**WRONG_SETTINGS[4], "image_data_format": "channels_first"}], ids=str)
def test_draw_works_under_any_keras_json(settings, tmp_path, tone, write_sound):
    path = write_sound("a.wav", tone())
    written = keras_file(tmp_path, settings)
    before = written.read_text()
    around = {**NONE, "HOME": str(tmp_path), "KERAS_BACKEND": "torch", "KERAS_MAX_STEPS_PER_EPOCH": "many"}
    done = command(["draw", str(path)], tmp_path, **around)
    assert (done.returncode, done.stderr) == (0, "")
    assert written.read_text() == before


@pytest.mark.parametrize("settings", WRONG_SETTINGS, ids=str)
def test_a_keras_json_that_says_anything_else_is_passed_over(settings, tmp_path, clean):
    os.environ["HOME"] = str(tmp_path)
    keras_file(tmp_path, settings)
    surroundings.prepare_surroundings()
    assert not Path(os.environ["KERAS_HOME"]).is_relative_to(tmp_path)
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


def test_a_home_and_a_keras_that_are_as_needed_are_left_alone(tmp_path, clean):
    os.environ["HOME"] = str(tmp_path)
    surroundings.prepare_surroundings()
    assert "KERAS_HOME" not in os.environ
    keras_file(tmp_path, surroundings.KERAS_FILE)
    surroundings.prepare_surroundings()
    assert not {"KERAS_HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "CROSSMODAL_CACHE"} & set(os.environ)


@pytest.fixture
def other_keras():
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float16")
    yield
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")


def test_the_library_says_in_a_sentence_what_to_set(other_keras):
    from crossmodal import AudioImageVAE, CoopNets, LeNet5, load_model

    makers = [AudioImageVAE.compact, LeNet5, CoopNets.auditory, CoopNets.thesis, lambda: load_model("vae_compact")]
    for make in makers:
        with pytest.raises(
            CrossmodalError, match=r"the models need float32: call keras.config.set_floatx\('float32'\)"
        ):
            make()
    keras.config.set_floatx("float32")
    for make in makers:
        with pytest.raises(CrossmodalError, match=r"set_image_data_format\('channels_last'\)"):
            make()


def test_a_command_in_a_process_with_another_keras_works_and_leaves_it(other_keras, clean, tmp_path, tone, write_sound):
    assert main(["draw", str(write_sound("a.wav", tone())), "-o", str(tmp_path / "drawing.png")]) == 0
    assert keras.config.image_data_format() == "channels_first"
    assert keras.config.floatx() == "float16"


def test_a_folder_that_another_user_could_write_in_is_not_used(tmp_path, monkeypatch):
    """Numba runs what it finds in its cache."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    kept = tmp_path / f"crossmodal-{os.getuid()}"
    assert surroundings.private_folder() == str(kept)
    assert kept.stat().st_mode & 0o077 == 0
    kept.chmod(0o777)
    other = surroundings.private_folder()
    assert other != str(kept)
    assert os.stat(other).st_mode & 0o077 == 0
    kept.rmdir()
    kept.symlink_to(tmp_path)
    assert surroundings.private_folder() != str(kept)


def test_without_a_folder_for_temporary_files_a_command_says_so(monkeypatch, clean, capsys):
    def none():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert main(["data", "info"]) == 2
    assert capsys.readouterr().err == "No folder takes temporary files: set TMPDIR to one that does.\n"


def test_what_a_user_chose_is_kept_if_it_takes_files(tmp_path, clean):
    os.environ["NUMBA_CACHE_DIR"] = chosen = str(tmp_path / "mine")
    (tmp_path / "file").write_text("")
    os.environ["CROSSMODAL_CACHE"] = str(tmp_path / "file")
    surroundings.prepare_surroundings()
    assert os.environ["NUMBA_CACHE_DIR"] == chosen
    assert os.environ["CROSSMODAL_CACHE"].endswith("clips")


SHADOWS = ("evaluation", "keras", "tensorflow", "json", "argparse", "types", "numpy", "librosa", "pathlib", "random")


@pytest.fixture
def shadows(tmp_path):
    """A user's folder with files that are called as modules are."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the user\\'s {name}')\n")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["crossmodal", "evaluate", "agreement", "--help"],
        ["crossmodal", "train", "vae", "--help"],
        ["crossmodal", "draw", "a.wav", "-o", "drawing.png"],
    ],
    ids=" ".join,
)
def test_a_users_modules_do_not_come_in_place_of_others(words, shadows, tone, write_sound):
    write_sound("a.wav", tone())
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    variables["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=shadows, env=variables, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_processes_that_are_started_do_not_import_a_users_modules_either(shadows):
    """Those of a sweep, by multiprocessing, and those that speak."""
    (shadows / "multiprocessing.py").write_text("raise SystemExit('the user\\'s multiprocessing')\n")
    (shadows / "job.txt").write_text("")
    script = f"""
import os, sys
sys.path[:0] = [{str(ROOT)!r}]
from crossmodal.runtime.own_modules import leave_out_working_directory
sys.path.insert(0, os.getcwd())
leave_out_working_directory()
import subprocess
child = "import multiprocessing, sys; from crossmodal.data import digits_tts; import evaluation; print('fine')"
sys.exit(subprocess.run([sys.executable, "-c", child]).returncode)
"""
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=shadows, env=variables, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "fine\n")


def test_the_path_is_left_where_the_package_lies_in_the_working_directory_or_pythonpath_names_it(tmp_path, monkeypatch):
    from crossmodal.runtime.own_modules import leave_out_working_directory

    monkeypatch.setattr(os, "environ", os.environ.copy())
    for here, named, left in ((ROOT, "", True), (tmp_path, str(tmp_path), True), (tmp_path, f"{os.pathsep}x", False)):
        monkeypatch.chdir(here)
        monkeypatch.setattr(sys, "path", ["", str(here), *sys.path])
        os.environ["PYTHONPATH"] = named
        leave_out_working_directory()
        assert (str(here) in sys.path) == left
        monkeypatch.undo()
        monkeypatch.setattr(os, "environ", os.environ.copy())


def test_a_working_directory_that_is_gone_is_no_traceback(tmp_path):
    (tmp_path / "gone").mkdir()
    script = "import os; os.rmdir(os.getcwd()); from crossmodal.__main__ import main; import sys; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, "report", "run"],
        cwd=tmp_path / "gone",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_closed_streams_and_narrow_encodings_are_no_traceback(tmp_path):
    name = os.fsdecode("七 \udcff".encode("utf-8", "surrogateescape"))
    (tmp_path / name).mkdir()
    done = command(["report", name], tmp_path, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(r"\u4e03 \udcff holds no run")
    for closing in (">&-", "<&- >&- 2>&-"):
        script = f'"{sys.executable}" -P -m crossmodal data info {closing}'
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=variables, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), closing


def test_a_reader_that_has_gone_is_no_traceback(tmp_path):
    script = f'"{sys.executable}" -P -m crossmodal --help | true; "{sys.executable}" -P -m crossmodal data info | true'
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, env=variables, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("command", ["--help", "--version", "texture play --help", "data info"])
def test_output_that_nobody_reads_ends_quietly(command, tmp_path):
    """A short output is kept back until the end, where the pipe has no reader."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "crossmodal", *command.split()],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""},
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(write)
    assert done.stderr == ""


def test_other_systems_are_named_in_a_sentence(monkeypatch, capsys):
    from evaluation.__main__ import main as evaluate

    monkeypatch.setattr("crossmodal.runtime.systems.os.name", "nt")
    for run in (main, evaluate):
        assert run(["texture"]) == 2
        assert capsys.readouterr().err.startswith("crossmodal runs on Linux and macOS, not on this system")
