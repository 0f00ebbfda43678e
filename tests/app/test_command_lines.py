"""Command lines that make no sense, made by a generator: each is answered by a result or by one sentence, soon."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from command_lines import NEEDED, lines, some, unreadable
from command_starts import CommandStarts
from parsers import command_parsers

from crossmodal.__main__ import main
from crossmodal.models.vae import AudioImageVAE

LIMIT_S = 20.0  # for a command on an idle machine
CODES = (0, 2, 130, 143)  # as documented
COUNT, FEW = 1300, 40


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The paths that command lines are made of."""
    root = tmp_path_factory.mktemp("lines")
    (root / "folder").mkdir()
    (root / "file").write_text("no sound, no model, no run")
    (root / "run").mkdir()
    (root / "run" / "config.json").write_text(json.dumps({"config": {"seed": 0}, "environment": {}}))
    times_s = np.arange(40_000) / 20_000
    soundfile.write(root / "sound.wav", 0.3 * np.sin(2 * np.pi * 440 * times_s), 20_000)
    provenance = {"data": "folders", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []}
    AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), provenance=provenance).save(root / "model.keras")
    names = {"missing": "missing", "folder": "folder", "file": "file", "sound": "sound.wav", "model": "model.keras"}
    found = {name: str(root / path) for name, path in names.items()} | {"run": str(root / "run"), "out": "out"}
    return {**found, "closed": "/proc"}  # of which not even root can make a file


def is_one_sentence(answer: dict) -> bool:
    """Whether a command that failed said no more than its usage, and one line."""
    err = answer["err"].splitlines()
    while err and (err[0].startswith("usage: ") or err[0].startswith("  ")):
        err.pop(0)
    return len([line for line in err if line.strip()]) == 1


def test_every_command_has_its_lines(places):
    assert set(command_parsers()) == set(NEEDED)
    made = lines(places)
    assert len(made) > 100
    assert sum(map(len, made.values())) > 1500
    assert len({option for option in made}) <= len(some(made, COUNT))


def test_lines_that_are_refused_as_they_are_read_are_refused_in_a_sentence(places, tmp_path, monkeypatch, capsys):
    """A few: no libraries are needed for these."""
    monkeypatch.chdir(tmp_path)
    for argv in some(unreadable(places), FEW, seed=1):
        with pytest.raises(SystemExit) as stop:
            main(argv)
        said = capsys.readouterr()
        assert stop.value.code == 2, argv
        assert is_one_sentence({"err": said.err}), (argv, said.err)
        assert said.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_hundreds_of_command_lines_are_answered_by_a_result_or_one_sentence(places):
    wrong = []
    patience = float(os.environ.get("CROSSMODAL_PATIENCE", "1"))  # on a machine that others use too
    with CommandStarts() as start:
        for argv in some(lines(places), COUNT):
            with tempfile.TemporaryDirectory() as folder:
                answer = start(argv, folder, LIMIT_S * patience)
            shown = " ".join(word if len(word) < 60 else f"{word[:60]}..." for word in argv)
            if answer["code"] not in CODES:
                wrong.append(f"{shown}\n  exit code {answer['code']} after {answer['seconds']:.0f} s")
                wrong.append("    " + "\n    ".join(answer["err"].splitlines()[-3:]))
            elif "Traceback" in answer["err"] + answer["out"] or "[Errno" in answer["err"]:
                wrong.append(f"{shown}\n  {answer['err'][-300:]}")
            elif answer["code"] == 2 and not is_one_sentence(answer):
                wrong.append(f"{shown}\n  {answer['err'][-500:]!r}")
    assert not wrong, "\n".join(wrong)


EXTREMES = [
    "--augment 0 --batch-size 4 --learning-rate 1",
    "--augment 10 --warmup-steps 0 --beta 0",
    "--images-per-clip 1 --fixed-pairing --beta 1000000",
    "--passes 2 --seed 4294967295 --learning-rate 1e-30",
    "--timing pad --precision mixed_bfloat16 --warmup-steps 2147483647",
]


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("options", EXTREMES)
def test_numbers_at_the_ends_of_their_ranges_train_or_are_refused_in_a_sentence(options, class_folders, tmp_path):
    sounds, images = map(str, class_folders)
    argv = ["train", "vae", "--data", "folders", "--sounds-dir", sounds, "--images-dir", images, "--epochs", "1"]
    with CommandStarts() as start:
        answer = start([*argv, "--workdir", str(tmp_path / "run"), *options.split()], tmp_path, 600)
    assert answer["code"] in (0, 2), answer["err"]
    assert answer["code"] == 0 or is_one_sentence(answer), answer["err"]
    saved = Path(tmp_path / "run" / "model.keras")
    assert saved.exists() == (answer["code"] == 0)
