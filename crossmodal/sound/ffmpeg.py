"""Sounds that FFmpeg decodes (https://ffmpeg.org), where it is installed: one process for each, without a shell."""

import os
import shutil
import struct
import subprocess
import threading
from collections.abc import Iterator
from typing import IO

import numpy as np

from crossmodal.errors import AudioError
from crossmodal.sound.formats import Format

TIMEOUT_S = 120.0
BLOCK_BYTES = 2**20


def find_ffmpeg() -> str | None:
    """The path of the program, None if it is not installed."""
    return shutil.which("ffmpeg")


def decoded_by_ffmpeg(
    program: str, path: str, kind: Format, name: str, max_duration_s: float
) -> Iterator[tuple[np.ndarray, int]]:
    """Blocks (frames, channels) of float32 and their sample rate in Hz, of the first sound in a file.

    At most a second more than `max_duration_s` is decoded. FFmpeg opens this file alone, as the format that it is: no
    playlist, no network.

    Raises:
        AudioError: the program could not be started, took longer than two minutes, or could not decode the file.
    """
    limit = ["-t", f"{max_duration_s + 1:.3f}"] if max_duration_s < 1e9 else []
    command = [
        *(program, "-nostdin", "-hide_banner", "-loglevel", "quiet", "-xerror"),
        *("-protocol_whitelist", "file,pipe", "-f", kind.demuxer, "-i", f"file:{os.path.abspath(path)}"),
        *("-map", "0:a:0", *limit, "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"),
    ]
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as error:
        raise AudioError(
            f"{name} is {kind.what}, and FFmpeg, which reads such files, did not start ({error.strerror}): "
            "install it again, or convert the file to WAV elsewhere."
        ) from None
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(TIMEOUT_S, stop)
    timer.daemon = True
    timer.start()
    try:
        assert process.stdout is not None
        yield from _wav_blocks(process.stdout)
        failed = process.wait() != 0
    finally:  # also where the reader has had enough
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if late.is_set():
        raise AudioError(
            f"{name} took FFmpeg more than {TIMEOUT_S:g} s: convert it to WAV, or cut it into shorter clips."
        )
    if failed:
        raise AudioError(f"{name} is {kind.what} that FFmpeg cannot read to its end: copy or export it again.")


def _wav_blocks(stream: IO[bytes]) -> Iterator[tuple[np.ndarray, int]]:
    """The samples of a WAV stream of float32, whatever its header says of their number; none of another stream."""
    head = stream.read(12)
    channels = rate = 0
    while head[:4] in (b"RIFF", b"RF64") and len(chunk := stream.read(8)) == 8 and chunk[:4] != b"data":
        content = stream.read(min(struct.unpack("<I", chunk[4:])[0], BLOCK_BYTES))
        if chunk[:4] == b"fmt " and len(content) >= 16:
            channels, rate = struct.unpack("<HI", content[2:8])
    if not channels or not rate:
        return
    frame_bytes = 4 * channels
    rest = b""
    while block := stream.read(BLOCK_BYTES):
        block = rest + block
        whole = len(block) - len(block) % frame_bytes
        rest = block[whole:]
        yield np.frombuffer(block[:whole], "<f4").reshape(-1, channels), rate
