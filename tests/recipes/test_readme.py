"""What the README says is what the files say; its commands are run by test_printed_commands."""

import re
from pathlib import Path

from recipe_scripts import recipe

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_readmes_tables_are_what_the_results_say():
    tables = recipe("readme_table")
    TABLES, between = tables.TABLES, tables.between
    for name, table in TABLES.items():
        assert between(README, name)[1] == table(), name


def test_every_promise_names_a_test_that_exists():
    promises = README.split("## Guarantees")[1].split("##")[0]
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
