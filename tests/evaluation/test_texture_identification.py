"""A judge trained on recordings alone: what it recognises, and what it must not."""

import numpy as np
import pytest
from texture_sounds import chirps, hiss, insects, rain

from crossmodal.errors import AudioError
from evaluation.texture.identification import heard_shares, heard_windows, identify, recognise, share_of, train_judge
from evaluation.texture.score import spectral_noise

SOUNDS = {"rain": rain, "chirps": chirps, "insects": insects}
REFERENCES = {name: make(4.0) for name, make in SOUNDS.items()}


def takes(make, count=2):
    return [make(4.0, seed=seed) for seed in range(1, count + 1)]


@pytest.fixture(scope="module")
def judge():
    return train_judge({name: [sound] for name, sound in REFERENCES.items()})


def test_other_takes_are_identified_and_noise_with_their_spectrum_is_not():
    report = identify(REFERENCES, {name: takes(make) for name, make in SOUNDS.items()})
    assert (report["references"], report["halves"], report["draws"], report["ratio"]) == (3, 1.0, 1.0, 1.0)
    assert report["noise"] == 0.0
    assert report["by_reference"]["rain"]["taken_for"] == {"rain": 8}  # four halves, two judges


def test_draws_that_are_noise_or_another_texture_are_taken_for_that():
    noise = spectral_noise(REFERENCES["rain"], np.random.default_rng(7))
    report = identify(REFERENCES, {"rain": [noise], "chirps": takes(insects, 1)})
    assert report["by_reference"]["rain"]["taken_for"] == {"noise like rain": 4}
    assert report["by_reference"]["chirps"]["taken_for"] == {"insects": 4}
    assert (report["halves"], report["draws"], report["ratio"]) == (1.0, 0.0, 0.0)


def test_a_judge_recognises_other_takes(judge):
    assert [recognise(judge, make(2.0, seed=3)) for make in SOUNDS.values()] == list(SOUNDS)


def test_shares_follow_what_a_sound_is_made_of(judge):
    """Six seconds of rain, two of chirps: three windows in four, but for those at the joint."""
    shares = heard_shares(judge, np.concatenate([rain(6.0, seed=3), chirps(2.0, seed=3)]))
    assert shares["rain"] == pytest.approx(0.75, abs=0.05)
    assert shares["chirps"] == pytest.approx(0.25, abs=0.05)
    assert sum(shares.values()) == pytest.approx(1)


def test_classes_are_equally_likely_however_much_is_known_of_each():
    judge = train_judge({"short": [rain(1.0)], "long": [insects(8.0)]})
    np.testing.assert_array_equal(judge[-1].priors_, [0.5, 0.5])


def test_windows_that_are_nearly_silent_are_not_heard():
    sound = hiss(2.0)
    sound[20_000:] *= 1e-3
    assert len(heard_windows(hiss(2.0))) == 7
    assert len(heard_windows(sound)) == 4  # 0 to 0.5 s, 0.25 to 0.75 s, 0.5 to 1 s, 0.75 to 1.25 s


def test_what_cannot_be_identified_is_said():
    with pytest.raises(AudioError, match="two recordings or more"):
        train_judge({"rain": [rain(2.0)]})
    with pytest.raises(AudioError, match=r"no references of the draws \['snow'\]"):
        identify(REFERENCES, {"snow": [rain(4.0)]})
    with pytest.raises(AudioError, match="draws of 'rain' are shorter than half of it"):
        identify(REFERENCES, {"rain": [rain(1.0)]})


def test_shares():
    assert share_of("a", ["a", "b", "a", "c"]) == 0.5
