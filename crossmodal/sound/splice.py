"""A file as libsndfile is to see it: ranges of its bytes, one after the other, with other bytes in between."""

import bisect
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import BinaryIO

Pieces = tuple[bytes | range, ...]  # bytes as they are, or a range of positions in the file


@dataclass(frozen=True)
class Part:
    """What libsndfile reads in one go: a sound of its own in a file of one or several.

    Attributes:
        pieces: what libsndfile is given; None for the whole file by its path.
        is_stated: the number of frames that libsndfile tells is that of the header, not blanked out and not a guess.
        frames: the header's number where libsndfile does not tell it; None if it has none.
        is_cut: its header states more bytes than the file has.
    """

    pieces: Pieces | None = None
    is_stated: bool = True
    frames: int | None = None
    is_cut: bool = False


@dataclass(frozen=True)
class Layout:
    """The sounds of a file, in order, and how many bytes (not tags, not zeros) belong to none of them."""

    parts: tuple[Part, ...] = (Part(),)
    unread_bytes: int = 0


class Splice:
    """A read-only file object made of `pieces` of another. It never raises: see `error`.

    libsndfile calls it from C, where an exception would be printed and lost. One that arises, such as that of Ctrl-C,
    is kept in `error`; a place to which one cannot go is not gone to.
    """

    def __init__(self, file: BinaryIO, pieces: Pieces):
        self.error: BaseException | None = None
        self._file, self._pieces = file, [piece for piece in pieces if len(piece)]
        self._ends = list(accumulate(len(piece) for piece in self._pieces))
        self._at = 0

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence, len(self))
        self._at = min(max(at, 0), len(self))
        return self._at

    def readinto(self, buffer) -> int:
        view = memoryview(buffer).cast("B")
        done = 0
        try:
            while done < len(view) and self._at < len(self):
                i = bisect.bisect_right(self._ends, self._at)
                piece = self._pieces[i]
                inside = self._at - (self._ends[i] - len(piece))
                wanted = min(len(view) - done, len(piece) - inside)
                if isinstance(piece, range):
                    self._file.seek(piece.start + inside)
                    found = self._file.read(wanted)
                else:
                    found = piece[inside : inside + wanted]
                if not found:  # the file has become shorter meanwhile
                    break
                view[done : done + len(found)] = found
                done += len(found)
                self._at += len(found)
        except BaseException as error:
            self.error = error
            return 0
        return done

    def left(self) -> int:
        """How many bytes follow, without the zeros that come first; they are read."""
        block = bytearray(2**16)
        while count := self.readinto(block):
            if rest := block[:count].lstrip(b"\0"):
                return len(rest) + len(self) - self._at
        return 0


def size_of(file: BinaryIO) -> int:
    """The number of bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def bytes_at(file: BinaryIO, at: int, count: int) -> bytes:
    """At most `count` bytes from position `at` of a file on."""
    file.seek(at)
    return file.read(count)


def positions(file: BinaryIO, needle: bytes, start: int, most_bytes: int = 2**30) -> Iterator[int]:
    """Where `needle` stands in the `most_bytes` of a file after `start`."""
    block, overlap, at = 2**12, len(needle) - 1, start
    while at < start + most_bytes and len(found := bytes_at(file, at, block + overlap)) > overlap:
        i = found.find(needle)
        while i >= 0:
            yield at + i
            i = found.find(needle, i + 1)
        at, block = at + block, min(2 * block, 2**20)


def after_tags(file: BinaryIO, at: int, zeros: bool = True) -> int:
    """The end of the tags (ID3, APE, Lyrics3), and zeros, that stand at a position of a file, or that position."""
    size = size_of(file)
    for _ in range(100):
        head = bytes_at(file, at, 32)
        if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 128:
            length = sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
            after = at + 10 + length + 10 * bool(head[5] & 0x10)  # a footer is as long as the header
        elif head[:3] == b"TAG":
            after = min(at + 128, size)
        elif head[:8] == b"APETAGEX" and len(head) == 32:
            is_header = head[23] & 0x20
            after = at + 32 + (int.from_bytes(head[12:16], "little") if is_header else 0)
        elif head[:11] == b"LYRICSBEGIN":
            end = next(positions(file, b"LYRICS200", at, 2**20), None)
            after = size + 1 if end is None else end + 9
        elif zeros and head[:1] == b"\0":
            after = _after_zeros(file, at)
        else:
            break
        if after > size:  # it claims more than there is: it may be no tag
            break
        at = after
    return at


def before_tags(file: BinaryIO, end: int) -> int:
    """The start of the tags (ID3v1, APE) that end at a position of a file, or that position."""
    for _ in range(2):
        footer = bytes_at(file, max(end - 128, 0), min(end, 128))
        if footer[:3] == b"TAG":
            end -= 128
        elif footer[-32:-24] == b"APETAGEX":
            length = int.from_bytes(footer[-20:-16], "little") + 32 * (footer[-9] >> 7)  # the header is not counted
            end -= length if length <= end else 0
    return end


def _after_zeros(file: BinaryIO, at: int) -> int:
    while block := bytes_at(file, at, 2**16):
        rest = block.lstrip(b"\0")
        at += len(block) - len(rest)
        if rest:
            break
    return at
