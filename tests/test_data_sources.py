"""The real sources as TFDS gives them; and what a user without any of them is told."""

import os

import numpy as np
import pytest

from crossmodal.data import fsdd, mnist
from crossmodal.data.alignment import split_clips
from crossmodal.errors import DataError


@pytest.mark.data
def test_fsdd_is_2500_clips_of_five_speakers(real_data):
    speech, _ = real_data
    assert len(speech.waveforms) == 2500
    assert sorted(set(speech.speakers)) == ["george", "jackson", "nicolas", "theo", "yweweler"]
    np.testing.assert_array_equal(np.bincount(speech.labels), [250] * 10)
    np.testing.assert_array_equal(np.bincount(speech.takes), [50] * 50)
    lengths = [len(waveform) for waveform in speech.waveforms]
    assert (min(lengths), max(lengths), int(np.median(lengths))) == (1148, 18262, 3188)
    assert len(split_clips(speech, "random", speakers=fsdd.PAPER_SPEAKERS).test) == 200
    assert len(split_clips(speech, "official").test) == 250


@pytest.mark.data
def test_mnist_is_70_000_images(real_data):
    _, images = real_data
    assert images.train_images.shape == (60_000, 28, 28)
    assert images.test_images.shape == (10_000, 28, 28)
    np.testing.assert_array_equal(
        np.bincount(images.test_labels), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    )


@pytest.mark.data
def test_original_archives_stand_in_for_the_network(tmp_path):
    archives = os.environ.get("CROSSMODAL_ARCHIVES")
    if not archives:
        pytest.skip("CROSSMODAL_ARCHIVES is not set")
    images = mnist.load(data_dir=str(tmp_path), archives=archives)
    assert len(images.train_images) == 60_000


def test_a_damaged_archive_is_not_the_data_set(tmp_path):
    for name in ("train-images", "t10k-images"):
        (tmp_path / f"{name}-idx3-ubyte.gz").write_bytes(b"not an archive")
    for name in ("train-labels", "t10k-labels"):
        (tmp_path / f"{name}-idx1-ubyte.gz").write_bytes(b"not an archive")
    with pytest.raises(DataError, match=r"(?s)mnist:3.0.1 is neither prepared.*--archives DIR.*--data digits-tts"):
        mnist.load(data_dir=str(tmp_path / "data"), archives=str(tmp_path))


def test_a_missing_folder_of_archives_is_said(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        fsdd.load(data_dir=str(tmp_path), archives=str(tmp_path / "absent"))


def test_without_network_and_archives_the_ways_out_are_named(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    def offline(self, **options):
        raise ConnectionError("Name or service not known")

    monkeypatch.delenv("CROSSMODAL_ARCHIVES", raising=False)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", offline)
    with pytest.raises(DataError) as raised:
        fsdd.load(data_dir=str(tmp_path))
    for way in ("network", "--archives", "--data-dir", "--data digits-tts"):
        assert way in str(raised.value)
    assert len(str(raised.value).splitlines()) <= 4
