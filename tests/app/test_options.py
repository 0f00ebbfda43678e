"""Command lines from dataclasses: there and back, and what a recipe's main does with errors."""

import argparse
import functools
import shlex
from dataclasses import MISSING, dataclass, fields
from typing import Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recipe_scripts import recipe

from crossmodal.app.experiments import (
    image_texture,
    pretraining,
    texture_mix,
    texture_single,
    train_classifier,
    train_correspondence,
    train_listener,
    train_transcriber,
    train_vae,
    train_vae_gan,
)
from crossmodal.app.experiments.families import FAMILIES
from crossmodal.app.options import add_options, command_of, option, run_recipe
from crossmodal.errors import DataError
from crossmodal.runtime.ranges import MOST_WHOLE, whole
from crossmodal.runtime.words import printable


@dataclass(frozen=True)
class Config:
    epochs: int = option(3, "passes")
    rate: float | None = option(None, "learning rate")
    data: Literal["a", "b"] = option("a", "which")
    fixed: bool = option(False, "keep pairs")
    careful: bool = option(True, "look twice")
    names: tuple[str, ...] = option(("a", "b"), "several")
    weights: tuple[float, ...] = option((), "a number each")
    folder: str | None = option(None, "where")


def parsed(argv, **options):
    seen = []
    code = run_recipe(lambda config, arguments: seen.append((config, arguments)), Config, "text", argv, **options)
    assert code == 0
    return seen[0]


CONFIGS = [
    *(
        Config,
        train_vae.Config,
        train_vae_gan.Config,
        *(family.Config for family in FAMILIES.values()),
        train_correspondence.Config,
        train_classifier.Config,
        train_listener.Config,
        train_transcriber.Config,
        pretraining.Config,
        texture_single.Config,
        texture_mix.Config,
        image_texture.Config,
    ),
    *(recipe(name).Config for name in ("texture_baselines", "texture_sweeps", "texture_judges", "ablation")),
    *(recipe(name).Config for name in ("texture_classes", "texture_mixtures", "alpha_frontier")),
    *(recipe(name).Config for name in ("benchmark", "scaling_benchmark")),
]


@functools.cache
def parser_of(config_class) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_options(parser, config_class)
    return parser


def values_of(field, kind):
    """A strategy for the values of an option: all that its type and its range allow."""
    if get_origin(kind) in (Union, *([type(int | None)])):
        (kind,) = (part for part in get_args(kind) if part is not type(None))
        return st.none() | values_of(field, kind)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(values_of(field, get_args(kind)[0]), min_size=1, max_size=4).map(tuple)
    allowed = field.metadata.get("range")
    low, high = (getattr(allowed, name, None) for name in ("least", "most"))
    above, below = (getattr(allowed, name, None) for name in ("above", "below"))
    if kind is bool:
        return st.booleans()
    if kind is int:
        most = whole(allowed).most if below is None else below - 1
        return st.integers(low if low is not None else -MOST_WHOLE, most)
    if kind is float:
        low, high = (first if first is not None else second for first, second in ((low, above), (high, below)))
        open_ends = {"exclude_min": above is not None, "exclude_max": below is not None}
        return st.floats(low, high, allow_nan=False, allow_infinity=False, **open_ends)
    assert kind is str
    # all but NUL, which no command line can hold, and "--" itself, which argparse takes away
    words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
    return words.filter(lambda word: word.strip() and word != "--")


@pytest.mark.parametrize("config_class", CONFIGS, ids=lambda c: f"{c.__module__}.{c.__name__}".split(".", 3)[-1])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_command_of_a_config_gives_it_back(config_class, data):
    hints = get_type_hints(config_class)
    strategies = {f.name: st.just(f.default) | values_of(f, hints[f.name]) for f in fields(config_class)}
    config = config_class(**data.draw(st.fixed_dictionaries(strategies)))
    program, *words = shlex.split(command_of("crossmodal", config))
    assert program == "crossmodal"
    assert config_class(**vars(parser_of(config_class).parse_args(words))) == config


def test_a_command_names_what_is_not_at_its_default_and_quotes_it():
    assert command_of("crossmodal train texture", texture_single.Config(reference="rain.wav", stabilise=False)) == (
        "crossmodal train texture --reference rain.wav --no-stabilise"
    )
    config = Config(1, 1e-6, "b", names=("rain, heavy.wav", "b"), weights=(0.5, 1.0))
    assert command_of("run", config, without=("data",), extra=("--results", "a b.json")) == (
        "run --epochs 1 --rate 1e-06 --names 'rain, heavy.wav' b --weights 0.5 1.0 --results 'a b.json'"
    )
    assert command_of("run", Config(folder="-x y")) == "run --folder='-x y'"
    assert command_of("run", Config(names=("-a", "b"))) == "run --names=-a --names=b"
    assert command_of("run", Config()) == "run"


def test_what_has_no_words_is_not_said_wrongly():
    with pytest.raises(ValueError, match="--names cannot be"):
        command_of("run", Config(names=()))

    @dataclass(frozen=True)
    class Open:
        epochs: int | None = option(2, "passes")

    with pytest.raises(AssertionError, match="may be None"):
        add_options(argparse.ArgumentParser(), Open)


def test_lists_take_several_words_and_help_shows_their_defaults(capsys):
    assert parsed(["--names", "x", "y z", "--weights", "1", "2.5"])[0] == Config(names=("x", "y z"), weights=(1.0, 2.5))
    assert parsed(["--names", "x", "--names", "y"])[0].names == ("x", "y")
    with pytest.raises(SystemExit, match="0"):
        parsed(["--help"])
    assert "several (a b)" in capsys.readouterr().out
    assert all(f.default is not MISSING for c in CONFIGS for f in fields(c))


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
    assert printable("a\nb \x1b[31m 七 \udcff.wav") == r"a\nb \x1b[31m 七 \udcff.wav"


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
