"""Sounds that take turns: their shares, their levels, the joints."""

from itertools import islice

import numpy as np
import pytest

from crossmodal.errors import AudioError
from crossmodal.sound.turning import CYCLE_S, FADE_S, smooth, stream_turns, take_turns, turns

RATE = 1000


@pytest.mark.parametrize("weights", [[1.0, 1.0], [1.0, 3.0], [2.0, 1.0, 5.0]])
def test_every_cycle_is_shared_by_weight(weights):
    turn = turns(round(3 * CYCLE_S * RATE), weights, RATE, np.random.default_rng(0))
    for cycle in np.split(turn, 3):
        np.testing.assert_allclose(np.bincount(cycle) / len(cycle), np.array(weights) / sum(weights), atol=1e-3)
        assert np.count_nonzero(np.diff(cycle)) == len(weights) - 1  # one turn each


def test_what_is_left_of_a_cycle_is_shared_too_and_orders_differ():
    turn = turns(round(20.4 * CYCLE_S * RATE), [1.0, 3.0], RATE, np.random.default_rng(0))
    assert np.mean(turn) == pytest.approx(0.75, abs=1e-3)
    assert len({turn[round(i * CYCLE_S * RATE)] for i in range(20)}) == 2


def test_turns_fade_at_constant_power():
    share = smooth(np.arange(1000) >= 500, 100)
    assert share[440] == 0
    assert share[560] == 1
    assert share[499] + share[500] == pytest.approx(1, abs=0.02)
    assert np.all(np.diff(share) >= 0)
    noises = list(np.random.default_rng(0).standard_normal((2, 40 * RATE)))
    mixed = take_turns(noises, [1.0, 1.0], RATE)
    levels = np.sqrt(np.mean(mixed.reshape(-1, round(FADE_S * RATE)) ** 2, axis=1))
    assert (levels.min(), levels.max()) == (pytest.approx(1, abs=0.3), pytest.approx(1, abs=0.3))


def test_each_is_heard_in_its_turn_at_one_level():
    one, two = np.tile([1.0, -1.0], 4000), np.tile([3.0, 3.0, -3.0, -3.0], 2000)
    mixed = take_turns([one, two], [1.0, 3.0], RATE, seed=3)
    turn = turns(8000, [1.0, 3.0], RATE, np.random.default_rng(3))
    inside = np.convolve(np.abs(np.diff(turn, prepend=turn[0])), np.ones(301), "same") == 0
    for i, sound in enumerate((one, two / 3)):
        where = inside & (turn == i)
        np.testing.assert_allclose(mixed[where], 2 * sound[where], rtol=1e-5)  # 2 is the mean of both levels


def test_a_loop_fades_from_its_end_into_its_start():
    sounds = [np.tile([1.0, -1.0], 4000), np.tile([1.0, 1.0, -1.0, -1.0], 2000)]
    half = round(FADE_S * RATE) // 2 + 1
    fades = []
    for seed in range(4):
        turn = turns(8000, [1.0, 1.0], RATE, np.random.default_rng(seed))
        straight, circular = (take_turns(sounds, [1.0, 1.0], RATE, seed, circular) for circular in (False, True))
        np.testing.assert_array_equal(straight[half:-half], circular[half:-half])
        fades.append(turn[0] != turn[-1])
        assert np.array_equal(straight, circular) != fades[-1]
    assert set(fades) == {True, False}


@pytest.mark.parametrize("block", [7, 400, 5000])
def test_a_stream_takes_the_turns_of_a_whole_sound(block):
    """Up to the last turn, behind which a whole sound has nothing."""
    noises = np.random.default_rng(0).standard_normal((2, 20_000))
    noises /= noises.std(axis=1, keepdims=True)
    whole = take_turns(list(noises), [1.0, 3.0], RATE, seed=5)
    streams = [iter(np.split(noise, range(block, 20_000, block))) for noise in noises]
    streamed = np.concatenate(
        list(islice(stream_turns(streams, [1.0, 3.0], [1.0, 1.0], RATE, seed=5), 20_000 // block))
    )
    end = min(len(streamed), 20_000 - round(FADE_S * RATE))
    np.testing.assert_allclose(streamed[:end], whole[:end], atol=1e-5)


def test_streams_are_brought_to_one_level():
    streams = [iter(np.full((40, 400), level)) for level in (1.0, 3.0)]
    streamed = np.concatenate(list(stream_turns(streams, [1.0, 1.0], [1.0, 3.0], RATE)))
    assert np.all(streamed > 1.9)
    assert np.median(streamed) == pytest.approx(2.0)


def test_the_seed_says_the_order():
    noises = list(np.random.default_rng(0).standard_normal((2, 40 * RATE)))
    first, again, other = (take_turns(noises, [1, 1], RATE, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_what_cannot_take_turns():
    sounds = [np.ones(10), np.ones(10)]
    with pytest.raises(AudioError, match=r"Weights \[1.0\] do not fit 2 recordings"):
        take_turns(sounds, [1.0], RATE)
    with pytest.raises(AudioError, match="Sounds of 10, 9 samples cannot take turns"):
        take_turns([sounds[0], np.ones(9)], [1.0, 1.0], RATE)
