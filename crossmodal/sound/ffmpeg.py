"""Sounds that FFmpeg decodes (https://ffmpeg.org), where it is installed: one process for each, without a shell."""

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Generator, Iterator
from typing import IO

import numpy as np

from crossmodal.errors import AudioError
from crossmodal.sound.formats import Format

TIMEOUT_S = 120.0
STREAMS = ("aac", "ac3", "amr", "dts", "mpeg", "mpegts")  # state no length: cut within a frame they are not damaged
BLOCK_BYTES = 2**20


def find_ffmpeg() -> str | None:
    """The path of the program, None if it is not installed."""
    return shutil.which("ffmpeg")


def decoded_by_ffmpeg(
    program: str, path: str, kind: Format, name: str, max_duration_s: float
) -> Generator[tuple[np.ndarray, int], None, None]:
    """Blocks (frames, channels) of float32 and their sample rate in Hz, of the first sound in a file.

    At most a second more than `max_duration_s` is decoded. FFmpeg opens this file alone, as the format that it is: no
    playlist, no network.

    Raises:
        AudioError: the program could not be started, took longer than two minutes, or could not decode the file.
    """
    limit = ["-t", f"{max_duration_s + 1:.3f}"] if max_duration_s < 1e9 else []
    strict = () if kind.demuxer in STREAMS else ("-xerror",)
    command = [
        *(program, "-nostdin", "-hide_banner", "-loglevel", "error", *strict),
        *("-protocol_whitelist", "file,pipe", "-f", kind.demuxer, "-i", f"file:{os.path.abspath(path)}"),
        *("-map", "0:a:0", *limit, "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"),
    ]
    with tempfile.TemporaryFile() as said:
        try:  # in a session of its own: what ffmpeg is may start another process, which has to end with it
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, start_new_session=True
            )
        except OSError as error:
            raise AudioError(
                f"{name} is {kind.what}, and FFmpeg, which reads such files, did not start ({error.strerror}): "
                "install it again, or convert the file to WAV elsewhere."
            ) from None
        late = threading.Event()

        def stop() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(TIMEOUT_S, stop)
        timer.daemon = True
        timer.start()
        is_empty = True
        assert process.stdout is not None
        try:
            for block in _wav_blocks(process.stdout):
                is_empty = False
                yield block
            failed = process.wait() != 0
        finally:  # also where the reader has had enough
            timer.cancel()
            _kill(process)
            process.wait()
            process.stdout.close()
        said.seek(0)
        is_cut = b"prematurely" in said.read(2**16)  # said of Matroska, and not called an error
    if late.is_set():
        raise AudioError(
            f"{name} took FFmpeg more than {TIMEOUT_S:g} s: convert it to WAV, or cut it into shorter clips."
        )
    if is_empty:
        raise AudioError(f"{name} is {kind.what} in which FFmpeg finds no sound: copy or export it again.")
    if failed or is_cut:
        raise AudioError(f"{name} is {kind.what} that FFmpeg cannot read to its end: copy or export it again.")


def _kill(process: subprocess.Popen) -> None:
    """End a process and those that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


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
