"""Batches of shuffled rows."""

import numpy as np

from crossmodal.data.rows import batches_of_rows


def batches(first_epoch, seed=3):
    made = batches_of_rows(10, 4, 3, seed, lambda seed, rows: (seed, rows))
    return [(seed.numpy(), rows.numpy()) for seed, rows in made(first_epoch)]


def test_an_epoch_takes_each_row_once_and_what_fills_no_batch_is_left_out():
    made = batches(0)
    assert len(made) == 3 * 2
    for epoch in range(3):
        rows = np.concatenate([rows for _, rows in made[2 * epoch : 2 * epoch + 2]])
        assert len(rows) == len(set(rows.tolist())) == 8
    assert [seed.tolist() for seed, _ in made] == [[3, step] for step in range(6)]
    assert not np.array_equal(made[0][1], made[2][1])


def test_a_later_start_goes_on_as_an_unbroken_one_and_the_seed_decides():
    for ours, theirs in zip(batches(1), batches(0)[2:], strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])
    assert not np.array_equal(batches(0, seed=4)[0][1], batches(0)[0][1])
