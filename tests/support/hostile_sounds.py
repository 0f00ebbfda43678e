"""Sound files that harm: in all formats of libsndfile, with headers that lie, damaged, cut, with endless tags."""

import io
import random
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fuzzing import BYTES, TROUBLESOME, assert_clean, assert_one_sentence, blank, changed, flip_bits, lie


def encoded(waveform: np.ndarray, sample_rate: int, suffix: str, subtype: str | None = None) -> bytes:
    """A sound file as bytes."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, format=suffix.upper(), subtype=subtype)
    return buffer.getvalue()


SOUNDS = (
    *(("wav", kind) for kind in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW")),
    *(("wav", kind) for kind in ("IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32", "NMS_ADPCM_24")),
    *(("wavex", kind) for kind in ("PCM_16", "FLOAT")),
    *(("flac", kind) for kind in ("PCM_S8", "PCM_16", "PCM_24")),
    *(("ogg", kind) for kind in ("VORBIS", "OPUS")),
    ("mp3", "MPEG_LAYER_III"),
    ("aiff", "PCM_16"),
    ("aiff", "IMA_ADPCM"),
    ("caf", "ALAC_16"),
    *((kind, "PCM_16") for kind in ("rf64", "w64", "caf", "au", "nist", "voc", "ircam", "svx", "paf", "mat4", "mat5")),
)
FOUR = ("wav", "flac", "ogg", "mp3")  # the formats that the package speaks of; others are what libsndfile also opens


def files() -> list[tuple[str, bytes]]:
    """(suffix, bytes) of a fifth of a second of noise in all formats, in one channel and two, and with long tags."""
    rng = np.random.default_rng(0)
    made = []
    for suffix, kind in SOUNDS:
        for channels in (1, 2):
            noise = 0.1 * rng.standard_normal((3200, channels))
            try:
                made.append((suffix, encoded(noise, 16_000, suffix, kind)))
            except RuntimeError:  # GSM and others have one channel
                assert channels == 2, (suffix, kind)
    mp3 = next(data for suffix, data in made if suffix == "mp3")
    id3 = b"ID3\x04\0\0" + bytes((0, 0, 8, 0)) + b"TIT2" + bytes((0, 0, 7, 118)) + b"\0\0\0" + b"t" * 1013
    return [*made, ("mp3", id3 + mp3), ("mp3", mp3[mp3.index(b"\xff\xf3", 4) :])]


def wav_header(rng, data: bytes) -> bytes:
    """One of the ten numbers of a WAV file's header, replaced."""
    if data[:4] != b"RIFF" or len(data) < 44:
        return lie(rng, data)
    at, size = rng.choice([(4, "I"), (16, "I"), (20, "H"), (22, "H"), (24, "I"), (28, "I"), (32, "H"), (34, "H")])
    if rng.random() < 0.2 and b"data" in data[:-8]:
        at, size = data.index(b"data") + 4, "I"
    tags = (*TROUBLESOME, 6, 17, 49, 64, 80, 85, 0xFFFE) if at == 20 else TROUBLESOME
    changed = bytearray(data)
    struct.pack_into("<" + size, changed, at, rng.choice(tags) % 2 ** (8 * struct.calcsize(size)))
    return bytes(changed)


def odd_floats(rng, data: bytes) -> bytes:
    """Values that are not finite, or out of all bounds, from some sample on."""
    value = struct.pack(rng.choice("<>") + rng.choice("fd"), rng.choice((np.nan, np.inf, -np.inf, 1e30, 1e-40)))
    start = rng.randrange(len(data))
    return data[:start] + value * rng.choice((1, 100)) + data[start:]


def flac_header(rng, data: bytes) -> bytes:
    """Sample rate, channels, bits and length as FLAC states them, 64 bits that have no checksum."""
    changed = bytearray(data)
    if data[:4] == b"fLaC" and len(data) > 26:
        changed[18 + rng.randrange(8)] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(changed)


def ogg_pages(rng, data: bytes) -> bytes:
    """A change of bytes whose pages have right checksums again: it reaches the decoder."""
    changed = bytearray(rng.choice((flip_bits, lie, blank))(rng, data))
    at = changed.find(b"OggS")
    while at >= 0 and at + 27 <= len(changed):
        segments = changed[at + 26]
        end = at + 27 + segments + sum(changed[at + 27 : at + 27 + segments])
        changed[at + 22 : at + 26] = b"\0\0\0\0"
        struct.pack_into("<I", changed, at + 22, ogg_checksum(bytes(changed[at:end])))
        at = changed.find(b"OggS", max(end, at + 27))
    return bytes(changed)


def ogg_checksum(page: bytes) -> int:
    checksum = 0
    for byte in page:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1) ^ (0x04C11DB7 if checksum & 0x80000000 else 0)
    return checksum & 0xFFFFFFFF


def id3_tag(rng, data: bytes) -> bytes:
    """A tag before the sound that claims to be far longer than it is, or is a real long one."""
    claimed = bytes(rng.choice(((127, 127, 127, 127), (0, 0, 0, 0), (0, 1, 0, 0), (255, 255, 255, 255))))
    flags = rng.choice((b"\x04\0\0", b"\x03\0\x80", b"\x02\0\xff", b"\xff\xff\xff"))
    frame = rng.choice((b"", b"APIC\x7f\x7f\x7f\x7f\0\0" * 50, rng.randbytes(rng.choice((100, 70_000)))))
    return b"ID3" + flags + claimed + frame + data


LENGTHS = (0, 1, 36, 2**31 - 4096, 2**31 - 1, 2**31, 2**32 - 37, 2**32 - 2, 2**32 - 1, 0x7F000008, 2**30)


def lengths(rng, data: bytes) -> bytes:
    """Sizes that are not known, huge or nought, in the chunks of a container; what follows may go on without end."""
    changed = bytearray(data)
    order = ">" if data[:4] in (b"FORM", b"RIFX", b".snd", b"caff") else "<"
    for name in (data[:4], b"data", b"SSND", b"ds64", b"fact", b"COMM"):
        at = changed.find(name) + (16 if data[:4] == b"riff" else 8 if name == b".snd" else 4)
        if name in data and rng.random() < 0.7 and at + 8 <= len(changed):
            size = rng.choice("IQ") if data[:4] in (b"riff", b"caff") or name == b"ds64" else "I"
            struct.pack_into(order + size, changed, at, rng.choice(LENGTHS))
    return bytes(changed) + rng.choice((b"", b"", b"\0" * 10_000, rng.randbytes(200_000), bytes(2**22)))


def flac_length(rng, data: bytes) -> bytes:
    """A total of samples that is unknown, or much too large or too small, and bytes after them."""
    changed = bytearray(data)
    if data[:4] == b"fLaC" and len(data) > 26:
        packed = int.from_bytes(changed[18:26], "big") >> 36 << 36
        changed[18:26] = (packed | rng.choice((0, 1, 2**36 - 1, 2**35, 10**6))).to_bytes(8, "big")
    return bytes(changed) + rng.choice((b"", b"", bytes(5000), rng.randbytes(50_000), data[:100] * 50))


def join(rng, data: bytes) -> bytes:
    """Several of a file in one, with tags or noise between, some cut."""
    between = rng.choice((b"", b"", b"TAG" + b"x" * 125, rng.randbytes(rng.choice((10, 5000))), bytes(3000)))
    return between.join(data[: rng.choice((len(data), len(data), rng.randrange(len(data))))] for _ in range(3))


def many_starts(rng, data: bytes) -> bytes:
    """The first bytes over and over: thousands of sounds, frames or pages of nothing."""
    return data + data[: rng.choice((2, 4, 12, 44, 100))] * rng.choice((100, 20_000))


def mp3_tag(rng, data: bytes) -> bytes:
    """A tag that states another number of frames."""
    changed = bytearray(data)
    for name in (b"Xing", b"Info"):
        if name in data and (at := changed.find(name)) + 12 <= len(changed):
            struct.pack_into(">I", changed, at + 8, rng.choice((*LENGTHS, 5, 40)))
    return bytes(changed)


OWN: dict[str, tuple[Callable, ...]] = {
    "wav": (wav_header, wav_header, odd_floats, lengths, join, many_starts),
    "wavex": (wav_header, odd_floats, lengths),
    "flac": (flac_header, flac_length, join, many_starts),
    "ogg": (ogg_pages, join, many_starts),
    "mp3": (id3_tag, mp3_tag, join, many_starts),
    **{kind: (lengths, join) for kind in ("aiff", "au", "caf", "w64", "rf64")},
}


def mutants(count: int, seed: int):
    """(suffix, bytes) of hostile sound files; every second is one of the four formats, some have a wrong suffix."""
    whole = files()
    four = [file for file in whole if file[0] in FOUR]
    for i in range(count):
        rng = random.Random(f"{seed} {i}")
        kind, data = rng.choice(four if i % 2 else whole)
        suffix = kind if rng.random() < 0.9 else rng.choice((*FOUR, "txt", "raw"))
        yield suffix, changed(rng, data, BYTES + 2 * OWN.get(kind, ()))


def enter(path: Path) -> str:
    """Read a file and say what came of it; AssertionError where that is neither a result nor a sentence."""
    import soundfile

    from crossmodal.errors import AudioError
    from crossmodal.sound.audio import read_audio

    try:
        waveform = read_audio(path)
    except AudioError as error:
        assert_one_sentence(error, path.name)
        return "refused"
    assert_clean(waveform)
    assert 0 < len(waveform) <= 60 * 8000
    assert np.abs(waveform).max() < 100
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, TypeError):  # it is read by its parts, or called .raw
        return "read"
    if (
        path.read_bytes().count(path.read_bytes()[:4]) > 1
    ):  # several sounds, whose headers libsndfile may take for sound
        return "read"
    if info.format not in ("OGG", "MP3") and info.subtype != "MPEG_LAYER_III" and info.frames < 2**36 - 1:
        expected = info.frames * 8000 / info.samplerate
        assert len(waveform) >= expected - 2, f"{len(waveform)} samples of {expected:.0f}"  # more: of several sounds
    return "read"
