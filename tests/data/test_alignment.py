"""Who trains, who tests, what goes with what: promises of the protocols."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from crossmodal.data.alignment import PROTOCOLS, some_clips, split_clips
from crossmodal.data.fsdd import PAPER_SPEAKERS
from crossmodal.data.sources import Speech, fingerprint
from crossmodal.errors import DataError


def parts(split):
    return split.train, split.validation, split.test


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_parts_are_disjoint_and_complete(fsdd_like, protocol):
    split = split_clips(fsdd_like, protocol, seed=3, held_out_speaker="theo")
    together = np.concatenate(parts(split))
    assert len(together) == len(set(together)) == 2500
    share = round((2500 - len(split.test)) * 0.05)
    of_speakers = protocol in ("speakers", "groups")
    assert len(split.validation) == (500 if of_speakers else share)  # the clips of one speaker


def test_random_is_the_papers_2000_clips_90_to_10(fsdd_like):
    split = split_clips(fsdd_like, "random", seed=0, speakers=PAPER_SPEAKERS)
    assert len(split.test) == 200
    assert len(split.train) + len(split.validation) == 1800
    assert set(fsdd_like.speakers[np.concatenate(parts(split))]) == set(PAPER_SPEAKERS)


def test_a_small_random_division_tests_every_class():
    labels = np.repeat(np.arange(10), 4)
    speech = Speech("small", [np.zeros(1)] * 40, labels, np.full(40, "a"), np.tile(np.arange(4), 10), 8000)
    for seed in range(5):
        split = split_clips(speech, "random", seed=seed)
        assert set(labels[split.test]) == set(range(10))
        assert len(split.test) <= 14


def test_official_tests_takes_0_to_4(fsdd_like):
    split = split_clips(fsdd_like, "official")
    assert set(fsdd_like.takes[split.test]) == {0, 1, 2, 3, 4}
    assert fsdd_like.takes[np.concatenate([split.train, split.validation])].min() == 5


def test_speaker_tests_one_speaker_whom_nobody_trains_on(fsdd_like):
    split = split_clips(fsdd_like, "speaker", held_out_speaker="george")
    assert set(fsdd_like.speakers[split.test]) == {"george"}
    assert "george" not in fsdd_like.speakers[np.concatenate([split.train, split.validation])]


def test_a_seed_gives_one_division_another_seed_another(fsdd_like):
    first, again, other = (split_clips(fsdd_like, "random", seed=seed) for seed in (1, 1, 2))
    for a, b in zip(parts(first), parts(again), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first.test, other.test)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"protocol": "best"}, "no protocol 'best'"),
        ({"protocol": "speaker", "held_out_speaker": "lucy"}, "no speaker 'lucy'"),
        ({"protocol": "speaker"}, "no speaker None"),
        ({"protocol": "random", "speakers": ("ann",)}, "no speaker 'ann'"),
        ({"protocol": "speaker", "held_out_speaker": "theo", "speakers": ("theo",)}, "training part .* no clip of"),
    ],
)
def test_impossible_divisions_are_refused(fsdd_like, arguments, message):
    with pytest.raises(DataError, match=message):
        split_clips(fsdd_like, **arguments)


def test_small_sets_train_on_each_class():
    for classes in (5, 22, 40):
        labels = np.repeat(np.arange(classes), 2)
        names = tuple(str(i) for i in range(classes))
        clips = [np.ones(1, np.float32)] * len(labels)
        speech = Speech("small", clips, labels, np.full(len(labels), "x"), np.arange(len(labels)), 8000, names)
        for seed in range(5):
            split = split_clips(speech, "random", seed=seed)
            assert set(labels[split.train]) == set(labels[split.test]) == set(range(classes))
            assert len(np.concatenate(parts(split))) == len(set(np.concatenate(parts(split)))) == len(labels)


def test_the_fingerprint_tells_other_clips_and_another_order(fsdd_like):
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(100).astype(np.float32) for _ in range(4)]
    speech = Speech("four", clips, np.arange(4), np.array(list("abcd")), np.arange(4), 8000)
    prints = {fingerprint(speech), fingerprint(replace(speech, waveforms=clips[::-1]))}
    prints |= {fingerprint(replace(speech, speakers=np.array(list("abce")))), fingerprint(fsdd_like)}
    assert len(prints) == 4
    assert fingerprint(speech) == fingerprint(replace(speech, name="other"))


def test_some_clips_are_so_many_of_each_class_and_speaker(fsdd_like):
    clips = np.arange(2000)
    some = some_clips(fsdd_like, clips, 3, seed=1)
    assert (np.diff(some) > 0).all()
    kinds = [f"{fsdd_like.speakers[i]} {fsdd_like.labels[i]}" for i in some]
    everyone = {f"{fsdd_like.speakers[i]} {fsdd_like.labels[i]}" for i in clips}
    assert Counter(kinds) == dict.fromkeys(everyone, 3)
    assert (some != some_clips(fsdd_like, clips, 3, seed=2)).any()
    np.testing.assert_array_equal(some_clips(fsdd_like, clips, 1000, seed=1), clips)
    with pytest.raises(DataError, match="--clips-per-speaker"):
        some_clips(replace(fsdd_like, labels=None), clips, 3, seed=1)
