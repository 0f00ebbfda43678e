"""Sound files whose headers say what a test wants them to say of the length."""

import re
import struct

import numpy as np

FORMAT = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)


def pcm(waveform: np.ndarray, order: str = "<") -> bytes:
    """A waveform as 16-bit samples."""
    return np.rint(waveform * 32767).astype(order + "i2").tobytes()


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(content) if size is None else size) + content


def wav(content: bytes, size: int | None = None, magic: bytes = b"RIFF") -> bytes:
    """A WAV file of the chunks `content` that states `size` for the file."""
    return magic + struct.pack("<I", len(content) + 4 if size is None else size) + b"WAVE" + content


def wav_of(waveform: np.ndarray, file_size: int | None = None, data_size: int | None = None) -> bytes:
    """A 16-bit WAV file at 8 kHz that states any sizes."""
    return wav(FORMAT + chunk(b"data", pcm(waveform), data_size), file_size)


def rf64_of(waveform: np.ndarray, data_size: int | None = None, magic: bytes = b"RF64") -> bytes:
    """The same with sizes of 64 bits."""
    data = pcm(waveform)
    size = len(data) if data_size is None else data_size
    sizes = struct.pack("<QQQI", size, size, size, 0)
    return wav(chunk(b"ds64", sizes) + FORMAT + chunk(b"data", data, 2**32 - 1), 2**32 - 1, magic)


def au_of(waveform: np.ndarray, size: int | None = None) -> bytes:
    data = pcm(waveform, ">")
    return b".snd" + struct.pack(">5I", 24, len(data) if size is None else size, 3, 8000, 1) + data


def aiff_of(waveform: np.ndarray, size: int | None = None, frames: int | None = None) -> bytes:
    data = pcm(waveform, ">")
    stated = len(data) + 8 if size is None else size
    rate = bytes.fromhex("400bfa00000000000000")  # 8000 as a float of 80 bits
    common = struct.pack(">4sIhIh", b"COMM", 18, 1, len(waveform) if frames is None else frames, 16) + rate
    form = len(data) + 46 if size is None else size
    return b"FORM" + struct.pack(">I", form) + b"AIFF" + common + b"SSND" + struct.pack(">III", stated, 0, 0) + data


def with_size(data: bytes, after: bytes, place: int, size: bytes) -> bytes:
    """A file with other bytes `place` after the first `after`."""
    at = data.index(after) + place
    return data[:at] + size + data[at + len(size) :]


def flac_with_total(data: bytes, total: int) -> bytes:
    """A FLAC file that states `total` samples."""
    packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | total
    return data[:18] + packed.to_bytes(8, "big") + data[26:]


def mp3_with_frames(data: bytes, frames: int) -> bytes:
    """An MP3 file whose Xing tag states a number of frames."""
    return with_size(data, b"Info" if b"Info" in data else b"Xing", 8, struct.pack(">I", frames))


def mp3_without_tag(data: bytes) -> bytes:
    """An MP3 file without its first frame, which holds the tag."""
    second = re.compile(re.escape(data[:2]) + rb"[\x10-\xeb]" + re.escape(data[3:4]), re.DOTALL)
    return data[second.search(data, 100).start() :]
