"""Textures that the library makes, and recordings that it refuses."""

import os

import numpy as np
import pytest

from crossmodal.data.textures import MADE, check_texture, find_recordings, join_textures, load_texture
from crossmodal.errors import AudioError


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
