"""What README and results say is what the files say; their commands are run by test_printed_commands."""

import re
from pathlib import Path

from recipe_scripts import recipe

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_tables_of_readme_and_results_are_what_the_results_say():
    tables, between = recipe("tables"), recipe("cells").between
    for name, table in tables.TABLES.items():
        assert between(tables.page_of(name).read_text(), name)[1] == table(), name


def test_the_readme_is_read_in_two_minutes():
    assert len(README.splitlines()) <= 150


def test_every_promise_names_a_test_that_exists():
    promises = (ROOT / "docs" / "guarantees.md").read_text().split("## In one table")[1].split("##")[0]
    code = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    names = re.findall(r"`(tests/[\w/]+\.py|test_\w+)`", promises)
    assert len(names) >= 8
    for name in names:
        assert (ROOT / name).exists() or f"def {name}(" in code, name


def test_the_python_example_runs(tmp_path, monkeypatch, tone, write_sound):
    from crossmodal.models.vae import AudioImageVAE

    example = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    (tmp_path / "runs" / "vae").mkdir(parents=True)
    AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4)).save(tmp_path / "runs" / "vae" / "model.keras")
    write_sound("seven.wav", tone(sample_rate=44100), 44100)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(example, names)
    assert names["image"].shape == (1, 28, 28, 1)
    assert names["draws"].shape == (1, 4, 28, 28, 1)
