"""Model files of others: none runs code, opens another file or takes more memory than its own size."""

import io
import json
import pickle
import resource
import struct
import zipfile

import h5py
import keras
import numpy as np
import pytest
from fuzzing import assert_harmless, assert_one_sentence, fuzz_in_a_process
from hostile_models import (
    CONFIG,
    FOREIGN,
    LAMBDA,
    LOADS_FILES,
    METADATA,
    WEIGHTS,
    archive_of,
    files,
    parts_of,
    with_value,
)

from crossmodal.errors import ModelError
from crossmodal.saving.keras_file import load_model

BIAS = "decoder/layers/dense/vars/1"  # (8,) float32
GENERATOR = ("config", "generator")


@pytest.fixture
def drawing():
    """The three members of a file that holds a model of drawings."""
    return parts_of(files()[0][1])


@pytest.fixture
def texture():
    """The same of a sound texture."""
    return parts_of(files()[1][1])


def refuse(tmp_path, archive: bytes, match: str) -> None:
    """Loading an archive must fail with one sentence and leave nothing behind."""
    path = tmp_path / "model.keras"
    path.write_bytes(archive)
    before = sorted(tmp_path.parent.rglob("*"))
    with pytest.raises(ModelError, match=match) as error:
        load_model(path)
    assert_one_sentence(error.value, path.name)
    assert sorted(tmp_path.parent.rglob("*")) == before


def configured(parts: dict, path: tuple, value) -> bytes:
    """An archive whose configuration has another value in one place."""
    return archive_of({**parts, CONFIG: json.dumps(with_value(json.loads(parts[CONFIG]), path, value)).encode()})


def test_whole_files_are_models(tmp_path):
    for _, data in files():
        said = {"recipe": {"name": "train.py", "seed": 2**32 - 1, "revise_steps": 30}, "environment": {"cores": None}}
        (tmp_path / "model.keras").write_bytes(configured(parts_of(data), ("config", "provenance"), said))
        model = load_model(tmp_path / "model.keras")
        assert model.count_params() > 100
        assert model.provenance == said


# Code


@pytest.mark.parametrize("value", [LAMBDA, FOREIGN, LOADS_FILES], ids=["lambda", "function", "file"])
def test_no_class_of_others_is_built(tmp_path, texture, value):
    refuse(tmp_path, configured(texture, GENERATOR, value), "not a model of this package")
    refuse(tmp_path, configured(texture, (*GENERATOR, "config", "filters"), [value]), "not a model of this package")
    refuse(tmp_path, archive_of({**texture, CONFIG: json.dumps(value).encode()}), "not a model of this package")


def test_models_with_lambda_layers_and_of_keras_own_classes_are_refused(tmp_path):
    for layer in (keras.layers.Lambda(lambda x: x), keras.layers.Dense(1)):
        keras.Sequential([keras.Input((3,)), layer]).save(tmp_path / "other.keras")
        refuse(tmp_path, (tmp_path / "other.keras").read_bytes(), r"its class is 'Sequential'")


def test_a_name_registered_by_others_is_no_way_around(tmp_path, drawing):
    @keras.saving.register_keras_serializable("strangers")
    class Stranger(keras.Model):
        """Not a family of drawings."""

    refuse(tmp_path, configured(drawing, ("registered_name",), "strangers>Stranger"), "its class is 'AudioImageVAE'")
    foreign = {"module": __name__, "class_name": "Stranger", "registered_name": "strangers>Stranger", "config": {}}
    refuse(tmp_path, archive_of({**drawing, CONFIG: json.dumps(foreign).encode()}), "its class is 'Stranger'")


def test_a_pickled_configuration_is_not_read(tmp_path, drawing):
    class Harm:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    refuse(tmp_path, archive_of({**drawing, CONFIG: pickle.dumps(Harm())}), "damaged or not a model")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Harm()))
    with pytest.raises(ModelError, match="no other format is opened"):
        load_model(tmp_path / "model.pkl")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("network", ["generator", "descriptor"])
@pytest.mark.parametrize("value", [None, "relu", [], {"class_name": "DTypePolicy", "module": "keras", "config": {}}])
def test_a_texture_without_its_networks_is_refused(tmp_path, texture, network, value):
    refuse(tmp_path, configured(texture, ("config", network), value), "not a model of this package")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps",), 10**6),
        (("provenance",), [1]),
        (("provenance",), {"recipe": None}),
        (("draw_steps",), 10**6),
        (("draw_steps",), -1),
        (("draw_steps",), 0.5),
        (("sigma",), "loud"),
        (("sample_rate",), 10**6),
    ],
    ids=str,
)
def test_a_texture_that_would_play_without_end_is_refused(tmp_path, texture, path, value):
    refuse(tmp_path, configured(texture, ("config", *path), value), "not a model of this package")


def without_draw_steps(parts: dict, said: dict) -> bytes:
    """A file of a texture as it was written before models knew their draw steps."""
    config = json.loads(parts[CONFIG])
    del config["config"]["draw_steps"]
    config["config"]["provenance"] = said
    return archive_of({**parts, CONFIG: json.dumps(config).encode()})


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({}, 60),
        ({"preset": "default", "revise_steps": None, "algorithm": "coopnets"}, 60),
        ({"preset": "default", "revise_steps": 3}, 3),
        ({"preset": "default", "revise_steps": 0}, 0),
        ({"preset": "thesis", "revise_steps": None}, 30),  # as in training
        ({"preset": "thesis", "revise_steps": 3}, 3),
        ({"algorithm": "generator", "revise_steps": 3}, 0),
        ({"reference": "made:rain", "references": "made:rain,made:chirps"}, 60),
    ],
    ids=str,
)
def test_a_texture_of_an_earlier_version_is_revised_by_as_many_steps_as_it_was(tmp_path, texture, options, steps):
    for said in ({"recipe": {"name": "texture_single.py", **options}}, {"recipe": options}):
        (tmp_path / "old.keras").write_bytes(without_draw_steps(texture, said))
        model = load_model(tmp_path / "old.keras")
        assert model.draw_steps == steps
        assert model.provenance == said
        for weight, other in zip(model.get_weights(), load_again(tmp_path, texture).get_weights(), strict=True):
            np.testing.assert_array_equal(weight, other)


def load_again(tmp_path, parts):
    (tmp_path / "new.keras").write_bytes(archive_of(parts))
    return load_model(tmp_path / "new.keras")


def test_an_old_texture_without_provenance_or_with_a_hostile_one(tmp_path, texture):
    (tmp_path / "old.keras").write_bytes(without_draw_steps(texture, {}))
    assert load_model(tmp_path / "old.keras").draw_steps == 60
    for steps in (10**6, -1, "many", 0.5):
        harm = without_draw_steps(texture, {"recipe": {"revise_steps": steps}})
        refuse(tmp_path, harm, "not a model of this package")


# Memory


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        (("latent_dim",), 10**9, "holds the number 1e"),
        (("latent_dim",), 10**7, "asks for [0-9,]+ weights and holds 5,761"),
        (("encoder_units",), [10**6, 10**6], "asks for 1,0[0-9,]+ weights"),
        (("decoder_filters",), [10**5, 10**5, 4], "asks for"),
        (("encoder_units",), [8] * 1000, "a list of its configuration has 1000 entries"),
        (("front_end", "n_fft"), 10**7, "damaged or not a model"),
        (("front_end", "sample_rate"), 10**7, "its sample rate is 10000000"),
        (("beta",), float("nan"), "holds the number nan"),
    ],
)
def test_what_asks_for_more_than_it_holds_is_refused_before_it_gets_it(tmp_path, drawing, path, value, match):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refuse(tmp_path, configured(drawing, ("config", *path), value), match)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KB


def test_compressed_files_are_refused_before_they_unpack(tmp_path, drawing):
    bomb = archive_of({**drawing, WEIGHTS: bytes(2**26)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**18
    refuse(tmp_path, bomb, "its files are compressed")
    refuse(tmp_path, archive_of({**drawing, CONFIG: b"[" * 2**21}), "its configuration is too long")
    refuse(tmp_path, archive_of({**drawing, CONFIG: b"[" * 2**19}), "damaged or not a model")


def hdf5(weights: bytes, change) -> bytes:
    buffer = io.BytesIO(weights)
    with h5py.File(buffer, "r+") as file:
        del file[BIAS]
        change(file)
    return buffer.getvalue()


def fill_defaults(file, shape, **options):
    file.create_dataset(BIAS, shape, "float32", **options)


def virtual(file):
    layout = h5py.VirtualLayout((8,), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "secret", (8,))
    file.create_virtual_dataset(BIAS, layout)


def link(target):
    def change(file):
        file[BIAS] = target

    return change


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda file: fill_defaults(file, (10**9,)), "not stored whole"),  # never written
        (lambda file: fill_defaults(file, (10**12,), chunks=(1000,), compression="gzip"), "not stored whole"),
        (lambda file: fill_defaults(file, (8,), external=[("/etc/passwd", 0, 32)]), "lie in other files"),
        (virtual, "lie in other files"),
        (link(h5py.ExternalLink("other.h5", "/secret")), "link to something else"),
        (link(h5py.SoftLink("/encoder")), "link to something else"),
        (lambda file: file.__setitem__(BIAS, file["decoder"]), "link to each other"),
        (lambda file: file.create_dataset(BIAS, data=["a"] * 8, dtype=h5py.string_dtype()), "not plain numbers"),
        (lambda file: file.create_dataset(BIAS, data=np.full(8, np.nan, "float32")), "not finite"),
        (lambda file: file.create_dataset(BIAS, data=np.zeros(9, "float32")), "damaged or not a model"),
        (lambda file: None, "damaged or not a model"),
    ],
)
def test_weights_are_plain_arrays_in_the_file_itself(tmp_path, drawing, change, match):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.zeros(8, "float32")
    refuse(tmp_path, archive_of({**drawing, WEIGHTS: hdf5(drawing[WEIGHTS], change)}), match)


# Archives


@pytest.mark.parametrize("name", ["../harm", "/tmp/harm-by-absolute-path", "assets/../../harm", "assets/x"])
def test_nothing_is_unpacked(tmp_path, drawing, name):
    refuse(tmp_path, archive_of({**drawing, name: b"harm"}), "it holds 4 files")


def test_archives_that_are_no_models_are_refused(tmp_path, drawing):
    refuse(tmp_path, archive_of({name: drawing[name] for name in (CONFIG, METADATA)}), "it holds 2 files")
    whole = archive_of(drawing)
    refuse(tmp_path, whole[:-30], "damaged or not a model")
    refuse(tmp_path, b"", "damaged or not a model")
    at = whole.index(drawing[WEIGHTS]) + 3000
    refuse(tmp_path, whole[:at] + b"\xff\xff" + whole[at + 2 :], "damaged or not a model")
    encrypted = bytearray(whole)
    struct.pack_into("<H", encrypted, whole.rindex(b"PK\x01\x02") + 8, 1)
    refuse(tmp_path, bytes(encrypted), "damaged or not a model")


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "circle.keras").symlink_to("circle.keras")
    (tmp_path / "folder.keras").mkdir()
    (tmp_path / "null.keras").symlink_to("/dev/zero")
    for name in ("circle.keras", "folder.keras", "null.keras", "x" * 300 + ".keras", "null\0byte.keras"):
        with pytest.raises(ModelError, match="There is no model at"):
            load_model(tmp_path / name)


# Mutants


def test_100_hostile_models_do_no_harm(tmp_path):
    assert_harmless(fuzz_in_a_process("models", 100, 0, tmp_path), 100)


@pytest.mark.slow
def test_1000_hostile_models_do_no_harm(tmp_path):
    assert_harmless(fuzz_in_a_process("models", 1000, 1, tmp_path), 1000)
