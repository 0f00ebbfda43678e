"""Retrieval: its figures against scikit-learn and against lists that repeat an answer, and its intervals."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from small_sources import CLASSES, bars, split, tones

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Speech
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel
from evaluation.retrieval import (
    FIGURES,
    REPLICATES,
    Retrieval,
    as_table,
    measure_retrieval,
    ordered,
    precisions,
    resampled_people,
)

RNG = np.random.default_rng(0)


class Known:
    """Embeds a sound or an image as its class, which it tells by the tone and by the place of the bar."""

    front_end = LogMel().get_config()

    def __init__(self, deaf=False):
        self.deaf = deaf

    def embed_sounds(self, spectrograms):
        heights = spectrograms.mean(axis=1) @ np.arange(48) / spectrograms.mean(axis=1).sum(axis=1)
        order = np.argsort(np.argsort(heights))  # as many of each class
        return np.eye(3)[order * 3 // len(order) * (not self.deaf)]

    def embed_images(self, images):
        columns = images.mean(axis=(1, 3)) @ np.arange(28) / images.mean(axis=(1, 3)).sum(axis=1)
        return np.eye(3)[(columns > 10) * 1 + (columns > 17) * 1]

    def scores(self, sounds, images):
        return sounds @ images.T


def test_figures_are_those_of_scikit_learn():
    right, scores = RNG.random((6, 40)) < 0.3, RNG.normal(size=(6, 40))
    sorted_right = np.take_along_axis(right, ordered(scores), axis=1)
    found = precisions(sorted_right)
    np.testing.assert_allclose(found[:, 2], [average_precision_score(r, s) for r, s in zip(right, scores, strict=True)])
    np.testing.assert_allclose(found[:, 0], sorted_right[:, 0])
    np.testing.assert_allclose(found[:, 1], sorted_right[:, :10].mean(axis=1))
    assert np.isnan(precisions(np.zeros((1, 5), bool))).all()
    np.testing.assert_allclose(precisions(np.array([[True, False, True]])), [[1, 2 / 3, 5 / 6]])


def test_an_answer_that_is_there_several_times_counts_as_often():
    right, times = RNG.random((5, 12)) < 0.5, RNG.integers(0, 4, size=(5, 12))
    right[:, 0], times[:, 0] = True, 1
    found = precisions(right, times)
    for i in range(5):
        np.testing.assert_allclose(found[i : i + 1], precisions(np.repeat(right[i], times[i])[None]))


def test_people_are_resampled_with_all_their_clips():
    """One of two people is heard rightly: half of the draws have both, a quarter each has one alone."""
    right, speakers = np.tile([True, False], (4, 10)), np.tile([0, 1], (4, 10))
    means = resampled_people(right, speakers, seed=0)
    values, counts = np.unique(means[:, 1], return_counts=True)
    assert values.tolist() == [0.5, 1.0]
    assert counts / REPLICATES == pytest.approx([0.5, 0.25], abs=0.1)
    assert (means[:, 0] == 1).all()


def test_who_knows_the_classes_finds_all_and_who_is_deaf_finds_a_third():
    data = (tones(), bars(), split())
    measured = measure_retrieval(Known(), *data)
    each = {way: [figure.mean for figure in figures.values()] for way, figures in measured.by_way.items()}
    assert each == {"sound -> images": [1, 1, 1], "image -> sounds": [1, 3 / 9, 1]}  # three clips of each class
    assert (measured.clips, measured.images, measured.asked, measured.people) == (9, 30, 30, None)
    assert measured.by_class == dict.fromkeys(CLASSES, 1.0)
    assert Retrieval.from_json(measured.to_json()) == measured
    assert "image -> sounds, precision at 10" in as_table(measured)
    deaf = measure_retrieval(Known(deaf=True), *data)
    assert deaf.by_way["sound -> images"][FIGURES[0]].mean == pytest.approx(1 / 3)
    assert deaf.by_class["ape"] == 1


def test_people_who_did_not_train_are_the_unit():
    of = tones()
    speakers = np.array(["a", "b", "c", "d"])[np.asarray(of.takes) // 3]
    speech = Speech(of.name, of.waveforms, of.labels, speakers, of.takes, of.sample_rate, of.classes)
    takes = np.asarray(of.takes)
    by_people = Split(np.flatnonzero(takes < 6), np.zeros(0, int), np.flatnonzero(takes >= 6))
    assert measure_retrieval(Known(), speech, bars(), by_people).people == 2


def test_what_cannot_be_measured_is_refused():
    of = tones()
    unlabelled = Speech(of.name, of.waveforms, None, of.speakers, of.takes, of.sample_rate, ())
    with pytest.raises(DataError, match="have no labels"):
        measure_retrieval(Known(), unlabelled, bars(), split())
    with pytest.raises(DataError, match="no clips to test on"):
        measure_retrieval(Known(), of, bars(), Split(np.arange(3), np.zeros(0, int), np.zeros(0, int)))
