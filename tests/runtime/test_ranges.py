"""Numbers that make sense: the same ranges on the command line and for a config made in Python."""

import importlib
import math
import pkgutil
from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

import numpy as np
import pytest
import recipe_scripts
from parsers import numeric_actions

import crossmodal.app.experiments
from crossmodal.__main__ import main
from crossmodal.app.options import option
from crossmodal.errors import CrossmodalError
from crossmodal.runtime.ranges import MOST_WHOLE, Range, check_config, read_number
from crossmodal.training.runs import open_run

EXPERIMENTS = [m.name for m in pkgutil.iter_modules(crossmodal.app.experiments.__path__)]
WITH_CONFIG = ("ablation", "alpha_frontier", "texture_baselines", "texture_sweeps")


@dataclass(frozen=True)
class Config:
    epochs: int = option(3, "passes", least=1, most=10)
    rate: float | None = option(None, "learning rate", above=0, most=1)
    share: float = option(0.5, "a share", least=0, below=1)
    data: Literal["a", "b"] = option("a", "which")
    fixed: bool = option(False, "keep pairs")


def configs() -> dict:
    """Every Config of experiments and recipes, by the name of its module."""
    modules = {name: importlib.import_module(f"crossmodal.app.experiments.{name}") for name in EXPERIMENTS}
    modules |= {name: recipe_scripts.recipe(name) for name in WITH_CONFIG}
    return {name: module.Config for name, module in modules.items() if hasattr(module, "Config")}


@pytest.mark.parametrize(
    ("limits", "inside", "outside", "words"),
    [
        (Range(least=1, most=10), [1, 10], [0, 11, -1], "from 1 to 10"),
        (Range(above=0), [1e-9], [0.0, -1.0, math.nan, math.inf], "above 0"),
        (Range(least=0, below=1), [0.0, 0.999], [1.0, math.nan], "of 0 or more and below 1"),
        (Range(), [-1e300, 0.0], [math.nan, math.inf, -math.inf], "that is finite"),
    ],
)
def test_a_range_says_what_it_holds(limits, inside, outside, words):
    assert str(limits) == words
    assert all(limits.holds(number) for number in inside)
    assert not any(limits.holds(number) for number in outside)


@pytest.mark.parametrize("words", ["many", "", "1.5", "nan", "1e3", "9" * 5000, "-1", "0", "0x10"])
def test_a_text_that_is_no_such_number_is_refused_with_what_is(words):
    with pytest.raises(ValueError, match=rf"give a whole number from 1 to {MOST_WHOLE}$") as refused:
        read_number(words, int, Range(least=1))
    assert len(str(refused.value)) < 150


def test_a_config_made_in_python_has_the_same_ranges():
    check_config(Config())
    check_config(Config(epochs=np.int64(10), rate=1, share=0))
    wrong = [{"epochs": value} for value in (0, 11, 2.5, True, "3", None, 10**30, math.nan)]
    wrong += [{"rate": value} for value in (0, -1, 1.1, math.nan, math.inf, "1")]
    wrong += [{"share": 1.0}, {"share": None}, {"data": "c"}, {"fixed": "yes"}]
    for values in wrong:
        with pytest.raises(CrossmodalError, match=f"^{next(iter(values))} cannot be "):
            check_config(Config(**values))


def test_a_run_with_a_number_out_of_range_makes_no_folder(tmp_path):
    with pytest.raises(CrossmodalError, match="epochs cannot be 0: choose a whole number from 1 to 10"):
        open_run(tmp_path / "run", Config(epochs=0))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", sorted(configs()))
def test_every_number_of_every_config_has_its_range(name):
    """The defaults lie in them, and so do the values that experiments fill in."""
    config = configs()[name]
    check_config(config())
    hints = get_type_hints(config)
    for f in fields(config):
        kinds = get_args(hints[f.name]) or (hints[f.name],)
        if {int, float} & set(kinds):
            within = f.metadata["range"]
            assert within.least is not None or within.above is not None, f"{name}.{f.name} may be negative"
            assert float in kinds or within.most is not None or within.least in (0, 1), f"{name}.{f.name}"
            assert int in kinds or within.most is not None or within.below is not None, f"{name}.{f.name} has no end"


@pytest.mark.parametrize("model", ["compact", "paper"])
def test_what_the_vae_fills_in_lies_in_its_ranges(model):
    from crossmodal.app.experiments import train_vae

    check_config(train_vae.with_defaults(train_vae.Config(model=model)))


@pytest.mark.parametrize("model", ["balanced", "paper", "narrow"])
def test_what_the_vae_gan_fills_in_lies_in_its_ranges(model):
    from crossmodal.app.experiments import train_vae_gan

    check_config(train_vae_gan.with_defaults(train_vae_gan.Config(model=model)))


def test_every_number_of_every_command_has_its_range():
    """NaN, infinity, a word, what is too large: none is taken by any option that is a number."""
    numbers = 0
    for command, action in numeric_actions():
        for wrong in ("nan", "inf", "-inf", "many", "1e400", "9" * 400):
            with pytest.raises(Exception, match=r"is out of range|is not a") as refused:
                action.type(wrong)
            assert type(refused.value).__name__ == "ArgumentTypeError", f"{command} {action.option_strings}"
        numbers += 1
    assert numbers > 60


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train vae --epochs 0", "argument --epochs: 0 is out of range: give a whole number from 1 to 99999"),
        ("train vae-gan --batch-size 0", "argument --batch-size: 0 is out of range"),
        ("train vae --images-per-clip 0", "argument --images-per-clip: 0 is out of range"),
        ("train vae --passes 0", "argument --passes: 0 is out of range"),
        ("train vae --seed -1", "argument --seed: -1 is out of range: give a whole number from 0 to 4294967295"),
        ("train vae --augment -1", "argument --augment: -1 is out of range"),
        ("train classifier --learning-rate -1", "argument --learning-rate: -1 is out of range"),
        ("train vae --learning-rate nan", "argument --learning-rate: nan is out of range: give a number above 0 and"),
        ("train vae-gan --average 1", "argument --average: 1 is out of range: give a number of 0 or more and below 1"),
        ("train classifier --dropout 1", "argument --dropout: 1 is out of range"),
        ("train classifier --validation-images 60000", "argument --validation-images: 60000 is out of range"),
        ("texture learn made:rain -o x.keras --iterations -5", "argument --iterations: -5 is out of range"),
        ("texture play texture_rain -o x.wav --seconds 1e9", "argument --seconds: 1e9 is out of range"),
        ("texture mix made:rain -o x.keras --weights -1", "argument --weights: -1 is out of range"),
        ("evaluate diversity vae_compact --cas-steps -1", "argument --cas-steps: -1 is out of range"),
        ("draw a.wav --samples 1e3", "argument --samples: '1e3' is not a whole number: give a whole number from 0"),
        ("demo --port 99999", "argument --port: 99999 is out of range: give a whole number from 1 to 65535"),
        ("demo --port -1", "argument --port: -1 is out of range"),
    ],
)
def test_a_number_out_of_range_is_refused_before_any_work(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(words.split())
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["draw a.wav --model", "train vae --workdir", "train vae --sounds-dir", "report"])
def test_an_empty_name_is_refused(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*words.split(), ""])
    assert capsys.readouterr().err.splitlines()[-1].endswith("it is empty: give a name, or leave the option out")


def test_a_training_that_could_not_begin_leaves_no_folder_that_refuses_the_corrected_command(
    class_folders, tmp_path, capsys
):
    sounds, images = map(str, class_folders)
    options = ["--data", "folders", "--workdir", str(tmp_path / "run"), "--epochs", "1"]
    places = ["--sounds-dir", sounds, "--images-dir", images]
    assert main(["train", "vae", *options]) == 2  # the folders are missing
    assert main(["train", "vae", *options, *places, "--batch-size", "3"]) == 2  # no multiple of the images of a clip
    assert main(["train", "vae", *options, *places, "--batch-size", "4000"]) == 2  # more than there are
    assert main(["train", "vae", *options, *places, "--protocol", "speaker"]) == 2  # which one?
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 4
    assert "pass --sounds-dir and --images-dir" in said[0]
    assert "pass --batch-size" in said[1]
    assert "pass --batch-size" in said[2]
    assert not (tmp_path / "run").exists()
    model = str(tmp_path / "rain.keras")
    assert main(["texture", "learn", str(tmp_path / "absent.wav"), "-o", model]) == 2
    assert not (tmp_path / "rain").exists()
