"""Packed pairs: what the manifest says, record by record; what is absent, damaged or packed otherwise is refused."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from pairs_on_disk import noises_and_bars, write_table

from crossmodal.data.catalog import load_pair
from crossmodal.data.packing import pack
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel, log_mel, log_mel_and_durations


def quiet(words):
    return None


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A table, its shards."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = [{**row, "label": "even" if i % 2 == 0 else "odd"} for i, row in enumerate(noises_and_bars(folder))]
    table = write_table(folder / "pairs.csv", rows)
    assert pack(table, folder / "shards", per_shard=12, say=quiet) == 40
    return table, folder / "shards"


def load(pairs, **options):
    return load_pair("manifest", pairs=str(pairs), **{"protocol": "groups", "say": quiet, **options})


def test_shards_hold_what_the_manifest_says(packed):
    (speech, images), (kept, pictures) = map(load, packed)
    assert kept.sha256 == speech.sha256
    assert kept.classes == speech.classes == ("even", "odd")
    np.testing.assert_array_equal(kept.labels, speech.labels)
    np.testing.assert_array_equal(kept.keys, speech.keys)
    assert list(kept.speakers) == list(speech.speakers)
    for name in ("train_clips", "test_clips", "train_labels", "test_labels", "test_images"):
        np.testing.assert_array_equal(getattr(pictures, name), getattr(images, name))
    np.testing.assert_array_equal(pictures.train_images[np.arange(len(images.train_images))], images.train_images)
    for one, other in zip(kept.waveforms, speech.waveforms, strict=True):
        np.testing.assert_allclose(one, other, rtol=2**-10, atol=1e-7)  # float16
    spectrograms, durations_s = log_mel_and_durations(speech.waveforms)
    clips = np.array([7, 3, 39])
    np.testing.assert_allclose(
        kept.waveforms.spectrograms(clips, LogMel())[np.arange(3)], spectrograms[clips], atol=5e-4
    )
    np.testing.assert_array_equal(kept.waveforms.durations_s(clips, LogMel()), durations_s[clips])
    assert len(set(pictures.train_images.blocks)) == 4


def test_other_programs_read_them_as_tfrecords(packed):
    table, folder = packed
    speech, _ = load(table)
    files = sorted(map(str, folder.glob("pairs-*-of-00004.tfrecord")))
    features = {name: tf.io.FixedLenFeature([], tf.string) for name in ("spectrogram", "image", "label", "group")}
    features["line"] = tf.io.FixedLenFeature([], tf.int64)
    records = [tf.io.parse_single_example(record, features) for record in tf.data.TFRecordDataset(files)]
    assert sorted(int(record["line"]) for record in records) == list(range(2, 42))
    for record in records[::7]:
        row = int(record["line"]) - 2
        spectrogram = tf.reshape(tf.io.decode_raw(record["spectrogram"], tf.float16), (48, 48))
        np.testing.assert_allclose(spectrogram, log_mel([speech.waveforms[row]])[0], atol=1e-3)
        assert tf.io.decode_raw(record["image"], tf.uint8).numpy().max() == 150 + row
        assert record["label"].numpy() == (b"even" if row % 2 == 0 else b"odd")
        assert record["group"].numpy() == f"g{row // 4}".encode()


def test_packing_again_gives_the_same_files(packed, tmp_path):
    table, folder = packed
    (tmp_path / "pairs-00000-of-00001.tfrecord").write_bytes(b"what was left when packing was broken off")
    pack(table, tmp_path, per_shard=12, say=quiet)
    for path in folder.glob("pairs-*"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    with pytest.raises(DataError, match="is not empty: choose a new folder"):
        pack(table, tmp_path, say=quiet)


def test_colour_and_another_front_end_are_kept(packed, tmp_path):
    front_end = LogMel(timing="pad")
    pack(packed[0], tmp_path / "shards", front_end=front_end, image_shape=(32, 32, 3), say=quiet)
    speech, images = load(tmp_path / "shards", image_shape=(32, 32, 3))
    assert images.test_images.shape[1:] == (32, 32, 3)
    spectrograms = log_mel([speech.waveforms[5]], front_end)
    np.testing.assert_allclose(
        speech.waveforms.spectrograms(np.array([5]), front_end)[np.array([0])], spectrograms, atol=5e-3
    )
    with pytest.raises(DataError, match="packed with timing pad, and the training asks for stretch"):
        speech.waveforms.spectrograms(np.array([5]), LogMel())
    with pytest.raises(DataError, match="are 32x32: pass --image-size 32 --colour"):
        load(tmp_path / "shards")


def test_a_row_that_trains_and_tests_is_found_in_shards_too(packed):
    with pytest.raises(DataError, match="its group trains in line"):
        load(packed[1], protocol="random")


def test_what_is_absent_or_damaged_is_refused(packed, tmp_path):
    folder = tmp_path / "shards"
    shutil.copytree(packed[1], folder)
    shard = sorted(folder.glob("pairs-*"))[0]
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    damaged, _ = load(folder)
    with pytest.raises(DataError, match="is damaged: pack the pairs anew"):
        list(damaged.waveforms)
    shard.write_bytes(content[:-1])
    with pytest.raises(DataError, match="is absent or incomplete: copy it again"):
        load(folder)
    (folder / "index.npz").write_bytes(b"no index")
    with pytest.raises(DataError, match=r"are damaged \(\w+\): pack them anew"):
        load(folder)
    (folder / "shards.json").unlink()
    with pytest.raises(DataError, match="holds no packed pairs: make them by crossmodal data pack"):
        load(folder)
