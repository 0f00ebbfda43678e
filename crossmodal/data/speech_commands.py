"""Speech Commands: one-second recordings of words by some two thousand volunteers, on their own phones and laptops.

The folder is that of the official archive: WORD/SPEAKER_nohash_N.wav (or .flac), beside them validation_list.txt and
testing_list.txt, which name the clips of the speakers that the publisher sets aside. The archive is read here, because
TFDS's own data set of it has no class for each digit.
"""

import contextlib
import io
import os
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crossmodal.data.fetching import check_network, prepared_folder
from crossmodal.data.sources import DIGITS, Speech
from crossmodal.data.tfds_source import check_place
from crossmodal.errors import AudioError, DataError
from crossmodal.runtime.files import sha256
from crossmodal.runtime.words import first_line, printable
from crossmodal.sound.audio import read_audio

NAME = "speech_commands_v0.02"
LICENCE = "CC BY 4.0"
CITATION = "P. Warden: Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018, arXiv 1804.03209."
VARIABLE = "CROSSMODAL_SPEECH_COMMANDS"
SAMPLE_RATE = 8000
SUFFIXES = (".wav", ".flac")
LISTS = {"validation": "validation_list.txt", "testing": "testing_list.txt"}
MOST_UNUSABLE = 0.01  # share of the clips; one of the digits' is silent
SHOWN = 3  # of clips that cannot be used, in a sentence


def default_folder(data_dir: str | None = None) -> Path:
    """Where the archive's words lie if nobody says: beside what TFDS has prepared."""
    return Path(os.environ.get(VARIABLE) or prepared_folder(data_dir) / NAME)


def load(
    folder: str | Path | None = None,
    *,
    data_dir: str | None = None,
    words: Sequence[str] = DIGITS,
    say: Callable[[str], object] = print,
) -> Speech:
    """The clips of some words, ordered by word and file name.

    Args:
        folder: that of the archive; `CROSSMODAL_SPEECH_COMMANDS`, else where `crossmodal data prepare` puts it.
        data_dir: TFDS's folder of prepared data, in which it puts it.
        words: folders to read, the classes in this order.
        say: is given a sentence on the clips that are left out because they cannot be used.

    Raises:
        DataError: a word has no folder or no clip, a name has no speaker, a list names no clip, or more than
            `MOST_UNUSABLE` of the clips cannot be used.
    """
    folder = Path(folder) if folder else default_folder(data_dir)
    clips = find_clips(folder, words)
    parts = parts_of(folder, clips)
    with ThreadPoolExecutor(2) as pool:
        read = list(pool.map(lambda clip: read_clip(folder / clip.name), clips))
    faults = [f"{clip.name}: {found}" for clip, found in zip(clips, read, strict=True) if isinstance(found, str)]
    if faults:
        sentence = f"{len(faults):,} of {len(clips):,} clips in {printable(folder)} cannot be used: "
        sentence += "; ".join(fault.rstrip(".") for fault in faults[:SHOWN])
        sentence += f"; and {len(faults) - SHOWN:,} more" if len(faults) > SHOWN else ""
        if len(faults) > MOST_UNUSABLE * len(clips):
            raise DataError(f"{sentence}. Extract the archive anew.")
        say(f"{sentence}. They are left out.")
    used = [i for i, found in enumerate(read) if not isinstance(found, str)]
    return Speech(
        name="speech-commands",
        waveforms=[found for found in read if not isinstance(found, str)],
        labels=np.array([words.index(clips[i].word) for i in used], np.int64),
        speakers=np.array([clips[i].speaker for i in used]),
        takes=np.array([clips[i].take for i in used], np.int64),
        sample_rate=SAMPLE_RATE,
        classes=tuple(words),
        parts=None if parts is None else parts[used],
    )


@dataclass(frozen=True)
class Clip:
    """A file of the archive. name: "seven/004ae714_nohash_0.wav"."""

    name: str
    word: str
    speaker: str
    take: int


def find_clips(folder: Path, words: Sequence[str]) -> list[Clip]:
    """The clips of some words; DataError where there are none, or a name does not say who speaks."""
    if not folder.is_dir():
        raise DataError(
            f"There is no folder {printable(folder)}: fetch Speech Commands by crossmodal data prepare "
            f"speech-commands, or pass the folder of the extracted archive by --speech-commands-dir or in {VARIABLE}."
        )
    clips = []
    for word in words:
        names = sorted(path.name for path in folder.joinpath(word).glob("*") if path.suffix.lower() in SUFFIXES)
        names = [name for name in names if not name.startswith(".")]
        if not names:
            raise DataError(f"{printable(folder / word)} holds no .wav or .flac: pass the folder that holds the words.")
        for name in names:
            speaker, _, take = name.partition(".")[0].partition("_nohash_")
            if not take.isdigit():
                raise DataError(
                    f"{printable(folder / word / name)} is not named SPEAKER_nohash_NUMBER as the archive's files are: "
                    "remove it, or read your own sounds by --data folders."
                )
            clips.append(Clip(f"{word}/{name}", word, speaker, int(take)))
    return clips


def parts_of(folder: Path, clips: list[Clip]) -> np.ndarray | None:
    """(clips,) str: "validation" or "testing" where one of the lists names the clip, else "training"; None where there
    is no list of those who validate.

    Raises:
        DataError: there is a list, but it names none of the clips.
    """
    if not (folder / LISTS["validation"]).is_file():
        return None
    index = {clip.name.rpartition(".")[0]: i for i, clip in enumerate(clips)}
    parts = np.full(len(clips), "training", "U10")
    for part, name in LISTS.items():
        if not (path := folder / name).is_file():
            continue
        lines = path.read_text().split()
        named = [index[stem] for line in lines if (stem := line.rpartition(".")[0]) in index]
        if not named and part == "validation":
            raise DataError(f"{printable(path)} names none of the clips: take it from the archive again.")
        parts[named] = part
    return parts


def read_clip(path: Path) -> np.ndarray | str:
    """(samples,) at `SAMPLE_RATE`, or why the clip cannot be used."""
    try:
        return read_audio(path, SAMPLE_RATE)
    except AudioError as error:
        return str(error).replace(repr(os.fspath(path)), "it")


def fetch(data_dir: str | None = None, archives: str | None = None, words: Sequence[str] = DIGITS) -> Path:
    """The folder of the archive's words, downloaded and extracted if it is not there yet.

    TFDS downloads it (2.4 GB) and checks its SHA-256. Only the words and the lists are extracted.

    Args:
        data_dir: TFDS's folder of prepared data; `TFDS_DATA_DIR`, else ~/tensorflow_datasets.
        archives: a folder that holds the archive, for a machine without a network.

    Raises:
        DataError: the archive is neither there nor can it be fetched, or it is damaged.
    """
    import tensorflow_datasets as tfds

    folder = default_folder(data_dir)
    if folder.is_dir():
        return folder
    check_place(folder, data_dir)
    builder = tfds.builder("speech_commands", data_dir=data_dir)
    url, facts = next((url, facts) for url, facts in builder.url_infos.items() if facts.filename == f"{NAME}.tar.gz")
    given = Path(archives) / facts.filename if archives else None
    try:
        if given is not None and given.is_file():
            if sha256(given) != facts.checksum:
                raise DataError(f"{printable(given)} is not the archive, by its SHA-256: download it again.")
            archive = given
        else:
            check_network(builder, {url: facts})
            downloads = folder.parent / "downloads"
            manager = tfds.download.DownloadManager(
                download_dir=downloads, url_infos=builder.url_infos, dataset_name="speech_commands"
            )
            with contextlib.redirect_stdout(io.StringIO()):
                archive = Path(manager.download(url))
        extract(archive, folder, words)
    except DataError:
        raise
    except Exception as error:  # TFDS raises a different class for each way in which a download fails
        raise DataError(
            f"Speech Commands could not be fetched ({first_line(error)}): connect to the network, or pass the folder "
            f"that holds {facts.filename} by --archives, or the extracted archive by --speech-commands-dir."
        ) from error
    return folder


def extract(archive: Path, folder: Path, words: Sequence[str]) -> None:
    """Extract the words and the lists of an archive into a folder, which is there completely or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    wanted = {*words, *LISTS.values(), "LICENSE"}
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary, tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)  # Python 3.11.4 has one
        for member in tar:
            if member.name.removeprefix("./").partition("/")[0] in wanted:
                tar.extract(member, temporary)
        Path(temporary).joinpath(words[0]).stat()  # an OSError for an archive of something else
        os.rename(temporary, folder)
        os.mkdir(temporary)  # for the context to remove
