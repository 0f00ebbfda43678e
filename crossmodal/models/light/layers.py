"""Layers of Keras in NumPy, for inference: a few milliseconds of arithmetic need no import of some seconds.

A function of a layer's configuration, as Keras writes it, and its weights, in Keras' order, gives what the layer does:
arrays (batch, ...) float32 in, one out. `LAYERS` holds them by the names of Keras' classes and operations, `OPTIONS`
what each reads of its configuration. What another value of an option would change is refused, never left out.
"""

import math
from collections.abc import Callable

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.light.activations import ACTIVATIONS, linear, relu
from crossmodal.models.light.recurrent import bidirectional, gru, mask_after_end, mean_over_frames, zero_after_end

Apply = Callable[..., np.ndarray]


def dense(config: dict, kernel: np.ndarray, bias: np.ndarray | None = None) -> Apply:
    return _activated(config, lambda x: x @ kernel, bias)


def padding_of(config: dict, sizes, kernel) -> list[tuple[int, int]]:
    """Zeros before and after each axis of a convolution or pooling: none, or those of TensorFlow's "same"."""
    if config["padding"] == "valid":
        return [(0, 0)] * len(sizes)
    rates = config.get("dilation_rate", [1] * len(sizes))
    around = []
    for n, k, stride, rate in zip(sizes, kernel, config["strides"], rates, strict=True):
        missing = max((-(-n // stride) - 1) * stride + (k - 1) * rate + 1 - n, 0)
        around.append((missing // 2, missing - missing // 2))
    return around


def windows_of(x: np.ndarray, kernel, strides, rates) -> np.ndarray:
    """(batch, *sizes, channels) -> (batch, *positions, channels, *kernel), a view: what lies under a kernel."""
    axes = tuple(range(1, x.ndim - 1))
    spans = [(k - 1) * rate + 1 for k, rate in zip(kernel, rates, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(x, spans, axes)
    every = (slice(None), *(slice(None, None, s) for s in strides), slice(None), *(slice(None, None, r) for r in rates))
    return windows[every]


def convolution(config: dict, kernel: np.ndarray, bias: np.ndarray | None = None) -> Apply:
    """`Conv1D` and `Conv2D`: a product of matrices, of what lies under the kernel and the kernel."""
    *size, channels, filters = kernel.shape
    flat = np.ascontiguousarray(np.moveaxis(kernel, -2, 0).reshape(-1, filters))

    def convolve(x):
        around = padding_of(config, x.shape[1:-1], size)
        x = np.pad(x, [(0, 0), *around, (0, 0)]) if np.any(around) else x
        under = windows_of(x, size, config["strides"], config["dilation_rate"])
        positions = under.shape[: 1 + len(size)]
        return (under.reshape(-1, channels * math.prod(size)) @ flat).reshape(*positions, filters)

    return _activated(config, convolve, bias)


def transposed_convolution(config: dict, kernel: np.ndarray, bias: np.ndarray | None = None) -> Apply:
    """`Conv2DTranspose`: each pixel adds the kernel times its value around its own place."""
    rows, columns, filters, channels = kernel.shape
    flat = np.ascontiguousarray(kernel.reshape(-1, channels).T)
    (down, right), same = config["strides"], config["padding"] == "same"

    def deconvolve(x):
        batch, height, width, _ = x.shape
        values = (x.reshape(-1, channels) @ flat).reshape(batch, height, width, rows, columns, filters)
        shape = batch, (height - 1) * down + max(rows, down), (width - 1) * right + max(columns, right), filters
        y = np.zeros(shape, np.float32)
        for i in range(rows):
            for j in range(columns):
                y[:, i : i + height * down : down, j : j + width * right : right] += values[:, :, :, i, j]
        if not same:
            return y
        top, left = max(rows - down, 0) // 2, max(columns - right, 0) // 2
        return y[:, top : top + height * down, left : left + width * right]

    return _activated(config, deconvolve, bias)


def batch_normalization(config: dict, *weights: np.ndarray) -> Apply:
    """(x - mean) / sqrt(variance + epsilon) of the moving statistics, times gamma, plus beta."""
    *learned, mean, variance = weights
    scale = 1 / np.sqrt(variance + np.float32(config["epsilon"]))
    if config["scale"]:
        scale = scale * learned.pop(0)
    offset = (learned.pop(0) if config["center"] else 0) - mean * scale
    return lambda x: x * scale + offset


def pooling(config: dict, reduce: Callable) -> Apply:
    """The largest value or the mean under a window; at the edges of "same" of what the window holds of the map."""
    size = config["pool_size"]

    def pool(x):
        around = padding_of(config, x.shape[1:-1], size)
        x = np.pad(x, [(0, 0), *around, (0, 0)], constant_values=np.nan) if np.any(around) else x
        under = windows_of(x, size, config["strides"], [1] * len(size))
        return reduce(under, axis=tuple(range(-len(size), 0)))

    return pool


def rectify(config: dict) -> Apply:
    """`ReLU`, with a slope below 0, or up to a maximum."""
    slope, most = np.float32(config["negative_slope"]), np.float32(config["max_value"] or np.inf)
    if config["threshold"]:
        raise ModelError(f"a ReLU has the threshold {config['threshold']}")
    return lambda x: np.minimum(np.maximum(x, slope * x) if slope else relu(x), most)


def rescale(config: dict) -> Apply:
    scale, offset = np.float32(config["scale"]), np.float32(config["offset"])
    return lambda x: x * scale + offset


def _activated(config: dict, apply: Apply, bias: np.ndarray | None) -> Apply:
    """A layer's bias and activation after its product."""
    if config["activation"] not in ACTIVATIONS:
        raise ModelError(f"its activation is {config['activation']!r}")
    activation = ACTIVATIONS[config["activation"]]
    return lambda x: activation(apply(x) if bias is None else apply(x) + bias)


LAYERS: dict[str, Callable[..., Apply]] = {
    "Dense": dense,
    "Conv1D": convolution,
    "Conv2D": convolution,
    "Conv2DTranspose": transposed_convolution,
    "BatchNormalization": batch_normalization,
    "MaxPooling2D": lambda config: pooling(config, np.nanmax),
    "AveragePooling1D": lambda config: pooling(config, np.nanmean),
    "GlobalAveragePooling2D": lambda config: lambda x: x.mean(axis=(1, 2)),
    "ReLU": rectify,
    "LeakyReLU": lambda config: rectify({**config, "max_value": None, "threshold": 0}),
    "Rescaling": rescale,
    "Add": lambda config: lambda *maps: sum(maps[1:], maps[0]),
    "Flatten": lambda config: lambda x: x.reshape(len(x), -1),
    "Reshape": lambda config: lambda x: x.reshape(len(x), *config["target_shape"]),
    "Pad": lambda config: lambda x: np.pad(x, config["pad_width"]),
    "ZeroPadding2D": lambda config: lambda x: np.pad(x, [(0, 0), *config["padding"], (0, 0)]),
    "UpSampling1D": lambda config: lambda x: np.repeat(x, config["size"], axis=1),
    "FirstFrames": lambda config: lambda *maps: np.concatenate([x[:, : maps[0].shape[1]] for x in maps], axis=-1),
    "Dropout": lambda config: linear,
    "GRU": gru,
    "Bidirectional": bidirectional,
    "MaskAfterEnd": mask_after_end,
    "ZeroAfterEnd": zero_after_end,
    "GlobalAveragePooling1D": mean_over_frames,
}
CONVOLUTION = ("strides", "padding", "dilation_rate", "activation")
POOLING = ("pool_size", "strides", "padding")
OPTIONS = {
    "Dense": ("activation",),
    "Conv1D": CONVOLUTION,
    "Conv2D": CONVOLUTION,
    "Conv2DTranspose": ("strides", "padding", "activation"),
    "BatchNormalization": ("epsilon", "scale", "center"),
    "MaxPooling2D": POOLING,
    "AveragePooling1D": POOLING,
    "ReLU": ("negative_slope", "max_value", "threshold"),
    "LeakyReLU": ("negative_slope",),
    "Rescaling": ("scale", "offset"),
    "Reshape": ("target_shape",),
    "Pad": ("pad_width",),
    "ZeroPadding2D": ("padding",),
    "UpSampling1D": ("size",),
    "GRU": ("units", "activation", "return_sequences", "zero_output_for_mask"),
}
ONLY = {  # of other options: the one value that is computed here
    "groups": 1,
    "dilation_rate": [1, 1],
    "data_format": "channels_last",
    "axis": -1,
    "mode": "constant",
    "output_padding": None,
    "keepdims": False,
    "merge_mode": "concat",
    "recurrent_activation": "sigmoid",
    "reset_after": True,
    "go_backwards": False,
    "stateful": False,
    "quantization_config": None,
}
