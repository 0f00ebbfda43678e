"""Speech Commands in the layout of the official archive, made small here; the real one where it is."""

import os

import numpy as np
import pytest
import soundfile

from crossmodal.data import speech_commands
from crossmodal.data.alignment import split_clips
from crossmodal.errors import DataError

WORDS = ("yes", "no")
TRUE = "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58"  # of the archive, as TFDS registers it


@pytest.fixture
def archive(tmp_path):
    """Twelve speakers who say both words, twice; 16 kHz WAV but for one FLAC; two speakers on each list."""
    rng = np.random.default_rng(0)
    for word in WORDS:
        (tmp_path / word).mkdir()
        for speaker in range(12):
            for take in range(2):
                tone = 0.2 * np.sin(np.arange(16_000) * (0.1 + 0.02 * speaker)) + 0.01 * rng.standard_normal(16_000)
                suffix = "flac" if speaker == 3 else "wav"
                soundfile.write(tmp_path / word / f"{speaker:08x}_nohash_{take}.{suffix}", tone, 16_000)
    for name, speakers in (("validation_list.txt", (1, 2)), ("testing_list.txt", (4, 5))):
        lines = [f"{word}/{speaker:08x}_nohash_{take}.wav" for word in WORDS for speaker in speakers for take in (0, 1)]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    return tmp_path


def test_the_archive_is_read_with_its_speakers_and_lists(archive):
    speech = speech_commands.load(archive, words=WORDS)
    assert speech.classes == WORDS
    assert len(speech.waveforms) == 48
    assert {len(waveform) for waveform in speech.waveforms} == {8000}  # resampled to 8 kHz
    assert len(set(speech.speakers)) == 12
    assert sorted(set(speech.takes)) == [0, 1]
    of_one = speech.parts[speech.speakers == f"{1:08x}"]
    assert set(of_one) == {"validation"}
    assert np.unique(speech.parts, return_counts=True)[1].tolist() == [8, 32, 8]


def test_nobody_is_in_two_parts_and_the_testing_speakers_are_in_none(archive):
    speech = speech_commands.load(archive, words=WORDS)
    split = split_clips(speech, "speakers", seed=0, validation_fraction=0.2)
    people = [set(speech.speakers[part]) for part in (split.train, split.validation, split.test)]
    assert people[2] == {f"{i:08x}" for i in (1, 2)}
    assert not people[0] & people[1]
    assert not people[0] & people[2]
    assert len(people[1]) == 2
    assert not {f"{i:08x}" for i in (4, 5)} & set.union(*people)
    again = split_clips(speech, "speakers", seed=0, validation_fraction=0.2)
    assert all((a == b).all() for a, b in zip(vars(split).values(), vars(again).values(), strict=True))


def test_without_lists_a_tenth_of_the_speakers_test(archive):
    for name in speech_commands.LISTS.values():
        (archive / name).unlink()
    speech = speech_commands.load(archive, words=WORDS)
    split = split_clips(speech, "speakers", seed=1)
    tested = set(speech.speakers[split.test])
    assert len(tested) == 1
    assert not tested & set(speech.speakers[np.concatenate([split.train, split.validation])])
    others = [set(speech.speakers[split_clips(speech, "speakers", seed=seed).test]) for seed in range(2, 6)]
    assert any(other != tested for other in others)


def test_a_silent_clip_is_named_and_left_out_and_many_are_refused(archive, monkeypatch):
    soundfile.write(archive / "yes" / "00000000_nohash_0.wav", np.zeros(16_000), 16_000)
    monkeypatch.setattr(speech_commands, "MOST_UNUSABLE", 0.05)
    said = []
    speech = speech_commands.load(archive, words=WORDS, say=said.append)
    assert len(speech.waveforms) == len(speech.parts) == 47
    assert "1 of 48 clips" in said[0]
    assert "yes/00000000_nohash_0.wav" in said[0]
    for take in (0, 1):
        (archive / "no" / f"00000000_nohash_{take}.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"3 of 48 clips .* cannot be used"):
        speech_commands.load(archive, words=WORDS, say=said.append)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: [path.unlink() for path in (folder / "no").iterdir()], r"no holds no \.wav or \.flac"),
        (lambda folder: (folder / "no" / "hello.wav").write_bytes(b""), "hello.wav is not named SPEAKER_nohash_NUMBER"),
        (lambda folder: (folder / "validation_list.txt").write_text("a/b.wav\n"), "names none of the clips"),
    ],
)
def test_a_folder_that_is_not_the_archive_is_refused_in_a_sentence(archive, change, words):
    change(archive)
    with pytest.raises(DataError, match=words):
        speech_commands.load(archive, words=WORDS)


def test_a_folder_that_is_not_there_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(DataError, match="crossmodal data prepare speech-commands"):
        speech_commands.load(tmp_path / "none")


@pytest.fixture
def packed(archive, tmp_path_factory):
    """A folder with the archive as it is downloaded, of three words, one of which nobody asks for."""
    import tarfile

    folder = tmp_path_factory.mktemp("archives")
    (archive / "maybe").mkdir()
    with tarfile.open(folder / "speech_commands_v0.02.tar.gz", "w:gz") as tar:
        for name in (*WORDS, "maybe", *speech_commands.LISTS.values()):
            tar.add(archive / name, f"./{name}")
    return folder


def test_a_given_archive_is_checked_and_its_words_are_extracted(packed, tmp_path, monkeypatch):
    monkeypatch.delenv(speech_commands.VARIABLE, raising=False)
    with pytest.raises(DataError, match="is not the archive, by its SHA-256"):
        speech_commands.fetch(str(tmp_path / "data"), str(packed), WORDS)
    monkeypatch.setattr(speech_commands, "sha256", lambda path: TRUE)
    folder = speech_commands.fetch(str(tmp_path / "data"), str(packed), WORDS)
    assert {path.name for path in folder.iterdir()} == {*WORDS, *speech_commands.LISTS.values()}
    assert len(speech_commands.load(data_dir=str(tmp_path / "data"), words=WORDS).waveforms) == 48
    assert speech_commands.fetch(str(tmp_path / "data"), None, WORDS) == folder  # it is there


def test_an_archive_that_is_damaged_leaves_no_folder(packed, tmp_path, monkeypatch):
    monkeypatch.delenv(speech_commands.VARIABLE, raising=False)
    (packed / "speech_commands_v0.02.tar.gz").write_bytes(b"no archive")
    monkeypatch.setattr(speech_commands, "sha256", lambda path: TRUE)
    with pytest.raises(DataError, match="could not be fetched"):
        speech_commands.fetch(str(tmp_path / "data"), str(packed), WORDS)
    assert not list((tmp_path / "data").iterdir())


@pytest.mark.data
@pytest.mark.skipif("CROSSMODAL_SPEECH_COMMANDS" not in os.environ, reason="Speech Commands is not there")
def test_the_digits_of_the_real_archive():
    said = []
    speech = speech_commands.load(say=said.append)
    assert len(speech.waveforms) > 12_000
    assert len(said) == 1  # one clip is digital silence
    assert "1 of " in said[0]
    split = split_clips(speech, "speakers", seed=0)
    tested, trained = set(speech.speakers[split.test]), set(speech.speakers[split.train])
    assert len(split.test) > 1500
    assert not tested & trained
