"""The pages of docs: their Python runs as printed, and what they name exists."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def test_the_python_of_using_models_elsewhere_runs(tmp_path, monkeypatch, tone, write_sound, eager):
    from crossmodal.models.vae import AudioImageVAE

    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "use.md").read_text(), re.DOTALL)
    (tmp_path / "runs" / "vae").mkdir(parents=True)
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=["0", "1"], provenance={"protocol": "random"})
    model.save(tmp_path / "runs" / "vae" / "model.keras")
    write_sound("seven.wav", tone(sample_rate=44100), 44100)
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        exec(block, names)
    assert names["draws"].shape == (1, 8, 28, 28, 1)
    assert names["logits"].shape == (1, 28, 28, 1)
    assert names["sounds"].shape == (2, 20_000)
    assert (tmp_path / "cats-and-dogs.keras").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(page):
    text = page.read_text()
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    for name in re.findall(r"`(test_\w+)`", text):
        assert f"def {name}(" in tests, name
    for name in re.findall(r"`((?:crossmodal|tests|recipes|evaluation)/[\w/.]+)`", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`(crossmodal\.[\w.]+)`", text):
        module, _, attribute = name.rpartition(".")
        try:
            import_module(name)
        except ModuleNotFoundError:
            assert hasattr(import_module(module), attribute), name
