"""Calibration against what is known, and models that hear everything or nothing."""

import numpy as np
import pytest

from crossmodal.data.alignment import Split
from crossmodal.data.sources import DIGITS, Speech
from crossmodal.models.vae import AudioImageVAE
from crossmodal.reader import default_reader
from evaluation.confidence import as_table, calibration_error, measure_confidence, reliability


def test_a_calibrated_confidence_has_no_error_and_a_boast_has_its_own():
    rng = np.random.default_rng(0)
    sure = rng.random(200_000)
    right = rng.random(200_000) < sure
    assert calibration_error(sure, right) < 0.01
    assert calibration_error(np.full(1000, 0.9), np.arange(1000) % 2 == 0) == pytest.approx(0.4)


def test_bins_are_of_equal_width_and_hold_all():
    bins = reliability(np.array([0.0, 0.05, 0.55, 1.0]), np.array([True, False, True, True]), bins=10)
    assert [tuple(np.round(row, 3)) for row in bins] == [(0.025, 0.5, 0.5), (0.55, 1.0, 0.25), (1.0, 1.0, 0.25)]


@pytest.fixture(scope="module")
def tones():
    """Twenty tones of four people, two of whom test."""
    rng = np.random.default_rng(0)
    waveforms = [
        (0.3 * np.sin(np.arange(4000) * (0.2 + 0.05 * i)) + 0.01 * rng.standard_normal(4000)).astype(np.float32)
        for i in range(20)
    ]
    speakers = np.array([f"speaker {i // 5}" for i in range(20)])
    speech = Speech("tones", waveforms, np.arange(20) % 10, speakers, np.arange(20), 8000, DIGITS)
    return speech, Split(np.arange(10), np.arange(0), np.arange(10, 20))


@pytest.mark.parametrize(("least", "refused"), [(1e-9, 0.0), (1e9, 1.0), (0.0, 1.0)])
def test_what_tells_less_than_the_model_asks_is_refused(tones, least, refused):
    """Of a model that asks for nothing the transcriber decides, and tones are no digits to it."""
    model = AudioImageVAE.compact(classes=DIGITS, least_information=least)
    noise = {"hiss": (0.1 * np.random.default_rng(1).standard_normal(16_000)).astype(np.float32)}
    measured = measure_confidence(model, *tones, reader=default_reader(), noises=noise, others=tones[0])
    assert measured.refused.accuracy == refused
    assert measured.drawn_anyway.accuracy == 1 - refused
    assert measured.words_drawn.accuracy == 1 - refused
    assert (measured.clips, measured.people, measured.noise, measured.other_words) == (10, 2, 1, 20)
    assert 0 <= measured.calibration_error.accuracy <= 1
    assert sum(share for *_, share in measured.bins) == pytest.approx(1)
    assert "2 people, none of whom trained" in as_table(measured)
    alone = measure_confidence(model, *tones, reader=default_reader())
    assert alone.drawn_anyway is alone.words_drawn is None
