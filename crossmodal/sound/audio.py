"""The one door for sound: every waveform enters through `read_audio` or `validate_audio`.

A waveform is a float32 array of shape (samples,) with full scale at -1 and 1, kept beside its sample
rate in Hz. A sound that cannot be used raises AudioError: one sentence that names it and says what to
do. Files are decoded in `decoding.py` and resampled by soxr.
"""

import os

import numpy as np
import numpy.typing as npt
import soundfile

from crossmodal.errors import AudioError
from crossmodal.runtime.files import DISK_FULL, fault_of, replacing
from crossmodal.runtime.recipe import recipe_text
from crossmodal.sound.decoding import (
    HIGHEST_SAMPLE_RATE,
    LOWEST_SAMPLE_RATE,
    Channels,
    Mixdown,
    PathLike,
    decode,
    reason_of,
)
from crossmodal.sound.resampling import resample

SILENCE_PEAK = 1e-4  # -80 dBFS, three steps of 16-bit audio
HIGHEST_PEAK = 16.0  # +24 dBFS: room for a hot mix, none for 16-bit values stored as floats
FAULTS = {  # what is said of a file by its fault, see `fault_of`
    "missing": "does not exist: check the path",
    "unreachable": "cannot be opened ({reason}): check the path",
    "folder": "is a folder: give one sound file inside it",
    "special": "is not a regular file: save the sound to a file first",
    "empty": "is empty (0 bytes): copy or record it again",
    "forbidden": "may not be read: ask its owner for permission to read it",
}


def read_audio(path: PathLike, sample_rate: int = 8000, *, max_duration_s: float = 60.0) -> np.ndarray:
    """Reads a sound file as a float32 mono waveform of shape (samples,) at `sample_rate` Hz.

    Any format of libsndfile (WAV, FLAC, OGG, MP3, AIFF, ...), or of FFmpeg where it is installed (M4A, WebM, WMA, AMR,
    ...), any rate from 4 to 192 kHz and any number of channels: they are mixed down by their mean, then resampled. The
    level and a DC offset stay as they are, so a loud float file or the resampling filter may reach a little beyond -1
    and 1. A file whose header does not know its length, as programs write it to a pipe, is read to its end; one that
    was joined from several, such as two MP3 files, is read as all of them, one after the other.

    Raises AudioError for a file that is absent, not readable, empty, not audio, longer than `max_duration_s` or of more
    than 2^26 values in all its channels (told from its header, or as soon as so many were read), shorter than its own
    header promises, with bytes after the sound that its headers do not account for, or that `validate_audio` refuses. A
    promise is found in WAV and its kin, AIFF, AU, CAF, FLAC and in MP3 with a Xing tag; any other file that was cut,
    such as OGG, reads as a shorter clip.
    """
    name = repr(os.fspath(path))
    _check_sample_rate(sample_rate, name)
    if not max_duration_s > 0:
        raise AudioError(f"{name} cannot be read up to {max_duration_s} s: give a positive number of seconds.")
    mix = _decoded(path, name, max_duration_s)
    waveform, file_sample_rate = mix.waveform(), mix.sample_rate
    if not waveform.size:
        raise AudioError(f"{name} holds no samples: record or export it again.")
    if mix.widest >= SILENCE_PEAK and _swing(waveform) < SILENCE_PEAK:
        raise AudioError(f"{name} has channels that cancel each other when averaged: export one of them alone.")
    waveform = validate_audio(waveform, file_sample_rate, name=name)
    if file_sample_rate == sample_rate:
        return waveform
    resampled = resample(waveform, file_sample_rate, sample_rate)
    if _swing(resampled) < SILENCE_PEAK:
        raise AudioError(
            f"{name} is silent below {sample_rate / 2:,.0f} Hz, which is all that a sample rate of {sample_rate} Hz "
            "keeps: use a recording of lower tones, or a higher rate."
        )
    return resampled


def read_channels(path: PathLike, *, max_duration_s: float = 60.0) -> tuple[np.ndarray, int]:
    """Reads a sound file as it is: float32 of shape (samples, channels) at its own sample rate, and that rate in Hz.

    It reads and refuses what `read_audio` does; of several channels each that is not silent has to be fit for
    `validate_audio`, and there is one at least.
    """
    name = repr(os.fspath(path))
    gathered = _decoded(path, name, max_duration_s, Channels)
    sound = gathered.waveform()
    if not sound.size:
        raise AudioError(f"{name} holds no samples: record or export it again.")
    sounding = [channel for channel in sound.T if _swing(channel) >= SILENCE_PEAK] or [sound[:, 0]]
    for channel in sounding:
        validate_audio(channel, gathered.sample_rate, name=name)
    return sound.astype(np.float32), gathered.sample_rate


def _decoded(path: PathLike, name: str, max_duration_s: float, gathered: type[Mixdown] = Mixdown) -> Mixdown:
    _check_file(path, name)
    try:
        return decode(path, name, max_duration_s, gathered)
    except OSError as error:  # it went away meanwhile, or its disk is damaged
        raise AudioError(f"{name} cannot be read ({reason_of(error)}): copy it to another place.") from None


def validate_audio(
    waveform: npt.ArrayLike, sample_rate: int, *, name: str = "the recording", min_duration_s: float = 0.02
) -> np.ndarray:
    """Returns `waveform` as float32 of shape (samples,), or raises AudioError. What it returns is

    - one-dimensional: one channel;
    - finite, with full scale at 1: floats stay as they are, with a peak of 16 at most; uint8, int16
      and int32 are taken as PCM and scaled to [-1, 1];
    - at least `min_duration_s` long, at a `sample_rate` of 4 to 192 kHz;
    - not silent: its peak, and its range (so not constant either), reach 1e-4 (-80 dBFS).

    `name` is the subject of the error's sentence.
    """
    _check_sample_rate(sample_rate, name)
    checked = _as_finite_float32(waveform, name)
    if checked.size < max(1, min_duration_s * sample_rate):
        raise AudioError(
            f"{name} lasts {checked.size / sample_rate:.4f} s ({checked.size} samples), less than the "
            f"{min_duration_s:g} s needed: use a longer clip."
        )
    lowest, highest = float(checked.min()), float(checked.max())
    peak = max(-lowest, highest)
    if peak > HIGHEST_PEAK:
        raise AudioError(
            f"{name} has a peak of {peak:g} where full scale is 1: divide it by its full scale, "
            "such as 32768 for 16-bit values."
        )
    if peak < SILENCE_PEAK or highest - lowest < SILENCE_PEAK:
        raise AudioError(
            f"{name} is silent (its loudest change stays under {SILENCE_PEAK:g} of full scale): "
            "check the microphone and record it again."
        )
    return checked


def write_wav(path: PathLike, waveform: npt.ArrayLike, sample_rate: int) -> None:
    """Writes a waveform of shape (samples,) as a 16-bit mono WAV file, clipped to [-1, 1].

    The file appears completely or not at all: it is written beside `path`, then renamed. It holds the recipe of
    the command that is run, see `note_recipe`. Silence may be written. Raises AudioError for a waveform that is
    empty, not 1-D or not finite, a sample rate outside 4 to 192 kHz, and a path that cannot be written.
    """
    name = repr(os.fspath(path))
    _check_sample_rate(sample_rate, name)
    samples = np.clip(_as_finite_float32(waveform, f"the waveform for {name}"), -1.0, 1.0)
    if not samples.size:
        raise AudioError(f"the waveform for {name} holds no samples: give it at least one.")
    try:
        with (
            replacing(path) as temporary,
            soundfile.SoundFile(temporary, "w", int(sample_rate), 1, format="WAV", subtype="PCM_16") as file,
        ):
            note_recipe(file, path)
            file.write(samples)
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        raise cannot_be_written(name, error) from None


def cannot_be_written(name: str, error: Exception) -> AudioError:
    """The sentence for a sound file that could not be written."""
    is_full = getattr(error, "errno", None) in DISK_FULL
    advice = "free some space on the disk" if is_full else "choose a folder that exists and takes files"
    return AudioError(f"{name} cannot be written ({reason_of(error)}): {advice}.")


def note_recipe(file: soundfile.SoundFile, path: PathLike) -> None:
    """Note in a sound file that was just opened, before its samples, the recipe of the command that writes `path`: as
    its comment, of WAV in a chunk LIST INFO."""
    if text := recipe_text(path):
        file.comment = text


def _as_finite_float32(waveform: npt.ArrayLike, name: str) -> np.ndarray:
    """Any 1-D waveform as a float32 array, PCM integers scaled to [-1, 1]; AudioError otherwise."""
    try:
        array = np.asarray(waveform)
    except ValueError:
        raise AudioError(f"{name} is not an array of numbers: give a 1-D float array.") from None
    if array.ndim != 1:
        raise AudioError(
            f"{name} has shape {array.shape} where (samples,) is expected: "
            "average its channels, or give one waveform at a time."
        )
    if array.dtype.kind == "f":
        not_finite = array.size - np.count_nonzero(np.isfinite(array))
        if not_finite:
            raise AudioError(
                f"{name} holds {not_finite} samples that are NaN or infinite: export it again, or set them to zero."
            )
        with np.errstate(under="ignore"):
            if array.dtype.itemsize > 4:  # a huge float64 is a peak too high, not infinite
                array = np.clip(array, -float(np.finfo(np.float32).max), float(np.finfo(np.float32).max))
            return array.astype(np.float32)
    if array.dtype.str[1:] in ("u1", "i2", "i4"):  # of either byte order
        middle = 128 if array.dtype == np.uint8 else 0  # 8-bit PCM is unsigned
        full_scale = 2.0 ** (8 * array.dtype.itemsize - 1)
        return ((array.astype(np.float64) - middle) / full_scale).astype(np.float32)
    raise AudioError(f"{name} has dtype {array.dtype}: give floats in [-1, 1], or PCM as uint8, int16 or int32.")


def _swing(waveform: np.ndarray) -> float:
    """The range of a waveform's values, or its peak if that is less; 0 of none, infinite of what is not finite."""
    if not waveform.size:
        return 0.0
    lowest, highest = float(waveform.min()), float(waveform.max())
    return min(highest - lowest, max(-lowest, highest)) if np.isfinite([lowest, highest]).all() else np.inf


def _check_sample_rate(sample_rate: int, name: str) -> None:
    is_whole = isinstance(sample_rate, int | np.integer)
    if not is_whole or not LOWEST_SAMPLE_RATE <= sample_rate <= HIGHEST_SAMPLE_RATE:
        raise AudioError(
            f"{name} cannot have a sample rate of {sample_rate} Hz: give a whole number from "
            f"{LOWEST_SAMPLE_RATE:,} to {HIGHEST_SAMPLE_RATE:,}."
        )


def _check_file(path: PathLike, name: str) -> None:
    """Everything that can be known about a path without decoding it."""
    if found := fault_of(path):
        fault, reason = found
        raise AudioError(f"{name} {FAULTS[fault].format(reason=reason)}.")
