"""The one door for sound: every waveform enters through `read_audio` or `validate_audio`.

A waveform is a float32 array of shape (samples,) with full scale at -1 and 1, kept beside its sample
rate in Hz. A sound that cannot be used raises AudioError: one sentence that names it and says what to
do. Files are decoded by libsndfile (https://libsndfile.github.io/libsndfile/) and resampled by soxr
through librosa, which is imported only when it is needed.
"""

import os
import re
import stat
import struct

import numpy as np
import numpy.typing as npt
import soundfile

from crossmodal.errors import AudioError
from crossmodal.runtime.files import replacing

LOWEST_SAMPLE_RATE, HIGHEST_SAMPLE_RATE = 4_000, 192_000  # Hz
SILENCE_PEAK = 1e-4  # -80 dBFS, three steps of 16-bit audio
HIGHEST_PEAK = 16.0  # +24 dBFS: room for a hot mix, none for 16-bit values stored as floats
MOST_VALUES = (
    2**26
)  # frames times channels of a file, 256 MB: 10 min in stereo at 48 kHz, or a minute of 5 channels at 192

# An MP3 frame header, its side information and the tag that states the length; without the tag, the
# length that libsndfile reports is a guess from the size of the file.
_MP3_LENGTH_TAG = re.compile(rb"\xff[\xe2-\xff]..(?:.{9}|.{17}|.{32})(?:Xing|Info)", re.DOTALL)

PathLike = str | os.PathLike[str]


def read_audio(path: PathLike, sample_rate: int = 8000, *, max_duration_s: float = 60.0) -> np.ndarray:
    """Reads a sound file as a float32 mono waveform of shape (samples,) at `sample_rate` Hz.

    Any format of libsndfile (WAV, FLAC, OGG, MP3, AIFF, ...), any rate from 4 to 192 kHz and any number
    of channels: they are mixed down by their mean, then resampled. The level and a DC offset stay as
    they are, so a loud float file or the resampling filter may reach a little beyond -1 and 1.

    Raises AudioError for a file that is absent, not readable, empty, not audio, longer than
    `max_duration_s` or of more than 2^26 values in all its channels (both told from its header, before
    samples are read), shorter than its own header promises, or that `validate_audio` refuses. A promise
    is found in WAV, AIFF, FLAC and in MP3 with a Xing tag; any other file that was cut, such as OGG,
    reads as a shorter clip.
    """
    name = repr(os.fspath(path))
    _check_sample_rate(sample_rate, f"the output of {name}")
    _check_file(path, name)
    waveform, file_sample_rate = _read_mono(path, name, max_duration_s)
    waveform = validate_audio(waveform, file_sample_rate, name=name)
    if file_sample_rate == sample_rate:
        return waveform
    import librosa  # slow to import, and not needed above

    resampled = librosa.resample(waveform, orig_sr=file_sample_rate, target_sr=sample_rate)  # by soxr_hq
    # Again: a sound that lies wholly above the new Nyquist frequency is silent now.
    return validate_audio(resampled, sample_rate, name=f"{name} at {sample_rate} Hz", min_duration_s=0.0)


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

    The file appears completely or not at all: it is written beside `path`, then renamed. Silence may be
    written. Raises AudioError for a waveform that is empty, not 1-D or not finite, a sample rate outside
    4 to 192 kHz, and a path that cannot be written.
    """
    name = repr(os.fspath(path))
    _check_sample_rate(sample_rate, name)
    samples = np.clip(_as_finite_float32(waveform, f"the waveform for {name}"), -1.0, 1.0)
    if not samples.size:
        raise AudioError(f"the waveform for {name} holds no samples: give it at least one.")
    try:
        with replacing(path) as temporary:
            soundfile.write(temporary, samples, int(sample_rate), format="WAV", subtype="PCM_16")
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        raise AudioError(
            f"{name} cannot be written ({_reason(error)}): choose a folder that exists and takes files."
        ) from None


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
        with np.errstate(over="ignore", under="ignore"):  # a huge float64 becomes inf, a peak too high
            return array.astype(np.float32)
    if array.dtype.str[1:] in ("u1", "i2", "i4"):  # of either byte order
        middle = 128 if array.dtype == np.uint8 else 0  # 8-bit PCM is unsigned
        full_scale = 2.0 ** (8 * array.dtype.itemsize - 1)
        return ((array.astype(np.float64) - middle) / full_scale).astype(np.float32)
    raise AudioError(f"{name} has dtype {array.dtype}: give floats in [-1, 1], or PCM as uint8, int16 or int32.")


def _check_sample_rate(sample_rate: int, name: str) -> None:
    is_whole = isinstance(sample_rate, int | np.integer)
    if not is_whole or not LOWEST_SAMPLE_RATE <= sample_rate <= HIGHEST_SAMPLE_RATE:
        raise AudioError(
            f"{name} has a sample rate of {sample_rate} Hz: use a whole number from "
            f"{LOWEST_SAMPLE_RATE} to {HIGHEST_SAMPLE_RATE} Hz."
        )


def _check_file(path: PathLike, name: str) -> None:
    """Everything that can be known about a path without decoding it."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise AudioError(f"{name} does not exist: check the path.") from None
    except (OSError, ValueError) as error:
        raise AudioError(f"{name} cannot be opened ({_reason(error)}): check the path.") from None
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{name} is a folder: give one sound file inside it.")
    if not stat.S_ISREG(status.st_mode):  # reading a pipe could wait for ever
        raise AudioError(f"{name} is not a regular file: save the sound to a file first.")
    if status.st_size == 0:
        raise AudioError(f"{name} is empty (0 bytes): copy or record it again.")
    if not os.access(path, os.R_OK):
        raise AudioError(f"{name} may not be read: ask its owner for permission to read it.")


def _read_mono(path: PathLike, name: str, max_duration_s: float) -> tuple[np.ndarray, int]:
    """The mean of a file's channels, shape (samples,), and its sample rate; a broken promise is an error."""
    try:
        # By path: a file object would print tracebacks when a damaged file makes libsndfile seek astray.
        with soundfile.SoundFile(os.fspath(path)) as file:
            sample_rate, frames = file.samplerate, file.frames
            _check_sample_rate(sample_rate, name)
            if not frames <= max_duration_s * sample_rate:
                raise AudioError(
                    f"{name} lasts {frames / sample_rate:.6g} s by its header, more than the "
                    f"{max_duration_s:g} s allowed: cut it into shorter clips."
                )
            if frames * file.channels > MOST_VALUES:  # a few kilobytes of FLAC or OGG may decode to gigabytes
                raise AudioError(
                    f"{name} holds {frames:,} samples in each of {file.channels} channels, more than {MOST_VALUES:,} "
                    "in all: mix it down to one channel or cut it into shorter clips."
                )
            # In one call: soundfile seeks after each one, which garbles the next block of MP3 and Opus. The number is
            # given, because of a file in which one cannot seek, such as G.721, it would not be known.
            samples = file.read(frames, dtype="float32", always_2d=True)
            frames_are_promised = file.format != "MP3" or _states_mp3_length(path)
        is_truncated = (frames_are_promised and len(samples) < frames) or _lacks_wav_bytes(path)
    except UnicodeError:
        raise AudioError(f"{name} has a name that is not text: rename it.") from None
    except (OSError, MemoryError, TypeError, soundfile.SoundFileError) as error:
        # TypeError: a name that ends in .raw; MemoryError: a header with hundreds of channels
        raise AudioError(
            f"{name} is damaged or not audio ({_reason(error)}): export it again, as WAV or FLAC."
        ) from None
    if is_truncated:
        raise AudioError(
            f"{name} is truncated (it holds {len(samples)} samples, its header promises more): copy or export it again."
        )
    if not len(samples):
        raise AudioError(f"{name} holds no samples: record or export it again.")
    with np.errstate(invalid="ignore", over="ignore"):  # validate_audio tells what is not finite
        return samples.mean(axis=1), sample_rate


def _lacks_wav_bytes(path: PathLike) -> bool:
    """Whether a WAV or AIFF header promises samples beyond the end of its file; libsndfile hides it."""
    layouts = {b"RIFF": ("<I", b"data"), b"RIFX": (">I", b"data"), b"FORM": (">I", b"SSND")}
    with open(path, "rb") as file:
        file_bytes = os.fstat(file.fileno()).st_size
        length_format, samples_chunk = layouts.get(file.read(4), ("", b""))
        file.seek(12)
        while length_format and len(header := file.read(8)) == 8:
            (chunk_bytes,) = struct.unpack(length_format, header[4:])
            if header[:4] == samples_chunk:
                return file.tell() + chunk_bytes > file_bytes
            file.seek(chunk_bytes + chunk_bytes % 2, os.SEEK_CUR)
    return False


def _states_mp3_length(path: PathLike) -> bool:
    with open(path, "rb") as file:
        return _MP3_LENGTH_TAG.search(file.read(1 << 20)) is not None


def _reason(error: Exception) -> str:
    """An error of the system, libsndfile or soundfile as a short phrase without a full stop."""
    if getattr(error, "code", None) == 7:  # "file does not exist", said of a text file named .mp3
        return "no sound found in it"
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return " ".join(text.split()).rstrip(".")[:100]
