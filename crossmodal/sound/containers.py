"""Where the sound is in a WAV, RF64, BW64, Wave64, AIFF, CAF, AU or FLAC file, what its header says of the length.

Programs that write to a pipe do not know the length when they write the header, and leave a placeholder there. Two
files joined into one have a second header. libsndfile is given neither: it gets each sound with a header that fits.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from crossmodal.sound.splice import Layout, Part, Pieces, after_tags, before_tags, bytes_at, positions, size_of

MOST_CHUNKS = 10_000  # more are not looked at
CUT_CHUNKS = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"_PMX", b"JUNK", b"free", b"info")  # of no sound, if cut
SHORTEST_REST = 256  # bytes after the sound: fewer are not worth a word


@dataclass(frozen=True)
class Container:
    """How the chunks of a file follow each other: an identifier, a size, the content, and so on.

    Attributes:
        size_format: of a chunk's size, for `struct`.
        sound: the identifier of the chunk that holds samples.
        id_bytes: length of an identifier.
        first: position of the first chunk.
        alignment: chunks begin at a multiple of so many bytes after the one before.
        counts_header: a size includes identifier and size.
    """

    size_format: str
    sound: bytes
    id_bytes: int = 4
    first: int = 12
    alignment: int = 2
    counts_header: bool = False

    @property
    def header_bytes(self) -> int:
        return self.id_bytes + struct.calcsize(self.size_format)


_RIFF = Container("<I", b"data")
_W64 = Container("<Q", b"data\xf3\xac\xd3\x11", id_bytes=16, first=40, alignment=8, counts_header=True)


@dataclass(frozen=True)
class Found:
    """A sound in a file: the part, where the next thing begins, and whether libsndfile reads it by its path."""

    part: Part
    end: int
    is_plain: bool


def container_layout(file: BinaryIO, start: int) -> Layout | None:
    """The sounds of a file whose header stands at `start`; None for another format or without samples."""
    find = _finder(file, start)
    if find is None:
        return None
    size = size_of(file)
    found: list[Found] = []
    at = start
    while (next_find := _finder(file, at)) is find and len(found) < MOST_CHUNKS:
        sound = next_find(file, at)
        if sound is None:
            break
        found.append(sound)
        at = sound.end
    if not found:
        return None
    rest = size - after_tags(file, min(at, size))
    unread_bytes = rest if rest >= SHORTEST_REST else 0
    if len(found) == 1 and found[0].is_plain and start == 0:
        return Layout((Part(is_cut=found[0].part.is_cut),), unread_bytes)
    return Layout(tuple(sound.part for sound in found), unread_bytes)


def _finder(file: BinaryIO, at: int) -> Callable[[BinaryIO, int], Found | None] | None:
    """The function that reads the header at a position of a file, if it is one of these formats."""
    head = bytes_at(file, at, 24)
    if head[:4] == b".snd" and len(head) == 24:
        offset, _, encoding, _, channels = struct.unpack(">5I", head[4:])
        return _find_au if 24 <= offset <= 2**20 and 0 < encoding < 28 and 0 < channels <= 1024 else None
    if head[:4] == b"fLaC" and head[4:5] in (b"\0", b"\x80") and head[5:8] == b"\0\0\x22":
        return _find_flac
    return _find_chunks if _container(head) else None


def _container(head: bytes) -> Container | None:
    if head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX") and head[8:12] == b"WAVE":
        return Container(">I", b"data") if head[:4] == b"RIFX" else _RIFF
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Container(">I", b"SSND")
    if head[:8] == b"riff\x2e\x91\xcf\x11":
        return _W64
    return Container(">Q", b"data", first=8, alignment=1) if head[:8] == b"caff\0\1\0\0" else None


def is_placeholder(size: int, bits: int) -> bool:
    """Whether a size is one that programs write who do not know it.

    0 or all bits set (FFmpeg), the largest signed number (LAME, eSpeak, SoX: less some kilobytes; arecord: plus one),
    in AIFF 0x7F000000 (SoX), each with a header's length more or less.
    """
    if bits == 64:
        return size == 0 or size >= 2**62
    return size == 0 or any(low <= size <= low + 4096 for low in (2**31 - 4096, 2**32 - 4096, 0x7F000000))


def _find_chunks(file: BinaryIO, start: int) -> Found | None:
    head = bytes_at(file, start, 12)
    container = _container(head)
    assert container is not None
    end = size_of(file)
    sounds: list[range] = []
    long_size, has_known_size, is_cut, first_size_at = 0, True, False, 0
    at = start + container.first
    for _ in range(MOST_CHUNKS):
        chunk = _chunk(file, container, at, end)
        if chunk is None:
            break
        name, size = chunk
        content = at + container.header_bytes
        if sounds and content + size > end and not name.startswith((container.sound, *CUT_CHUNKS)):
            break  # samples that look like a chunk
        if name == b"ds64":  # the sizes of RF64, in 64 bits
            long_size = int.from_bytes(bytes_at(file, content + 8, 8), "little")
        if name.startswith(container.sound):
            bits = 8 * struct.calcsize(container.size_format)
            if head[:4] in (b"RF64", b"BW64") and size == 2**32 - 1:
                size, bits = long_size, 64
            is_there = _is_end(file, container, content, end) if size == 0 else content + size <= end
            if is_placeholder(size, bits) and not is_there:
                size, has_known_size = _next_file(file, head[:4], content) - content, False
            is_cut = content + size > end
            first_size_at = first_size_at or at + container.id_bytes
            sounds.append(range(content, min(content + size, end)))
        after = content + size
        if after >= end:
            at = end
            break
        padding = -(after - at) % container.alignment
        is_padded = _finder(file, after) is None and _chunk(file, container, after + padding, end) is not None
        at = after + padding if is_padded else after
    if not sounds:
        return None
    is_plain = len(sounds) == 1 and has_known_size and not is_cut and head[:4] != b"BW64"
    if len(sounds) > 1 and (container.header_bytes != 8 or container.sound != b"data"):  # several: in WAV alone
        sounds, at = sounds[:1], sounds[0].stop
    return Found(Part(_rebuilt(container, head, start, first_size_at, sounds), is_cut=is_cut), at, is_plain)


def _chunk(file: BinaryIO, container: Container, at: int, end: int) -> tuple[bytes, int] | None:
    """Identifier and number of bytes of the chunk at a position; None if there is none, or another file begins."""
    header = bytes_at(file, at, container.header_bytes)
    if at + container.header_bytes > end or not all(32 <= byte < 127 for byte in header[:4]):
        return None
    if _finder(file, at) is not None:
        return None
    (size,) = struct.unpack(container.size_format, header[container.id_bytes :])
    if container.counts_header and size:
        size = max(size - container.header_bytes, 0)
    return header[: container.id_bytes], size


def _next_file(file: BinaryIO, magic: bytes, at: int) -> int:
    """Where another file of a kind begins after a position, or the end: of sounds whose length is not known."""
    return next((other for other in positions(file, magic, at) if _finder(file, other)), size_of(file))


def _is_end(file: BinaryIO, container: Container, at: int, end: int) -> bool:
    """Whether a file ends at a position or goes on with a chunk that fits in it or another file."""
    if at >= end or _finder(file, at) is not None:
        return True
    chunk = _chunk(file, container, at, end)
    return chunk is not None and at + container.header_bytes + chunk[1] <= end


def _rebuilt(container: Container, head: bytes, start: int, size_at: int, sounds: list[range]) -> Pieces:
    """The sound of a file with what stands before it, and with the right sizes."""
    size_bytes = struct.calcsize(container.size_format)
    total = sum(len(sound) for sound in sounds)
    stated = total + (container.header_bytes if container.counts_header else 0)
    size = struct.pack(container.size_format, min(stated, 2 ** (8 * size_bytes - 1)))
    between = range(size_at + size_bytes, sounds[0].start)
    if container.first != 12:  # Wave64 and CAF: the size of the file is not needed
        return range(start, size_at), size, between, *sounds
    file_bytes = struct.pack(container.size_format, min(sounds[0].start - start - 8 + total, 2**31))
    magic = b"RIFF" if head[:4] in (b"RF64", b"BW64") else head[:4]
    return magic + file_bytes, range(start + 8, size_at), size, between, *sounds


def _find_au(file: BinaryIO, start: int) -> Found | None:
    header = bytes_at(file, start, 12)
    offset, size = struct.unpack(">II", header[4:])
    end = size_of(file)
    content = start + offset
    is_known = not is_placeholder(size, 32) or content >= end or 0 < size <= end - content
    stop = content + size if is_known else _next_file(file, b".snd", content)
    sound = range(content, min(stop, end))
    pieces = (header[:8] + struct.pack(">I", min(len(sound), 2**31)), range(start + 12, content), sound)
    return Found(Part(pieces, is_cut=stop > end), min(stop, end), is_known)


def _find_flac(file: BinaryIO, start: int) -> Found | None:
    """A FLAC stream, with its length blanked out: the decoder then reads until the end, whatever the header says."""
    header = bytearray(bytes_at(file, start, 42))
    if len(header) < 42:
        return None
    packed = int.from_bytes(header[18:26], "big")  # rate, channels, bits of a sample, and 36 bits of length
    stated = packed % 2**36
    header[18:26] = (packed - stated).to_bytes(8, "big")
    frames = None if stated in (0, 2**36 - 1) else stated
    at, is_last = start + 42, header[4] & 0x80
    for _ in range(MOST_CHUNKS):  # other metadata, such as a picture
        block = bytes_at(file, at, 4)
        if is_last or len(block) < 4:
            break
        is_last, at = block[0] & 0x80, at + 4 + int.from_bytes(block[1:], "big")
    stop = _next_file(file, b"fLaC", at)
    sound = range(start + 42, before_tags(file, stop))
    return Found(Part((bytes(header), sound), False, frames), stop, False)
