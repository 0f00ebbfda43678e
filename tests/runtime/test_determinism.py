"""The same numbers twice: two processes, the environment that is kept with a run, the settings that it goes on with."""

import json
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from outcomes import outcome
from recipe_scripts import recipe
from starts import Starts

from crossmodal.errors import ModelError
from crossmodal.training import runs
from crossmodal.training.runs import environment, open_run


def test_two_processes_give_one_hash_of_the_weights(tmp_path, class_folders):
    """In two threads, each process with another seed of Python's hashes."""
    folders = ["--data", "folders", "--sounds-dir", str(class_folders[0]), "--images-dir", str(class_folders[1])]
    options = [*folders, "--epochs", "1", "--batch-size", "64", "--deterministic"]
    threads = {"OMP_NUM_THREADS": "2", "TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2"}
    found = []
    for seed in ("1", "2"):
        with Starts(PYTHONHASHSEED=seed, **threads) as start:
            result = start("train_vae", [*options, "--workdir", str(tmp_path / seed)])
        assert result["code"] == 0, result["said"]
        found.append(outcome(tmp_path / seed))
    assert len(found[0]["model.keras"]) > 10
    for name in ("model.keras", "metrics.json", "drawings.png"):
        assert found[0][name] == found[1][name], name
    assert found[0]["config.json"]["environment"]["intra_op_threads"] == "2"
    assert found[0]["config.json"]["config"]["deterministic"] is True


def test_deterministic_is_asked_of_tensorflow_by_every_training(monkeypatch, tmp_path):
    import tensorflow as tf

    def stop():
        raise KeyboardInterrupt

    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", stop)
    monkeypatch.setattr("crossmodal.data.mnist.load", lambda *arguments: few_images())
    for name in ("train_vae", "train_classifier", "texture_single", "texture_baselines"):
        options = ["--textures", "made:rain"] if name == "texture_baselines" else []
        assert recipe(name).main([*options, "--deterministic", "--workdir", str(tmp_path / name)]) == 130, name


@pytest.mark.parametrize("name", ["alpha_frontier", "ablation", "texture_sweeps"])
def test_deterministic_reaches_every_member_of_a_sweep(name):
    sweep = recipe(name)
    members = sweep.members(sweep.Config(deterministic=True)).values()
    configs = [member[1] if isinstance(member, tuple) else member for member in members]
    assert len(configs) > 5
    assert all(config.deterministic for config in configs)


def few_images():
    from crossmodal.data.sources import Images

    images, labels = np.zeros((20, 28, 28), np.uint8), np.arange(20) % 10
    return Images("few", images, labels, images, labels)


def test_the_environment_says_what_decides_the_last_bits_and_names_no_folder(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = environment()
    assert {"python", "tensorflow", "keras", "numpy", "cpu", "cpus", "onednn"} < set(found)
    assert found["omp_threads"] == "3"
    assert {"intra_op_threads", "inter_op_threads"} < set(found)
    assert str(runs.ROOT) not in json.dumps(found)


@pytest.mark.parametrize("harm", ["no checkout", "no git", "not a commit"])
def test_code_that_is_no_checkout_has_no_commit(harm, monkeypatch, tmp_path):
    if harm != "no checkout":
        (tmp_path / ".git").mkdir()
    if harm == "no git":
        monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(runs, "ROOT", tmp_path)
    assert runs.commit() is None


def test_a_checkouts_commit_is_known_and_whether_files_differ_from_it(monkeypatch, tmp_path):
    import subprocess

    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "a.py").write_text("1")
    git("init")
    git("add", "a.py")
    git("commit", "-m", "first")
    git("tag", "-a", "v1", "-m", "not this name")
    monkeypatch.setattr(runs, "ROOT", tmp_path)
    assert len(runs.commit()) == 40
    (tmp_path / "a.py").write_text("2")
    assert runs.commit()[40:] == "-dirty"


def test_figures_of_another_command_are_not_overwritten(tmp_path, monkeypatch, capsys):
    from crossmodal.app.sweeps import members

    monkeypatch.setattr("crossmodal.app.reports.write_report", lambda workdir: workdir / "report.html")
    first, again = ({"command": "python recipes/studies/ablation.py --data fsdd-mnist", "runs": name} for name in "ab")
    (tmp_path / "runs").mkdir()
    for result in (first, again):
        members.publish(result, tmp_path / "r.json", tmp_path / "runs")
    other = {"command": "python recipes/studies/ablation.py", "runs": {}}
    members.publish(other, tmp_path / "r.json", tmp_path / "runs")
    assert (
        "r.json stays as it is, it holds the figures of python recipes/studies/ablation.py --data"
        in capsys.readouterr().out
    )
    assert json.loads((tmp_path / "r.json").read_text()) == again
    assert json.loads((tmp_path / "runs" / "results.json").read_text()) == other


@dataclass(frozen=True)
class Config:
    seed: int = 0


@dataclass(frozen=True)
class LaterConfig(Config):
    sharper: bool = False


def test_a_run_goes_on_after_an_option_was_added_and_not_if_it_is_used(tmp_path):
    open_run(tmp_path, Config())
    assert open_run(tmp_path, LaterConfig()) is None
    with pytest.raises(ModelError, match="sharper was False, is True"):
        open_run(tmp_path, LaterConfig(sharper=True))


def test_a_run_that_goes_on_in_another_environment_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    open_run(tmp_path, Config())
    open_run(tmp_path, Config())
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    open_run(tmp_path, Config())
    assert capsys.readouterr().out.startswith("note: omp_threads was 1, is 2; ")


@pytest.mark.parametrize(
    ("name", "member"),
    [
        *(("train_vae", ""), ("train_vae_gan", ""), ("train_classifier", ""), ("ablation", "balanced")),
        *(("splits", "seed0"), ("alpha_frontier", "alpha-0"), ("texture_single", ""), ("texture_mix", "")),
        *(("texture_sweeps", ""), ("texture_baselines", "")),
    ],
)
def test_a_run_is_continued_with_its_own_settings_alone_and_a_finished_one_is_left_as_it_is(
    name, member, tmp_path, monkeypatch, capsys
):
    def stop(*arguments, **options):
        for folder in {tmp_path, tmp_path / member}:  # as if a part of it had been trained
            if folder.is_dir():
                (folder / "history.jsonl").touch()
        raise KeyboardInterrupt

    places = ("audio_to_image.load_sources", "texture_single.prepare", "train_classifier.load_images")
    for place in ("data.mnist.load", "data.textures.load_texture", *(f"app.experiments.{place}" for place in places)):
        monkeypatch.setattr(f"crossmodal.{place}", stop)
    words = {"splits": ["vae"], "texture_baselines": ["--textures", "made:rain"]}
    script, argv = recipe(name), list(words.get(name, []))
    unit = "--iterations" if name.startswith("texture") else "--epochs"
    argv += ["--workdir", str(tmp_path), unit]
    assert script.main([*argv, "3"]) == 130
    assert script.main([*argv, "4"]) == 2
    assert f"{unit[2:]} was 3, is 4): choose another --workdir" in capsys.readouterr().err
    if name in ("texture_sweeps", "texture_baselines"):
        return  # their own folder is never finished, and those of their members are texture_single's
    (tmp_path / member / "metrics.json").write_text(json.dumps({"parameters": 1}))
    (tmp_path / member / "report.html").write_text("a report")
    before = {path.name: path.read_bytes() for path in (tmp_path / member).iterdir()}
    assert script.main([*argv, "4"]) == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / member).iterdir()} == before
    sys.modules.pop("members", None)


def test_no_module_draws_random_numbers_when_it_is_imported():
    """Else the weights of a seed would depend on what was imported before; an initializer draws its seed when it is
    made."""
    script = """
import importlib, pkgutil, random
import keras, numpy, tensorflow, crossmodal
keras.utils.set_random_seed(0)
before = random.getstate(), numpy.random.get_state()[1].tolist()
for module in pkgutil.walk_packages(crossmodal.__path__, "crossmodal."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        assert (random.getstate(), numpy.random.get_state()[1].tolist()) == before, module.name
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
