"""crossmodal redo: each kind of output is made again to the bit, and what cannot be is one sentence."""

import json
import shutil
from pathlib import Path

import keras
import pytest
import soundfile
from printed import finished_run, picture_of_a_bar, untrained_texture

from crossmodal.__main__ import main
from crossmodal.app.recipe.reading import read_recipe
from crossmodal.data.textures import rain
from crossmodal.saving.keras_file import save_model


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """A folder with a picture of a digit, a sound texture, its model, and two runs of untrained models."""
    folder = tmp_path_factory.mktemp("things")
    soundfile.write(folder / "rain.wav", rain(1.5), 20_000)
    picture_of_a_bar(folder / "one.png")
    save_model(untrained_texture(), folder / "rain.keras")
    finished_run(folder / "runs" / "vae", "digits-tts")
    finished_run(folder / "runs" / "joint-flow", "folders")
    return folder


@pytest.fixture
def place(things, tmp_path, monkeypatch, tone):
    """A copy of it to work in, with a recording."""
    shutil.copytree(things, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    soundfile.write("seven.wav", tone(), 8000)
    return tmp_path


@pytest.fixture
def drawing(place):
    """drawing.png, as draw wrote it."""
    assert main(["draw", "seven.wav", "--model", "runs/vae", "--samples", "2", "--seed", "3"]) == 0
    return Path("drawing.png")


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """Of the Langevin chains that revise a texture's draws."""
    monkeypatch.setattr("crossmodal.models.coopnets.DRAW_STEPS", 1)


@pytest.fixture
def deterministic():
    """Let TensorFlow forget afterwards that it was asked for deterministic kernels."""
    from tensorflow.python.framework import config

    yield
    config.disable_op_determinism()


def run(*argv: str) -> int:
    """The exit code of a command, for which Keras names layers as in a process of its own."""
    keras.utils.clear_session(free_memory=False)
    return main(list(argv))


def made_again(path: Path, capsys, *options: str) -> None:
    """Let a file be made again, to the bit."""
    before = path.read_bytes()
    capsys.readouterr()
    assert run("redo", str(path), "-o", f"again{path.suffix}", *options) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{path}: made again, bit for bit the same"
    assert Path(f"again{path.suffix}").read_bytes() == path.read_bytes() == before


def refused(capsys, *argv: str) -> str:
    """The sentence of a command that fails."""
    capsys.readouterr()
    assert main(list(argv)) == 2
    (said,) = capsys.readouterr().err.splitlines()
    return said


def test_a_drawing_is_made_again(drawing, capsys):
    recipe = read_recipe(drawing)
    assert recipe["command"] == "crossmodal draw seven.wav --samples 2 --model runs/vae --seed 3"
    assert set(recipe["inputs"]) == {"seven.wav", "runs/vae"}
    assert recipe["seed"] == 3
    made_again(drawing, capsys)


def test_another_seed_is_another_drawing_and_redo_keeps_to_its_own(drawing, capsys):
    assert main(["draw", "seven.wav", "--model", "runs/vae", "--samples", "2", "--seed", "4", "-o", "four.png"]) == 0
    assert Path("four.png").read_bytes() != drawing.read_bytes()
    made_again(Path("four.png"), capsys)


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("say one.png --model runs/joint-flow --samples 2", "said.wav"),
        ("texture play rain.keras --seconds 0.5 --seed 2", "new.wav"),
        ("texture learn rain.wav --iterations 0 --seed 5", "learned.keras"),
        ("report runs/vae", "page.html"),
    ],
)
def test_sounds_models_and_pages_are_made_again(command, written, place, eager, capsys):
    assert run(*command.split(), "-o", written) == 0
    made_again(Path(written), capsys)
    assert read_recipe(Path(written))["environment"]["numpy"]


def test_the_figures_and_pictures_of_an_evaluation_are_made_again(place, capsys):
    assert run("evaluate", "agreement", "runs/vae", "--seed", "2", "--json", "figures.json") == 0
    made_again(Path("figures.json"), capsys)
    made_again(Path("runs/agreement-vae/confusion.png"), capsys)


@pytest.mark.slow
def test_a_trained_texture_is_made_again(place, capsys):
    small = "--iterations 1 --steps 2 --samples 20000 --duration-s 0.5 --draws 1"
    assert run("train", "texture", "--reference", "rain.wav", *small.split(), "--workdir", "runs/rain") == 0
    made_again(Path("runs/rain/model.keras"), capsys)
    made_again(Path("runs/rain/draw_1.wav"), capsys)


def test_a_deterministic_training_is_made_again(place, class_folders, deterministic, capsys):
    """As small as can be; that two processes agree is tests/runtime/test_determinism.py's."""
    sounds, images = map(str, class_folders)
    data = ["--data", "folders", "--sounds-dir", sounds, "--images-dir", images]
    small = ["--epochs", "1", "--encoder", "linear", "--deterministic", "--workdir", "runs/small"]
    assert run("train", "autoencoder", *data, *small) == 0
    made_again(Path("runs/small/model.keras"), capsys, "--input", sounds, images)
    assert not Path("runs/autoencoder").exists()


def test_inputs_that_moved_are_found_by_what_they_hold(drawing, capsys):
    Path("elsewhere").mkdir()
    shutil.move("seven.wav", "elsewhere/8.wav")
    assert "seven.wav is not here: pass by --input" in refused(capsys, "redo", str(drawing))
    made_again(drawing, capsys, "--input", "one.png", "elsewhere/8.wav")


def test_inputs_beside_the_file_are_found_from_anywhere(drawing, capsys, monkeypatch):
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    made_again(Path("..") / drawing, capsys)


def test_a_changed_input_and_a_missing_model_are_one_sentence(drawing, capsys, tone):
    soundfile.write("seven.wav", tone(500.0), 8000)
    assert "seven.wav has changed since" in refused(capsys, "redo", str(drawing))
    soundfile.write("seven.wav", tone(), 8000)
    shutil.rmtree("runs/vae")
    assert "runs/vae is not here: pass by --input" in refused(capsys, "redo", str(drawing))


def test_a_file_without_a_recipe_is_one_sentence(place, capsys):
    soundfile.write("plain.flac", rain(0.5), 20_000)
    for name in ("one.png", "seven.wav", "plain.flac", "runs/vae", "runs/vae/metrics.json"):
        assert "holds no recipe" in refused(capsys, "redo", name)
    Path("notes.txt").write_text("nothing")
    assert "nor does any file of its kind" in refused(capsys, "redo", "notes.txt")
    assert "cannot be read (missing)" in refused(capsys, "redo", "absent.png")


def test_another_version_is_one_sentence_and_can_be_allowed(drawing, capsys, monkeypatch):
    monkeypatch.setattr("crossmodal.app.recipe.making.__version__", "9.9")
    said = refused(capsys, "redo", str(drawing))
    assert "was made with other versions (crossmodal was 0." in said
    assert ", is 9.9): install those, or pass --other-versions." in said
    assert main(["redo", str(drawing), "--other-versions"]) == 0
    assert "its content bit for bit the same (crossmodal was 0." in capsys.readouterr().out


def test_what_differs_is_told_with_the_reason(drawing, capsys, monkeypatch):
    monkeypatch.setattr("crossmodal.drawing.Drawing.caption", "another reading")
    monkeypatch.setattr("crossmodal.training.runs.cpu_model", lambda: "another processor")
    said = refused(capsys, "redo", str(drawing), "-o", "again.png")
    assert "made again, it differs (cpu was " in said
    assert "is another processor" in said
    assert Path("again.png").exists()


@pytest.mark.parametrize(
    "command", ["rm -rf .", "crossmodal redo x.png", "crossmodal demo", "crossmodal draw --no-such"]
)
def test_other_commands_are_not_run(command, place, capsys):
    recipe = {"command": command, "inputs": {}, "environment": {}, "result": "--json"}
    Path("hostile.json").write_text(json.dumps({"recipe": recipe}))
    assert "is none that this version can repeat" in refused(capsys, "redo", "hostile.json", "--other-versions")


def test_names_that_lead_out_of_the_folder_are_not_laid_out(drawing, capsys):
    recipe = read_recipe(drawing)
    digest = recipe["inputs"]["seven.wav"]
    hostile = {**recipe, "inputs": {"../out.wav": digest}, "result": "--json"}
    Path("hostile.json").write_text(json.dumps({"recipe": hostile}))
    assert "no name that a recipe may have" in refused(capsys, "redo", "hostile.json", "--input", "seven.wav")
    assert not Path("../out.wav").exists()
