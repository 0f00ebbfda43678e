"""Command lines from dataclasses: there and back, and what a recipe's main does with errors."""

from dataclasses import dataclass
from typing import Literal

import pytest

from crossmodal.app.options import as_options, one_line, option, run_recipe
from crossmodal.errors import DataError


@dataclass(frozen=True)
class Config:
    epochs: int = option(3, "passes")
    rate: float | None = option(None, "learning rate")
    data: Literal["a", "b"] = option("a", "which")
    fixed: bool = option(False, "keep pairs")


def parsed(argv, **options):
    seen = []
    code = run_recipe(lambda config, arguments: seen.append((config, arguments)), Config, "text", argv, **options)
    assert code == 0
    return seen[0]


@pytest.mark.parametrize(
    "config", [Config(), Config(epochs=5, rate=0.1), Config(data="b", fixed=True), Config(fixed=True)]
)
def test_options_give_the_config_back(config):
    assert parsed(as_options(config).split())[0] == config


def test_defaults_and_locations_are_not_named():
    assert as_options(Config()) == ""
    assert as_options(Config(epochs=1, data="b"), without=("data",)) == " --epochs 1"


def test_the_workdir_is_an_option_where_there_is_one(tmp_path):
    assert parsed(["--workdir", str(tmp_path)], workdir="runs/x")[1].workdir == tmp_path
    with pytest.raises(SystemExit):
        parsed(["--workdir", str(tmp_path)])


def test_wrong_values_are_refused(capsys):
    for argv in (["--epochs", "many"], ["--data", "c"]):
        with pytest.raises(SystemExit, match="2"):
            parsed(argv)
    assert "invalid choice: 'c'" in capsys.readouterr().err


def test_errors_are_a_sentence_and_ctrl_c_is_no_traceback(capsys):
    def failing(error):
        def work(config, arguments):
            raise error

        return work

    assert run_recipe(failing(DataError("There is nothing here.")), Config, "text", []) == 2
    assert capsys.readouterr().err == "There is nothing here.\n"
    assert run_recipe(failing(KeyboardInterrupt()), Config, "text", []) == 130
    assert "the same command continues" in capsys.readouterr().err


def test_a_sentence_is_one_line_whatever_a_file_is_called():
    assert one_line("a\nb \x1b[31m 七 \udcff.wav") == r"a\nb \x1b[31m 七 \udcff.wav"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            PermissionError(13, "Permission denied", "a.json"),
            "a.json cannot be used (Permission denied): choose",
        ),
        (OSError(28, "No space left on device", "a.npz"), "There is no room for a.npz on its disk"),
        (MemoryError(), "There is not enough memory for this: choose smaller numbers"),
    ],
)
def test_errors_of_the_system_are_sentences_without_numbers(error, said, capsys):
    def work(config, arguments):
        raise error

    assert run_recipe(work, Config, "text", []) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(said)
    assert "Errno" not in printed
    assert len(printed.splitlines()) == 1
