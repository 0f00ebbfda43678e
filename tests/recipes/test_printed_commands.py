"""Every command that README and docs print is run as printed, or with the options below, which make it small, after it.

A page that prints a program for which there is no entry here makes a test fail: give it one. In the default suite all
are understood and the quick ones are run; `-m slow` runs the others.
"""

import argparse
import functools
import re
import shlex
import sys
import tomllib
import urllib.request
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
from printed import PAGES, ROOT, StandIn, commands_in, make_inputs, names_in, outputs_of, program_of, spoken_archive
from recipe_scripts import RECIPES, recipe

from crossmodal.app.experiments.families import FAMILIES
from crossmodal.app.experiments.pretraining import METHODS

TRAIN = "--epochs 1 --passes 1"
PRETRAIN = "--epochs 1 --fine-epochs 1 --sweeps 2 --examples 100 --units 8 4"
TEXTURE = "--iterations 1 --steps 1 --samples 20000 --duration-s 2 --revise-steps 1 --draws 1"
# what is added to each program's commands
QUICK = {
    "draw": "",
    "say": "",
    "find": "",
    "texture learn": "--iterations 0",
    "texture play": "--seconds 1",
    "evaluate agreement": "",
    "evaluate texture": "",
    "evaluate conditions": "",
    "evaluate coherence": "--pairs 4",
    "evaluate confidence": "",
    "evaluate latent": "",
    "evaluate retrieval": "",
    "data prepare": "",
    "data info": "",
    "data check": "--protocol groups",
    "data pack": "",
    "report": "",
    "redo": "",
    "name_signers.py": "",
    "demo": "",  # until the page has been fetched
}
LISTENER = "--epochs 1 --batch-size 32 --variants 0 --noise made"
TRANSCRIBER = "--epochs 1 --strings 16 --batch-size 8 --filters 8 --test-strings 4"
LONG = {
    "texture mix": "--iterations 1",
    "train vae-gan": TRAIN,
    **{f"train {family}": TRAIN for family in FAMILIES},
    "train texture": TEXTURE,
    "train texture-mix": TEXTURE,
    "evaluate diversity": "--cas-steps 2",
    "evaluate strings": "--strings 4",
    "export": "",
    "train_vae.py": TRAIN,
    "train_vae_gan.py": TRAIN,
    **{f"train_family.py {family}": TRAIN for family in FAMILIES},
    "encoders.py": f"{TRAIN} --encoders linear --shard 1/1",
    "few_clips.py": f"{TRAIN} --starts dense --clips 45",
    "front_ends.py": f"{TRAIN} --shard 1/99",
    **{f"pretrain.py {method}": PRETRAIN for method in METHODS},
    "families.py": f"{TRAIN} --families autoencoder --splits 1 --shard 1/1",
    "train correspondence": TRAIN,
    "train classifier": "--epochs 1 --batch-size 100 --validation-images 100",
    "train listener": LISTENER,
    "train_listener.py": LISTENER,
    "train transcriber": TRANSCRIBER,
    "train_transcriber.py": TRANSCRIBER,
    "train vae": TRAIN,
    "train_classifier.py": "--epochs 1 --batch-size 100 --validation-images 100",
    "splits.py vae": f"{TRAIN} --shard 1/99",
    "splits.py vae-gan": f"{TRAIN} --splits 2 --shard 2/99",
    "splits.py flow": f"{TRAIN} --splits 2 --shard 2/99",
    "alpha_frontier.py": f"{TRAIN} --shard 1/99",
    "unpaired.py": f"{TRAIN} --shard 1/1",
    "ablation.py": f"{TRAIN} --shard 1/99",
    "augmentations.py": f"{TRAIN} --shard 1/99",
    "check_pairs.py": "--rows 400",
    "cold_start.py": "--rounds 1",
    "dials.py": "--images 200",
    "streams.py": "--seconds 1 --iterations 0",
    "benchmark.py": "--rounds 1 --steps 1 --batch-size 8 --clips 20 --langevin-steps 1 --thesis-iterations 1",
    "scaling_benchmark.py": "--models compact --batches 16 --worker-batches 16 --workers 1 --pairs 640 --steps 1 "
    "--turns 1 --rounds 1",
    "texture_single.py": TEXTURE,
    "texture_mix.py": TEXTURE,
    "train image-texture": "--iterations 1 --chains 1 --steps 1 --revise-steps 1 --size 64",
    "image_texture.py": "--iterations 1 --chains 1 --steps 1 --revise-steps 1 --size 64",
    "texture_baselines.py": "--textures fire --iterations 1 --draws 1 --duration-s 2 --statistics-steps 1",
    "texture_judges.py": "--methods peer:AN --peers peers",
    "texture_classes.py": "--classes rain --iterations 1 --draws 1 --duration-s 2",
    "texture_mixtures.py": "--textures fire sink --iterations 1 --draws 1 --duration-s 2 --shard 1/6",
    "texture_sweeps.py": "--iterations 1 --samples 40000 --only 'stride 20 seed 0'",
    "time_series.py": "--series mackey-glass --samples 800 --units 4 --epochs 1 --seeds 1",
    "make_preset.py": "--folder .",
    "tables.py": "",
    "environmental_sounds.py": "--sounds-dir ESC-10 --epochs 1 --shard 1/99",
    "environmental_front_ends.py": "--sounds-dir ESC-10",
}
RECORDINGS = {  # that studies find by their names
    "texture_baselines.py": ["fire.wav"],
    "texture_judges.py": ["fire.wav", "sink.wav", "peers/AN/fire.wav"],
    "texture_classes.py": [f"{kind}/{fold}-1-A.wav" for kind in ("rain", "sea_waves") for fold in (1, 5)],
    "texture_mixtures.py": ["fire.wav", "sink.wav"],
}
NOT_RUN = {"-m"}  # parts of this suite
LISTS = {"--textures", "--methods", "--classes"}  # options that take several words
COMMANDS = list(dict.fromkeys(command for page in PAGES for command in commands_in(page.read_text())))
WRITTEN = [ROOT / "crossmodal" / "app" / "commands", ROOT / "evaluation", RECIPES]  # whose help prints commands too


def entry(command: str) -> str:
    """What is added to a command."""
    program = program_of(command)
    assert program in (*QUICK, *LONG, *NOT_RUN), f"{command!r} is printed: give {program!r} an entry in {__file__}"
    return (QUICK | LONG).get(program, "")


def main_of(program: str, words: list[str]):
    """The function that is the program, and its arguments."""
    from crossmodal.__main__ import main

    if program == "crossmodal":
        return main, words
    return recipe(Path(words[0]).stem).main, words[1:]


def with_added(command: str, added: str) -> list[str]:
    """The words of a command and of what is added, a list among which takes the place of the command's own."""
    words, more = shlex.split(command), shlex.split(added)
    for option in set(words) & set(more) & LISTS:
        begin = words.index(option)
        end = next((i for i in range(begin + 1, len(words)) if words[i].startswith("--")), len(words))
        del words[begin:end]
    return words + more


def run(command: str, added: str = "") -> int:
    """The exit code of a command, which is run in this process."""
    program, *words = with_added(command, added)
    main, arguments = main_of(program, words)
    return main(arguments)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return spoken_archive(tmp_path_factory.mktemp("archive"))


@pytest.fixture
def workplace(archive, tmp_path, monkeypatch):
    """A folder to work in; results and presets of the repository stay what they are."""
    from crossmodal.data import fsdd, mnist, speech_commands

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(speech_commands.VARIABLE, str(archive))
    monkeypatch.setattr("crossmodal.app.commands.evaluate.tested.fingerprint", lambda speech: ANY)  # of other clips
    for source in (fsdd, mnist):
        monkeypatch.setattr(source, "open_dataset", StandIn)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path))
    results = sorted((RECIPES / "results").iterdir())
    before = [path.read_bytes() for path in results]
    yield tmp_path
    assert before == [path.read_bytes() for path in sorted((RECIPES / "results").iterdir())]


def make_small(folder: Path, monkeypatch) -> None:
    """Let recipes write their results into the folder, and do less of what no option makes less: CAS trains for two
    steps, draws are revised by one, latent spaces are measured along four paths."""
    from evaluation import diversity

    monkeypatch.syspath_prepend(str(RECIPES / "benchmarks"))  # for processes that these begin
    monkeypatch.setattr("crossmodal.models.coopnets.DRAW_STEPS", 1)
    monkeypatch.setattr("evaluation.latent.paths.PATHS", 4)
    monkeypatch.setattr("crossmodal.data.digits_tts.OTHER_WORDS", ("yes",))
    shorter = functools.partial(diversity.measure_cas, steps=2)
    monkeypatch.setattr(diversity, "measure_cas", lambda *data, steps: shorter(*data))
    real = sys.modules[__name__].recipe

    def kept(name):
        module = real(name)
        for known in (module, sys.modules.get("members")):
            if path := getattr(known, "RESULTS", None):
                monkeypatch.setattr(known, "RESULTS", folder / path.name if path.suffix else folder)
        return module

    monkeypatch.setattr(sys.modules[__name__], "recipe", kept)


def fetch_then_stop(monkeypatch) -> None:
    """Let a page that is served be fetched once, and stop."""
    gradio = pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")

    def visited(page):
        with urllib.request.urlopen(page.local_url) as answer:
            assert answer.status == 200
        page.close()

    monkeypatch.setattr(gradio.Blocks, "block_thread", visited)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=() if program_of(command) in QUICK else pytest.mark.slow)
        for command in COMMANDS
        if program_of(command) not in NOT_RUN
    ],
)
def test_it_does_what_it_says(command, workplace, spoken_digits, monkeypatch):
    added = entry(command)
    waveform, bounds = spoken_digits
    make_inputs(workplace, f"{command} {added}", waveform[: bounds[1][1]])
    recordings = re.findall(r"recording:(\w+)", command)
    files = [f"{name}.wav" for name in recordings] + RECORDINGS.get(program_of(command), [])
    for name in files:
        make_inputs(workplace, f"crossmodal texture learn {name}", waveform)
    if program_of(command) == "texture_classes.py":
        monkeypatch.setenv("CROSSMODAL_NOISE", str(workplace))
    if command.startswith("crossmodal demo"):
        fetch_then_stop(monkeypatch)
    make_small(workplace, monkeypatch)
    assert run(command, added) == 0
    written = outputs_of(shlex.split(f"{command} {added}"))
    if "--shard" not in added:
        assert all((workplace / name).exists() for name in written), written


@pytest.mark.parametrize("command", COMMANDS)
def test_its_words_are_understood(command, monkeypatch):
    """By the program's own parser."""
    program, *words = with_added(command, entry(command))
    if program_of(command) not in NOT_RUN:
        understood(program, words, monkeypatch)


@pytest.mark.parametrize("name", dict.fromkeys(name for page in PAGES for name in names_in(page.read_text())))
def test_a_command_that_is_named_exists(name, capsys):
    from crossmodal.__main__ import main

    with pytest.raises(SystemExit, match="0"):
        main([*shlex.split(name)[1:], "--help"])
    assert f"usage: {name}" in capsys.readouterr().out


def test_so_are_the_words_that_help_prints(monkeypatch):
    text = "\n".join(path.read_text() for folder in WRITTEN for path in folder.rglob("*.py"))
    lines = re.findall(r"^ *((?:crossmodal|crossmodal-evaluate|python recipes/[\w/]+\.py) [^\n|]*)", text, re.MULTILINE)
    assert len(lines) > 20
    for line in lines:
        program, *words = shlex.split(line, comments=True)
        if program == "crossmodal-evaluate":
            program, words = "crossmodal", ["evaluate", *words]
        understood(program, words, monkeypatch)


def understood(program: str, words: list[str], monkeypatch) -> None:
    """Let a program parse its words, and do nothing with them."""

    class Parsed(Exception):
        pass

    def parse_and_stop(parser, words):
        parse(parser, words)
        raise Parsed

    parse = argparse.ArgumentParser.parse_args
    main, arguments = main_of(program, words)
    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", parse_and_stop)
        with pytest.raises(Parsed):
            main(arguments)


def test_the_suite_is_run_as_printed_and_the_files_of_its_parts_exist():
    suites = [command for command in COMMANDS if program_of(command) in NOT_RUN]
    assert suites[0] == "python -m pytest -q"
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text()
    for suite in suites:
        words = shlex.split(suite)
        assert words[:3] == ["python", "-m", "pytest"]
        assert all((ROOT / word).exists() for word in words if word.startswith("tests/"))


def test_the_extras_that_are_to_be_installed_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    text = "\n".join(page.read_text() for page in PAGES)
    named = re.findall(r"pip install [^\n]*?\[(\w+)\]", text)
    assert len(named) >= 5
    assert set(named) <= set(extras)


def test_a_command_without_an_entry_is_noticed():
    assert commands_in("```sh\ncrossmodal paint a.wav  # so\n```") == ["crossmodal paint a.wav"]
    assert commands_in("run `python recipes/new.py` now, or `crossmodal paint`") == ["python recipes/new.py"]
    for command in ("crossmodal paint a.wav", "python recipes/new.py"):
        with pytest.raises(AssertionError, match="an entry"):
            entry(command)


def test_the_stand_in_is_like_the_real_data(workplace):
    from crossmodal.data.alignment import split_clips
    from crossmodal.data.catalog import load_pair

    speech, images = load_pair("fsdd-mnist")
    assert np.bincount(speech.labels).tolist() == [60] * 10
    assert set(split_clips(speech, "random").test) <= set(range(600))
    assert images.train_images.shape == (400, 28, 28)
    assert images.test_labels.dtype == np.int64
