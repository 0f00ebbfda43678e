"""Variants of training clips: reproducible, heard as in use, and each change can be left out."""

import numpy as np
import pytest

from crossmodal.data.noises import excerpt
from crossmodal.data.variants import CHANGES, Conditions, spectrograms_of_variants, vary
from crossmodal.sound.spectrogram import LogMel, log_mel

RATE = 8000
NOTHING = Conditions().without(*CHANGES)


@pytest.fixture
def clips():
    """Four clips of a second, a tone of a third of a second in each."""
    rng = np.random.default_rng(0)
    waveforms = []
    for i in range(4):
        waveform = 0.001 * rng.standard_normal(RATE)
        waveform[2000 + 500 * i : 4700 + 500 * i] += 0.3 * np.sin(np.arange(2700) * (0.3 + 0.1 * i))
        waveforms.append(waveform.astype(np.float32))
    return waveforms


def test_a_variant_is_a_function_of_seed_variant_and_clip(clips):
    make = lambda some, seed=0, variants=3: spectrograms_of_variants(  # noqa: E731
        some, LogMel(find_word=True), Conditions(), [], variants=variants, seed=seed
    )
    made = make(clips)
    assert made.shape == (3, 4, 48, 48)
    assert made.dtype == np.float16
    assert (made[:2] == make(clips, variants=2)).all()
    assert (made[:, :2] == make(clips[:2])).all()
    assert (made != make(clips, seed=1)).any()
    assert (made[0] != made[1]).any()


def test_without_any_change_a_variant_is_the_clip(clips):
    front_end = LogMel(find_word=True)
    made = spectrograms_of_variants(clips, front_end, NOTHING, [], variants=1, seed=0)
    assert made[0] == pytest.approx(log_mel(clips, front_end), abs=1e-3)  # float16


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_comes_with_its_probability(clips, change):
    always = Conditions(**{**vars(NOTHING), change: 1.0})
    rng = np.random.default_rng(0)
    changed = vary(clips[0], RATE, always, [], rng)
    assert len(changed) != len(clips[0]) or not np.allclose(changed, clips[0], atol=1e-6)
    assert np.isfinite(changed).all()
    assert (vary(clips[0], RATE, always.without(change), [], rng) == clips[0]).all()


def test_recorded_noise_is_used_where_there_is_some(clips):
    hum = np.sin(np.arange(5 * RATE) * 2 * np.pi * 1000 / RATE).astype(np.float32)
    how = Conditions(**{**vars(NOTHING), "noise": 1.0, "real_noise": 1.0, "snr_db": (0.0, 0.0)})
    added = vary(clips[0], RATE, how, [hum], np.random.default_rng(0)) - clips[0]
    power = np.abs(np.fft.rfft(added)) ** 2
    assert power[1000] > 0.99 * power.sum()  # 1,000 Hz of a second


def test_an_excerpt_of_a_short_recording_repeats_it():
    rng = np.random.default_rng(0)
    assert excerpt(np.arange(3.0), 7, rng).tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert len(excerpt(np.arange(100.0), 7, rng)) == 7
