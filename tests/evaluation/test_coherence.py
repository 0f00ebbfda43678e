"""Coherence of models of which it is known, and who may judge; the picture and the table of it."""

import keras
import numpy as np
import pytest

from crossmodal import JointFlow, LogMel
from crossmodal.data.alignment import Split
from crossmodal.data.sources import DIGITS, Images, Speech
from crossmodal.errors import DataError, ModelError
from crossmodal.models.listener import Listener
from crossmodal.reader import default_reader
from crossmodal.saying import aloud, check_says
from evaluation.coherence import (
    Coherence,
    as_table,
    log_spectral_distance,
    measure_coherence,
    unheard,
)

RNG = np.random.default_rng(0)
BANDS = np.repeat(4 * np.arange(10), 2) + 2  # the mel band of each digit, twice


def tone_spectrograms(labels):
    """(n, 48, 48, 1) of which one band is loud, the digit's own."""
    spectrograms = np.zeros((len(labels), 48, 48, 1), np.float32)
    spectrograms[np.arange(len(labels)), :, 4 * np.asarray(labels) + 2] = 1
    return spectrograms


class Oracle(JointFlow):
    """Draws and says the right digit but for those that it gets wrong, by tables of real images."""

    def __init__(self, examples, wrong=(), **options):
        super().__init__(width=16, blocks=1, heads=2, hidden=16, frames_per_token=12, classes=DIGITS)
        self.examples, self.wrong = np.asarray(examples, np.float32), tuple(wrong)

    def mistaken(self, labels):
        return np.where(np.isin(labels, self.wrong), (labels + 1) % 10, labels)

    def draw(self, spectrograms, samples, seed):
        labels = (spectrograms[..., 0].mean(axis=1).argmax(axis=1)) // 4
        images = self.examples[self.mistaken(np.minimum(labels, 9))]
        return images, np.repeat(images[:, None], samples, axis=1)

    def say(self, images, samples=1, seed=0):
        labels = default_reader().labels(images)
        return tone_spectrograms(self.mistaken(labels))[:, None], np.full((len(images), 1), 0.3)

    def imagine(self, n, seed=0):
        labels = np.arange(n) % 10
        return self.examples[labels], tone_spectrograms(self.mistaken(labels)), np.full(n, 0.3)


class ToneListener:
    """Hears a digit by the loudest band."""

    classes, provenance = DIGITS, {}

    def labels(self, waveforms, sample_rate=None):
        from crossmodal import log_mel

        return np.minimum(log_mel(waveforms)[..., :].mean(axis=1).argmax(axis=1) // 4, 9)

    def to_json(self):
        return {"name": "ToneListener", "sha256": ""}


@pytest.fixture(scope="module")
def tested(real_data):
    """Two clips of each digit, tones in its band, and real images: ten examples, and those that test."""
    images = real_data[1]
    read = default_reader().labels(images.test_images[:1000, ..., None].astype(np.float32) / 255)
    right = np.flatnonzero(read == images.test_labels[:1000])
    pixels, labels = images.test_images[right], images.test_labels[right]
    examples = np.stack([pixels[labels == k][0] for k in range(10)])[..., None] / 255
    digits = np.repeat(np.arange(10), 2)
    oracle = Oracle(examples)
    clips = aloud(oracle, tone_spectrograms(digits), np.full(20, 0.3))
    speech = Speech("tones", clips, digits, np.array(["ann", "bob"] * 10), np.zeros(20, int), 8000, DIGITS)
    pictures = Images("few", pixels, labels, pixels[:200], labels[:200])
    return speech, pictures, Split(np.arange(0), np.arange(0), np.arange(20)), examples


def test_a_model_that_is_always_right_is_coherent(tested):
    *data, examples = tested
    options = {"reader": default_reader(), "listener": ToneListener(), "pairs": 60}
    measured = measure_coherence(Oracle(examples), *data, **options)
    assert {name: figure.accuracy for name, figure in measured.by_way.items()} == dict.fromkeys(measured.by_way, 1.0)
    assert (measured.pairs, measured.clips, measured.real_images.accuracy) == (60, 20, 1.0)
    assert measured.log_spectral_distance_db < 30
    assert Coherence.from_json(measured.to_json()) == measured
    table = as_table(measured)
    assert "image -> sound -> image" in table
    assert "20 test clips" in table


def test_what_goes_wrong_is_counted_where_it_goes_wrong(tested):
    """Threes are drawn and said as fours: two of twenty clips, a tenth of the pairs, and there and back too."""
    *data, examples = tested
    options = {"reader": default_reader(), "listener": ToneListener(), "pairs": 200}
    by_way = measure_coherence(Oracle(examples, wrong=(3,)), *data, **options).by_way
    threes = float(np.mean(data[1].test_labels[:200] == 3))
    assert by_way["sound -> image"].accuracy == pytest.approx(0.9)
    assert by_way["image -> sound"].accuracy == pytest.approx(1 - threes)
    assert by_way["both imagined"].accuracy == pytest.approx(0.9)
    assert by_way["image -> sound -> image"].accuracy == pytest.approx(1 - threes)


def test_a_listener_is_not_asked_about_those_who_trained_it():
    people = np.array(["ann", "bob", "cleo", "bob"])
    speech = Speech("fsdd", [], np.zeros(4, int), people, np.zeros(4, int), 8000)
    recipe = {"data": "speech-commands", "train_also": ["fsdd"], "left_out": ["bob"]}
    listener = Listener(filters=(4, 4, 4), blocks=(1, 1, 1), provenance={"recipe": recipe})
    np.testing.assert_array_equal(unheard(listener, speech, np.array([0, 1, 3])), [False, True, True])
    other = Speech("mine", [], np.zeros(4, int), people, np.zeros(4, int), 8000)
    assert unheard(listener, other, np.arange(4)).all()


def test_log_spectral_distance_is_a_rms_over_bands():
    one, other = np.zeros((2, 3, 4)), np.zeros((2, 3, 4))
    other[0, :, 0] = 0.5  # 30 dB in one of four bands: an RMS of 15 dB, in half of the frames
    assert log_spectral_distance(one, other, LogMel()) == pytest.approx(7.5)


def test_what_cannot_say_or_hears_other_words_is_refused(tested):
    *data, examples = tested
    with pytest.raises(ModelError, match="A Sequential does not say what it sees"):
        check_says(keras.Sequential())
    listener = ToneListener()
    listener.classes = ("a", "b")
    with pytest.raises(DataError, match="other classes"):
        measure_coherence(Oracle(examples), *data, reader=default_reader(), listener=listener)
