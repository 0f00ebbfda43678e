"""How a dictionary for sparse codes is learned: patches of the examples, and scikit-learn."""

from pathlib import Path

import numpy as np

from crossmodal.app.experiments.pretraining_data import Examples
from crossmodal.app.experiments.pretraining_methods import Learned
from crossmodal.models.pretraining.sparse_coding import SparseCoding

PATCHES = 20_000  # at most, and at most twenty of an example
SIZES = (8, 7)  # height and width of a patch, the first that divides those of an example


def dictionary(config, examples: Examples, folder: Path) -> Learned:
    """Twice as many atoms as a patch has numbers, unless --units says how many."""
    size = next(size for size in SIZES if not any(n % size for n in examples.shape))
    atoms = config.units[0] if config.units else 2 * size**2
    model = SparseCoding(examples.shape, atoms, size)
    model.learn(examples.train, patches=min(PATCHES, 20 * len(examples.train)), seed=config.seed)
    active = np.count_nonzero(model.code(model.tiles(examples.test)), axis=1).mean()
    features = np.asarray(model.dictionary).reshape(-1, size, size)
    return Learned(model, features, model.reconstruct, None, {"active_atoms": float(active), "atoms": atoms})
