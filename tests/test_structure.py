"""The direction of imports, and that asking for help imports no TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# what each folder may import, beside itself: everything to the left of it
ORDER = [
    *("errors", "runtime", "sound", "sampling", "data", "presets", "models", "training", "saving", "reader"),
    *("drawing", "saying", "evaluation", "app", "__main__", "recipes"),
]


def folder_of(module: str) -> str:
    """ "crossmodal.sound.audio" -> "sound", "evaluation.cas" -> "evaluation"."""
    first, *rest = module.split(".")
    return rest[0] if first == "crossmodal" and rest else first


def imported_by(path: Path) -> list[str]:
    """The modules of this project that a file imports; `from crossmodal import presets` is one too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "crossmodal" else []
            found += names or [node.module or ""]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return [name for name in found if name.split(".")[0] in ("crossmodal", "evaluation")]


def test_imports_point_one_way():
    wrong = []
    for path in [p for folder in ("crossmodal", "evaluation", "recipes") for p in (ROOT / folder).rglob("*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if module in ("crossmodal", "evaluation.__main__"):  # the doors
            continue
        for name in imported_by(path):
            here, there = folder_of(module), folder_of(name)
            if there in ("crossmodal", "__version__"):
                continue
            assert {here, there} <= set(ORDER), f"{module} or {name} has no place in the order"
            if ORDER.index(there) > ORDER.index(here):
                wrong.append(f"{module} imports {name}")
    assert not wrong


def test_models_know_no_files_data_or_command_lines():
    for path in (ROOT / "crossmodal" / "models").rglob("*.py"):
        tree = ast.parse(path.read_text())
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        assert not {"argparse", "pathlib", "os", "shutil"} & modules, path
        assert not [name for name in imported_by(path) if folder_of(name) == "data"], path
        opened = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "open"]
        assert not opened, path


def test_graphs_are_traced_as_the_functions_are_written():
    """AutoGraph would rewrite each function first, which takes longer than tracing it; loops are tf.while_loop."""
    for path in [p for folder in ("crossmodal", "evaluation") for p in (ROOT / folder).rglob("*.py")]:
        tree = ast.parse(path.read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        told = {id(call.func) for call in calls if "autograph" in {keyword.arg for keyword in call.keywords}}
        made = [
            node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node) == "tf.function"
        ]
        assert all(id(node) in told for node in made), f"{path}: pass autograph=False"


def test_the_order_names_every_folder_and_module():
    crossmodal = {path.stem for path in (ROOT / "crossmodal").iterdir() if path.is_dir() or path.suffix == ".py"}
    assert crossmodal - {"__init__", "__pycache__"} <= set(ORDER)
    modules = [path for path in (ROOT / "crossmodal").glob("*.py") if path.stem != "__init__"]
    assert len(modules) <= 5


def test_the_page_learns_textures_without_an_experiment():
    imported = imported_by(ROOT / "crossmodal" / "app" / "demo" / "listening.py")
    assert "crossmodal.training.cooperative" in imported
    assert not [name for name in imported if name.startswith("crossmodal.app.experiments")]


@pytest.mark.parametrize(
    "module",
    [
        *(
            "crossmodal",
            "crossmodal.sound.audio",
            "crossmodal.sound.spectrogram",
            "crossmodal.sound.segmentation",
            "crossmodal.app.options",
        ),
        *("crossmodal.presets", "crossmodal.app.experiments.train_vae_gan", "crossmodal.data.inventory"),
        *("evaluation.__main__", "crossmodal.app.commands.train", "crossmodal.app.commands.texture"),
        *("crossmodal.drawing", "crossmodal.saying", "crossmodal.saving.light", "crossmodal.models.light.drawing"),
    ],
)
def test_light_modules_import_no_tensorflow(module):
    script = f"import sys, {module}; assert not {{'tensorflow', 'keras', 'librosa'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
