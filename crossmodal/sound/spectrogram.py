"""48x48 log-mel spectrograms, the front end of training, evaluation and a user's own file, unless another is chosen.

waveform (samples,) -> its word alone, if asked for -> silence trimmed -> power spectra (frames, n_fft/2 + 1)
-> mel bands -> decibels below the clip's own maximum -> values in [0, 1] -> (frames, mels) float32.

Time is stretched: the frames lie evenly over the whole clip, however long it is. `timing="pad"` instead
places frames of a fixed hop over `pad_duration_s` seconds, cutting or filling with silence; `timing="loudest"` over the
loudest `pad_duration_s` of a longer clip, and filling a shorter one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft
from threadpoolctl import ThreadpoolController

from crossmodal.errors import AudioError
from crossmodal.sound.mel_scale import mel_triangles
from crossmodal.sound.segmentation import find_loudest, find_word

CHUNK = 32  # clips at once: their windows, 1.6 MB, stay near a core
TIMINGS = ("stretch", "pad", "loudest")
LARGEST, LONGEST_S = 8192, 600.0  # of windows and spectrograms, of what the frames span: a saved model may ask for any


@dataclass(frozen=True)
class LogMel:
    """All parameters of the front end; a saved model carries them.

    Values are decibels relative to the clip's loudest mel band, from -dynamic_range_db (0.0) to 0 (1.0).
    """

    sample_rate: int = 8000  # Hz
    n_fft: int = 256  # samples of one Hann window: 32 ms
    n_frames: int = 48
    n_mels: int = 48
    fmin: float = 60.0  # Hz, lower edge of the first mel band
    fmax: float = 4000.0  # Hz, upper edge of the last
    dynamic_range_db: float = 60.0
    trim_db: float = 40.0  # leading and trailing audio this far below the loudest 10 ms is cut
    timing: Literal["stretch", "pad", "loudest"] = "stretch"
    pad_duration_s: float = 1.0  # what the frames span unless timing is "stretch"
    find_word: bool = False  # take of each clip its word alone, see `segmentation.find_word`

    def __post_init__(self):
        if self.timing not in TIMINGS:
            raise ValueError(f"timing is one of {', '.join(TIMINGS)}, not {self.timing!r}.")
        sizes = (self.n_fft, self.n_frames, self.n_mels)
        if not all(isinstance(size, int) and 2 <= size <= LARGEST for size in sizes):
            raise ValueError(f"n_fft, n_frames and n_mels are whole numbers from 2 to {LARGEST}, not {sizes}.")
        if not 0 <= self.fmin < self.fmax <= self.sample_rate / 2:
            raise ValueError(f"fmin and fmax lie within 0 and {self.sample_rate / 2:g} Hz, not {self.fmin, self.fmax}.")
        if not (self.dynamic_range_db > 0 and self.trim_db > 0 and 0 < self.pad_duration_s <= LONGEST_S):
            raise ValueError(f"the ranges in dB are positive, and pad_duration_s is one of up to {LONGEST_S:g} s.")
        if self.timing != "stretch" and self.n_fft > int(self.pad_duration_s * self.sample_rate):
            raise ValueError(f"a window of {self.n_fft} samples is longer than pad_duration_s.")

    @property
    def shape(self) -> tuple[int, int]:
        """(frames, mels) of a spectrogram."""
        return self.n_frames, self.n_mels

    @property
    def whole(self) -> bool:
        """Whether a recording is one sound, of which the loudest stretch is heard; else it is cut into its words."""
        return self.timing == "loudest"

    def get_config(self) -> dict:
        return asdict(self)


@lru_cache(maxsize=8)
def mel_filterbank(config: LogMel) -> np.ndarray:
    """(n_fft/2 + 1, n_mels) float32, see `mel_triangles`, transposed."""
    return np.ascontiguousarray(
        mel_triangles(config.sample_rate, config.n_fft, config.n_mels, config.fmin, config.fmax).T
    )


@lru_cache(maxsize=8)
def hann(n_fft: int) -> np.ndarray:
    """(n_fft,) float32 periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


def trim_silence(waveforms: Sequence[np.ndarray], sample_rate: int, trim_db: float) -> list[np.ndarray]:
    """Cut leading and trailing 10 ms blocks of each clip whose energy lies `trim_db` below its loudest block's.

    Returns views (samples,); clips of less than 10 ms, and what follows the last whole block, are left alone.
    """
    block = max(sample_rate // 100, 1)
    n_blocks = np.array([len(waveform) // block for waveform in waveforms])
    long = np.flatnonzero(n_blocks)
    trimmed = list(waveforms)
    if len(long) == 0:
        return trimmed
    n_blocks = n_blocks[long]
    whole = np.concatenate([waveforms[i][: n * block] for i, n in zip(long.tolist(), n_blocks, strict=True)])
    energy = np.square(whole).reshape(-1, block).sum(axis=1)
    first = np.cumsum(n_blocks) - n_blocks
    loudest = np.maximum.reduceat(energy, first)
    index = np.arange(len(energy)) - np.repeat(first, n_blocks)
    loud = energy >= np.repeat(loudest * 10 ** (-trim_db / 10), n_blocks)
    begin = np.minimum.reduceat(np.where(loud, index, len(index)), first) * block
    last = np.maximum.reduceat(np.where(loud, index, -1), first) + 1
    for i, start, stop, n in zip(long.tolist(), begin.tolist(), last.tolist(), n_blocks.tolist(), strict=True):
        trimmed[i] = waveforms[i][start : None if stop == n else stop * block]
    return trimmed


def spoken(waveforms: Sequence[np.ndarray], config) -> list[np.ndarray]:
    """What of each clip is heard: its word alone, if asked for, without the silence around it.

    Args:
        waveforms: clips, each (samples,) float.
        config: a front end, with `sample_rate`, `find_word` and `trim_db`.

    Returns:
        float32 views (samples,).

    Raises:
        AudioError: a clip is empty or holds a value that is not finite.
    """
    waveforms = [np.asarray(waveform, np.float32) for waveform in waveforms]
    for i, waveform in enumerate(waveforms):
        if waveform.ndim != 1 or len(waveform) == 0 or not np.isfinite(waveform @ waveform):
            raise AudioError(f"Clip {i} must be a non-empty, finite array (samples,): check it with read_audio.")
    if config.find_word:
        waveforms = [waveform[slice(*find_word(waveform, config.sample_rate))] for waveform in waveforms]
    return trim_silence(waveforms, config.sample_rate, config.trim_db)


def fit_length(waveform: np.ndarray, config: LogMel) -> np.ndarray:
    """Make a clip as long as the frames span: at least one window, or exactly `pad_duration_s`."""
    least = config.n_fft
    if config.timing != "stretch":
        least = int(config.pad_duration_s * config.sample_rate)
        start, stop = find_loudest(waveform, least) if config.timing == "loudest" else (0, least)
        waveform = waveform[start:stop]
    return np.pad(waveform, (0, least - len(waveform))) if len(waveform) < least else waveform


def windows_per_frame(samples: int, config: LogMel) -> int:
    """1, or as many as it takes to leave no gap between the windows of a clip so long; their power is averaged."""
    hop = (samples - config.n_fft) / (config.n_frames - 1)
    return max(int(np.ceil(hop / (config.n_fft / 2))), 1)


def frame(waveforms: Sequence[np.ndarray], windows_per_frame: int, config: LogMel) -> np.ndarray:
    """(clips, n_frames * windows_per_frame, n_fft): windows evenly from the first sample to the last."""
    lengths = np.array([len(waveform) for waveform in waveforms])
    share = np.linspace(0, 1, config.n_frames * windows_per_frame)
    starts = np.rint((lengths - config.n_fft)[:, None] * share).astype(np.int64)
    starts += (np.cumsum(lengths) - lengths)[:, None]
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate(waveforms), config.n_fft)
    return windows[starts.ravel()].reshape(*starts.shape, config.n_fft)  # indexed in 1-D: numpy's fast path


def mel_power(waveforms: Sequence[np.ndarray], windows_per_frame: int, config: LogMel) -> np.ndarray:
    """(clips, frames, mels) float32 mel-band power of clips at `config.sample_rate`, untrimmed."""
    windows = frame(waveforms, windows_per_frame, config)
    windows *= hann(config.n_fft)
    parts = scipy.fft.rfft(windows, axis=-1).view(np.float32)  # real and imaginary parts in turn
    parts = np.square(parts, out=parts).reshape(-1, parts.shape[-1])
    power = parts @ np.repeat(mel_filterbank(config), 2, axis=0)
    return power.reshape(len(waveforms), config.n_frames, windows_per_frame, config.n_mels).mean(axis=2)


def log_mel(waveforms: Sequence[np.ndarray], config: LogMel | None = None) -> np.ndarray:
    """Spectrograms of a batch of clips.

    Args:
        waveforms: clips, each (samples,) float in any amplitude, at `config.sample_rate`.
        config: the front end; the default one if None.

    Returns:
        (clips, frames, mels) float32 in [0, 1].

    Raises:
        AudioError: a clip is empty or holds a value that is not finite.
    """
    return log_mel_and_durations(waveforms, config)[0]


def log_mel_and_durations(
    waveforms: Sequence[np.ndarray], config: LogMel | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """What `log_mel` returns, and how long each clip is that its frames span: (clips,) float32, in seconds."""
    config = config or LogMel()
    spectrograms = np.zeros((len(waveforms), *config.shape), np.float32)
    if not len(waveforms):
        return spectrograms, np.zeros(0, np.float32)
    waveforms = [fit_length(waveform, config) for waveform in spoken(waveforms, config)]
    durations_s = np.array([len(waveform) for waveform in waveforms], np.float32) / config.sample_rate
    per_frame = np.array([windows_per_frame(len(waveform), config) for waveform in waveforms])
    chunks = []
    for k in np.unique(per_frame):
        alike = np.flatnonzero(per_frame == k)
        chunks += [(int(k), alike[i : i + CHUNK]) for i in range(0, len(alike), CHUNK)]
    mel_filterbank(config)  # made before the threads ask for it

    def work(chunk):
        k, members = chunk
        spectrograms[members] = _decibels(mel_power([waveforms[i] for i in members], k, config), config)

    # two threads for the chunks, none of their own for the products, which are too small to be worth it
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(min(2, len(chunks))) as pool:
        list(pool.map(work, chunks))
    return spectrograms, durations_s


@lru_cache(1)
def _libraries() -> ThreadpoolController:
    """Those of this process whose threads can be counted; to look for them takes longer than to hear a word."""
    return ThreadpoolController()


def _decibels(power: np.ndarray, config: LogMel) -> np.ndarray:
    """(clips, frames, mels) power -> 1 at the clip's maximum, 0 at `dynamic_range_db` below it and lower."""
    loudest = np.maximum(power.max(axis=(1, 2), keepdims=True), 1e-20)
    nepers = np.log(np.maximum(power / loudest, 1e-10))
    nepers *= np.float32(10 / np.log(10) / config.dynamic_range_db)
    return np.maximum(nepers + 1, 0, out=nepers)
