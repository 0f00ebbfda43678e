"""Presets without TensorFlow: the same drawings and readings, and no import of it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recipe_scripts import recipe

from crossmodal import AudioImageVAE, draw_speech, load_light, load_model, presets
from crossmodal.drawing import digit_transcriber, set_guidance
from crossmodal.errors import ModelError
from crossmodal.reader import default_reader
from crossmodal.saving.light import TWINS, twin_of, write_layers

ROOT = Path(__file__).parent.parent.parent
LIGHT = [name for name in presets.preset_names() if presets.read_card(name)["class"] in TWINS]
DIFFERENCE = {"coopnets_digits": 0.05, "vae_compact": 1e-4}  # at most: chains carry what was rounded further
DRAWING = list(DIFFERENCE)  # flows have no twin


@pytest.fixture(scope="module")
def spectrograms():
    return np.random.default_rng(0).random((5, 48, 48), np.float32)


@pytest.mark.parametrize("name", LIGHT)
def test_layers_of_each_preset_are_those_of_its_keras_model(name):
    """If this fails: python recipes/preset_layers.py"""
    model, weights = load_model(name), presets.FOLDER / f"{name}.npz"
    described = TWINS[type(model).__name__].describe_networks(model)
    assert presets.read_layers(weights, presets.read_card(name)) == json.loads(json.dumps(described))


@pytest.mark.parametrize("name", DRAWING)
def test_the_twin_of_a_preset_draws_the_same(name, spectrograms):
    model, twin = load_model(name), load_light(name)
    assert (twin.light, model.light) == (True, False)
    for attribute in ("classes", "image_shape", "front_end", "least_information", "provenance", "spectrogram_shape"):
        assert getattr(twin, attribute) == getattr(model, attribute), attribute
    for one, other in zip(model.encoder(spectrograms[..., None]), twin.encoder(spectrograms[..., None]), strict=True):
        np.testing.assert_allclose(other, np.asarray(one), rtol=1e-4, atol=1e-4 * np.abs(one).max())
    for one, other in zip(model.generate(spectrograms, 3, 7), twin.generate(spectrograms, 3, 7), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(other, one, atol=DIFFERENCE[name])
        assert np.abs(other - one).mean() < 3e-4
    assert np.abs(twin.generate(spectrograms, 3, 8)[1] - other).max() > 0.1
    np.testing.assert_allclose(twin.information(spectrograms), model.information(spectrograms), rtol=1e-4)
    np.testing.assert_array_equal(twin.heard(spectrograms), model.heard(spectrograms))
    assert twin.generate(spectrograms, 0)[1].shape == (5, 0, 28, 28, 1)


@pytest.mark.parametrize("name", ["lenet5_mnist", "residual_mnist"])
def test_the_twin_of_a_reader_reads_the_same(name):
    model, twin = load_model(name), load_light(name)
    images = np.random.default_rng(1).random((70, 28, 28, 1), np.float32)
    features, logits = twin.judge(images)
    expected = np.asarray(model(images, training=False))
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert features.shape == (70, *model.get_layer("features").output.shape[1:])
    assert (twin.classes, twin.image_shape) == (model.classes, model.image_shape)


def test_a_recording_is_heard_drawn_and_read_alike(spoken_digits):
    waveform, bounds = spoken_digits
    light, full = digit_transcriber(light=True), digit_transcriber()
    logits = full.states(waveform)
    np.testing.assert_allclose(light.states(waveform), logits, rtol=1e-4, atol=1e-4 * np.abs(logits).max())
    assert light.transcribe(waveform) == full.transcribe(waveform)
    assert default_reader(light=True).to_json() == default_reader().to_json()
    for name in DRAWING:
        one, other = (draw_speech(waveform, 8000, load(name), samples=2, seed=3) for load in (load_model, load_light))
        assert len(one) == len(other) == len(bounds)
        for a, b in zip(one, other, strict=True):
            assert (a.start_s, a.end_s, a.reading, a.heard, a.caption) == (
                b.start_s,
                b.end_s,
                b.reading,
                b.heard,
                b.caption,
            )
            assert a.confidence == pytest.approx(b.confidence, abs=min(DIFFERENCE[name], 1e-3))
            np.testing.assert_allclose(b.draws, a.draws, atol=DIFFERENCE[name])


def test_noise_is_refused_by_both(noise):
    for load in (load_model, load_light):
        assert not any(drawing.heard for drawing in draw_speech(noise(16_000), 8000, load("vae_compact")))


def run_without_tensorflow(words: list[str]) -> None:
    """Run a command in a process of its own, which says nothing wrong and imports no heavy package."""
    script = (
        f"import sys; from crossmodal.__main__ import main; code = main({words})\n"
        "print({'tensorflow', 'keras', 'librosa', 'sklearn'} & set(sys.modules) or 'none of them'); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("none of them\n")


@pytest.mark.parametrize("extra", [["--json"], ["--samples", "2", "--model", "vae_compact"]])
def test_the_command_draws_a_preset_without_tensorflow(tmp_path, spoken_digits, extra):
    waveform, bounds = spoken_digits
    soundfile.write(tmp_path / "said.wav", waveform[slice(*bounds[7])], 8000)
    words = ["draw", str(tmp_path / "said.wav"), "-o", str(tmp_path / "drawing.png"), *extra]
    run_without_tensorflow(words)
    assert (tmp_path / "drawing.png").exists()


def test_the_command_plays_a_preset_without_tensorflow(tmp_path):
    words = ["texture", "play", "texture_rain", "--seconds", "1", "-o", str(tmp_path / "new.wav")]
    run_without_tensorflow(words)
    assert soundfile.info(tmp_path / "new.wav").frames == 20_000


def test_a_preset_without_layers_is_computed_by_keras(tmp_path, monkeypatch):
    for suffix in (".npz", ".json"):
        shutil.copy(presets.FOLDER / f"lenet5_mnist{suffix}", tmp_path)
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    assert not load_light("lenet5_mnist").light


def test_a_twin_has_no_guidance():
    with pytest.raises(ModelError, match="A AudioImageVAE has no guidance"):
        set_guidance(load_light("vae_compact"), 2.0)


def test_the_command_draws_the_same_picture_of_a_file(tmp_path, spoken_digits):
    """A .keras file is drawn by TensorFlow."""
    from crossmodal.__main__ import main

    waveform, bounds = spoken_digits
    soundfile.write(tmp_path / "said.wav", waveform[slice(*bounds[3])], 8000)
    load_model("vae_compact").save(tmp_path / "model.keras")
    assert not load_light(tmp_path / "model.keras").light
    for name, model in (("light", "vae_compact"), ("full", str(tmp_path / "model.keras"))):
        picture = str(tmp_path / f"{name}.png")
        assert main(["draw", str(tmp_path / "said.wav"), "-o", picture, "--model", model, "--samples", "2"]) == 0
    import matplotlib.image

    light, full = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("light", "full"))
    np.testing.assert_allclose(light, full, atol=1.5 / 255)


@pytest.fixture
def copied(tmp_path):
    """The files of a preset in a folder of their own; its weights."""
    for file in presets.FOLDER.glob("lenet5_mnist.*"):
        shutil.copy(file, tmp_path)
    return tmp_path / "lenet5_mnist.npz"


def test_damaged_layers_and_layers_of_other_weights_are_refused(copied):
    assert twin_of(copied).classes[7] == "seven"
    layers = presets.layers_file(copied)
    whole = layers.read_text()
    sha = presets.read_card("lenet5_mnist")["sha256"]
    for networks in ({}, {"judge": {}}, {"judge": {"layers": [], "outputs": [3]}}, {"judge": []}):
        layers.write_text(json.dumps({"sha256": sha, "networks": networks}))
        with pytest.raises(ModelError, match="does not fit the model of its card"):
            twin_of(copied)
    for damaged in (whole[:-20], "[]", "{}"):
        layers.write_text(damaged)
        with pytest.raises(ModelError, match="missing or damaged: reinstall"):
            twin_of(copied)
    layers.write_text(whole.replace(sha, "0" * 64))
    with pytest.raises(ModelError, match="layers of other weights"):
        twin_of(copied)
    layers.write_text(whole.replace('"Flatten"', '"Lambda"'))
    with pytest.raises(ModelError, match="does not fit the model of its card"):
        twin_of(copied)
    copied.write_bytes(copied.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="not the file that its card describes"):
        twin_of(copied)


def test_layers_are_written_anew(copied, monkeypatch, capsys):
    layers = presets.layers_file(copied)
    whole = layers.read_bytes()
    layers.unlink()
    monkeypatch.setattr(presets, "FOLDER", copied.parent)
    assert recipe("preset_layers").main(["lenet5_mnist"]) == 0
    assert capsys.readouterr().out == f"{layers}\n"
    assert layers.read_bytes() == whole


def test_a_preset_that_is_made_has_layers_where_they_can_be_computed(tmp_path):
    weights = tmp_path / "small.npz"
    for kind, computed in (("convolutional", True), ("gru", True), ("lstm", False)):
        model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), encoder_kind=kind)
        presets.write_preset(model, {}, weights)
        if computed:
            write_layers(model, weights)
            spectrograms = np.random.default_rng(2).random((2, 48, 48), np.float32)
            drawn = (m.generate(spectrograms, 2, 1)[1] for m in (model, twin_of(weights)))
            np.testing.assert_allclose(*drawn, atol=1e-4)
        else:
            with pytest.raises(ModelError, match="not computed without Keras"):
                write_layers(model, weights)
            assert not presets.layers_file(weights).exists()  # those of the weights before are gone
