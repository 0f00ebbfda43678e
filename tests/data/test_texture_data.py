"""Textures that the library makes, and recordings that it refuses."""

import os

import numpy as np
import pytest

from crossmodal.data.textures import MADE, check_texture, find_recordings, join_textures, load_texture
from crossmodal.errors import AudioError
from crossmodal.sound.long_term import long_term_density, occupied_hz


@pytest.mark.parametrize("name", MADE)
def test_made_textures_are_deterministic_and_differ_by_seed(name):
    sound = load_texture(f"made:{name}")
    assert sound.shape == (80_000,)
    assert sound.dtype == np.float32
    assert np.abs(sound).max() == pytest.approx(0.9)
    np.testing.assert_array_equal(sound, MADE[name]())
    assert abs(np.corrcoef(sound, MADE[name](seed=1))[0, 1]) < 0.2


@pytest.mark.parametrize("name", MADE)
def test_made_textures_are_no_mere_noise(name):
    """The evaluator tells each from noise with its spectrum, by a scale that is well-conditioned."""
    from evaluation.texture.score import score_scale

    assert not score_scale(MADE[name]()).ill_conditioned


@pytest.mark.parametrize("name", MADE)
def test_made_textures_sound_throughout_at_any_rate(name):
    for sample_rate in (8000, 44_100):
        check_texture(MADE[name](2.0, sample_rate), sample_rate)


def test_recordings_of_any_rate_and_stereo_are_read(write_sound, noise):
    path = write_sound("stereo.wav", np.stack([noise(66_150), noise(66_150)], axis=1), 44_100)
    assert load_texture(path).shape == (30_000,)


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(40_000), "silent"),
        (np.full(40_000, np.nan), "NaN or infinite"),
        (0.1 * np.random.default_rng(0).standard_normal(10_000), "less than the 1 s needed"),
        (np.eye(1, 40_000, 20_000)[0], "silent for 9.%"),
        (np.full(40_000, 40.0), "peak of 40"),
    ],
)
def test_what_is_no_texture_gives_one_sentence(waveform, message):
    with pytest.raises(AudioError, match=message) as caught:
        check_texture(waveform.astype(np.float32), 20_000)
    assert str(caught.value).count(". ") == 0


TIMES = np.arange(80_000) / 20_000
TONE, HISS = np.sin(2 * np.pi * 440 * TIMES), np.random.default_rng(0).standard_normal(80_000)
HUM = sum(np.sin(2 * np.pi * 50 * n * TIMES + n) / n for n in range(1, 11))


@pytest.mark.parametrize(
    "waveform",
    [
        *(TONE, TONE[:20_000], TONE + 0.05 * HISS, HUM, HUM[:20_000], HUM + 0.05 * HISS),
        np.sin(2 * np.pi * 440 * TIMES + 5 * np.sin(2 * np.pi * 5 * TIMES)),  # vibrato
        TONE * (1 + np.sin(2 * np.pi * 8 * TIMES)),
        TONE + 0.3 * np.sin(2 * np.pi * 1234.5 * TIMES),
    ],
)
def test_tones_and_hums_are_no_textures(waveform):
    with pytest.raises(AudioError, match="'x' is a tone or a hum, 99% of its power lies within"):
        check_texture((0.3 * waveform).astype(np.float32), 20_000, "'x'")


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("sample_rate", [8000, 20_000, 44_100])
def test_made_textures_are_far_from_tones(name, sample_rate):
    assert occupied_hz(MADE[name](1.0, sample_rate), sample_rate, 0.99) > 1000


def test_the_width_of_noise_is_its_band_and_that_of_a_tone_its_resolution():
    assert occupied_hz(HISS, 20_000, 0.9) > 4000
    assert occupied_hz(TONE, 20_000, 0.9) == pytest.approx(0.75)
    assert occupied_hz(TONE + 100.0, 20_000, 0.9) == pytest.approx(0.75)  # an offset is not heard
    frequency, density = long_term_density(HISS, 20_000, -60.0)
    assert frequency[-1] == 10_000
    np.testing.assert_allclose(np.mean(density), 2 / 20_000, rtol=0.05)
    assert long_term_density(TONE, 1.0, -40.0)[1].min() == pytest.approx(long_term_density(TONE, 1.0, 0.0)[1][0] / 1e4)


def test_a_clipped_recording_is_used(noise):
    assert np.abs(check_texture(np.clip(50 * noise(40_000), -1, 1), 20_000)).max() == 1


def test_unknown_names_give_one_sentence(tmp_path, monkeypatch):
    with pytest.raises(AudioError, match="no made texture 'thunder': choose one of rain, insects, chirps"):
        load_texture("made:thunder")
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path))
    with pytest.raises(AudioError, match="holds no recordings"):
        find_recordings()
    monkeypatch.delenv("CROSSMODAL_TEXTURES")
    with pytest.raises(AudioError, match="set CROSSMODAL_TEXTURES"):
        load_texture("recording:thunder")


def test_recordings_are_found_by_name(tmp_path, monkeypatch, write_sound, noise):
    (tmp_path / "references").mkdir()
    write_sound("references/hiss.wav", noise(20_000), 20_000)
    monkeypatch.setenv("CROSSMODAL_TEXTURES", str(tmp_path))
    assert load_texture("recording:hiss").shape == (20_000,)
    with pytest.raises(AudioError, match="no recording 'thunder': choose from hiss"):
        load_texture("recording:thunder")


def test_recordings_are_joined_at_one_level_by_weight(noise):
    joined = join_textures([noise(40_000), 5 * noise(40_001)[:40_000]], [3, 1], 20_000)
    assert joined.shape == (80_000,)
    assert np.std(joined[:60_000]) == pytest.approx(np.std(joined[60_000:]), rel=0.02)
    for weights in ([1.0], [1.0, 0.0], [1.0, np.nan]):
        with pytest.raises(AudioError, match="do not fit 2 recordings"):
            join_textures([noise(40_000)] * 2, weights, 20_000)


@pytest.mark.data
def test_the_real_recordings_can_be_used():
    if "CROSSMODAL_TEXTURES" not in os.environ:
        pytest.skip("CROSSMODAL_TEXTURES is not set")
    for path in find_recordings().values():
        assert len(load_texture(path)) >= 80_000
