"""Files that libsndfile does not read, known by their first bytes: sounds in other formats, and what is no sound."""

import re
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """What a file is.

    Attributes:
        what: with its article: "an MP4 or M4A file".
        demuxer: FFmpeg's name of the format if it can be converted; empty for what is no sound.
        advice: what to do with what is no sound.
    """

    what: str
    demuxer: str = ""
    advice: str = ""


_ASF = bytes.fromhex("3026b2758e66cf11")
_BY_FIRST_BYTES = (  # first bytes, then those after a gap
    (b"....ftyp(?:3g|kddi)", Format("a 3GP file", "mov")),
    (b"....ftypqt", Format("a QuickTime file", "mov")),
    (b"....ftyp(?:heic|heix|mif1|avif)", Format("a picture", advice="give a sound file")),
    (b"....(?:ftyp|moov|mdat|wide|skip)", Format("an MP4 or M4A file", "mov")),
    (b"\x1aE\xdf\xa3.{0,60}webm", Format("a WebM file", "matroska")),
    (b"\x1aE\xdf\xa3", Format("a Matroska file", "matroska")),
    (re.escape(_ASF), Format("a Windows Media file (WMA)", "asf")),
    (b"#!AMR", Format("an AMR file", "amr")),
    (b"\xff[\xf0\xf1\xf8\xf9]", Format("an AAC file", "aac")),
    (b"ADIF", Format("an AAC file", "aac")),
    (b"wvpk", Format("a WavPack file", "wv")),
    (b"MAC ", Format("a Monkey's Audio file", "ape")),
    (b"TTA[12]", Format("a True Audio file", "tta")),
    (b"tBaK", Format("a TAK file", "tak")),
    (b"MP\\+", Format("a Musepack file", "mpc")),
    (b"MPCK", Format("a Musepack file", "mpc8")),
    (b"DSD .{24}fmt ", Format("a DSD file", "dsf")),
    (b"FRM8.{8}DSD ", Format("a DSD file", "iff")),
    (b"\x0bw", Format("an AC-3 file", "ac3")),
    (b"\x7f\xfe\x80\x01", Format("a DTS file", "dts")),
    (b"\\.RMF", Format("a RealMedia file", "rm")),
    (b"FLV\x01", Format("a Flash video", "flv")),
    (b"RIFF....AVI ", Format("an AVI file", "avi")),
    (b"\x00\x00\x01\xba", Format("an MPEG film", "mpeg")),
    (b"G.{187}G.{187}G", Format("an MPEG transport stream", "mpegts")),
    (
        b"MThd|RIFF....RMID",
        Format("a MIDI file, notes and not sound", advice="play it into a WAV file with a synthesizer"),
    ),
    (b"RIFF....sfbk", Format("a SoundFont, an instrument and not a sound", advice="give a WAV file")),
    (b"#EXTM3U|\\[playlist\\]|<\\?wpl|<asx", Format("a playlist", advice="give one of the sound files that it lists")),
    (
        b"version https://git-lfs",
        Format("a pointer of Git LFS, not the file itself", advice="get it with `git lfs pull`"),
    ),
    (b"PK\x03\x04|PK\x05\x06", Format("a ZIP archive", advice="take the sound files out of it")),
    (b"\x1f\x8b", Format("a gzip archive", advice="take the sound file out of it with `gunzip`")),
    (
        b"BZh[1-9]1AY|\xfd7zXZ|7z\xbc\xaf\x27\x1c|Rar!\x1a",
        Format("an archive", advice="take the sound files out of it"),
    ),
    (b".{257}ustar", Format("a tar archive", advice="take the sound files out of it")),
    (b"%PDF-", Format("a PDF file", advice="give a sound file")),
    (b"\x89PNG\r\n|\xff\xd8\xff[\xc0-\xef]|GIF8[79]a|RIFF....WEBP", Format("a picture", advice="give a sound file")),
    (b"\x93NUMPY", Format("an array of NumPy", advice="load it with `numpy.load` and give the array")),
    (b"\x89HDF\r\n", Format("an HDF5 file", advice="give a sound file")),
    (b"SQLite format 3", Format("a database", advice="give a sound file")),
    (b"\x7fELF|MZ.{58}", Format("a program", advice="give a sound file")),
    (b"\\s*(?:<!doctype html|<html)", Format("a web page", advice="download the sound itself")),
)
_PATTERNS = tuple(
    (re.compile(first, re.DOTALL | re.IGNORECASE * (b"<" in first)), what) for first, what in _BY_FIRST_BYTES
)
_TEXT = re.compile(rb"[\t\n\f\r\x20-\x7e\x80-\xff]+")
_TEXT_OF_SOUND = (b"NIST_1A", b"PVF1")  # headers in letters

_WAV_CODECS = {
    0x0014: "G.723", 0x0022: "TrueSpeech", 0x0042: "G.723.1", 0x0045: "G.726", 0x0050: "MPEG layer 2",
    0x0064: "G.726", 0x0083: "G.729", 0x00FF: "AAC", 0x0130: "RealAudio", 0x0160: "WMA", 0x0161: "WMA",
    0x0162: "WMA", 0x0163: "WMA", 0x1600: "AAC", 0x1602: "AAC", 0x2000: "AC-3", 0x2001: "DTS",
    0x566F: "Vorbis", 0x674F: "Vorbis", 0x6750: "Vorbis", 0x6751: "Vorbis", 0x704F: "Opus", 0xF1AC: "FLAC",
}  # fmt: skip
_OGG_CODECS = ((b"Speex   ", "Speex"), (b"\x7fFLAC", "FLAC"), (b"\x80theora", "video"), (b"fishead", "several streams"))
_CAF_CODECS = {b"aac ": "AAC", b".mp3": "MP3", b"opus": "Opus", b"flac": "FLAC", b"samr": "AMR", b"ac-3": "AC-3"}


def other_format(head: bytes) -> Format | None:
    """What a file is by its first bytes, a few kilobytes, if it is none of libsndfile's formats; None if unknown."""
    for pattern, what in _PATTERNS:
        if pattern.match(head):
            return what
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") and head[2:3] + head[3:4] != b"" and b"\0" in head[2:4]:
        return Format("text", advice="give a sound file")
    if _TEXT.fullmatch(head) and not head.startswith(_TEXT_OF_SOUND) and _is_utf8(head):
        return Format("text", advice="give a sound file")
    return None


def other_codec(head: bytes) -> Format | None:
    """What a WAV, Ogg or CAF file holds that libsndfile does not decode; None if it is no such file."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and 0 <= (at := head.find(b"fmt ")) <= len(head) - 10:
        codec = _WAV_CODECS.get(struct.unpack("<H", head[at + 8 : at + 10])[0])
        return Format(f"a WAV file with {codec} in it", "wav") if codec else None
    if head[:4] == b"OggS":
        found = [codec for mark, codec in _OGG_CODECS if mark in head]
        return Format(f"an Ogg file with {found[0]} in it", "ogg") if found else None
    if head.startswith(b"Creative Voice File"):
        return Format("a VOC file of an unusual kind", "voc")
    if head[:4] == b"caff" and head[28:32] in _CAF_CODECS:
        return Format(f"a CAF file with {_CAF_CODECS[head[28:32]]} in it", "caf")
    return None


def _is_utf8(head: bytes) -> bool:
    try:
        head[:-4].decode() if len(head) > 1000 else head.decode()  # its last letter may be cut
    except UnicodeDecodeError as error:
        return len(head) > 1000 and error.start >= len(head) - 8
    return True
