"""Pictures of what a model learned without labels, written as PNG."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure, save_grid, show

COLUMNS = 20
MOST_FEATURES = 100


def save_features(path: Path, features: np.ndarray) -> None:
    """The first hundred of features (n, height, width), each on its own scale: grey is 0, white and black the largest
    weight and its negative."""
    features = features[:MOST_FEATURES]
    largest = np.abs(features).max(axis=(1, 2), keepdims=True)
    save_mosaic(path, 0.5 + 0.5 * features / np.maximum(largest, 1e-12))


def save_mosaic(path: Path, images: np.ndarray) -> None:
    """Images (n, height, width) in [0, 1], twenty in a row, with a pixel between them."""
    padded = np.pad(images, ((0, -len(images) % COLUMNS), (1, 1), (1, 1)), constant_values=1)
    lines = [np.hstack(list(line)) for line in np.split(padded, len(padded) // COLUMNS)]
    figure = Figure(figsize=(10, 0.55 * len(lines) + 0.1), layout="constrained")
    show(figure.subplots(), np.vstack(lines))
    save_figure(figure, path, dpi=150)


def save_reconstructions(path: Path, seen: np.ndarray, restored: np.ndarray, labels, classes, each=6) -> None:
    """What a model makes of examples of each class, also of those that it was not trained on.

    Args:
        seen, restored: (n, height, width) in [0, 1].
        labels: (n,) class of each.
        classes: names of the classes.
        each: examples of a class, the first ones.
    """
    rows = []
    for label, name in enumerate(classes):
        of_class = np.flatnonzero(labels == label)[:each]
        if len(of_class):
            rows.append((name, [seen[of_class], restored[of_class]]))
    save_grid(path, rows, ["seen", "restored"])
