"""Initial weights from another model: what fits of a preset or of a trained model, instead of random numbers; and parts
that stay so."""

import keras

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.deep_autoencoder import unrolled

HEADS = ("z_mean", "z_log_var")  # what the names of an encoder's heads begin with


def take_weights(model, other, network: str = "") -> list[str]:
    """Give a model the weights of another one's layers, of those that are called alike and have the same shapes.

    Args:
        model, other: Keras models whose networks are attributes, such as `encoder` and `decoder`; `other` may be what
            learned without labels, see `unrolled`.

    Returns:
        the layers that were taken, such as "encoder/conv1".

    Raises:
        ModelError: no layer of the one fits any of the other.
    """
    theirs, taken = layers_of(unrolled(other)), []
    if network:
        theirs = {name: layer for name, layer in theirs.items() if name.startswith(f"{network}/")}
    for name, layer in layers_of(model).items():
        if name in theirs and shapes_of(layer) == shapes_of(theirs[name]):
            layer.set_weights(theirs[name].get_weights())
            taken.append(name)
    if not taken:
        giver = f"the {network} of a {type(other).__name__}" if network else f"a {type(other).__name__}"
        raise ModelError(
            f"No layer of {giver} fits this {type(model).__name__}: start from a model of the same family and size, or "
            f"without --initial-{network or 'weights'}."
        )
    return taken


def freeze(model, network: str, taken: list[str]) -> None:
    """Keep a network of a model as it is: it learns nothing, and its normalisation stays that of inference. An
    encoder's heads learn where the initial weights have none that fit.

    Args:
        model: a Keras model.
        network: the name of the attribute, such as "encoder".
        taken: the layers whose weights are another model's, see `take_weights`.

    Raises:
        ModelError: a layer of the network is not among them, and would stay at random numbers.
    """
    layers = {name: layer for name, layer in layers_of(model).items() if name.startswith(f"{network}/")}
    missing = [name for name in layers if name not in taken]
    heads = [name for name in missing if name.split("/")[1].startswith(HEADS)]
    if len(missing) > len(heads) or len(missing) == len(layers):
        raise ModelError(
            f"The {network} of this {type(model).__name__} is not that of the initial weights ({missing[0]} differs): "
            f"choose a model with the same {network}, or train it too."
        )
    for name in set(layers) - set(heads):
        layers[name].trainable = False


def layers_of(model) -> dict[str, keras.layers.Layer]:
    """The layers with weights of the networks in a model: "encoder/conv1" -> the layer."""
    networks = {name: part for name, part in vars(model).items() if isinstance(part, keras.Model)}
    return {
        f"{name}/{layer.name}": layer for name, network in networks.items() for layer in network.layers if layer.weights
    }


def shapes_of(layer) -> list[tuple]:
    """The shapes of a layer's weights."""
    return [tuple(weight.shape) for weight in layer.weights]
