"""A sound file of any format as one waveform of one channel, read block by block so that no header can fill the memory.

Files are decoded by libsndfile (https://libsndfile.github.io/libsndfile/), those that it does not read by FFmpeg.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import soundfile

from crossmodal.errors import AudioError
from crossmodal.runtime import words
from crossmodal.sound.containers import container_layout
from crossmodal.sound.ffmpeg import decoded_by_ffmpeg, find_ffmpeg
from crossmodal.sound.formats import Format, other_codec, other_format
from crossmodal.sound.splice import Layout, Part, Splice, after_tags, bytes_at, size_of
from crossmodal.sound.streams import SHORTEST_REST, mp3_layout, ogg_layout

LOWEST_SAMPLE_RATE, HIGHEST_SAMPLE_RATE = 4_000, 192_000  # Hz
# frames times channels of a file, 256 MB: 10 min in stereo at 48 kHz, or a minute of 5 channels at 192
MOST_VALUES = 2**26
HEAD_BYTES = 4096  # that tell the format
MOST_PARTS = 1000
BLOCK_VALUES = 2**16
FLAC_BLOCK = 2048  # frames: after an error within a longer one, libFLAC does not go on

PathLike = str | os.PathLike[str]


class Mixdown:
    """The mean of a sound's channels, gathered block by block within the limits of duration and size."""

    def __init__(self, name: str, max_duration_s: float):
        self.name, self.max_duration_s = name, max_duration_s
        self.sample_rate = 0  # Hz, of all blocks
        self.frames = self.values = 0
        self.widest = 0.0  # the largest range of values within a channel and a block
        self._blocks: list[np.ndarray] = []

    def check(self, frames: int, channels: int, sample_rate: int) -> None:
        """AudioError if so many more frames, by their header, are too many, or their rate is not that of the others."""
        if not LOWEST_SAMPLE_RATE <= sample_rate <= HIGHEST_SAMPLE_RATE:
            raise AudioError(
                f"{self.name} was recorded at {sample_rate} Hz, outside the {LOWEST_SAMPLE_RATE:,} to "
                f"{HIGHEST_SAMPLE_RATE:,} Hz that are read: convert it to 16,000 Hz."
            )
        if self.sample_rate not in (0, sample_rate):
            raise AudioError(
                f"{self.name} holds several sounds, at {self.sample_rate} Hz and at {sample_rate} Hz: "
                "save each as a file of its own."
            )
        if not self.frames + frames <= self.max_duration_s * sample_rate:
            raise AudioError(
                f"{self.name} lasts {(self.frames + frames) / sample_rate:.6g} s by its header, more than the "
                f"{self.max_duration_s:g} s allowed: cut it into shorter clips."
            )
        if self.values + frames * channels > MOST_VALUES:  # a few kilobytes of FLAC or OGG may decode to gigabytes
            raise AudioError(
                f"{self.name} holds {self.frames + frames:,} samples in each of {channels} channels, more than "
                f"{MOST_VALUES:,} in all: mix it down to one channel or cut it into shorter clips."
            )
        self.sample_rate = sample_rate

    def add(self, block: np.ndarray, sample_rate: int) -> None:
        """Take a block (frames, channels); AudioError if it is more than is allowed."""
        self.check(0, 1, sample_rate)
        self.frames += len(block)
        self.values += block.size
        if not self.frames <= self.max_duration_s * sample_rate:
            raise AudioError(
                f"{self.name} lasts longer than the {self.max_duration_s:g} s allowed: cut it into shorter clips."
            )
        if self.values > MOST_VALUES:
            raise AudioError(
                f"{self.name} holds more than {MOST_VALUES:,} samples in all its channels: "
                "mix it down to one channel or cut it into shorter clips."
            )
        with np.errstate(invalid="ignore", over="ignore"):  # validate_audio tells what is not finite
            if len(block):
                self.widest = max(self.widest, float((block.max(axis=0) - block.min(axis=0)).max()))
            kept = self.kept(block)
            self._blocks.append(kept if block.dtype == np.float64 else kept.astype(np.float32))

    def kept(self, block: np.ndarray) -> np.ndarray:
        """What is kept of a block (frames, channels): the mean of the channels, (frames,)."""
        return block.mean(axis=1, dtype=np.float64)

    def waveform(self) -> np.ndarray:
        """All blocks, shape (samples,)."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)


class Channels(Mixdown):
    """All channels of a sound, gathered within the same limits."""

    def kept(self, block: np.ndarray) -> np.ndarray:
        """All of it, (frames, channels)."""
        return np.array(block)

    def waveform(self) -> np.ndarray:
        """All blocks, shape (samples, channels); AudioError if they have not the same channels."""
        if len({block.shape[1] for block in self._blocks}) > 1:
            raise AudioError(f"{self.name} holds sounds of different channels: save each as a file of its own.")
        return np.concatenate(self._blocks) if self._blocks else np.zeros((0, 1), np.float32)


class _Sequential(soundfile.SoundFile):
    """A sound file read from its start to its end: soundfile seeks after each read, which garbles MP3 and Opus."""

    def seekable(self) -> bool:
        return False


def decode(path: PathLike, name: str, max_duration_s: float, gathered: type[Mixdown] = Mixdown) -> Mixdown:
    """All that a sound file holds, mixed down to one channel, or as `gathered` keeps it.

    Raises:
        AudioError: it is not a sound, of a format that is not read, longer or larger than allowed, at a rate outside 4
            to 192 kHz, damaged, shorter than its header states, or holds bytes that no decoder reads.
    """
    mix = gathered(name, max_duration_s)
    with open(path, "rb") as file:
        start = after_tags(file, 0, zeros=False)
        head = bytes_at(file, start, HEAD_BYTES)
        if start and head[:3] == b"ID3":
            raise _damaged(name, mix, "its ID3 tags do not end")
        other = other_format(head)
        if other is None:
            layout = _layout(file, start)
            if len(layout.parts) > MOST_PARTS:
                raise AudioError(f"{name} is joined from more than {MOST_PARTS:,} sounds: give fewer at a time.")
            try:
                is_cut = [_read_part(path, file, part, mix) for part in layout.parts]
            except (OSError, MemoryError, soundfile.SoundFileError) as error:
                other = None if mix.frames else other_codec(head)
                if other is None:
                    raise _damaged(name, mix, reason_of(error)) from None
    if other is not None:
        _read_other(path, other, mix)
    elif any(is_cut):
        raise AudioError(
            f"{name} is truncated (it holds {mix.frames} samples, its header promises more): copy or export it again."
        )
    elif layout.unread_bytes:
        raise _unread(name, layout.unread_bytes)
    return mix


def reason_of(error: Exception) -> str:
    """An error of the system, libsndfile or soundfile as a short phrase without a full stop."""
    if getattr(error, "code", None) == 7:  # "file does not exist", said of a text file named .mp3
        return "no sound found in it"
    own_words = getattr(error, "error_string", None)  # without the path, of libsndfile
    return words.phrase(own_words) if own_words else words.reason_of(error)


def _layout(file: BinaryIO, start: int) -> Layout:
    """The sounds of a file; one that libsndfile reads by its path if the format is none of those looked into."""
    head = bytes_at(file, start, 4)
    if head == b"OggS":
        return ogg_layout(file, start) or Layout()
    if head[:1] in (b"\xff", b"\0") and (layout := mp3_layout(file, after_tags(file, start))):
        return layout
    return container_layout(file, start) or Layout()


def _read_part(path: PathLike, file: BinaryIO, part: Part, mix: Mixdown) -> bool:
    """Read one sound of a file into `mix`; whether it is shorter than its header states."""
    pieces = part.pieces
    if pieces is None and os.fspath(path).lower().endswith(".raw"):  # soundfile would ask what is in it
        pieces = (range(size_of(file)),)
    splice = None if pieces is None else Splice(file, pieces)
    with _Sequential(os.fsencode(path) if splice is None else splice) as sound:
        # Of MPEG audio without a tag that states it, or within a WAV file, libsndfile guesses the length.
        is_guess = sound.subtype.startswith("MPEG") and (splice is None or sound.format != "MP3")
        most = sound.frames if part.is_stated and not is_guess else None
        stated = part.frames if most is None else most
        mix.check(stated or 0, sound.channels, sound.samplerate)
        if sound.format == "MP3":  # libmpg123 rounds in another way once it was sought in, as soundfile does
            sound.seek(0)
        frames = 0
        for block in _blocks(sound, most):
            if splice is not None and splice.error is not None:
                raise splice.error
            mix.add(block, sound.samplerate)
            frames += len(block)
        is_flac = sound.format == "FLAC"
    if splice is not None:
        left = splice.left() if is_flac else 0  # libFLAC stops at what is no FLAC
        if splice.error is not None:
            raise splice.error
        if left >= SHORTEST_REST and frames >= (stated or np.inf):
            raise _unread(mix.name, left)
        if left >= SHORTEST_REST:
            raise _damaged(mix.name, mix, "its rest is not FLAC")
    return part.is_cut or frames < (stated or 0)


def _blocks(sound: soundfile.SoundFile, most: int | None) -> Iterator[np.ndarray]:
    """The blocks (frames, channels) of an open file, `most` frames at most, as float32, or float64 if it holds that."""
    is_flac = sound.format == "FLAC"
    size = FLAC_BLOCK if is_flac else max(BLOCK_VALUES // sound.channels, 1)
    dtype = np.float64 if sound.subtype == "DOUBLE" else np.float32
    error: soundfile.SoundFileError | None = None
    while most is None or most > 0:
        block = np.full((size if most is None else min(size, most), sound.channels), np.nan, dtype)
        try:
            read = len(sound.read(out=block))
        except soundfile.SoundFileError as found:
            if not is_flac or error is not None:
                raise
            error, read = found, int(np.isfinite(block[:, 0]).sum())  # what came before the error is in the block
        else:
            if not read:  # an error after which nothing came: the end of a file that was cut, or what follows its end
                return
            if error is not None:
                raise error
        yield block[:read]
        most = None if most is None else most - read


def _read_other(path: PathLike, kind: Format, mix: Mixdown) -> None:
    """Read a sound that libsndfile does not read; AudioError if it is none, or FFmpeg is not installed."""
    if not kind.demuxer:
        raise AudioError(f"{mix.name} is {kind.what}: {kind.advice}.")
    program = find_ffmpeg()
    if program is None:
        plain = re.fullmatch(r"\w[\w.-]*", os.path.basename(os.fspath(path)), re.ASCII)
        file_name = plain.group() if plain else "clip"
        wav_name = os.path.splitext(file_name)[0] + ".wav"
        raise AudioError(
            f"{mix.name} is {kind.what}, which is read only where FFmpeg is installed: install it, or convert the file "
            f"elsewhere with `ffmpeg -i {file_name} {wav_name if wav_name != file_name else 'converted.wav'}`."
        )
    blocks = decoded_by_ffmpeg(program, os.fspath(path), kind, mix.name, mix.max_duration_s)
    with contextlib.closing(blocks):
        for block, sample_rate in blocks:
            mix.add(block, sample_rate)


def _unread(name: str, count: int) -> AudioError:
    return AudioError(
        f"{name} holds {count:,} bytes that its headers do not count, which may be sound: "
        "export it again, as WAV or FLAC."
    )


def _damaged(name: str, mix: Mixdown, reason: str) -> AudioError:
    if name.lower().rstrip("'\"").endswith(".raw"):
        return AudioError(
            f"{name} has no header, so that its rate and format are not known: convert it with "
            "`ffmpeg -f s16le -ar 16000 -ac 1 -i clip.raw clip.wav`, if that is how it was recorded."
        )
    if mix.frames:
        seconds = mix.frames / mix.sample_rate
        return AudioError(
            f"{name} is damaged after {seconds:.2f} s ({reason}): copy or export it again, as WAV or FLAC."
        )
    return AudioError(f"{name} is damaged or not audio ({reason}): export it again, as WAV or FLAC.")
