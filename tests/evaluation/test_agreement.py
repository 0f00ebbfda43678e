"""The score: its interval and its controls. A model that is always right makes each answer known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from crossmodal import presets
from crossmodal.app.pictures.agreement import save_pictures
from crossmodal.data.alignment import Split
from crossmodal.data.sources import Images, Speech, as_input
from crossmodal.errors import DataError, ModelError
from crossmodal.models.networks.lenet5 import LeNet5
from crossmodal.reader import default_reader
from crossmodal.sound.spectrogram import LogMel
from evaluation.agreement import (
    Agreement,
    another_class,
    as_table,
    bootstrap,
    confusion_matrix,
    measure_agreement,
    unseen_speakers,
)
from evaluation.cas import classification_accuracy_score


@pytest.fixture(scope="module")
def digits():
    """Ten drawn digits (10, 28, 28) that LeNet5 reads, from scikit-learn's handwriting through the embedded data."""
    from crossmodal.data.digits_tts import load_images

    images = load_images()
    right = default_reader().labels(as_input(images.train_images)) == images.train_labels
    return np.stack([images.train_images[right & (images.train_labels == digit)][0] for digit in range(10)])


class Oracle:
    """Hears a tone of (digit + 1) * 300 Hz and draws the digit; of silence it draws a 3."""

    front_end = LogMel().get_config()

    def __init__(self, digits, offset=0):
        self.digits, self.offset = digits[..., None].astype(np.float32) / 255, offset

    def generate(self, spectrograms, samples=1, seed=0):
        import librosa

        centres = librosa.mel_frequencies(50, fmin=60, fmax=4000)[1:-1]
        heard = np.rint(centres[np.mean(spectrograms, axis=1).argmax(axis=1)] / 300).astype(int) - 1
        heard[np.max(spectrograms, axis=(1, 2)) == 0] = 3
        images = self.digits[(heard + self.offset) % 10]
        return images, np.repeat(images[:, None], samples, axis=1)


@pytest.fixture(scope="module")
def tones(digits):
    """40 tones, four per digit, and 200 images; clips 0-19 train, 20-39 test."""
    labels = np.arange(40) % 10
    t = np.arange(4000) / 8000
    waveforms = [np.sin(2 * np.pi * 300 * (label + 1) * t).astype(np.float32) for label in labels]
    speech = Speech("tones", waveforms, labels, np.full(40, "tone"), labels // 10, 8000)
    image_labels = np.arange(200) % 10
    images = Images("drawn", digits[image_labels], image_labels, digits[image_labels], image_labels)
    return speech, images, Split(np.arange(20), np.arange(0), np.arange(20, 40))


def test_a_model_that_is_right_scores_1_and_its_controls_chance(digits, tones, tmp_path):
    measured = measure_agreement(Oracle(digits), *tones, seed=0)
    assert measured.pairs == 200
    assert measured.clips == 20
    assert measured.posterior_mean.accuracy == 1
    assert measured.posterior_mean.interval_95 == pytest.approx((0.025 ** (1 / 20), 1))  # 20 of 20 clips
    assert measured.sampled_z.accuracy == 1
    assert measured.real_test_images == 1
    assert measured.wrong_class_audio == 0
    assert measured.silent_audio == pytest.approx(0.1, abs=0.05)
    np.testing.assert_array_equal(measured.confusion_posterior_mean, 20 * np.eye(10))
    assert measured.reader == default_reader().to_json()
    assert Agreement.from_json(json.loads(json.dumps(measured.to_json()))) == measured
    assert "100.00%" in as_table(measured)
    save_pictures(tmp_path, Oracle(digits), *tones, measured)
    assert (tmp_path / "drawings.png").stat().st_size > 10_000
    assert (tmp_path / "confusion.png").stat().st_size > 10_000


def test_a_model_that_is_always_wrong_scores_0(digits, tones):
    measured = measure_agreement(Oracle(digits, offset=1), *tones)
    assert measured.posterior_mean.accuracy == measured.sampled_z.accuracy == 0
    assert measured.wrong_class_audio > 0.03


def test_figures_of_earlier_versions_are_read():
    figure = {"accuracy": 0.9, "interval_95": [0.8, 1.0]}
    old = {"pairs": 10, "clips": 5, "posterior_mean": figure, "sampled_z": figure, "real_test_images": 0.99}
    old |= {"lenet5_sha256": "abc", "controls": {"silent_audio": 0.1, "wrong_digit_audio": 0.02}}
    measured = Agreement.from_json(old)
    assert measured.reader == {"name": "LeNet5", "sha256": "abc"}
    assert measured.wrong_class_audio == 0.02
    assert measured.sampled_z.interval_95 == (0.8, 1.0)
    assert Agreement.from_json({"command": "a training that nobody measured"}) is None


def test_other_classes_than_the_readers_are_refused(digits, tones):
    speech, images, split = tones
    other = Speech(**{**vars(speech), "classes": tuple("abcdefghij")})
    with pytest.raises(DataError, match=r"reads zero, one, .* and no other classes"):
        measure_agreement(Oracle(digits), other, images, split)


BAD_IMAGES = {
    "nan": np.full((3, 28, 28, 1), np.nan, np.float32),
    "one-nan": np.where(np.arange(784).reshape(1, 28, 28, 1) == 5, np.nan, 0.5),
    "bytes-as-floats": np.full((3, 28, 28, 1), 255.0, np.float32),
    "minus-one-to-one": np.full((3, 28, 28, 1), -1.0, np.float32),
    "bytes": np.zeros((3, 28, 28, 1), np.uint8),
    "no-channel": np.zeros((3, 28, 28), np.float32),
    "one-image": np.zeros((28, 28, 1), np.float32),
    "other-size": np.zeros((3, 32, 32, 1), np.float32),
    "three-channels": np.zeros((3, 28, 28, 3), np.float32),
    "none": np.zeros((0, 28, 28, 1), np.float32),
}


@pytest.mark.parametrize("images", BAD_IMAGES.values(), ids=BAD_IMAGES)
def test_what_are_no_images_in_0_to_1_are_refused(images):
    right, labels = np.zeros((3, 28, 28, 1), np.float32), np.arange(3)
    for measure in (
        default_reader().labels,
        default_reader().features_and_logits,
        default_reader().read,
        lambda images: classification_accuracy_score(images, labels, right, labels, steps=1),
        lambda images: classification_accuracy_score(right, labels, images, labels, steps=1),
    ):
        with pytest.raises(DataError, match=r"bring them to \[0, 1\]|pass floats of shape"):
            measure(images)


@pytest.mark.parametrize("labels", [np.arange(2), np.arange(3.0), np.array([0, 1, -1]), np.eye(3)], ids=str)
def test_labels_that_do_not_fit_are_refused(labels):
    right = np.zeros((3, 28, 28, 1), np.float32)
    with pytest.raises(DataError, match="pass 3 whole numbers from 0 on"):
        classification_accuracy_score(right, labels, right, np.arange(3), steps=1)


def test_a_model_that_draws_no_images_is_named_as_the_cause(digits, tones):
    for factor in (np.nan, 255.0, -1.0):
        oracle = Oracle(digits)
        oracle.digits = oracle.digits * factor
        with pytest.raises(ModelError, match="output is not a valid image"):
            measure_agreement(oracle, *tones)


def test_data_that_do_not_fit_are_refused(digits, tones):
    speech, images, split = tones
    for wrong, match in (
        ({"test_images": images.test_images / 255}, "pass uint8 of shape"),
        ({"test_images": images.test_images[:0], "test_labels": images.test_labels[:0]}, "pass uint8 of shape"),
        ({"test_labels": images.test_labels[:-1]}, "pass 200 whole numbers"),
        ({"train_labels": images.train_labels + 1}, "reach 10: pass those of the 10 classes"),
    ):
        with pytest.raises(DataError, match=match):
            measure_agreement(Oracle(digits), speech, Images(**{**vars(images), **wrong}), split)
    for test in (np.arange(0), np.array([3, 40]), np.array([-1, 3])):
        with pytest.raises(DataError, match="no clips to test on"):
            measure_agreement(Oracle(digits), speech, images, Split(split.train, split.validation, test))


@pytest.mark.parametrize(
    ("correct", "clips"), [([], []), ([True, False], [0]), ([1.0, 0.5], [0, 1]), ([[True]], [[0]])], ids=str
)
def test_agreement_of_no_pairs_is_refused(correct, clips):
    with pytest.raises(DataError, match="measured on one or more pairs"):
        bootstrap(np.array(correct), np.array(clips))


def test_the_interval_takes_clips_as_the_unit():
    rng = np.random.default_rng(0)
    clips = np.repeat(np.arange(100), 50)
    clip_is_right = rng.random(100) < 0.9
    clustered = bootstrap(clip_is_right[clips], clips)
    p = clip_is_right.mean()
    assert clustered.accuracy == pytest.approx(p)
    half = 1.96 * np.sqrt(p * (1 - p) / 100)
    assert clustered.interval_95[0] == pytest.approx(p - half, abs=0.015)
    assert clustered.interval_95[1] == pytest.approx(p + half, abs=0.015)
    independent = bootstrap(rng.random(5000) < 0.9, np.arange(5000), replicates=500)
    assert np.diff(independent.interval_95) < np.diff(clustered.interval_95) / 3


def test_people_are_the_unit_where_strangers_test(tones):
    speech, _, split = tones
    assert unseen_speakers(speech, split) is None  # one who trains, too
    names = np.array([f"speaker {i // 5}" for i in range(40)])
    strangers = replace(speech, speakers=names)
    assert unseen_speakers(strangers, split).tolist() == names[20:].tolist()
    assert unseen_speakers(strangers, Split(np.arange(22), np.arange(0), np.arange(22, 40))) is None  # one trains
    assert unseen_speakers(strangers, Split(np.arange(20), np.arange(0), np.arange(20, 25))) is None  # a single one


def test_small_functions():
    np.testing.assert_array_equal(confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2), [[1, 1], [0, 1]])
    labels = np.arange(500) % 10
    wrong = another_class(labels, np.arange(30) % 10, np.random.default_rng(0))
    assert (wrong % 10 != labels).all()


def test_lenet5_is_the_5_layers_of_61_706_parameters():
    model = LeNet5.from_preset("lenet5_mnist")
    assert model.count_params() == 61_706
    assert model.get_layer("features").output.shape == (None, 84)


@pytest.mark.data
def test_lenet5_reads_99_percent_of_mnist(real_data):
    _, images = real_data
    right = default_reader().labels(as_input(images.test_images)) == images.test_labels
    assert right.mean() >= 0.99
    assert right.mean() == pytest.approx(presets.read_card("lenet5_mnist")["accuracy"], abs=2e-4)


def test_changed_weights_are_refused(tmp_path):
    original = presets.FOLDER / "lenet5_mnist.npz"
    weights = tmp_path / original.name
    weights.write_bytes(original.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="missing"):
        presets.read_preset(LeNet5, weights)
    weights.with_suffix(".json").write_text(original.with_suffix(".json").read_text())
    with pytest.raises(ModelError, match="not the file that its card describes"):
        presets.read_preset(LeNet5, weights)
