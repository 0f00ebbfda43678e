"""The direction of imports, and that asking for help imports no TensorFlow."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# a package or module may import those before it, never those after it
ORDER = [
    "crossmodal.errors",
    "crossmodal.quiet",
    "crossmodal.interruption",
    "crossmodal.files",
    "crossmodal.config",
    "crossmodal.cores",
    "crossmodal.precision",
    "crossmodal.audio",
    "crossmodal.segmentation",
    "crossmodal.spectrogram",
    "crossmodal.data",
    "crossmodal.distribution",
    "crossmodal.optimizers",
    "crossmodal.langevin",
    "crossmodal.presets",
    "crossmodal.models.base",
    "crossmodal.models",
    "crossmodal.drawing",
    "crossmodal.export",
    "crossmodal.runs",
    "crossmodal.checkpoints",
    "crossmodal.progress",
    "crossmodal.tensorboard",
    "crossmodal.training",
    "crossmodal.texture_algorithms",
    "crossmodal.texture_training",
    "crossmodal.plots",
    "crossmodal.texture_plots",
    "evaluation",
    "crossmodal.reports",
    "evaluation.folder",
    "evaluation.diversity_cli",
    "evaluation.texture.cli",
    "evaluation.__main__",
    "crossmodal.experiments",
    "crossmodal.demo",
    "crossmodal.commands",
    "crossmodal.__main__",
    "recipes",
]


def rank(module: str) -> int:
    found = [name for name in ORDER if f"{module}.".startswith(f"{name}.")]
    return ORDER.index(max(found, key=len)) if found else -1


def test_imports_point_one_way():
    wrong = []
    for path in [p for folder in ("crossmodal", "evaluation", "recipes") for p in (ROOT / folder).rglob("*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            wrong += [f"{module} imports {name}" for name in names if rank(name) > rank(module) >= 0]
    assert not wrong


def test_models_know_no_files_run_folders_or_command_lines():
    for path in (ROOT / "crossmodal" / "models").glob("*.py"):
        if path.name == "loading.py":
            continue
        for word in ("argparse", "pathlib", "open(", "crossmodal.training", "crossmodal.data"):
            assert word not in path.read_text(), f"{path.name} speaks of {word}"


@pytest.mark.parametrize(
    "module",
    [
        *("crossmodal", "crossmodal.audio", "crossmodal.spectrogram", "crossmodal.segmentation", "crossmodal.config"),
        *("crossmodal.presets", "crossmodal.experiments.train_vae_gan", "crossmodal.data.inventory"),
        "crossmodal.precision",
        *("evaluation.__main__", "crossmodal.commands.train", "crossmodal.commands.texture"),
    ],
)
def test_light_modules_import_no_tensorflow(module):
    script = f"import sys, {module}; assert not {{'tensorflow', 'keras', 'librosa'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
