"""The recipes as modules: `recipe("train_vae")` is recipes/train_vae.py, wherever below recipes/ the script lies."""

import importlib.util
import sys
from pathlib import Path

RECIPES = Path(__file__).parents[2] / "recipes"


def script(name: str) -> Path:
    """The path of a recipe's script."""
    (path,) = RECIPES.rglob(f"{name}.py")
    return path


def recipe(name: str):
    """The module of a recipe, loaded anew; the scripts beside it can be imported while it is loaded."""
    path = script(name)
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(path.parent))
