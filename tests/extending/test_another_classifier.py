"""Another classifier is one file: a subclass of `Classifier`. It judges the drawings of a run beside which it lies, in
scores, reports and `draw`."""

import json

import keras
import numpy as np
import pytest
import soundfile
from extending import train, train_reader
from keras import layers
from small_sources import CLASSES, RATE, bars, sources, tones

from crossmodal import AudioImageVAE
from crossmodal.__main__ import main
from crossmodal.errors import DataError, ModelError
from crossmodal.models.classifier import Classifier, class_names
from crossmodal.reader import default_reader, find_reader, load_reader


@keras.saving.register_keras_serializable("crossmodal-tests")
class Perceptron(Classifier):
    """Two dense layers."""

    def __init__(self, classes, image_shape=(28, 28, 1), provenance=None, **kwargs):
        inputs = keras.Input(image_shape)
        features = layers.Dense(16, "relu", name="features")(layers.Flatten()(inputs))
        logits = layers.Dense(len(class_names(classes)))(features)
        super().__init__(inputs, logits, classes, image_shape, provenance, **kwargs)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose reader is the perceptron."""
    folder = tmp_path_factory.mktemp("run")
    train_reader(bars(), folder, Perceptron)

    def build(**settings):
        return AudioImageVAE(4, (8, 8), (32,), (32,), (8, 8), batch_norm=True, kl_warmup_steps=50, **settings)

    train(build, folder, sources())
    return folder


def test_it_is_saved_loaded_and_judges_the_run(run):
    metrics = json.loads((run / "metrics.json").read_text())
    reader = load_reader(run / "reader.keras")
    assert metrics["reader"] == {"name": "Perceptron", "sha256": reader.sha256}
    assert metrics["posterior_mean"]["accuracy"] > 0.9
    assert reader.classes == CLASSES
    features, logits = reader.features_and_logits(np.zeros((2, 28, 28, 1), np.float32))
    assert (features.shape, logits.shape) == ((2, 16), (2, 3))


def test_draw_asks_the_reader_beside_the_model(run, tmp_path, capsys):
    speech = tones()
    soundfile.write(tmp_path / "bee.wav", speech.waveforms[23], RATE)
    command = ["draw", str(tmp_path / "bee.wav"), "--model", str(run), "-o", str(tmp_path / "bee.png"), "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["recordings"][0]["digits"][0]["reading"] == "bee"


def test_scores_are_measured_by_it(run):
    from evaluation.diversity import measure_diversity

    model = __import__("crossmodal").load_model(run)
    measured = measure_diversity(model, *sources(), reader=load_reader(run / "reader.keras"), cas_steps=0)
    assert measured.reader["name"] == "Perceptron"
    assert measured.reader["features"] == 16
    assert measured.sets["real_training_images"].agreement > 0.9
    assert len(measured.sets["sampled_z"].by_class["coverage"]) == 3
    with pytest.raises(DataError, match="LeNet5 reads zero, one"):
        measure_diversity(model, *sources())


def test_a_reader_fits_its_own_classes_and_images_alone(run, tmp_path):
    assert default_reader().fits((), (28, 28, 1))
    assert not default_reader().fits(CLASSES, (28, 28, 1))
    assert not default_reader().fits((), (64, 64, 3))
    assert find_reader(CLASSES, (28, 28, 1)) is None
    assert find_reader(CLASSES, (28, 28, 1), run / "model.keras").name == "Perceptron"
    with pytest.raises(ModelError, match="reads other classes or images than the model draws"):
        find_reader(("ape", "cat"), (28, 28, 1), run)
    with pytest.raises(ModelError, match="holds a AudioImageVAE, not a classifier"):
        load_reader(run)


def test_a_reader_of_the_same_classes_in_another_order_judges_by_their_names(run):
    """Folders have their classes by the alphabet, digits by their value."""
    images = (bars().test_images / 255).astype(np.float32)[..., None]
    turned = tuple(reversed(CLASSES))
    own, other = find_reader(CLASSES, (28, 28, 1), run), find_reader(turned, (28, 28, 1), run)
    assert other.classes == turned
    np.testing.assert_array_equal(other.labels(images), 2 - own.labels(images))
    assert [name for name, _ in other.read(images)] == [name for name, _ in own.read(images)]
    assert own.in_order(("ape", "bee", "dog")) is own
    assert own.in_order(CLASSES) is own  # and what it has built is kept
