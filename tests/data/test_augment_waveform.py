"""Augmentation of waveforms: a function of the seed, each change by a closed form."""

import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.augment_waveform import WaveformAugmentation, augment_waveforms
from crossmodal.sound.waveform import Waveform

FRONT_END = Waveform(duration_s=0.5)
NOTHING = WaveformAugmentation().scaled(0)


def changed(x, ranges, seed=(0, 1), **parts):
    return augment_waveforms(tf.constant(x), tf.constant(seed), FRONT_END, ranges, **parts).numpy()


@pytest.fixture
def waves():
    """Eight tones of 200 Hz, half as long as the waveforms."""
    x = np.zeros((8, 4000, 1), np.float32)
    x[:, :2000, 0] = np.sin(2 * np.pi * 200 * np.arange(2000) / 8000)
    return x


def test_no_strength_changes_nothing(waves):
    np.testing.assert_allclose(changed(waves, NOTHING), waves, atol=1e-6)


def test_it_is_a_function_of_the_seed_in_the_whole_batch_and_its_parts(waves):
    whole = changed(waves, WaveformAugmentation())
    np.testing.assert_array_equal(whole, changed(waves, WaveformAugmentation()))
    assert np.abs(whole - changed(waves, WaveformAugmentation(), (0, 2))).max() > 0.1
    for part in range(2):
        half = changed(waves[4 * part : 4 * part + 4], WaveformAugmentation(), parts=2, part=part)
        np.testing.assert_allclose(half, whole[4 * part : 4 * part + 4], atol=1e-4)


def test_speed_moves_tones_and_ends(waves):
    fast = changed(waves, WaveformAugmentation(speed=0.2, shift_s=0.0, noise=0.0))[..., 0]
    ends = np.array([np.flatnonzero(np.abs(wave) > 1e-3)[-1] + 1 for wave in fast])
    factors = ends / 2000
    assert 0.81 < factors.min() < 0.95
    assert 1.05 < factors.max() < 1.23
    for wave, end, factor in zip(fast, ends, factors, strict=True):
        crossings = (np.diff(np.sign(wave[1 : end - 20])) != 0).sum()
        assert crossings * 8000 / 2 / (end - 20) == pytest.approx(200 / factor, rel=0.05)


def test_a_shift_puts_silence_before(waves):
    later = changed(waves, WaveformAugmentation(speed=0.0, shift_s=0.1, noise=0.0))[..., 0]
    starts = [np.flatnonzero(np.abs(wave) > 0.01)[0] for wave in later]
    assert 0 <= min(starts) < 200
    assert 400 < max(starts) <= 802


def test_noise_is_of_the_level_that_was_asked_for():
    noise = changed(np.zeros((64, 4000, 1), np.float32), WaveformAugmentation(speed=0.0, shift_s=0.0, noise=0.5))
    levels = noise.std(axis=(1, 2))
    assert levels.min() < 0.05
    assert 0.4 < levels.max() < 0.52
