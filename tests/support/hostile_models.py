"""Model files that harm: `.keras` archives whose parts are damaged, swapped or ask for what they must not get."""

import contextlib
import copy
import functools
import io
import json
import random
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from fuzzing import BYTES, assert_one_sentence, changed, flip_bits

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LAMBDA = {
    "module": "keras.layers",
    "class_name": "Lambda",
    "config": {"name": "x", "function": {"class_name": "__lambda__", "config": {"value": "4wA=", "closure": None}}},
}
FOREIGN = {"module": "os", "class_name": "system", "config": "touch /tmp/harm", "registered_name": "system"}
LOADS_FILES = {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp/harm"}}
HUGE = {"class_name": "__numpy__", "config": {"value": [0], "dtype": "float64"}}
VALUES = (
    *(None, True, -1, 0, 1, 3, 47, 2**16, 10**6, 10**9, 2**63, -1.0, 0.5, 1e30, float("nan"), float("inf")),
    *(
        "",
        "relu",
        "x" * 300,
        "../x",
        "\0",
        [],
        [1],
        [10**9],
        [10**6, 10**6],
        [-1],
        [4] * 100,
        [[4]],
        {},
        {"class_name": 3},
    ),
    *(LAMBDA, FOREIGN, LOADS_FILES, HUGE),
)


@functools.lru_cache(maxsize=1)
def files() -> list[tuple[str, bytes]]:
    """Two small models, one that draws and one of a texture."""
    from crossmodal.models.coopnets import CoopNets
    from crossmodal.models.networks.waveform import WaveformDescriptor, WaveformGenerator
    from crossmodal.models.vae import AudioImageVAE

    models = (
        AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), batch_norm=True),
        CoopNets(WaveformGenerator((2, 2, 1)), WaveformDescriptor((2, 2, 1))),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        made = []
        for model in models:
            model.save(path)
            made.append(("keras", path.read_bytes()))
    return made


def parts_of(archive: bytes) -> dict[str, bytes]:
    """The members of an archive by name."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive_of(parts: dict[str, bytes], compression=zipfile.ZIP_STORED) -> bytes:
    """An archive, with the checksums of what it holds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()


def places_in(config, path=()) -> list[tuple]:
    """The paths to all values in a configuration."""
    entries = config.items() if isinstance(config, dict) else enumerate(config) if isinstance(config, list) else ()
    return [place for key, value in entries for place in ((*path, key), *places_in(value, (*path, key)))]


def with_value(config: dict, path: tuple, value) -> dict:
    """A configuration with another value in one place."""
    config = copy.deepcopy(config)
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = copy.deepcopy(value)
    return config


def other_values(rng, config: bytes) -> bytes:
    """A configuration with one to three values that are troublesome, or come from another place in it."""
    described = json.loads(config)
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = places_in(described)
        value = rng.choice(VALUES)
        if rng.random() < 0.2:
            value = described
            for key in rng.choice(places):
                value = value[key]
        described = with_value(described, rng.choice(places), value)
    return json.dumps(described).encode()


def mutants(count: int, seed: int):
    """(suffix, bytes) of hostile model files; in most the archive itself is whole, and a part of it harms."""
    whole = [parts_of(data) for _, data in files()]
    for i in range(count):
        rng = random.Random(f"{seed} {i}")
        parts, kind = dict(rng.choice(whole)), rng.random()
        if kind < 0.5:
            parts[CONFIG] = other_values(rng, parts[CONFIG])
        elif kind < 0.6:
            parts[CONFIG] = changed(rng, parts[CONFIG], BYTES)
        elif kind < 0.9:  # the first kilobytes of HDF5 are where its structure is
            at = rng.choice((200, 2000, len(parts[WEIGHTS])))
            parts[WEIGHTS] = changed(rng, parts[WEIGHTS][:at], (flip_bits, *BYTES)) + parts[WEIGHTS][at:]
        data = archive_of(parts)
        yield "keras", changed(rng, data, BYTES) if kind >= 0.9 else data


def enter(path: Path) -> str:
    """Load a model and let it draw; AssertionError where that gives neither a drawing nor a sentence."""
    from crossmodal.errors import CrossmodalError
    from crossmodal.saving.keras_file import load_model

    try:
        model = load_model(path)
    except CrossmodalError as error:
        assert_one_sentence(error, path.name)
        return "refused"
    if hasattr(model, "front_end"):
        images, _ = model.generate(np.full((1, *model.spectrogram_shape), 0.5, np.float32), samples=0)
        assert images.shape == (1, 28, 28, 1)
    else:
        with contextlib.suppress(CrossmodalError):  # weights that are numbers, but not of a texture
            assert model.draw(0.1).shape[0] == 1
    return "read"
