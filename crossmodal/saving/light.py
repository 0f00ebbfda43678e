"""Models of presets without TensorFlow.

Beside the weights of a preset, NAME.npz, and its card lies NAME.layers.json: the layers of its networks as Keras
describes them, and the SHA-256 of the weights that they are of. `write_layers` writes it, when a preset is made.
"""

from pathlib import Path

import numpy as np

from crossmodal import presets
from crossmodal.models.light.drawing import LightClassifier, LightTranscriber, LightVAE, LightVAEGAN
from crossmodal.models.light.network import Network
from crossmodal.models.light.texture import LightTexture
from crossmodal.models.light.twin import Twin
from crossmodal.runtime.quiet import import_tensorflow
from crossmodal.saving.keras_file import load_model, names_preset

TWINS: dict[str, type[Twin]] = {
    "AudioImageVAE": LightVAE,
    "AudioImageVAEGAN": LightVAEGAN,
    "LeNet5": LightClassifier,
    "ResidualClassifier": LightClassifier,
    "Transcriber": LightTranscriber,
    "CoopNets": LightTexture,
}


def load_light(path):
    """A model for inference: that of a preset in NumPy, any other by `load_model` and TensorFlow.

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
    if names_preset(path) and presets.layers_file(presets.FOLDER / f"{path}.npz").exists():
        return twin_of(presets.FOLDER / f"{path}.npz")
    import_tensorflow()
    return load_model(path)


def twin_of(weights: Path) -> Twin:
    """The twin of the model whose weights (.npz), card and layers lie in a folder."""
    described, arrays = presets.read_arrays(weights)
    networks = {name: part_of(part, arrays) for name, part in presets.read_layers(weights, described).items()}
    twin = TWINS[described["class"]](described["config"], networks)
    twin.kind = described["class"]
    return twin


def part_of(description: dict, weights: list[np.ndarray]) -> Network | dict[str, np.ndarray]:
    """A network, or weights by their names: {"arrays": {name: place}}."""
    if "layers" in description:
        return Network(description, weights)
    return {name: weights[place] for name, place in description["arrays"].items()}


def write_layers(model, weights: Path) -> None:
    """Write the layers of a model beside its weights (.npz) and card; none for a class that has no twin.

    Raises:
        ModelError: the model has a layer that is not computed without Keras.
    """
    presets.layers_file(weights).unlink(missing_ok=True)  # those of other weights
    if twin := TWINS.get(type(model).__name__):
        presets.write_layers(twin.describe_networks(model), weights)
