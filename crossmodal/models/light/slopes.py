"""Slopes of a network by its input in NumPy: the chain rule, from the last layer to the first.

A function of a layer's configuration and weights gives (x, dy) -> dx: the slope by what came in, of the slope by what
went out. `SLOPES` holds them by the names of Keras' classes; a layer of another kind is refused.
"""

from collections.abc import Callable, Sequence

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.light.layers import padding_of, transposed_convolution
from crossmodal.models.light.network import Network


def slope_of_convolution(config: dict, kernel: np.ndarray, bias: np.ndarray | None = None) -> Callable:
    """The transposed convolution with the same kernel, without what fell on the padding."""
    if config["activation"] != "linear":
        raise ModelError(f"its activation is {config['activation']!r}")
    *size, _, _ = kernel.shape
    transposed = transposed_convolution({**config, "padding": "valid"}, kernel)

    def slope(x, dy):
        sizes = x.shape[1:-1]
        (top, bottom), (left, right) = padding_of(config, sizes, size)
        padded = np.zeros((len(x), sizes[0] + top + bottom, sizes[1] + left + right, x.shape[-1]), np.float32)
        spread = transposed(dy)[:, : padded.shape[1], : padded.shape[2]]
        padded[:, : spread.shape[1], : spread.shape[2]] = spread
        return padded[:, top : top + sizes[0], left : left + sizes[1]]

    return slope


def slope_of_leaky_rectifier(config: dict) -> Callable:
    leak = np.float32(config["negative_slope"])
    return lambda x, dy: np.where(x > 0, dy, leak * dy)


SLOPES: dict[str, Callable[..., Callable]] = {
    "Conv2D": slope_of_convolution,
    "LeakyReLU": slope_of_leaky_rectifier,
    "Flatten": lambda config: lambda x, dy: dy.reshape(x.shape),
}


class Slopes:
    """The slope of a network by its input.

    Args:
        network: of layers with one input each.

    Raises:
        ModelError: it has a layer whose slope is not computed here.
    """

    def __init__(self, network: Network):
        self.network, self.backwards = network, []
        for layer in network.layers[1:]:
            if layer["kind"] not in SLOPES:
                raise ModelError(f"The slope of a layer of the kind {layer['kind']} is not computed without Keras.")
            weights = (network.weights[place] for place in layer["weights"])
            self.backwards.append(SLOPES[layer["kind"]](layer["config"], *weights))

    def __call__(self, x: np.ndarray, by_outputs: Sequence[np.ndarray]) -> np.ndarray:
        """dx, of the slope by each output."""
        known = self.network.known(x)
        slopes = dict(zip(self.network.outputs, by_outputs, strict=True))
        for place in range(len(known) - 1, 0, -1):
            if place in slopes:
                (source,) = self.network.layers[place]["inputs"]
                dx = self.backwards[place - 1](known[source], slopes.pop(place))
                slopes[source] = slopes[source] + dx if source in slopes else dx
        return slopes[0]
