"""Digits heard in a recording are drawn and read, one by one and fast."""

import time

import librosa
import numpy as np
import pytest

from crossmodal import AudioImageFlow, AudioImageVAE, CoopNets, LogMel, draw_speech, log_mel
from crossmodal.data.sources import DIGITS
from crossmodal.data.strings import join_words
from crossmodal.drawing import heard_in, set_guidance, words_in
from crossmodal.errors import AudioError, ModelError
from crossmodal.reader import default_reader
from crossmodal.sound.segmentation import split_words
from evaluation.strings import edits


@pytest.fixture(scope="module")
def model():
    return AudioImageVAE.from_preset("vae_compact")


@pytest.mark.parametrize("sample_rate", [8000, 44_100])
def test_ten_digits_in_one_recording_are_ten_drawings_in_their_order(model, spoken_digits, sample_rate):
    waveform, bounds = spoken_digits
    if sample_rate != 8000:
        waveform = librosa.resample(waveform, orig_sr=8000, target_sr=sample_rate)
    drawings = draw_speech(waveform, sample_rate, model, samples=2, seed=3)
    assert len(drawings) == 10
    for drawing, (start, stop) in zip(drawings, bounds, strict=True):
        assert drawing.start_s < (start + stop) / 2 / 8000 < drawing.end_s
        assert drawing.image.shape == (28, 28, 1)
        assert drawing.draws.shape == (2, 28, 28, 1)
        assert 0 <= drawing.image.min() <= drawing.image.max() <= 1
        assert drawing.reading in DIGITS
        assert 0.1 <= drawing.confidence <= 1
    assert sum(drawing.reading == digit for drawing, digit in zip(drawings, DIGITS, strict=True)) >= 9


def test_digits_without_a_pause_are_told_apart(model, spoken_digits):
    """Two orders, gaps from -50 to 200 ms; cut at its pauses, either recording has fewer words than were said."""
    waveform, bounds = spoken_digits
    for seed in range(2):
        rng = np.random.default_rng(seed)
        order = rng.permutation(10)
        string = join_words([waveform[slice(*bounds[k])] for k in order], order, 8000, rng)
        drawings = draw_speech(string.waveform, 8000, model)
        assert len(split_words(string.waveform, 8000)) < 9
        assert len(drawings) in range(8, 13)
        read = [DIGITS.index(drawing.reading) for drawing in drawings]
        assert sum(edits(order.tolist(), read)) <= 4  # of a synthetic voice
        assert all(drawing.start_s < drawing.end_s <= len(string.waveform) / 8000 for drawing in drawings)


def test_words_of_other_classes_are_cut_at_their_pauses(spoken_digits):
    waveform, bounds = spoken_digits
    gapless = np.concatenate([waveform[slice(*span)] for span in bounds[:3]])
    assert words_in(gapless, 8000, ("cat", "dog")) == (split_words(gapless, 8000), True)
    assert len(words_in(gapless, 8000, DIGITS)[0]) == 3


def test_noise_has_no_digit_for_a_model_that_cannot_say_so(model, noise):
    words, found = words_in(noise(16_000), 8000, DIGITS)
    assert not found
    assert words == split_words(noise(16_000), 8000)
    spectrograms = np.random.default_rng(0).random((2, 48, 48), np.float32)
    cannot_say = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=DIGITS)
    assert not heard_in(cannot_say, spectrograms, found).any()
    assert heard_in(cannot_say, spectrograms, True).all()


def test_without_samples_there_are_no_draws(model, spoken_digits):
    waveform, bounds = spoken_digits
    (drawing,) = draw_speech(waveform[slice(*bounds[0])], 8000, model)
    assert drawing.draws.shape == (0, 28, 28, 1)


def test_a_digit_is_drawn_within_50_ms(model, spoken_digits):
    """By the time of this process, for others may run beside it."""
    waveform, bounds = spoken_digits
    took = []
    for _ in range(10):
        began = time.process_time()
        draw_speech(waveform[slice(*bounds[7])], 8000, model)
        took.append(time.process_time() - began)
    assert np.median(took) < 0.05


def test_a_model_of_other_classes_is_not_read(spoken_digits):
    animals = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=("cat", "dog"))
    waveform, bounds = spoken_digits
    (drawing,) = draw_speech(waveform[slice(*bounds[0])], 8000, animals)
    assert (drawing.reading, drawing.confidence) == (None, None)


def test_what_cannot_be_heard_or_does_not_draw_is_refused(model):
    with pytest.raises(AudioError, match="silent"):
        draw_speech(np.zeros(8000), 8000, model)
    with pytest.raises(ModelError, match="CoopNets does not draw"):
        draw_speech(np.ones(8000), 8000, CoopNets.thesis())


def test_handwriting_is_read():
    from crossmodal.data.digits_tts import load_images

    images = load_images()
    read = default_reader().read(images.test_images[..., None].astype(np.float32) / 255)
    right = [DIGITS[label] == name for label, (name, _) in zip(images.test_labels, read, strict=True)]
    assert np.mean(right) > 0.9


def test_guidance_is_the_dial_of_a_flow_alone(model):
    sizes = {"width": 16, "blocks": 1, "heads": 2, "hidden": 32, "steps": 2}
    flow = AudioImageFlow(latent_dim=4, encoder_options={"filters": (4, 4, 4), "blocks": (1, 1, 1)}, **sizes)
    rng = np.random.default_rng(0)
    flow.set_weights([w + 0.1 * rng.normal(size=w.shape).astype(w.dtype) for w in flow.get_weights()])
    sounds = rng.random((2, 48, 48), np.float32)
    plain = flow.generate(sounds, samples=1)[1]
    set_guidance(flow, None)
    np.testing.assert_array_equal(flow.generate(sounds, samples=1)[1], plain)
    set_guidance(flow, 3.0)
    assert np.abs(flow.generate(sounds, samples=1)[1] - plain).max() > 1e-3
    set_guidance(model, None)
    with pytest.raises(ModelError, match="has no guidance"):
        set_guidance(model, 2.0)


def test_a_recording_that_is_heard_whole_is_one_drawing(spoken_digits):
    waveform, _ = spoken_digits
    front_end = LogMel(timing="loudest", pad_duration_s=2.0)
    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=["cat", "dog"], front_end=front_end.get_config())
    (drawing,) = draw_speech(waveform, 8000, model)
    assert (drawing.start_s, drawing.end_s) == (0, len(waveform) / 8000)
    np.testing.assert_array_equal(drawing.spectrogram, log_mel([waveform], front_end)[0])
