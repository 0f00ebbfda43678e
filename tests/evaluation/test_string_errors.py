"""Error rates of strings: edits against known cases, intervals over people, noise at its level."""

import numpy as np
import pytest

from crossmodal.data.strings import WordString
from crossmodal.sound.conditions import rms
from evaluation.strings import SNR_DB, Strings, edits, error_rate, measure_drawn_strings, with_noise


@pytest.mark.parametrize(
    ("said", "found", "counts"),
    [
        ([1, 2, 3], [1, 2, 3], (0, 0, 0)),
        ([1, 2, 3], [], (0, 0, 3)),
        ([], [4, 5], (0, 2, 0)),
        ([1, 2, 3], [1, 9, 3], (1, 0, 0)),
        ([1, 2, 3], [1, 3], (0, 0, 1)),
        ([1, 2, 3], [1, 2, 2, 3], (0, 1, 0)),
        (list("kitten"), list("sitting"), (2, 1, 0)),  # Levenshtein's distance 3
    ],
)
def test_edits(said, found, counts):
    assert edits(said, found) == counts


def test_the_error_rate_is_errors_over_words_with_people_as_units():
    said = [[1, 2, 3, 4]] * 10
    found = [[1, 2, 3, 4]] * 5 + [[1, 2]] * 5
    figure = error_rate(said, found, np.array(["good"] * 5 + ["bad"] * 5))
    assert (figure.rate, figure.deletions, figure.substitutions) == (0.25, 10, 0)
    assert figure.interval_95 == (0.0, 0.5)  # either of two people
    many = error_rate(said, found, np.arange(10))
    assert 0.05 < many.interval_95[0] < 0.25 < many.interval_95[1] < 0.45


def test_noise_lies_so_far_below_the_words():
    rng = np.random.default_rng(0)
    waveform = np.concatenate([np.zeros(4000), 0.3 * rng.normal(size=8000), np.zeros(4000)]).astype(np.float32)
    string = WordString(waveform, np.array([[4000, 12000]]), np.array([0]))
    (noisy,) = with_noise([string], [], seed=0)
    noise = noisy - waveform
    assert 20 * np.log10(rms(waveform[4000:12000]) / rms(noise)) == pytest.approx(SNR_DB, abs=0.5)


def test_the_record_survives_json():
    figure = error_rate([[1]], [[1]], np.array(["a"]))
    record = Strings(0, 1, 1, 1, [], {"drawn, clean": figure})
    again = Strings.from_json(record.to_json())
    assert again.error_rates["drawn, clean"].rate == 0


def test_words_found_are_drawn_with_fewer_errors_than_words_cut_at_pauses():
    """Strings of a voice of the embedded data, which the transcriber has not heard."""
    from crossmodal import AudioImageVAE
    from crossmodal.data.digits_tts import load_speech
    from crossmodal.reader import default_reader

    speech, model = load_speech(speakers=1, takes=2), AudioImageVAE.from_preset("vae_compact")
    clips = np.flatnonzero(speech.takes == 1)
    measured = measure_drawn_strings(model, speech, clips, reader=default_reader(), count=6, seed=1)
    assert (measured.strings, measured.people) == (6, 1)
    clean, cut = (measured.error_rates[f"{way}, clean"].rate for way in ("drawn", "drawn, cut at pauses"))
    assert clean < 0.25 < cut
    assert "drawn, noise at 10 dB" in measured.error_rates
