"""The pretrained LeNet5 that reads drawings: rebuilt from code, its weights checked against their SHA-256."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError

WEIGHTS = Path(__file__).parent / "weights" / "lenet5_mnist.npz"


def as_input(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> (n, 28, 28, 1) float32 in [0, 1]."""
    return images[..., None].astype(np.float32) / 255


@lru_cache(maxsize=4)
def load_lenet5(weights: Path = WEIGHTS):
    """LeNet5 with the weights of `weights` (.npz); the .json beside it, the model card, holds their SHA-256.

    Raises:
        ModelError: a file is missing, or the weights are not those of the card.
    """
    from crossmodal.models.lenet5 import LeNet5

    card = weights.with_suffix(".json")
    if not weights.exists() or not card.exists():
        raise ModelError(f"{weights.name} or its card is missing: make them with recipes/train_lenet5.py.")
    if weights_hash(weights) != json.loads(card.read_text())["sha256"]:
        raise ModelError(f"{weights.name} is not the file that its card describes: reinstall the package.")
    model = LeNet5()
    with np.load(weights, allow_pickle=False) as arrays:
        model.set_weights([arrays[variable.path] for variable in model.weights])
    return model


def weights_hash(weights: Path = WEIGHTS) -> str:
    """SHA-256 of the weights' file, which reports name."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()


def export_lenet5(model, card: dict, weights: Path = WEIGHTS) -> None:
    """Write weights and card so that `load_lenet5` takes them."""
    from crossmodal.files import replacing, write_json

    arrays = {variable.path: np.asarray(variable) for variable in model.weights}
    with replacing(weights) as temporary:
        np.savez(temporary, **arrays)
    write_json(weights.with_suffix(".json"), {**card, "sha256": weights_hash(weights)})
