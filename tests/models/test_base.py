"""What every model that draws promises, whatever its family."""

import subprocess
import sys
import zipfile

import numpy as np
import pytest

from crossmodal import AudioImageVAE, LeNet5, load_model
from crossmodal.errors import DataError
from crossmodal.models.base import AudioImageModel
from crossmodal.reader import load_reader
from crossmodal.saving.keras_file import save_model


@pytest.fixture(scope="module")
def model():
    return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_spectrograms_that_are_not_finite_are_refused(model, value):
    spectrograms = np.zeros((2, 48, 48), np.float32)
    spectrograms[1, 3, 4] = value
    with pytest.raises(DataError, match="NaN or infinite"):
        model.generate(spectrograms)


@pytest.mark.parametrize("shape", [(48, 48), (2, 40, 48), (2, 48, 48, 2), (2, 48 * 48)], ids=str)
def test_spectrograms_of_another_shape_are_refused(model, shape):
    with pytest.raises(DataError, match=r"pass \(clips, 48, 48\), made by log_mel"):
        model.generate(np.zeros(shape, np.float32))


def test_both_shapes_of_spectrograms_give_one_result(model):
    spectrograms = np.random.default_rng(0).random((3, 48, 48), np.float32)
    for one, other in zip(model.generate(spectrograms), model.generate(spectrograms[..., None]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_family_that_does_not_say_how_it_draws_is_told_so():
    with pytest.raises(NotImplementedError, match="does not say how it draws"):
        AudioImageModel().generate(np.zeros((1, 48, 48), np.float32))


def test_a_saved_classifier_loads(tmp_path):
    classifier = LeNet5(("cat", "dog"), image_shape=(32, 32, 3), provenance={"data": "folders"})
    classifier.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path)
    assert (loaded.classes, loaded.image_shape, loaded.provenance) == (["cat", "dog"], (32, 32, 3), {"data": "folders"})
    images = np.random.default_rng(0).random((4, 32, 32, 3), np.float32)
    np.testing.assert_allclose(classifier(images), load_reader(tmp_path).features_and_logits(images)[1], atol=1e-5)


def test_a_classifier_that_knows_its_number_of_classes_alone_loads(tmp_path):
    LeNet5(10).save(tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").classes == [str(i) for i in range(10)]


def test_a_file_says_what_to_import(model, tmp_path):
    save_model(model, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        assert "import crossmodal" in file.read("metadata.json").decode()
    script = (
        "import sys, keras, crossmodal; from crossmodal import AudioImageVAE;"
        "print(type(keras.saving.load_model(sys.argv[1])).__name__)"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "model.keras")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "AudioImageVAE"


def test_every_model_that_is_trained_is_a_public_name():
    """A file is opened by what `crossmodal` names: in a fresh process nothing else has been imported."""
    import pkgutil
    from importlib import import_module

    import keras

    import crossmodal
    from crossmodal.models.cooperative import Cooperative
    from crossmodal.models.pairs import PairModel
    from crossmodal.models.pretraining.unsupervised import UnsupervisedModel

    for found in pkgutil.walk_packages(crossmodal.models.__path__, "crossmodal.models."):
        import_module(found.name)
    classes = [PairModel, UnsupervisedModel, Cooperative]
    for each in classes:
        classes.extend(each.__subclasses__())
    saved = {kind for kind in classes if keras.saving.get_registered_name(kind) != kind.__name__}
    saved = {kind.__name__ for kind in saved if kind.__module__.startswith("crossmodal.")}
    assert len(saved) > 25
    assert saved <= set(crossmodal.__all__)
