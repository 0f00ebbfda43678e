"""80, 10 and 10 % by a hash: a group is in one part, whatever other groups there are."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from crossmodal.data.alignment import split_clips
from crossmodal.data.hashed_parts import TEST, TRAINING, VALIDATION, fractions, parts_by_group, parts_of
from crossmodal.errors import DataError


def test_a_fraction_is_the_first_48_bits_of_sha_256():
    digest = hashlib.sha256(b"3 anna").hexdigest()
    assert fractions(["anna"], 3)[0] == int(digest[:12], 16) / 16**12


def test_shares_are_80_10_and_10_percent():
    shares = np.bincount(parts_of([f"group {i}" for i in range(20_000)], 0, "pairs")) / 20_000
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=4 * np.sqrt(0.16 / 20_000))


def test_a_group_that_joins_or_leaves_moves_no_other():
    names = [f"group {i}" for i in range(200)]
    parts = parts_of(names, 1, "pairs")
    np.testing.assert_array_equal(parts_of(names[::3], 1, "pairs"), parts[::3])
    assert (parts_of(names, 2, "pairs") != parts).any()


def test_few_groups_fill_each_part():
    for seed in range(20):
        for count in (3, 4, 5):
            parts = parts_of([f"group {i}" for i in range(count)], seed, "pairs")
            assert set(parts) == {TRAINING, VALIDATION, TEST}
    with pytest.raises(DataError, match="pairs has 2 groups to divide: training, validation and test need one each"):
        parts_of(["a", "b"], 0, "pairs")


def test_what_shares_a_group_is_in_one_part(fsdd_like):
    parts = parts_by_group(fsdd_like.speakers, 0, "FSDD")
    for speaker in set(fsdd_like.speakers):
        assert len(set(parts[fsdd_like.speakers == speaker])) == 1
    split = split_clips(fsdd_like, "groups", seed=0)
    for part, clips in ((TRAINING, split.train), (VALIDATION, split.validation), (TEST, split.test)):
        np.testing.assert_array_equal(clips, np.flatnonzero(parts == part))


def test_rows_of_a_table_are_divided_each_by_itself(fsdd_like):
    keys = np.random.default_rng(0).integers(2**63, size=2500).astype(np.uint64)
    table = replace(fsdd_like, labels=None, classes=(), keys=keys)
    split = split_clips(table, "random", seed=0)
    assert len(set(split.train) | set(split.validation) | set(split.test)) == 2500
    assert 1900 < len(split.train) < 2100
    fewer = replace(table, keys=keys[:1000], speakers=table.speakers[:1000])
    again = split_clips(fewer, "random", seed=0)
    np.testing.assert_array_equal(again.test, split.test[split.test < 1000])
    with pytest.raises(DataError, match="protocol random or groups, not official"):
        split_clips(table, "official")


def test_of_a_large_table_at_most_ten_thousand_rows_test(fsdd_like):
    rows = 150_000
    keys = np.arange(rows, dtype=np.uint64)
    table = replace(fsdd_like, labels=None, classes=(), keys=keys, speakers=np.full(rows, "a"))
    split = split_clips(table, "random", seed=0)
    assert len(split.test) == len(split.validation) == 10_000
    assert len(split.train) > 119_000
