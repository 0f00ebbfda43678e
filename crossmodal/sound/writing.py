"""Sound files written block by block, in bounded memory, complete at whatever moment they are stopped."""

import os
from collections.abc import Iterable

import numpy as np
import soundfile

from crossmodal.errors import AudioError
from crossmodal.runtime.files import replacing
from crossmodal.sound.audio import cannot_be_written, note_recipe
from crossmodal.sound.decoding import PathLike

SUBTYPES: dict[
    str, dict[str, tuple[str, float]]
] = {  # what each kind of file holds by --subtype, its usual one first: libsndfile's name, bytes of a value
    ".wav": {"16": ("PCM_16", 2), "24": ("PCM_24", 3), "float": ("FLOAT", 4)},
    ".flac": {"16": ("PCM_16", 2), "24": ("PCM_24", 3)},
    ".ogg": {"vorbis": ("VORBIS", 0.5)},
}
MOST_WAV_BYTES = 2**32 - 2**16  # its header counts with 32 bits


def subtype_of(path: PathLike, subtype: str | None = None) -> tuple[str, float]:
    """What a file holds: libsndfile's name of it and the most bytes that a value takes.

    Args:
        path: of the file; its suffix is .wav, .flac or .ogg.
        subtype: 16 or 24 bit, float or vorbis; the kind's usual one if None.

    Raises:
        AudioError: there is no such kind of file, or it has no such subtype.
    """
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in SUBTYPES:
        raise AudioError(f"{os.fspath(path)} cannot be written: choose a name that ends in {' or '.join(SUBTYPES)}.")
    known = SUBTYPES[suffix]
    if subtype is not None and subtype not in known:
        raise AudioError(f"{suffix} files have no subtype {subtype}: choose {' or '.join(known)}.")
    return known[subtype or next(iter(known))]


def write_blocks(
    path: PathLike, blocks: Iterable[np.ndarray], sample_rate: int, channels: int = 1, subtype: str | None = None
) -> int:
    """Write blocks, (samples,) or (samples, channels), one after the other; clipped to [-1, 1] unless as float.

    Ctrl-C or SIGTERM while it writes leaves a whole file of what was written, and is raised again. Anything else that
    fails leaves `path` as it was.

    Args:
        path: of the file; by its suffix WAV, FLAC or OGG.
        sample_rate: in Hz.
        subtype: see `subtype_of`.

    Returns:
        how many samples of each channel were beyond full scale.

    Raises:
        AudioError: the file cannot be written, or is of no such kind.
    """
    kind, _ = subtype_of(path, subtype)
    written, beyond, stopped = 0, 0, None
    try:
        with replacing(path) as temporary:
            with soundfile.SoundFile(temporary, "w", int(sample_rate), channels, kind) as file:
                note_recipe(file, path)
                try:
                    for block in blocks:
                        beyond += int(np.count_nonzero(np.abs(block) > 1))
                        file.write(block if kind == "FLOAT" else np.clip(block, -1, 1))
                        written += len(block)
                except KeyboardInterrupt as stop:
                    stopped = stop
            if stopped is not None and not written:
                raise stopped
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        raise cannot_be_written(repr(os.fspath(path)), error) from None
    if stopped is not None:
        raise stopped
    return beyond
