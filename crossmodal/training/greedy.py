"""Greedy training: each layer learns, without labels, what the one before makes of the data (Hinton et al. 2006)."""

from collections.abc import Callable

import keras
import numpy as np


def train_greedily(
    layers,
    x: np.ndarray,
    *,
    epochs: int,
    batch_size: int = 100,
    make_optimizer: Callable = lambda: keras.optimizers.Adam(1e-3),
    on_layer: Callable[[int, dict], None] | None = None,
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

    Returns:
        what the last layer makes of the data.
    """
    for i, layer in enumerate(layers):
        if hasattr(layer, "start_at"):
            layer.start_at(x)
        layer.compile(make_optimizer(), jit_compile=False)
        history = layer.fit(x, epochs=epochs, batch_size=batch_size, verbose=0).history
        if on_layer:
            on_layer(i, {name: values[-1] for name, values in history.items()})
        x = layer.predict(x, batch_size=1000, verbose=0)
    return x
