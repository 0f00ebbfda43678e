"""Greedy training: each layer learns, without labels, what the one before makes of the data (Hinton et al. 2006)."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from crossmodal.data.rows import batches_of_rows
from crossmodal.training.loop import train
from crossmodal.training.runs import read_history


def train_greedily(
    layers,
    x: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 100,
    make_optimizer: Callable = lambda: keras.optimizers.Adam(1e-3),
    on_layer: Callable[[int, dict], None] | None = None,
    workdir: Path | None = None,
    seed: int = 0,
    first: int = 0,
) -> np.ndarray:
    """Train models one after the other, such as `RestrictedBoltzmannMachine`.

    Args:
        layers: Keras models that `fit` data alone and whose call gives the data of the next one. Those that have
            `start_at` are started at their data.
        x: (n, ...) data of the first one.
        epochs: of each layer.
        batch_size: examples per step.
        make_optimizer: () -> an optimizer, called once for each layer.
        on_layer: called as on_layer(number of the layer, {metric: its last value}) when a layer is trained.
        workdir: folder of a training that can be stopped and continued, see `train_on_rows`; not so if None.
        seed: of the order of the data and of all draws, where there is a folder.
        first: number of the first of these layers.

    Returns:
        what the last layer makes of the data.
    """
    options: dict = {"epochs": epochs, "batch_size": batch_size}
    for i, layer in enumerate(layers, first):
        if hasattr(layer, "start_at"):
            layer.start_at(x)
        layer.compile(make_optimizer(), jit_compile=False)
        if workdir is None:
            history = layer.fit(x, verbose=0, **options).history
            logs = {name: values[-1] for name, values in history.items()}
        else:
            logs = train_on_rows(layer, (x,), workdir=Path(workdir) / f"layer-{i + 1}", seed=seed, **options)
        if on_layer:
            on_layer(i, logs)
        x = layer.predict(x, batch_size=1000, verbose=0)
    return x


def train_on_rows(
    model, arrays, *, epochs: int, batch_size: int, workdir: Path, seed: int, change: Callable | None = None
) -> dict:
    """Train a compiled model on the rows of arrays in a folder of its own, from its last checkpoint there on.

    Args:
        arrays: each (n, ...); a batch has the same rows of all of them, those that fill no batch are left out.
        change: change(seed, *rows of each array) -> what a batch holds, these rows if None.

    Returns:
        {metric: its value in the last epoch}.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    batch_size = min(batch_size, len(arrays[0]))
    constants = [tf.constant(array) for array in arrays]

    def batch(seed, rows):
        of_each = tuple(tf.gather(of, rows) for of in constants)
        return change(seed, *of_each) if change else of_each

    rows = batches_of_rows(len(arrays[0]), batch_size, epochs, seed, batch)
    steps = len(arrays[0]) // batch_size
    train(model, rows, epochs=epochs, steps_per_epoch=steps, workdir=workdir, seed=seed)
    return {name: value for name, value in read_history(workdir)[-1].items() if name not in ("epoch", "seconds")}
