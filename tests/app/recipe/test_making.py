"""The recipe of a command: its line gives the same options again, its inputs have hashes, nothing names the machine."""

import getpass
import hashlib
import json
import shlex
from pathlib import Path

import pytest
from parsers import command_parsers

from crossmodal.__main__ import build_parser
from crossmodal.app.options import a_name, a_path
from crossmodal.app.recipe.inputs import digest, find_input, names_of
from crossmodal.app.recipe.making import INPUTS, RESULTS, UNSAID, command_line, recipe_from
from crossmodal.errors import CrossmodalError
from crossmodal.presets import DEFAULT, read_card

# options that name neither what is read nor what is written
OTHERS = {
    *("held_out_speaker", "host", "port", "left_out", "group_of", "file", "input", "data_dir", "archives", "only"),
    *("speech_commands_dir", "noise_dir"),
}
LINES = [
    "draw a.wav b.wav --samples 4 --model runs/vae --seed 7",
    "draw --samples 2 -- -a.wav",
    "say 'a b.png' --model m.keras --background black --guidance 1.5",
    "texture play texture_rain --seconds 2.5",
    "texture mix a.wav b.wav --weights 1.0 3.0 --iterations 2 --deterministic",
    "train vae --data fsdd-mnist --epochs 3 --no-colour",
    "train texture-mix --references a.wav made:rain --weights 1.0 2.0",
    "evaluate texture a.wav b.wav c.wav",
    "evaluate coherence runs/joint-flow --pairs 4 --guidance 3.0",
    "export vae_compact --format onnx",
    "find --among pictures --model runs/pairs --count 3",
    "find seven.wav --among pictures --model runs/pairs",
    "report runs/a runs/b",
]


def parsed(line: str):
    words = shlex.split(line)
    options = {"texture": ["-o", "x.wav"], "export": ["-o", "x"]}.get(words[0], [])
    end = words.index("--") if "--" in words else len(words)
    return build_parser(words[0]).parse_args([*words[:end], *options, *words[end:]])


@pytest.mark.parametrize("line", LINES)
def test_the_line_of_what_was_parsed_gives_it_again(line):
    arguments = parsed(line)
    said = recipe_from(arguments)["command"]
    assert said.startswith("crossmodal ")
    again = parsed(said.removeprefix("crossmodal "))
    kept = [name for name in vars(arguments) if name not in ("parser", "run")]
    assert {name: vars(again)[name] for name in kept} == {name: vars(arguments)[name] for name in kept}


def test_what_is_at_its_default_or_says_where_results_go_is_not_named():
    arguments = build_parser("draw").parse_args(["draw", "a.wav", "-o", "x.png", "--json", "--seed", "0", "--sam", "2"])
    assert recipe_from(arguments)["command"] == "crossmodal draw a.wav --samples 2"


def test_crossmodal_evaluate_is_crossmodal_evaluate(monkeypatch):
    arguments = parsed("evaluate texture a.wav b.wav")
    monkeypatch.setattr(arguments.parser, "prog", "crossmodal-evaluate texture")
    assert command_line(arguments, names_of(["a.wav", "b.wav"])) == "crossmodal evaluate texture a.wav b.wav"


def test_every_option_that_names_a_file_is_an_input_a_result_or_neither():
    """A new one must be told apart here, or `redo` would not look at it."""
    for words, parser in command_parsers().items():
        for action in parser._actions:
            is_text = action.type in (a_name, a_path, str, Path) or (action.type is None and action.nargs != 0)
            if is_text and not action.choices and action.dest != "help":
                assert action.dest in {*INPUTS, *RESULTS, *UNSAID, *OTHERS}, (words, action.dest)


def test_the_recipe_names_neither_the_machine_nor_its_user(tmp_path, write_sound, tone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = write_sound("one.wav", tone())
    Path("two").mkdir()
    Path("two/one.wav").write_bytes(one.read_bytes() + b"\0")
    places = [str(one), str(tmp_path / "two" / "one.wav"), "../absent.wav", "one.wav"]
    arguments = build_parser("draw").parse_args(["draw", *places, "-o", str(tmp_path / "x.png")])
    recipe = recipe_from(arguments)
    said = json.dumps(recipe)
    assert str(tmp_path) not in said
    assert not any(word.startswith(("/", "~", "..")) for word in shlex.split(recipe["command"]))
    assert getpass.getuser() not in recipe["command"]
    assert recipe["command"] == "crossmodal draw one.wav 2/one.wav absent.wav 3/one.wav"
    assert recipe["inputs"]["one.wav"] == hashlib.sha256(one.read_bytes()).hexdigest()
    assert recipe["inputs"]["2/one.wav"] != recipe["inputs"]["one.wav"]
    assert "absent.wav" not in recipe["inputs"]
    assert recipe["inputs"][DEFAULT] == read_card(DEFAULT)["sha256"]
    assert {"crossmodal", "python", "tensorflow", "keras", "numpy", "cpu"} <= set(recipe["environment"])


def test_a_folder_has_one_hash_of_all_its_files_but_for_pages(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("x")
    before = digest(str(tmp_path))
    (tmp_path / "report.html").write_text("page")
    assert digest(str(tmp_path)) == before
    (tmp_path / "a" / "x").rename(tmp_path / "a" / "y")
    assert digest(str(tmp_path)) != before
    (tmp_path / "model.keras").write_text("model")
    assert digest(str(tmp_path)) == hashlib.sha256(b"model").hexdigest()
    assert digest(str(tmp_path), whole=True) != digest(str(tmp_path))
    assert digest("made:rain") is None


def test_a_preset_of_another_version_is_told(tmp_path):
    with pytest.raises(CrossmodalError, match="The preset vae_compact is another one now"):
        find_input("vae_compact", "0" * 64, False, [], tmp_path)
