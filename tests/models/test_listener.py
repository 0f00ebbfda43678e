"""The listener: it learns to tell words, finds them in their recording, is saved; its figures against enumeration."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal import Listener, LogMel, log_mel
from crossmodal.errors import AudioError
from crossmodal.saving.keras_file import load_model, save_model
from evaluation.listening import measure_listener

SMALL = {"filters": (4, 4, 4), "blocks": (1, 1, 1)}


@pytest.fixture(scope="module")
def tones():
    """Forty recordings of a low tone or a high one, somewhere in half a second of faint noise, and which it is."""
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    waveforms = []
    for label in labels:
        waveform = 1e-3 * rng.standard_normal(4000)
        start, times_s = rng.integers(1500), np.arange(1600) / 8000
        waveform[start : start + 1600] += 0.3 * np.sin(2 * np.pi * (500, 1500)[label] * times_s)
        waveforms.append(waveform.astype(np.float32))
    return waveforms, labels


@pytest.fixture(scope="module")
def trained(tones):
    keras.utils.set_random_seed(0)
    waveforms, labels = tones
    model = Listener(["low", "high"], **SMALL)
    model.compile(
        keras.optimizers.Adam(1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False
    )
    x = log_mel(waveforms, LogMel(**model.front_end))[..., None]
    model.fit(tf.data.Dataset.from_tensor_slices((x, labels)).batch(20).repeat(150), verbose=0)
    return model


def test_it_learns_to_tell_two_words(trained, tones):
    waveforms, labels = tones
    np.testing.assert_array_equal(trained.labels(waveforms), labels)
    np.testing.assert_allclose(trained.probabilities(waveforms).sum(axis=1), 1, rtol=1e-5)
    ((name, sure),) = trained.hear(waveforms[1:2])
    assert name == "high"
    assert sure == pytest.approx(trained.probabilities(waveforms[1:2]).max())


def test_silence_around_a_word_and_its_level_change_little(trained, tones):
    waveforms, labels = tones
    padded = [0.1 * np.concatenate([np.zeros(3000, np.float32), w, np.zeros(5000, np.float32)]) for w in waveforms]
    assert np.mean(trained.labels(padded) == labels) > 0.95


def test_it_is_saved_with_what_it_knows(trained, tones, tmp_path):
    save_model(trained, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert isinstance(again, Listener)
    assert (again.classes, again.front_end) == (["low", "high"], trained.front_end)
    np.testing.assert_allclose(again.probabilities(tones[0]), trained.probabilities(tones[0]), atol=1e-6)


def test_a_preset_of_half_a_megabyte_is_enough():
    assert Listener().count_params() < 250_000


def test_what_is_no_recording_is_refused(trained):
    with pytest.raises(AudioError, match="Clip 1"):
        trained.labels([np.ones(400, np.float32), np.array([np.nan], np.float32)])


class Told:
    """Hears what it was told."""

    classes = ("a", "b")

    def __init__(self, heard):
        self.heard = np.array(heard)

    def labels(self, waveforms):
        return self.heard[: len(waveforms)]


def test_people_are_the_sampling_unit():
    """Ann says three words, of which one is misheard, Bob one: each of the two resamples in four has one person."""
    labels, people = np.array([0, 0, 1, 1]), np.array(["ann", "ann", "ann", "bob"])
    measured = measure_listener(Told([0, 1, 1, 1]), [None] * 4, labels, people)
    assert measured["accuracy"] == 0.75
    assert measured["mean_over_people"] == pytest.approx((2 / 3 + 1) / 2)
    assert measured["interval_95"] == pytest.approx([2 / 3, 1.0])
    assert (measured["clips"], measured["people"]) == (4, 2)
    assert measured["confusion"] == [[1, 1], [0, 2]]
