"""What is written for another runtime gives there what Keras gives."""

import dataclasses

import keras
import numpy as np
import pytest

from crossmodal import AudioImageVAE, CoopNets, LeNet5, LogMel, load_model
from crossmodal.__main__ import main
from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.saving import export
from crossmodal.saving.export import CHECKED, FORMATS, TOLERANCE, export_model


def need(format):
    for package in FORMATS[format].packages:
        pytest.importorskip(package)


@pytest.mark.parametrize("format", FORMATS)
def test_the_preset_agrees_in_every_format(format, tmp_path, capfd):
    need(format)
    path = tmp_path / f"digits{FORMATS[format].suffix}"
    assert main(["export", "vae_compact", "--format", format, "-o", str(path)]) == 0
    printed = capfd.readouterr()
    assert f"(allowed: {TOLERANCE:g})" in printed.out
    assert printed.err == ""
    assert list(tmp_path.iterdir()) == [path]
    inputs = np.random.default_rng(1).random((3, 48, 48, 1), np.float32)  # another batch than the check's
    assert CHECKED != 3
    images, _ = load_model("vae_compact").generate(inputs, samples=0)
    np.testing.assert_allclose(FORMATS[format].run(path, inputs), images, atol=TOLERANCE)


@pytest.mark.parametrize("format", ["onnx", "litert"])
@pytest.mark.parametrize(
    ("kind", "options"),
    [("elman", {"bidirectional": True, "read_out": "mean"}), ("minimal-gated-unit", {}), ("time-delay", {})],
)
def test_other_ways_to_hear_are_exported_too(format, kind, options, tmp_path):
    need(format)
    options |= {"taps": (3, 3, 2)} if kind == "time-delay" else {"units": (4,)}
    front_end = LogMel(n_frames=16, n_mels=8).get_config()
    model = AudioImageVAE(
        4, decoder_units=(8,), decoder_filters=(4, 4), encoder_kind=kind, encoder_options=options, front_end=front_end
    )
    path = tmp_path / f"digits{FORMATS[format].suffix}"
    export_model(model, path, format)
    inputs = np.random.default_rng(1).random((3, 16, 8, 1), np.float32)
    inputs[0, 9:] = 0  # a clip that ends early
    images, _ = model.generate(inputs, samples=0)
    np.testing.assert_allclose(FORMATS[format].run(path, inputs), images, atol=TOLERANCE)
    assert not any(layer.unroll for layer in model.encoder.layers if isinstance(layer, keras.layers.RNN))


def test_lenet5_is_exported_too(tmp_path):
    assert export_model(LeNet5.from_preset("lenet5_mnist"), tmp_path / "lenet5", "saved_model") <= TOLERANCE


def test_what_differs_is_not_written(tmp_path, monkeypatch):
    off = dataclasses.replace(FORMATS["saved_model"], run=lambda path, inputs: np.full((CHECKED, 10), np.nan))
    monkeypatch.setitem(FORMATS, "saved_model", off)
    with pytest.raises(ModelError, match="differs from Keras by nan"):
        export_model(LeNet5(), tmp_path / "lenet5", "saved_model")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_refused_in_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(CrossmodalError, match=r"ends in \.onnx"):
        export_model(LeNet5(), tmp_path / "lenet5.keras", "onnx")
    (tmp_path / "there").mkdir()
    with pytest.raises(CrossmodalError, match="exists: choose another name"):
        export_model(LeNet5(), tmp_path / "there", "saved_model")
    with pytest.raises(ModelError, match="A CoopNets cannot be exported"):
        export_model(CoopNets.thesis(), tmp_path / "texture", "saved_model")
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(
        CrossmodalError, match=r"litert needs ai_edge_litert: pip install .crossmodal-toolkit\[export\]"
    ):
        export_model(LeNet5(), tmp_path / "lenet5.tflite", "litert")
