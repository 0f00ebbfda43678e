"""Pairs that stay on the disk: batches are those of arrays, go on where they stopped, and are mixed block by block."""

import numpy as np
import pytest
from pairs_on_disk import noises_and_bars, write_table

from crossmodal.data.augment import Augmentation
from crossmodal.data.natural_pairs import load_manifest
from crossmodal.data.pairing import MIXED, Given
from crossmodal.data.pipeline import paired_batches
from crossmodal.data.stored import StoredRows, StoredSounds
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel, log_mel


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    timed = [{**row, "start": 0.02, "end": 0.15} for row in noises_and_bars(folder)]
    return write_table(folder / "pairs.csv", timed)


def load(table, cache_mb):
    return load_manifest(table, protocol="groups", cache_mb=cache_mb, say=lambda words: None)


def batches(speech, images, epochs=3, **options):
    clips = images.train_clips
    options = {"batch_size": 8, "epochs": epochs, "seed": 0, "needs": ("clip",), **options}
    sounds = speech.waveforms
    stored = isinstance(sounds, StoredSounds)
    spectrograms = sounds.spectrograms(clips, LogMel()) if stored else log_mel([sounds[i] for i in clips])
    made = paired_batches(spectrograms, images.train_images, Given(np.arange(len(clips))), **options)
    return list(made.as_numpy_iterator())


def test_rows_on_the_disk_are_those_in_memory(table):
    (memory, pictures), (disk, files) = load(table, 512), load(table, 0)
    assert isinstance(memory.waveforms, list)
    assert isinstance(disk.waveforms, StoredSounds)
    assert isinstance(files.train_images, StoredRows)
    assert disk.sha256 == memory.sha256
    assert files.image_shape == pictures.image_shape == (28, 28, 1)
    np.testing.assert_array_equal(files.test_images, pictures.test_images)
    np.testing.assert_array_equal(files.train_images[np.arange(len(files.train_images))], pictures.train_images)
    for one, other in zip(memory.waveforms, disk.waveforms, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(batches(memory, pictures), batches(disk, files), strict=True):
        np.testing.assert_allclose(one[0], other[0], atol=1e-5)  # products of matrices of another size
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_array_equal(one[2]["clip"], other[2]["clip"])


def test_a_later_start_gives_the_same_batches_to_the_bit(table):
    sources = load(table, 0)
    options = {"augmentation": Augmentation()}
    whole, rest = batches(*sources, **options), batches(*sources, **options, first_epoch=2)
    assert len(whole) == 3 * len(rest)
    for one, other in zip(whole[-len(rest) :], rest, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert not np.array_equal(whole[0][1], whole[len(rest)][1])


def test_parts_of_a_batch_are_the_whole(table):
    sources = load(table, 0)
    whole = batches(*sources, epochs=1)
    halves = [batches(*sources, epochs=1, parts=2, own=range(i, i + 1)) for i in range(2)]
    for batch, *parts in zip(whole, *halves, strict=True):
        np.testing.assert_array_equal(batch[1], np.concatenate([part[1] for part in parts]))


def test_rows_are_indexed_as_arrays_are():
    values = np.arange(60, dtype=np.float32).reshape(20, 3)
    rows = StoredRows(lambda numbers: values[numbers], np.arange(20), (3,), np.float32)
    index = np.array([[3, 1], [19, 3]])
    np.testing.assert_array_equal(rows[index], values[index])
    assert rows.at(np.array([7, 2, 2])).shape == (3, 3)
    np.testing.assert_array_equal(rows.at(np.array([7, 2]))[np.array([1])], values[[2]])
    assert len(rows[np.zeros(0, int)]) == 0


def test_durations_of_sounds_on_the_disk_are_not_known(table):
    speech, images = load(table, 0)
    with pytest.raises(DataError, match="pack the pairs by crossmodal data pack, or let --cache-mb"):
        speech.waveforms.durations_s(images.train_clips, LogMel())


def test_blocks_are_mixed_a_few_at_a_time():
    blocks = np.repeat(np.arange(20), 50)
    pairing = Given(np.arange(1000), blocks=blocks)
    clips, images = pairing.epoch(0, 0)
    np.testing.assert_array_equal(np.sort(clips), np.arange(1000))
    np.testing.assert_array_equal(clips, images[:, 0])
    read = blocks[clips]
    mixed = MIXED * 50
    assert [len(set(read[i : i + mixed])) for i in range(0, 1000, mixed)] == [8, 8, 4]
    assert len(set(read[:40])) > 4  # within them all are mixed
    assert (np.diff(clips[:mixed]) < 0).mean() > 0.3
    again, other = pairing.epoch(0, 0)[0], pairing.epoch(0, 1)[0]
    np.testing.assert_array_equal(clips, again)
    assert (clips != other).any()
    assert set(read[:mixed]) != set(blocks[other[:mixed]])
