"""Whether two files are the same: to the bit, or in all but what they say of where and when they were made."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.runtime.recipe import KEY

OF_A_RUN = ("seconds", "environment")  # of figures: when and where they were measured


def same_bytes(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def same_content(one: Path, other: Path) -> bool:
    """Whether pixels, samples, weights, figures or text are the same to the bit. Not compared are recipes, provenance
    and the seconds that things took."""
    first, second = content_of(one), content_of(other)
    if isinstance(first, np.ndarray):
        return first.shape == second.shape and bool((first == second).all())
    return first == second


def content_of(path: Path) -> Any:
    """What `same_content` compares of a file, by its kind."""
    kind = path.suffix.lower()
    if kind == ".png":
        from PIL import Image

        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGBA"))
    if kind == ".json":
        return without_run({name: value for name, value in json.loads(path.read_text()).items() if name != KEY})
    if kind == ".keras":
        with zipfile.ZipFile(path) as file:
            config = json.loads(file.read("config.json"))
            return {**config["config"], "provenance": None}, file.read("model.weights.h5")
    if kind == ".onnx":
        import onnx

        graph = onnx.load(path).graph  # whose parts get other names each time
        arrays = sorted((tuple(array.dims), array.raw_data) for array in graph.initializer)
        return arrays, sorted(node.op_type for node in graph.node)
    if kind == ".html":
        text = re.sub(r'<meta name="recipe"[^>]*>', "", path.read_text(encoding="utf-8"))
        return re.sub(r"\d+\.\d min", "", text)
    import soundfile

    samples, sample_rate = soundfile.read(path, always_2d=True)
    return np.concatenate([np.full((1, samples.shape[1]), sample_rate), samples])


def without_run(content):
    """A JSON value without the seconds that things took, and the environment in which they did."""
    if isinstance(content, dict):
        return {k: without_run(value) for k, value in content.items() if k not in OF_A_RUN}
    return [without_run(value) for value in content] if isinstance(content, list) else content
