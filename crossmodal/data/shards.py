"""Natural pairs in shards: TFRecord files of what trainings read again and again, for sets that do not fit into memory.

    shards/pairs-00000-of-00012.tfrecord    a tf.train.Example of each pair: spectrogram, image, sound, ...
    shards/index.npz                        where each record lies, and what divides the pairs
    shards/shards.json                      the front end, the shapes, the SHA-256 of the pairs; written last

Every record can be read by itself, so several machines read their own parts of each batch from one folder or from
copies of it. Pairs go into the shards at random; an epoch takes `pairing.MIXED` shards at a time, in random order, and
mixes their pairs. Other programs read the files by `tf.data.TFRecordDataset`.
"""

import json
import os
import zlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from crossmodal.data.stored import StoredRows, StoredSounds
from crossmodal.data.table_rows import Rows
from crossmodal.errors import DataError
from crossmodal.runtime.words import printable
from crossmodal.sound.front_ends import FrontEnd
from crossmodal.sound.spectrogram import LogMel

FORMAT = 1
ABOUT, INDEX = "shards.json", "index.npz"


def shard_name(shard: int, shards: int) -> str:
    return f"pairs-{shard:05d}-of-{shards:05d}.tfrecord"


@dataclass(frozen=True)
class Shards:
    """Packed pairs.

    folder:      where they lie.
    rows:        what divides them.
    shard, offset, size, crc: (pairs,) int64, of each record: its file, where it begins there, its bytes and CRC-32.
    lasts_s:     (pairs,) float32, how long the trimmed sound is, see `log_mel_and_durations`.
    front_end:   that of the spectrograms.
    image_shape: (height, width, channels).
    sha256:      of the pairs, as their manifest gave it.
    """

    folder: Path
    rows: Rows
    shard: np.ndarray
    offset: np.ndarray
    size: np.ndarray
    crc: np.ndarray
    lasts_s: np.ndarray
    front_end: LogMel
    image_shape: tuple[int, int, int]
    sha256: str

    @property
    def sample_rate(self) -> int:
        """Of the waveforms, in Hz."""
        return self.front_end.sample_rate

    def record(self, pair: int, name: str, dtype) -> np.ndarray:
        """One feature of a pair's record, (n,) of a dtype; DataError if the file was changed or cannot be read."""
        import tensorflow as tf

        path = self.folder / shard_name(int(self.shard[pair]), int(self.shard.max()) + 1)
        size = int(self.size[pair])
        try:
            with open(path, "rb", buffering=0) as file:
                content = os.pread(file.fileno(), size, int(self.offset[pair]))
        except OSError as error:
            raise DataError(f"{printable(path)} cannot be read ({error.strerror}): pack the pairs anew.") from None
        if len(content) != size or zlib.crc32(content) != self.crc[pair]:
            raise DataError(f"{printable(path)} is damaged: pack the pairs anew.")
        feature = tf.train.Example.FromString(content).features.feature[name]
        return np.frombuffer(feature.bytes_list.value[0], dtype)

    def sounds(self, kept: np.ndarray) -> "ShardSounds":
        """The sounds of some of the pairs."""
        return ShardSounds(self, kept)

    def images(self, kept: np.ndarray) -> StoredRows:
        """The images of some of the pairs, (images, height, width) or (images, height, width, 3) uint8."""
        shape = self.image_shape[:2] if self.image_shape[2] == 1 else self.image_shape

        def read(pairs: np.ndarray) -> np.ndarray:
            return np.array([self.record(pair, "image", np.uint8).reshape(shape) for pair in pairs])

        return StoredRows(read, kept, shape, np.uint8, self.shard[kept])


class ShardSounds(StoredSounds):
    """The sounds of shards: their spectrograms are read, not computed."""

    def __init__(self, shards: Shards, kept: np.ndarray):
        super().__init__(lambda clip: shards.record(kept[clip], "sound", np.float16).astype(np.float32), len(kept))
        self.shards, self.kept = shards, kept

    def spectrograms(self, clips: np.ndarray, front_end: FrontEnd) -> StoredRows:
        """(clips, frames, mels) float32; DataError for another front end than they were packed with."""
        packed, asked = self.shards.front_end.get_config(), front_end.get_config()
        if differing := [name for name in asked if asked[name] != packed.get(name)]:
            name = differing[0]
            raise DataError(
                f"The shards in {printable(self.shards.folder)} were packed with {name} {packed.get(name)}, and the "
                f"training asks for {asked[name]}: pack the pairs anew, or pass the options that they were packed with."
            )
        shape = front_end.shape

        def read(pairs: np.ndarray) -> np.ndarray:
            return np.array([self.shards.record(i, "spectrogram", np.float16).reshape(shape) for i in pairs])

        return StoredRows(read, self.kept[clips], shape, np.float32)

    def durations_s(self, clips: np.ndarray, front_end: FrontEnd) -> np.ndarray:
        """(clips,) float32, as they were when the sounds were packed."""
        return self.shards.lasts_s[self.kept[clips]]


def open_shards(folder, image_shape: tuple[int, int, int]) -> Shards:
    """The shards in a folder.

    Raises:
        DataError: there are none, a file is absent or damaged, or their images have another shape than `image_shape`.
    """
    folder = Path(folder)
    name = printable(folder)
    if not (folder / ABOUT).is_file():
        raise DataError(f"{name} holds no packed pairs: make them by crossmodal data pack pairs.csv -o {name}.")
    try:
        about = json.loads((folder / ABOUT).read_text())
        with np.load(folder / INDEX, allow_pickle=False) as index:
            arrays = {column: index[column] for column in index.files}
        groups, labels = arrays.pop("group_names"), tuple(arrays.pop("label_names").tolist())
        arrays["groups"] = np.array(groups.tolist(), object)[arrays["groups"]]
        columns = {field.name: arrays.pop(field.name) for field in fields(Rows) if field.name in arrays}
        shape = tuple(about["image_shape"])
        rows, front_end = Rows(**columns, label_names=labels), LogMel(**about["front_end"])
        shards = Shards(folder, rows, **arrays, front_end=front_end, image_shape=shape, sha256=about["sha256"])
        sizes = [int((shards.offset + shards.size)[shards.shard == i].max()) + 4 for i in range(about["shards"])]
    except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, zlib.error, BadZipFile) as error:
        raise DataError(f"The packed pairs in {name} are damaged ({type(error).__name__}): pack them anew.") from None
    for shard, size in enumerate(sizes):
        path = folder / shard_name(shard, len(sizes))
        if not path.is_file() or path.stat().st_size != size:
            raise DataError(f"{printable(path)} is absent or incomplete: copy it again, or pack the pairs anew.")
    if shape != tuple(image_shape):
        colour = " --colour" if shape[2] == 3 else ""
        raise DataError(f"The images in {name} are {shape[0]}x{shape[1]}: pass --image-size {shape[0]}{colour}.")
    return shards


def save_about(folder: Path, front_end: LogMel, image_shape, sha256: str, shards: int) -> None:
    """Write shards.json: with it the folder is complete."""
    from crossmodal.runtime.files import write_json

    about = {"format": FORMAT, "shards": shards, "image_shape": list(image_shape), "sha256": sha256}
    write_json(folder / ABOUT, {**about, "front_end": asdict(front_end)})
