"""The scaling benchmark runs, its page says what it found, and memory does not grow with the number of images."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recipe_scripts import recipe

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scaling.md").read_text()


def measured(path: Path, *options: str) -> dict:
    words = [
        sys.executable,
        "recipes/benchmarks/scaling_benchmark.py",
        "--models",
        "compact",
        "--results",
        str(path),
        *options,
    ]
    words += ["--batches", "8", "--worker-batches", "8", "--steps", "1", "--turns", "1", "--rounds", "1"]
    subprocess.run(words, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return json.loads(path.read_text())


def test_the_pages_tables_are_what_the_results_say():
    tables, between = recipe("scaling_tables").TABLES, recipe("cells").between
    for name, table in tables.items():
        assert between(PAGE, name)[1] == table(), name


def test_a_table_has_what_was_measured(monkeypatch):
    tables = recipe("scaling_tables")
    figures = {"images/s": 3400.0, "ratio": 1.7, "ratio_min_max": [1.6, 1.8]}
    one = {"images/s": 2000.0, "ratio": 1.0, "ratio_min_max": [1.0, 1.0]}
    result = {
        "command": "python recipes/benchmarks/scaling_benchmark.py",
        "batch": {"compact": {"32": 1000.4, "64": 1500.0}},
        "workers": {"compact": {"128": {"1": one, "2": figures}}},
        "data": {"10000": {"pairs/s": 30_000.0, "first_batch_s": 0.31, "peak_mib": 813.8, "images_mib": 7.48}},
    }
    monkeypatch.setattr(tables, "load", lambda name: result)
    assert "| compact VAE, float32 | 1,000 | 1,500 |" in tables.batch()
    assert "| compact VAE, float32 | 128 | 2 | 3,400 | **1.70 x** (turns: 1.60 to 1.80) |" in tables.workers()
    assert "| 10,000 | 7 MiB | 814 MiB | 0.3 s | 30,000 |" in tables.data()


@pytest.mark.slow
def test_the_benchmark_measures_batches_workers_and_data(tmp_path):
    result = measured(tmp_path / "scaling.json", "--workers", "1", "2", "--pairs", "640")
    assert result["batch"]["compact"]["8"] > 0
    assert set(result["workers"]["compact"]["8"]) == {"1", "2"}
    assert result["data"]["640"]["pairs/s"] > 0


@pytest.mark.slow
def test_memory_is_flat_from_ten_thousand_to_a_million_pairs(tmp_path):
    data = measured(tmp_path / "scaling.json", "--workers", "1", "--pairs", "10000", "1000000")["data"]
    few, many = (data[size]["peak_mib"] for size in ("10000", "1000000"))
    assert many - few < 100  # their images are 748 MiB
