"""Where the sounds are in an MP3 or Ogg file: frames and pages one after the other, possibly those of several files.

libsndfile stops at the end of the first: an MP3 file's tag (Xing, Info) states its length, an Ogg page that it is the
last. Each sound is given to it alone.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from crossmodal.sound.splice import Layout, Part, after_tags, bytes_at, positions, size_of

MOST_FRAMES = 2**20  # 7 h at 44.1 kHz, beyond all limits; pages likewise
MOST_GUESSES = 2**18  # places at which a frame is looked for after bytes that are none
SHORTEST_REST = 4096  # bytes that are neither sound nor a tag: a quarter of a second at 128 kbit/s
_BITRATES = {  # kbit/s, by (is MPEG 1, layer)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True)
class Frame:
    """An MPEG audio frame: its bytes in the file, the samples of each channel, and what all of a sound have in common.

    `stated` is the number of frames that follow by the tag in it, which then holds no sound; None without a tag.
    """

    where: range
    samples: int
    kind: tuple[int, int, int, int]  # version, layer, rate in Hz, channels
    stated: int | None = None


def mp3_layout(file: BinaryIO, start: int) -> Layout | None:
    """The sounds of an MP3 file (or MPEG layer 1 or 2) whose first frame is at or near `start`; None without any."""
    parts: list[Part] = []
    sound: list[Frame] = []
    unread_bytes, at = 0, start
    for frame in _frames(file, start):
        if sound and (frame.stated is not None or frame.kind != sound[-1].kind):
            parts.append(_mp3_part(file, sound))
            sound = []
        sound.append(frame)
        unread_bytes += _unread_between(file, at, frame.where.start)
        at = frame.where.stop
    if not sound:
        return None
    unread_bytes += _unread_between(file, at, size_of(file))
    return Layout((*parts, _mp3_part(file, sound)), unread_bytes)


def _mp3_part(file: BinaryIO, sound: list[Frame]) -> Part:
    """The frames of a sound, with a tag that states how many they are; libsndfile decodes no more than that.

    One that is there stays, as it also tells how much silence the encoder has added; one that states fewer gives way to
    a new one.
    """
    stated = sound[0].stated
    if stated is not None and len(sound) - 1 > stated + 1:  # some count the tag's frame too
        sound, stated = sound[1:], None
    runs: list[range] = []
    for frame in sound:
        if runs and runs[-1].stop == frame.where.start:
            runs[-1] = range(runs[-1].start, frame.where.stop)
        else:
            runs.append(frame.where)
    if stated is not None:
        return Part(tuple(runs), is_cut=len(sound) - 1 < stated - 1)
    tag = _made_tag(bytes_at(file, sound[0].where.start, 4), len(sound))
    return Part((tag, *runs), is_stated=bool(tag))


def _made_tag(header: bytes, frames: int) -> bytes:
    """A frame of the longest kind with a tag that states a number of frames; none for layers 1 and 2."""
    if header[1] >> 1 & 3 != 1:
        return b""
    header = bytes((header[0], header[1] | 1, header[2] & 0x0C | 0xE0, header[3]))  # no checksum, no padding
    frame = _parsed(header, 0)
    assert frame is not None
    tag = header + bytes(_side_bytes(frame)) + b"Xing" + struct.pack(">II", 1, frames)
    return tag.ljust(len(frame.where), b"\0")


def _unread_between(file: BinaryIO, start: int, stop: int) -> int:
    """How many bytes of a range are not tags or zeros, if they are many enough to be sound."""
    rest = stop - min(after_tags(file, start), stop) if stop > start else 0
    return rest if rest >= SHORTEST_REST else 0


def _frames(file: BinaryIO, start: int) -> Iterator[Frame]:
    """The frames of a file, over all that is none of them."""
    size = size_of(file)
    at, last, guesses = start, None, MOST_GUESSES
    for _ in range(MOST_FRAMES):
        frame = _frame(file, at)
        if frame is None or not (last == frame.kind or _is_followed(file, frame, size)):
            next_at = after_tags(file, at)
            if next_at == at:
                next_at, guesses = _resync(file, at + 1, size, guesses)
            if next_at >= size:
                return
            at = next_at
            continue
        if frame.where.stop > size:  # cut
            return
        yield frame
        at, last = frame.where.stop, frame.kind


def _is_followed(file: BinaryIO, frame: Frame, size: int) -> bool:
    following = _frame(file, frame.where.stop)
    return frame.where.stop == size or (following is not None and following.kind == frame.kind)


def _resync(file: BinaryIO, at: int, size: int, guesses: int) -> tuple[int, int]:
    """The next place where two like frames follow each other, or the size; and how many guesses are left."""
    count = 2**12
    while at < size:
        block = bytes_at(file, at, count)
        for match in re.finditer(rb"\xff[\xe2-\xff]|ID3", block):
            guesses -= 1
            if guesses <= 0:
                return size, 0
            frame = _frame(file, at + match.start())
            is_tag = frame is None and after_tags(file, at + match.start()) > at + match.start()
            if is_tag or (frame is not None and _is_followed(file, frame, size)):
                return at + match.start(), guesses
        at, count = at + max(len(block) - 2, 1), min(2 * count, 2**16)
    return size, guesses


def _frame(file: BinaryIO, at: int) -> Frame | None:
    """The MPEG audio frame at a position of a file, or None."""
    head = bytes_at(file, at, 48)
    frame = _parsed(head, at)
    if frame is None or frame.kind[1] != 3:
        return frame
    place = 4 + _side_bytes(frame)
    for tag, start in ((b"Xing", place), (b"Info", place), (b"VBRI", 36)):
        if head[start : start + 4] == tag:
            return replace(frame, stated=_stated_frames(file, at + start, tag))
    return frame


def _parsed(head: bytes, at: int) -> Frame | None:
    """The frame whose four bytes of header stand at a position, or None."""
    if len(head) < 4 or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)  # version: 0 is MPEG 2.5, 2 is MPEG 2, 3 is MPEG 1
    bitrate, rate, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer == 4 or bitrate in (0, 15) or rate == 3:  # reserved, or of free length
        return None
    is_first = version == 3
    sample_rate = (44_100, 48_000, 32_000)[rate] // {3: 1, 2: 2, 0: 4}[version]
    samples = 384 if layer == 1 else 1152 if layer == 2 or is_first else 576
    slot = 4 if layer == 1 else 1
    length = (samples // 8 * 1000 * _BITRATES[is_first, layer][bitrate - 1] // sample_rate // slot + padding) * slot
    channels = 1 if head[3] >> 6 == 3 else 2
    return Frame(range(at, at + length), samples, (version, layer, sample_rate, channels))


def _side_bytes(frame: Frame) -> int:
    """The length of the side information of a layer 3 frame, after which a tag stands."""
    version, _, _, channels = frame.kind
    return {(True, 2): 32, (True, 1): 17, (False, 2): 17, (False, 1): 9}[version == 3, channels]


def _stated_frames(file: BinaryIO, at: int, tag: bytes) -> int:
    """The number of frames that a tag states; 0, which is never true, where it states none."""
    content = bytes_at(file, at, 18)
    if tag == b"VBRI":
        return int.from_bytes(content[14:18], "big")
    return int.from_bytes(content[8:12], "big") if len(content) >= 12 and content[7] & 1 else 0


def ogg_layout(file: BinaryIO, start: int) -> Layout | None:
    """The sounds of an Ogg file, one after the other; None if it is none."""
    size = size_of(file)
    begins: list[int] = []
    at, unread_bytes, was_first = start, 0, False
    for _ in range(MOST_FRAMES):
        head = bytes_at(file, at, 27 + 255)
        if head[:4] != b"OggS" or len(head) < 27:
            next_at = next(positions(file, b"OggS", at + 1), size) if at < size else size
            unread_bytes += _unread_between(file, at, next_at)
            at = next_at
            if at >= size:
                break
            continue
        is_first = bool(head[5] & 2)
        if is_first and not was_first:
            begins.append(at)
        was_first = is_first
        at += 27 + head[26] + sum(head[27 : 27 + head[26]])
    if len(begins) < 2:
        return Layout(unread_bytes=unread_bytes) if begins else None
    ends = (*begins[1:], size)
    return Layout(tuple(Part((range(*bounds),)) for bounds in zip(begins, ends, strict=True)), unread_bytes)
