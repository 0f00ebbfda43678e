"""Recurrent layers of Keras in NumPy, and what tells them where a recording ends: see `crossmodal.models.light.layers`.

What Keras passes along as a mask here goes with the frames, as `Frames`.
"""

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.light.activations import sigmoid


class Frames(np.ndarray):
    """Frames (batch, frames, values), of which `heard` (batch, frames) says which belong to the recording."""

    heard: np.ndarray | None = None

    def __array_finalize__(self, source):
        """What is computed of each frame, such as a multiple, belongs to the recording where the frame does."""
        self.heard = mask_of(source)


def with_mask(x: np.ndarray, heard: np.ndarray | None) -> np.ndarray:
    if heard is None:
        return x
    frames = x.view(Frames)
    frames.heard = heard
    return frames


def mask_of(x: np.ndarray) -> np.ndarray | None:
    return getattr(x, "heard", None)


def until_end(frames: np.ndarray) -> np.ndarray:
    """As `crossmodal.models.networks.recurrent.until_end`."""
    heard = np.cumsum(frames.max(axis=-1)[:, ::-1], axis=1)[:, ::-1] > 0
    heard[:, 0] = True
    return heard


def mask_after_end(config: dict):
    return lambda x: with_mask(x, until_end(x))


def zero_after_end(config: dict):
    return lambda x, frames: x * until_end(frames)[:, :, None, None]


def mean_over_frames(config: dict):
    """`GlobalAveragePooling1D`: the mean of the frames that were heard."""

    def apply(x):
        if (heard := mask_of(x)) is None:
            return x.mean(axis=1)
        share = heard.astype(np.float32)[..., None]
        return (np.asarray(x) * share).sum(axis=1) / share.sum(axis=1)

    return apply


def gru(config: dict, *weights: np.ndarray, backwards: bool = False):
    """`GRU`: z and r gates, h = z h + (1 - z) tanh(W x + r U h); where nothing is heard the state stays."""
    if config["activation"] != "tanh":
        raise ModelError(f"its activation is {config['activation']!r}")
    units = config["units"]
    kernel, recurrent, *rest = weights
    biases = rest[0] if rest else np.zeros((2, 3 * units), np.float32)

    def apply(x):
        heard = mask_of(x)
        inputs = np.asarray(x) @ kernel + biases[0]
        h, states = np.zeros((len(x), units), np.float32), []
        order = range(inputs.shape[1])
        for t in reversed(order) if backwards else order:
            own = h @ recurrent + biases[1]
            z, r = (sigmoid(inputs[:, t, part] + own[:, part]) for part in (slice(units), slice(units, 2 * units)))
            new = z * h + (1 - z) * np.tanh(inputs[:, t, 2 * units :] + r * own[:, 2 * units :])
            here = True if heard is None else heard[:, t, None]
            h = np.where(here, new, h)
            states.append(np.where(here, h, 0) if config["zero_output_for_mask"] else h)
        if not config["return_sequences"]:
            return h
        return with_mask(np.stack(states[::-1] if backwards else states, axis=1), heard)

    return apply


def bidirectional(config: dict, *weights: np.ndarray):
    """`Bidirectional` of a GRU: the states of one that listens forwards, beside those of one that listens backwards."""
    options = config["layer"]["config"]
    half = len(weights) // 2
    forth, back = gru(options, *weights[:half]), gru(options, *weights[half:], backwards=True)

    def apply(x):
        states = np.concatenate([np.asarray(forth(x)), np.asarray(back(x))], axis=-1)
        return with_mask(states, mask_of(x) if options["return_sequences"] else None)

    return apply
