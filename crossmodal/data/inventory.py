"""What data there are, where they lie and under which licence; asks no network and imports no TensorFlow."""

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from crossmodal.data import digits_tts, fsdd, mnist, speech_commands
from crossmodal.data.fetching import prepared_folder
from crossmodal.data.sources import DIGITS


@dataclass(frozen=True)
class Holding:
    """A source of data on this machine.

    name:     of the data set.
    contents: what it holds, in words.
    licence:  of the data.
    source:   a citation or an address.
    place:    its folder, or what brings it.
    ready:    whether it can be used without a download.
    bytes:    on disk, 0 if there is nothing.
    """

    name: str
    contents: str
    licence: str
    source: str
    place: str
    ready: bool
    bytes: int


def inventory(data_dir: str | None = None) -> list[Holding]:
    """All sources that come by name.

    Args:
        data_dir: TFDS's folder of prepared data; `TFDS_DATA_DIR`, else ~/tensorflow_datasets.
    """
    root = prepared_folder(data_dir)
    caches = list(digits_tts.user_cache().glob("digits-tts-*.npz"))
    espeak = find_spec("espeakng_loader") is not None
    voices = (
        f"{digits_tts.user_cache()}, spoken at the first use" if espeak else 'pip install "crossmodal-toolkit[tts]"'
    )
    return [
        prepared_by_tfds(fsdd, "clips", root),
        prepared_by_tfds(mnist, "images", root),
        speech_commands_there(data_dir),
        Holding(
            "digits-tts, speech",
            "2,000 clips",
            digits_tts.SPEECH_LICENCE,
            digits_tts.SPEECH_SOURCE,
            voices,
            espeak,
            sum(path.stat().st_size for path in caches),
        ),
        Holding(
            "digits-tts, images",
            "1,797 images",
            digits_tts.IMAGES_LICENCE,
            digits_tts.IMAGES_CITATION,
            "scikit-learn",
            True,
            0,
        ),
    ]


def speech_commands_there(data_dir: str | None) -> Holding:
    folder = speech_commands.default_folder(data_dir)
    files = [path for word in DIGITS for path in folder.joinpath(word).glob("*") if path.suffix != ".txt"]
    contents = f"{len(files):,} clips" if files else "clips"
    size = sum(path.stat().st_size for path in files)
    about = (speech_commands.LICENCE, speech_commands.CITATION, str(folder), bool(files), size)
    return Holding(speech_commands.NAME, contents, *about)


def prepared_by_tfds(source, unit: str, root: Path) -> Holding:
    """A data set of TFDS, from the dataset_info.json that it writes when it has prepared one."""
    folder = root.joinpath(*source.TFDS_NAME.split(":"))
    info = folder / "dataset_info.json"
    if not info.exists():
        return Holding(source.TFDS_NAME, unit, source.LICENCE, source.CITATION, str(folder), False, 0)
    try:
        splits = json.loads(info.read_text())["splits"]
        examples = sum(int(n) for split in splits for n in split["shardLengths"])
    except (ValueError, KeyError, TypeError):
        place = f"{folder} (damaged: remove it)"
        return Holding(source.TFDS_NAME, unit, source.LICENCE, source.CITATION, place, False, 0)
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Holding(source.TFDS_NAME, f"{examples:,} {unit}", source.LICENCE, source.CITATION, str(folder), True, size)
