"""Agreement by condition, of a listener that tells two tones apart by their loudest band."""

import numpy as np
import pytest

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Speech
from crossmodal.sound.spectrogram import LogMel
from evaluation.conditions import CONDITIONS, Conditions, as_table, measure_conditions

RATE = 8000


class Listener:
    """Hears whether the loudest band is a high one and draws an image that says so."""

    front_end = LogMel(find_word=True).get_config()

    def generate(self, spectrograms, samples=0, seed=0):
        high = np.mean(spectrograms, axis=1).argmax(axis=1) > 20
        images = np.zeros((len(high), 28, 28, 1), np.float32)
        images[high] = 1
        return images, np.zeros((len(high), 0, 28, 28, 1), np.float32)


class Reader:
    name, image_shape, classes = "Reader", (28, 28, 1), ("low", "high")

    def labels(self, images):
        return (images.mean(axis=(1, 2, 3)) > 0.5).astype(int)

    def to_json(self):
        return {"name": self.name, "sha256": ""}


@pytest.fixture(scope="module")
def measured():
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    waveforms = []
    for label in labels:
        waveform = 1e-3 * rng.standard_normal(RATE)
        waveform[2000:5000] += 0.3 * np.sin(2 * np.pi * (500, 2500)[label] * np.arange(3000) / RATE)
        waveforms.append(waveform.astype(np.float32))
    speakers = np.array([f"speaker {i // 4}" for i in range(40)])
    speech = Speech("tones", waveforms, labels, speakers, np.arange(40), RATE, Reader.classes)
    split = Split(np.arange(20), np.arange(0), np.arange(20, 40))
    return measure_conditions(Listener(), speech, split, reader=Reader())


def test_each_condition_has_its_figure_over_people(measured):
    assert list(measured.by_condition) == list(CONDITIONS)
    assert measured.by_condition["clean"].accuracy == 1
    assert measured.by_condition["telephone"].accuracy == 1
    assert measured.by_condition["noise at 20 dB"].accuracy == 1
    assert measured.by_condition["noise at 0 dB"].accuracy < 1  # pink noise is loudest where the low tone is
    assert (measured.clips, measured.people) == (20, 5)


def test_the_record_is_read_as_it_was_written(measured):
    assert Conditions.from_json(measured.to_json()) == measured
    table = as_table(measured)
    assert "5 people, none of whom trained" in table
    assert all(name in table for name in CONDITIONS)
