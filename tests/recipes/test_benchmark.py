"""The benchmark: rivals take turns, and all that the page shows is measured."""

import functools
import importlib.util
import json
import sys
import time

import pytest
from recipe_scripts import RECIPES, recipe

from crossmodal import AudioImageVAE, AudioImageVAEGAN


def small_families() -> dict:
    """Models of the benchmark's names that build fast."""
    vae = functools.partial(AudioImageVAE, 4, (4, 4), (8,), (8,), (4, 4))
    filters = {"encoder_filters": (4, 4, 4), "decoder_filters": (4, 4, 4), "discriminator_filters": (4, 4, 4)}
    return {"VAE": vae, "compact VAE": vae, "VAE-GAN": functools.partial(AudioImageVAEGAN, **filters)}


class InThisProcess:
    """A rival that waits for none to load its libraries, see `turns.Elsewhere`."""

    def __init__(self, make, *arguments):
        self.work = make(*arguments)

    def __call__(self):
        self.work()

    def close(self):
        pass


def one_turn(rival) -> tuple[str, list[float]]:
    name, work = rival
    began = time.perf_counter()
    work()
    return name, [time.perf_counter() - began]


def test_rivals_take_turns_in_processes_of_their_own(monkeypatch):
    monkeypatch.syspath_prepend(str(RECIPES / "benchmarks"))
    turns = recipe("turns")
    with pytest.raises(RuntimeError, match="ValueError: invalid literal"):
        turns.Elsewhere(int, "no number")
    elsewhere, own = turns.Elsewhere(functools.partial, time.sleep, 0.01), []
    seconds = turns.rounds_of({"elsewhere": elsewhere, "here": lambda: own.append(0)}, 2)
    elsewhere.close()
    assert len(own) == 3  # the first is not counted
    assert all(0.01 < each < 1 for each in seconds["elsewhere"])
    assert seconds["here"][0] < 0.01


def test_benchmark_measures_all_that_the_readme_shows(tmp_path, monkeypatch, eager):
    sizes = ["--rounds", "1", "--steps", "1", "--batch-size", "8", "--clips", "20", "--langevin-steps", "1"]
    out = tmp_path / "benchmark.json"
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else found(name))
    monkeypatch.syspath_prepend(str(RECIPES / "benchmarks"))  # for the rivals in processes of their own
    benchmark, modules = recipe("benchmark"), sys.modules
    monkeypatch.setattr(modules["training"], "families", small_families)
    monkeypatch.setattr(modules["textures"], "Elsewhere", InThisProcess)
    monkeypatch.setattr(modules["turns"], "rounds_of", lambda rivals, rounds: dict(map(one_turn, rivals.items())))
    monkeypatch.setattr(modules["limits"], "SIZE", 64)
    assert benchmark.main([*sizes, "--thesis-iterations", "1", "--results", str(out)]) == 0
    result = json.loads(out.read_text())
    for family in ("VAE", "compact VAE", "VAE-GAN"):
        assert next(iter(result["training"][family]["steps"].values()))["ratio"] == 1
    tables = recipe("tables")
    monkeypatch.setattr(sys.modules["cells"], "RESULTS", tmp_path)
    assert "| log-mel |" in tables.speed()


def test_a_training_step_of_the_papers_vae_is_31_gflop():
    from crossmodal.models.vae import AudioImageVAE

    limits = recipe("limits")
    assert limits.training_flops(AudioImageVAE(), 128) / 1e9 == pytest.approx(31.5, rel=0.02)
