"""A network of Keras in NumPy: its layers as Keras describes them, in their order, with their weights.

`describe` writes down what a functional Keras model is; `Network` computes it. So the architecture is said once, where
the Keras model is built. A description is

    {"layers": [{"kind", "config", "inputs", "weights"}, ...], "outputs"}

where inputs and outputs are places in the list of layers, whose first is the network's input, and weights are places in
`model.weights` of the model that the network is a part of, the order of a preset's file.
"""

from collections.abc import Sequence

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.light.layers import LAYERS, ONLY, OPTIONS

ROWS = 64  # of a batch that are computed at once, which bounds the memory
INPUT, WRAPPER = "InputLayer", "Bidirectional"


class Network:
    """Arrays (batch, ...) float32 -> what a Keras network gives in inference, one array or a list of them.

    Args:
        description: see above.
        weights: all weights of the model, float32.

    Raises:
        ModelError: a layer is of a kind or has a setting that is not computed here, or its weights do not fit it.
    """

    def __init__(self, description: dict, weights: Sequence[np.ndarray]):
        self.outputs, layers = description["outputs"], description["layers"]
        self.layers, self.weights = layers, weights
        self.steps = []
        reads = [*(layer["inputs"] for layer in layers), self.outputs]
        if not all(0 <= place < i for i, places in enumerate(reads) for place in places):
            raise ModelError("A network reads layers that come after it: reinstall the package.")
        for place, layer in enumerate(layers[1:], 1):
            try:
                apply = LAYERS[layer["kind"]](layer["config"], *(weights[i] for i in layer["weights"]))
            except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
                raise ModelError(f"Layer {place} of a network cannot be computed: reinstall the package.") from error
            self.steps.append((apply, layer["inputs"]))

    def __call__(self, x: np.ndarray):
        x = np.asarray(x, np.float32)
        parts = [self.compute(x[i : i + ROWS]) for i in range(0, max(len(x), 1), ROWS)]
        outputs = [np.concatenate(part) for part in zip(*parts, strict=True)]
        return outputs[0] if len(outputs) == 1 else outputs

    def compute(self, x: np.ndarray) -> list[np.ndarray]:
        """The outputs for a batch as a whole."""
        known = self.known(x)
        return [known[place] for place in self.outputs]

    def known(self, x: np.ndarray) -> list[np.ndarray]:
        """What each layer gives for a batch, in their order."""
        known = [x]
        for apply, inputs in self.steps:
            known.append(apply(*(known[place] for place in inputs)))
        return known


def describe(network, weights: Sequence, outputs=None) -> dict:
    """The description of a functional Keras model.

    Args:
        network: a `keras.Model` with inputs and outputs, of one input.
        weights: `model.weights` of the model that it is a part of.
        outputs: tensors of the network in the place of its own outputs.

    Raises:
        ModelError: a layer is of a kind or has a setting that is not computed here.
    """
    import keras

    functional = keras.Model(network.inputs, network.outputs if outputs is None else outputs)
    try:
        config = functional.get_config()
    except NotImplementedError as error:  # by an operation that no file of Keras can hold
        raise ModelError("A network with an operation of its own is not computed without Keras.") from error
    index = {id(weight): i for i, weight in enumerate(weights)}
    own_weights = {layer.name: layer.weights for layer in functional.layers}
    found = config["output_layers"]  # [name, 0, 0] of one output, a list of such of several
    outputs = [name for name, *_ in ([found] if isinstance(found[0], str) else found)]
    entries = reached_from(outputs, config["layers"])
    places = {entry["name"]: i for i, entry in enumerate(entries)}
    layers = []
    for entry in entries:
        layers.append(
            {
                "kind": entry["class_name"],
                "config": options_of(entry["class_name"], entry["config"]),
                "inputs": [places[name] for name in inputs_of(entry["inbound_nodes"])],
                "weights": [index[id(weight)] for weight in own_weights.get(entry["name"], [])],
            }
        )
    return {"outputs": [places[name] for name in outputs], "layers": layers}


def reached_from(outputs: list[str], entries: list[dict]) -> list[dict]:
    """Those of the layers, in their order, that some outputs are made of. The others make masks, see
    `crossmodal.models.light.recurrent`."""
    read = {entry["name"]: inputs_of(entry["inbound_nodes"]) for entry in entries}
    reached, left = set(), list(outputs)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += read[name]
    return [entry for entry in entries if entry["name"] in reached]


def options_of(kind: str, config: dict) -> dict:
    """What a layer's configuration says beside defaults; ModelError for what is not computed here."""
    if kind == INPUT:
        return {}
    if kind not in LAYERS:
        raise ModelError(f"A layer of the kind {kind} is not computed without Keras.")
    read = OPTIONS.get(kind, ())
    for name, value in ONLY.items():
        if name in config and name not in read and _plain(config[name]) != value:
            raise ModelError(f"A {kind} with {name} {config[name]} is not computed without Keras.")
    inner = {"layer": _inner(config["layer"])} if kind == WRAPPER else {}
    return {**{name: _plain(config[name]) for name in read}, **inner}


def _inner(entry: dict) -> dict:
    """The layer within a `Bidirectional`, which is a GRU here."""
    kind = entry["class_name"]
    if kind != "GRU":
        raise ModelError(f"A {WRAPPER} of the kind {kind} is not computed without Keras.")
    return {"kind": kind, "config": options_of(kind, entry["config"])}


def inputs_of(nodes: list) -> list[str]:
    """The names of the layers whose outputs a layer takes, from Keras' list of where it is called."""
    if not nodes:
        return []
    if len(nodes) > 1:
        raise ModelError("A layer that is called more than once is not computed without Keras.")
    return [tensor["config"]["keras_history"][0] for tensor in _tensors_in(nodes[0]["args"])]


def _tensors_in(value) -> list[dict]:
    if isinstance(value, dict):
        return [value] if value.get("class_name") == "__keras_tensor__" else _tensors_in(list(value.values()))
    return [found for each in value for found in _tensors_in(each)] if isinstance(value, list | tuple) else []


def _plain(value):
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
