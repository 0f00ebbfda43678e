"""Synthesis from noise by matching statistics."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from texture_sounds import SAMPLE_RATE, chirps, rain

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio
from evaluation.texture.report import evaluate_textures
from evaluation.texture.statistics import CLASSES, texture_statistics
from evaluation.texture.synthesis import match_statistics, statistics_distance

TEXTURES = os.environ.get("CROSSMODAL_TEXTURES")


def test_distance_in_closed_form():
    target = texture_statistics(rain(1.0))
    assert float(statistics_distance(target, target)) == 0
    measured = {name: 1.1 * value for name, value in target.items()}
    assert float(statistics_distance(target, measured)) == pytest.approx(len(CLASSES) * 0.01, rel=1e-3)


@pytest.fixture(scope="module")
def matched():
    """A sound of 1.5 s matched to 2 s of chirps, and the (step, loss) that its callback saw."""
    seen = []
    sound = match_statistics(chirps(2.0), 1.5, steps=20, seed=3, callback=lambda step, loss: seen.append((step, loss)))
    return sound, seen


def test_noise_descends_to_the_statistics_of_the_reference(matched):
    sound, seen = matched
    steps, losses = zip(*seen, strict=True)
    assert steps == tuple(range(1, 21))
    assert losses[-1] < 0.2 * losses[0]
    reached = statistics_distance(texture_statistics(chirps(2.0)), texture_statistics(sound))
    assert float(reached) == pytest.approx(losses[-1], rel=0.01)


def test_a_matched_sound_has_the_length_and_level_asked_for(matched):
    sound, _ = matched
    assert sound.shape == (30_000,)
    assert sound.dtype == np.float32
    assert np.std(sound) == pytest.approx(np.std(chirps(2.0)), rel=1e-4)


def test_a_seed_is_a_sound(matched):
    first, again = (match_statistics(chirps(2.0), 1.5, steps=2, seed=0) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, matched[0])[0, 1]) < 0.1


def test_gradient_is_finite_at_the_end_of_a_descent(matched):
    x = tf.constant(matched[0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        distance = statistics_distance(texture_statistics(chirps(2.0)), texture_statistics(x))
    assert np.all(np.isfinite(tape.gradient(distance, x)))


@pytest.mark.parametrize("duration_s", [0.5, 31.0, np.nan])
def test_durations_out_of_range(duration_s):
    with pytest.raises(AudioError, match="choose 1 to 30 s"):
        match_statistics(rain(1.0), duration_s)


def test_references_that_cannot_be_matched():
    for waveform in (np.zeros(40_000), rain(0.5), np.full(40_000, np.nan)):
        with pytest.raises(AudioError):
            match_statistics(waveform, 1.0)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(3600)
def test_matching_reaches_the_reference_without_copying():
    """Mean score of at least 0.9 over the textures on which 4 s suffice, and no copy or loop."""
    if not TEXTURES:
        pytest.skip("CROSSMODAL_TEXTURES is not set")
    scores = []
    for name in ("applause", "fire", "insects", "rain", "sink"):
        reference = read_audio(Path(TEXTURES) / "references" / f"{name}.wav", SAMPLE_RATE)
        (figures,) = evaluate_textures(reference, [match_statistics(reference, 4.0)])["syntheses"]
        scores.append(figures["score"])
        assert not figures["copied"]
        assert not figures["loops"]
    assert np.mean(scores) >= 0.9
