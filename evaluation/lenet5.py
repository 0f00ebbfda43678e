"""The pretrained LeNet5 that reads drawings."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from crossmodal import presets
from crossmodal.runtime.files import sha256

WEIGHTS = presets.FOLDER / "lenet5_mnist.npz"


def as_input(images: np.ndarray) -> np.ndarray:
    """(n, 28, 28) uint8 -> (n, 28, 28, 1) float32 in [0, 1]."""
    return images[..., None].astype(np.float32) / 255


@lru_cache(maxsize=4)
def load_lenet5(weights: Path = WEIGHTS):
    """LeNet5 with the weights of `weights` (.npz), see `crossmodal.presets`; ModelError if they are not its card's."""
    from crossmodal.models.networks.lenet5 import LeNet5

    return presets.read_preset(LeNet5, weights)


def weights_hash(weights: Path = WEIGHTS) -> str:
    """SHA-256 of the weights' file, which reports name."""
    return sha256(weights)
