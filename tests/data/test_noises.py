"""Recordings of noise: which are read, and what would be taken for words in them."""

import numpy as np
import pytest
import soundfile

from crossmodal.data import noises
from crossmodal.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """Five recordings named as ESC-10's, one a fold, and one that has no fold."""
    rng = np.random.default_rng(0)
    (tmp_path / "rain").mkdir()
    for fold in range(1, 6):
        soundfile.write(tmp_path / "rain" / f"{fold}-17367-A.wav", 0.1 * rng.standard_normal(16_000), 16_000)
    soundfile.write(tmp_path / "fan.wav", 0.1 * rng.standard_normal(8000), 8000)
    (tmp_path / "CREDITS.md").write_text("thanks")
    return tmp_path


def test_what_trains_does_not_test(folder):
    trained = noises.load(folder, 8000)
    assert sorted(trained) == ["fan.wav", *(f"rain/{fold}-17367-A.wav" for fold in (1, 2, 3, 4))]
    assert {len(noise) for noise in trained.values()} == {8000}
    assert sorted(noises.load(folder, 8000, noises.TEST_FOLD)) == ["fan.wav", "rain/5-17367-A.wav"]


def test_the_folder_may_be_named_by_the_environment(folder, monkeypatch):
    monkeypatch.setenv(noises.VARIABLE, str(folder))
    assert len(noises.load(None, 8000)) == 5
    monkeypatch.delenv(noises.VARIABLE)
    with pytest.raises(DataError, match="no folder of recorded noise: pass one by --noise-dir or in CROSSMODAL_NOISE"):
        noises.load(None, 8000)


def test_a_folder_without_sounds_and_a_damaged_one_are_refused(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no sounds"):
        noises.load(tmp_path / "empty", 8000)
    (folder / "fan.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"The noise .*fan.wav cannot be used"):
        noises.load(folder, 8000)


def test_clips_of_noise_are_what_would_be_taken_for_words():
    rng = np.random.default_rng(0)
    quiet = 1e-4 * rng.standard_normal(40_000).astype(np.float32)
    for start in (4000, 20_000):
        quiet[start : start + 4000] += 0.3 * np.sin(np.arange(4000) * 0.5).astype(np.float32)
    clips = noises.noise_clips([quiet], 8000, 30, np.random.default_rng(1), made_share=0.0)
    assert len(clips) == 30
    assert np.median([len(clip) for clip in clips]) < 8000  # the tones with their margins, not five seconds
    again = noises.noise_clips([quiet], 8000, 30, np.random.default_rng(1), made_share=0.0)
    assert all((a == b).all() for a, b in zip(clips, again, strict=True))
    assert len(noises.noise_clips([], 8000, 5, rng)) == 5
