"""Pretrained models that come with the package.

    model = AudioImageVAE.from_preset("vae_compact")
    texture = CoopNets.from_preset("texture_rain")

NAME.npz holds the weights in the order of `model.weights`, as float32 or float16; in memory they are float32. NAME.json
is the model card: what the model was trained on and how, its figures, its limits, the class and the configuration from
which it is rebuilt, and the SHA-256 of the weights. NAME.layers.json, of those that have it, says how the model is
computed without TensorFlow, see `crossmodal.saving.light`.
"""

import json
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.runtime.files import replacing, sha256, write_json

FOLDER = Path(__file__).parent
DEFAULT = "coopnets_digits"  # draws where no model is named
SAYING = "joint_digits"  # says what it sees where no model is named


def preset_names() -> list[str]:
    """The names of all presets."""
    return sorted(path.stem for path in FOLDER.glob("*.npz"))


def drawing_presets() -> list[str]:
    """The names of those that hear spoken digits and draw them, the default first."""
    names = [name for name in preset_names() if {"front_end", "image_shape"} <= set(read_card(name)["config"])]
    return sorted(names, key=lambda name: name != DEFAULT)


def read_card(name: str) -> dict:
    """The model card of a preset; ModelError if there is none of that name."""
    if name not in preset_names():
        raise ModelError(f"There is no preset {name!r}: choose one of {', '.join(preset_names())}.")
    return json.loads((FOLDER / f"{name}.json").read_text())


def from_preset(cls, name: str):
    """A pretrained model of this class that comes with the package, ready to use.

    Args:
        name: one of `crossmodal.presets.preset_names()`.

    Raises:
        ModelError: there is no such preset, it is of another class, or its weights are not those of its card.
    """
    kind = read_card(name)["class"]
    if kind != cls.__name__:
        raise ModelError(f"The preset {name!r} is a {kind}: load it with {kind}.from_preset.")
    return read_preset(cls, FOLDER / f"{name}.npz")


def read_preset(cls, weights: Path):
    """A model of a class, rebuilt from the card beside the weights (.npz).

    Raises:
        ModelError: a file is missing, or the weights are not those of the card.
    """
    described, arrays = read_arrays(weights)
    model = cls.from_config(described["config"])
    model.set_weights(arrays)
    return model


def read_arrays(weights: Path) -> tuple[dict, list[np.ndarray]]:
    """The card beside the weights (.npz) of a preset, and these as float32 in the order of `model.weights`.

    Raises:
        ModelError: a file is missing, or the weights are not those of the card.
    """
    card = weights.with_suffix(".json")
    if not weights.exists() or not card.exists():
        raise ModelError(f"{weights.name} or its card is missing: reinstall the package, or make it anew.")
    described = json.loads(card.read_text())
    if sha256(weights) != described["sha256"]:
        raise ModelError(f"{weights.name} is not the file that its card describes: reinstall the package.")
    with np.load(weights, allow_pickle=False) as arrays:
        return described, [_widened(arrays[name]) for name in arrays.files]


def layers_file(weights: Path) -> Path:
    """Where the layers of a preset lie, by its weights."""
    return weights.with_suffix(".layers.json")


def read_layers(weights: Path, described: dict) -> dict:
    """The layers of each network of a preset, by the network's name; see `crossmodal.models.light.network`.

    Args:
        weights: the preset's, a .npz file.
        described: its card.

    Raises:
        ModelError: they are those of other weights, or the file is damaged.
    """
    file = layers_file(weights)
    try:
        found = json.loads(file.read_text())
        networks, sha = found["networks"], found["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{file.name} is missing or damaged: reinstall the package.") from error
    if sha != described["sha256"]:
        raise ModelError(f"{file.name} holds the layers of other weights: write them anew, or reinstall the package.")
    return networks


def write_layers(networks: dict, weights: Path) -> None:
    """Write the layers of a preset's networks beside its weights (.npz) and card."""
    sha = json.loads(weights.with_suffix(".json").read_text())["sha256"]
    lines = [f"{json.dumps(name)}: {_by_line(network)}" for name, network in networks.items()]
    with replacing(layers_file(weights)) as temporary:
        temporary.write_text(f'{{"sha256": "{sha}", "networks": {{{", ".join(lines)}}}}}\n')


def write_preset(model, card: dict, weights: Path, *, half: bool = False) -> None:
    """Write a model's weights (.npz), in half precision if asked to, and its card beside them.

    Raises:
        ModelError: a weight is not finite, or is too large for half precision.
    """
    arrays = {}
    for i, variable in enumerate(model.weights):
        values = np.asarray(variable)
        with np.errstate(over="ignore"):
            stored = values.astype(np.float16) if half and values.dtype == np.float32 else values
        if not np.isfinite(stored).all():
            raise ModelError(f"The weight {variable.path} is not finite as {stored.dtype}: keep it as float32.")
        arrays[f"{i:03d}-{variable.path.replace('/', '-')}"] = stored
    with replacing(weights) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)
    described = {"class": type(model).__name__, "config": model.get_config(), "sha256": sha256(weights)}
    write_json(weights.with_suffix(".json"), {**card, **described})


def _by_line(network: dict) -> str:
    """A network's description as JSON, a line for each layer."""
    if "layers" not in network:
        return json.dumps(network)
    layers = ",\n".join(json.dumps(layer) for layer in network["layers"])
    return f'{{"outputs": {json.dumps(network["outputs"])}, "layers": [\n{layers}]}}'


def _widened(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32) if array.dtype == np.float16 else array
