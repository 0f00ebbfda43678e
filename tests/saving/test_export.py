"""What is written for another runtime gives there what Keras gives."""

import dataclasses

import keras
import numpy as np
import pytest

from crossmodal import AudioImageVAE, CoopNets, LeNet5, LogMel, load_model
from crossmodal.__main__ import main
from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.models.networks.encoders import ENCODERS
from crossmodal.models.networks.recurrent import LAYERS
from crossmodal.saving import export
from crossmodal.saving.export import CHECKED, FORMATS, TOLERANCE, export_model
from crossmodal.sound.waveform import Waveform


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


WAYS = {
    "convolutional": {"filters": (4,), "units": (8,)},
    "max-pooling": {"filters": (4,), "units": (8,)},
    "fully convolutional": {"filters": (4, 4)},
    "residual": {"filters": (4, 4), "blocks": (1, 1)},
    "dense": {"units": (8,)},
    "linear": {"filters": 4, "taps": 4},
    "time-delay": {"filters": (4, 4, 4), "taps": (3, 2, 2)},
    **{kind: {"units": (4,)} for kind in LAYERS},
    "convolutional-gru": {"filters": (4, 4), "units": (4,)},
    "elman, both directions": {"units": (4,), "bidirectional": True, "read_out": "mean"},
    "lstm, two layers": {"units": (4, 3)},
}
HEARD = LogMel(n_frames=12, n_mels=12)


def drawing_model(kind, options, front_end):
    """A small model whose weights are none of those that training begins with, such as biases of 0."""
    keras.utils.set_random_seed(0)
    sizes = {"decoder_units": (8,), "decoder_filters": (4, 4), "front_end": front_end.get_config()}
    model = AudioImageVAE(4, encoder_kind=kind.split(",")[0], encoder_options=options, **sizes)
    rng = np.random.default_rng(0)
    model.set_weights([weights + 0.02 * rng.random(weights.shape) for weights in model.get_weights()])
    return model


def check_elsewhere(model, format, folder):
    """The images are those of Keras, and so are their logits."""
    need(format)
    path = folder / f"digits{FORMATS[format].suffix}"
    export_model(model, path, format)
    inputs = np.random.default_rng(1).random((3, *model.spectrogram_shape), np.float32)
    inputs[0, model.spectrogram_shape[0] // 2 :] = 0  # a clip that ends early
    images, _ = model.generate(inputs, samples=0)
    found = FORMATS[format].run(path, inputs)
    assert np.ptp(images, axis=0).max() > 1e-4  # what is heard matters
    np.testing.assert_allclose(found, images, atol=TOLERANCE)
    logits = [np.log(y) - np.log1p(-y) for y in (found, images)]
    np.testing.assert_allclose(*logits, atol=1e-3)


@pytest.mark.parametrize("kind", WAYS)
def test_every_way_to_hear_is_exported_to_onnx(kind, tmp_path):
    model = drawing_model(kind, WAYS[kind], HEARD)
    check_elsewhere(model, "onnx", tmp_path)
    assert not any(layer.unroll for layer in model.encoder.layers if isinstance(layer, keras.layers.RNN))


@pytest.mark.parametrize("kind", ["elman, both directions", "minimal-gated-unit", "time-delay"])
def test_other_ways_to_hear_are_exported_to_litert(kind, tmp_path):
    check_elsewhere(drawing_model(kind, WAYS[kind], HEARD), "litert", tmp_path)


def test_every_encoder_is_tried():
    assert {kind.split(",")[0] for kind in WAYS} == set(ENCODERS)


@pytest.mark.parametrize(
    ("kind", "rectifier", "format"),
    [("residual", "squared", "onnx"), ("gru", "relu", "onnx"), ("linear", "squared", "litert")],
)
def test_filters_on_waveforms_are_exported(kind, rectifier, format, tmp_path):
    bank = {"filters": 12, "size": 64, "stride": 8, "pool": 16, "rectifier": rectifier}
    model = drawing_model(kind, {**WAYS[kind], "filter_bank": bank}, Waveform(duration_s=0.25))
    check_elsewhere(model, format, tmp_path)


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
