"""What is written in a command holds its recipe, and says which of its results it is."""

import json

import pytest

from crossmodal.runtime.files import write_json
from crossmodal.runtime.recipe import making, recipe_of, recipe_text


def test_outside_of_a_command_there_is_none(tmp_path):
    assert recipe_of("a.png") is None
    assert recipe_text("a.png") is None
    write_json(tmp_path / "a.json", {"b": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"b": 1}


def test_a_file_says_which_result_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = {"--output": "drawing.png", "--workdir": tmp_path / "runs" / "vae"}
    with making(lambda: {"command": "crossmodal draw"}, lambda: results):
        assert recipe_of(tmp_path / "drawing.png") == {"command": "crossmodal draw", "result": "--output"}
        assert recipe_of("runs/vae/clips/a.wav")["result"] == "clips/a.wav"
        assert recipe_of("elsewhere/b.wav")["result"] == "b.wav"
        write_json("runs.json", {"b": 1})
    assert json.loads((tmp_path / "runs.json").read_text())["recipe"]["result"] == "runs.json"


def test_the_recipe_is_made_once_and_not_before_a_file_is_written():
    made = []
    with making(lambda: made.append(1) or {}, dict):
        assert made == []
        assert recipe_of("a.png") == recipe_of("b.png") | {"result": "a.png"}
    assert made == [1]


def test_a_command_within_a_command_has_its_own():
    with making(lambda: {"command": "outer"}, dict):
        with making(lambda: {"command": "inner"}, dict):
            assert recipe_of("a")["command"] == "inner"
        assert recipe_of("a")["command"] == "outer"


def test_an_error_ends_it():
    with pytest.raises(KeyError), making(lambda: {"command": "draw"}, dict):
        raise KeyError
    assert recipe_of("a") is None


def test_its_text_is_ascii_whatever_a_file_is_called():
    with making(lambda: {"command": "draw 七.wav \udcff.wav"}, dict):
        text = recipe_text("a.png")
    assert text.isascii()
    assert json.loads(text)["command"] == "draw 七.wav \udcff.wav"
