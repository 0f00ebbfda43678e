"""Models of presets without TensorFlow.

Beside the weights of a preset, NAME.npz, and its card lies NAME.layers.json: the layers of its networks as Keras
describes them, and the SHA-256 of the weights that they are of. `write_layers` writes it, when a preset is made.
"""

from pathlib import Path

import numpy as np

from crossmodal import presets
from crossmodal.errors import ModelError
from crossmodal.models.light.coopnets import LightConditionalCoopNets
from crossmodal.models.light.drawing import LightClassifier, LightTranscriber, LightVAE, LightVAEGAN
from crossmodal.models.light.network import Network
from crossmodal.models.light.texture import LightTexture
from crossmodal.models.light.twin import Twin
from crossmodal.saving.keras_file import load_model, names_preset

TWINS: dict[str, type[Twin]] = {
    "AudioImageVAE": LightVAE,
    "AudioImageVAEGAN": LightVAEGAN,
    "ConditionalCoopNets": LightConditionalCoopNets,
    "LeNet5": LightClassifier,
    "ResidualClassifier": LightClassifier,
    "Transcriber": LightTranscriber,
    "CoopNets": LightTexture,
}


def load_light(path):
    """A model for inference: that of a preset in NumPy, any other by `load_model` and Keras.

    Args:
        path: see `load_model`.

    Returns:
        a twin of the model, whose `light` is True, where the path is the name of a preset that has layers beside it;
        else the Keras model.

    Raises:
        ModelError: see `load_model`; or the layers are damaged or of other weights.

    Example:
        images, draws = load_light("vae_compact").generate(spectrograms, samples=4, seed=0)
    """
    return twin_of(presets.FOLDER / f"{path}.npz") if has_twin(path) else load_model(path)


def has_twin(path) -> bool:
    """Whether `load_light` needs no TensorFlow for this path."""
    return names_preset(path) and presets.layers_file(presets.FOLDER / f"{path}.npz").exists()


def twin_of(weights: Path) -> Twin:
    """The twin of the model whose weights (.npz), card and layers lie in a folder; ModelError where they do not fit."""
    described, arrays = presets.read_arrays(weights)
    layers = presets.read_layers(weights, described)
    try:
        networks = {name: part_of(part, arrays) for name, part in layers.items()}
        twin = TWINS[described["class"]](described["config"], networks)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        file = presets.layers_file(weights)
        raise ModelError(f"{file.name} does not fit the model of its card: reinstall the package.") from error
    twin.kind = described["class"]
    return twin


def part_of(description: dict, weights: list[np.ndarray]) -> Network | dict[str, np.ndarray]:
    """A network, or weights by their names: {"arrays": {name: place}}."""
    if "layers" in description:
        return Network(description, weights)
    return {name: weights[place] for name, place in description["arrays"].items()}


def write_layers(model, weights: Path) -> None:
    """Write the layers of a model beside its weights (.npz) and card.

    Raises:
        ModelError: its class has no twin, or it has a layer that is not computed without Keras.
    """
    presets.layers_file(weights).unlink(missing_ok=True)  # those of other weights
    name = type(model).__name__
    if name not in TWINS:
        raise ModelError(f"No {name} is computed without Keras.")
    presets.write_layers(TWINS[name].describe_networks(model), weights)
