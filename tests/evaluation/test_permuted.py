"""The best permutation against all of them, and models that draw one digit for another."""

import itertools

import numpy as np
import pytest

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Speech
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel
from evaluation.permuted import PermutedAgreement, as_table, best_permutation, measure_permuted

CLASSES = ("low", "middle", "high")


def test_the_best_permutation_is_the_best_of_all():
    rng = np.random.default_rng(0)
    for _ in range(20):
        counts = rng.integers(20, size=(5, 5))
        sums = [sum(counts[i, j] for i, j in enumerate(order)) for order in itertools.permutations(range(5))]
        found = best_permutation(counts)
        assert sorted(found) == list(range(5))
        assert counts[np.arange(5), found].sum() == max(sums)


class Listener:
    """Hears which third the loudest band lies in, and draws the digit that `drawn_as` gives it."""

    front_end = LogMel().get_config()

    def __init__(self, drawn_as):
        self.drawn_as = np.array(drawn_as)

    def generate(self, spectrograms, samples=0, seed=0):
        third = np.minimum(np.mean(spectrograms, axis=1).argmax(axis=1) // 16, 2)
        images = np.broadcast_to(self.drawn_as[third][:, None, None, None] / 2, (len(third), 28, 28, 1))
        return images.astype(np.float32), None


class Reader:
    name, image_shape, classes = "Reader", (28, 28, 1), CLASSES

    def labels(self, images):
        return np.rint(2 * images.mean(axis=(1, 2, 3))).astype(int)

    def to_json(self):
        return {"name": self.name, "sha256": ""}


@pytest.fixture(scope="module")
def tones():
    """Sixty tones of three classes by six people, of whom the last two test."""
    rng, labels = np.random.default_rng(0), np.arange(60) % 3
    times_s = np.arange(4000) / 8000
    waveforms = [
        (0.3 * np.sin(2 * np.pi * (200, 1000, 3000)[label] * times_s) + 1e-3 * rng.standard_normal(4000)).astype("f4")
        for label in labels
    ]
    speakers = np.array([f"{i // 10}" for i in range(60)])
    speech = Speech("tones", waveforms, labels, speakers, np.arange(60), 8000, CLASSES)
    return speech, Split(np.arange(30), np.arange(30, 40), np.arange(40, 60))


@pytest.mark.parametrize(
    ("drawn_as", "agreement", "permuted"), [([0, 1, 2], 1, 1), ([1, 2, 0], 0, 1), ([0, 2, 1], 1 / 3, 1)]
)
def test_a_digit_that_is_drawn_as_another_is_found_by_the_permutation(tones, drawn_as, agreement, permuted):
    measured = measure_permuted(Listener(drawn_as), *tones, reader=Reader())
    assert measured.agreement.accuracy == pytest.approx(agreement, abs=0.04)
    assert measured.permuted.accuracy == permuted
    assert measured.permutation == drawn_as
    assert (measured.validation_clips, measured.clips, measured.people) == (10, 20, 2)
    assert PermutedAgreement.from_json(measured.to_json()) == measured
    assert "low as " + CLASSES[drawn_as[0]] in as_table(measured, CLASSES)


def test_one_drawing_for_all_has_chance(tones):
    measured = measure_permuted(Listener([1, 1, 1]), *tones, reader=Reader())
    assert measured.permuted.accuracy == pytest.approx(1 / 3, abs=0.04)
    assert measured.drawn == [0, 1, 0]


def test_without_validation_clips_no_permutation_is_chosen(tones):
    speech, split = tones
    with pytest.raises(DataError, match="validation"):
        measure_permuted(Listener([0, 1, 2]), speech, Split(split.train, split.test[:0], split.test), reader=Reader())
