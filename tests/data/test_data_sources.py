"""The real sources as TFDS gives them; and what a user without any of them is told."""

import io
import os
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from crossmodal.data import fsdd, mnist
from crossmodal.data.alignment import split_clips
from crossmodal.data.inventory import inventory
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


def test_an_archive_of_others_is_not_unpacked(tmp_path):
    """TFDS compares its checksum first, so that no name in it leads out of a folder."""
    (tmp_path / "archives").mkdir()
    with tarfile.open(tmp_path / "archives" / "free-spoken-digit-dataset-1.0.9.tar.gz", "w:gz") as archive:
        for name in ("../harm", f"{tmp_path}/harm", "recordings/0_theo_0.wav"):
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"harm"))
        member = tarfile.TarInfo("link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(member)
    with pytest.raises(DataError, match=r"spoken_digit:1\.0\.9 is neither prepared nor"):
        fsdd.load(data_dir=str(tmp_path / "data"), archives=str(tmp_path / "archives"))
    names = [path.name for path in tmp_path.rglob("*")]
    assert not {"harm", "link", "0_theo_0.wav"} & set(names)


def test_prepared_data_that_are_damaged_are_refused_in_one_sentence(tmp_path):
    folder = tmp_path / "spoken_digit" / "1.0.9"
    folder.mkdir(parents=True)
    for content in ('{"name"', "[]", '{"splits": [{"shardLengths": "x"}]}'):
        (folder / "dataset_info.json").write_text(content)
        found = inventory(str(tmp_path))[0]
        assert not found.ready
        assert "damaged: remove it" in found.place
        with pytest.raises(DataError, match=r"prepared of spoken_digit:1\.0\.9 is damaged: remove"):
            fsdd.load(data_dir=str(tmp_path))


def test_the_other_data_set_is_prepared_where_one_is_damaged(tmp_path, monkeypatch, capsys):
    from crossmodal.__main__ import main
    from crossmodal.data import tfds_source

    folder = tmp_path / "spoken_digit" / "1.0.9"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("[]")
    prepared = []
    monkeypatch.setattr(tfds_source, "open_dataset", lambda name, **places: prepared.append(name))
    assert main(["data", "prepare", "--data-dir", str(tmp_path)]) == 2
    assert "prepared of spoken_digit:1.0.9 is damaged: remove" in capsys.readouterr().err
    assert prepared == ["mnist:3.0.1"]


@pytest.mark.data
def test_prepared_files_that_are_damaged_are_refused_in_one_sentence(tmp_path):
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("TFDS_DATA_DIR is not set")
    shutil.copytree(Path(os.environ["TFDS_DATA_DIR"]) / "spoken_digit", tmp_path / "spoken_digit")
    (records,) = tmp_path.rglob("*.tfrecord*")
    os.truncate(records, 100_000)
    with pytest.raises(DataError, match="prepared of spoken_digit is damaged: remove"):
        fsdd.load(data_dir=str(tmp_path))


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
    assert len(str(raised.value).splitlines()) == 1


def test_a_host_that_does_not_answer_is_told_at_once_and_the_files_are_named(tmp_path, monkeypatch):
    """TFDS tries for four minutes."""
    import urllib.error
    import urllib.request

    def nowhere(request, timeout):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.delenv("CROSSMODAL_ARCHIVES", raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", nowhere)
    with pytest.raises(
        DataError, match=r"github\.com does not answer\).*\(free-spoken-digit-dataset-1\.0\.9\.tar\.gz\)"
    ):
        fsdd.load(data_dir=str(tmp_path))


def test_files_in_the_folder_of_archives_are_not_asked_for(tmp_path):
    from crossmodal.data.fetching import files_to_fetch
    from crossmodal.data.tfds_source import builder_of

    builder = builder_of(mnist.TFDS_NAME, str(tmp_path / "data"))
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"")
    missing = [facts.filename for facts in files_to_fetch(builder, str(tmp_path)).values()]
    assert sorted(missing) == [
        f"{name}-ubyte.gz" for name in ("t10k-images-idx3", "t10k-labels-idx1", "train-labels-idx1")
    ]
