"""Who trains, who tests, what goes with what: promises of the protocols and of the pairing."""

import numpy as np
import pytest

from crossmodal.data.alignment import PROTOCOLS, draw_clips, pair_epoch, split_clips
from crossmodal.data.fsdd import PAPER_SPEAKERS
from crossmodal.data.sources import Speech
from crossmodal.errors import DataError


def parts(split):
    return split.train, split.validation, split.test


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_parts_are_disjoint_and_complete(fsdd_like, protocol):
    split = split_clips(fsdd_like, protocol, seed=3, held_out_speaker="theo")
    together = np.concatenate(parts(split))
    assert len(together) == len(set(together)) == 2500
    assert len(split.validation) == round((2500 - len(split.test)) * 0.05)


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


def test_clips_are_drawn_evenly_from_the_images_class():
    clip_labels = np.repeat(np.arange(10), 20)[::-1]
    image_labels = np.random.default_rng(0).integers(10, size=40_000)
    clips = draw_clips(image_labels, clip_labels, np.random.default_rng(1))
    np.testing.assert_array_equal(clip_labels[clips], image_labels)
    counts = np.bincount(clips, minlength=200)
    assert counts.min() > 130  # 200 expected, standard deviation 14
    assert counts.max() < 270


def test_a_class_without_clips_is_refused():
    with pytest.raises(DataError, match="no clip"):
        draw_clips(np.array([0, 1, 2]), np.array([0, 2]), np.random.default_rng(0))


@pytest.mark.parametrize("images_per_clip", [1, 4])
def test_an_epoch_holds_each_image_once_with_its_class(images_per_clip):
    rng = np.random.default_rng(0)
    image_labels, clip_labels = rng.integers(10, size=3000), np.arange(200) % 10
    clips, images = pair_epoch(image_labels, clip_labels, seed=0, epoch=0, images_per_clip=images_per_clip)
    assert len(set(images.ravel())) == images.size
    assert images.size >= 3000 - 10 * (images_per_clip - 1)
    np.testing.assert_array_equal(image_labels[images], np.repeat(clip_labels[clips][:, None], images_per_clip, 1))


def test_pairing_is_a_function_of_seed_and_epoch():
    labels, clip_labels = np.arange(1000) % 10, np.arange(100) % 10

    def epoch(seed, epoch, **options):
        clips, images = pair_epoch(labels, clip_labels, seed=seed, epoch=epoch, **options)
        return dict(zip(images[:, 0].tolist(), clips.tolist(), strict=True)), images[:, 0].tolist()

    assert epoch(1, 5) == epoch(1, 5)
    assert epoch(1, 5)[0] != epoch(1, 6)[0]
    assert epoch(1, 5)[0] != epoch(2, 5)[0]
    # the paper's fixed pairing: the order changes, the pairs do not
    assert epoch(1, 5, redraw=False)[0] == epoch(1, 6, redraw=False)[0]
    assert epoch(1, 5, redraw=False)[1] != epoch(1, 6, redraw=False)[1]


def test_a_fixed_pairing_does_not_share_clips():
    with pytest.raises(DataError, match="images_per_clip"):
        pair_epoch(np.zeros(8, int), np.zeros(2, int), seed=0, epoch=0, images_per_clip=2, redraw=False)
