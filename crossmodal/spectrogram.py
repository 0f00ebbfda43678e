"""48x48 log-mel spectrograms, the one front end of training, evaluation and a user's own file.

waveform (samples,) -> silence trimmed -> power spectra (frames, n_fft/2 + 1) -> mel bands -> decibels
below the clip's own maximum -> values in [0, 1] -> (frames, mels) float32.

Time is stretched: the frames lie evenly over the whole clip, however long it is. `timing="pad"` instead
places frames of a fixed hop over `pad_duration_s` seconds, cutting or filling with silence.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from crossmodal.errors import AudioError


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
    timing: Literal["stretch", "pad"] = "stretch"
    pad_duration_s: float = 1.0  # what the frames span when timing is "pad"

    def __post_init__(self):
        if self.timing not in ("stretch", "pad"):
            raise ValueError(f'timing is "stretch" or "pad", not {self.timing!r}.')

    def get_config(self) -> dict:
        return asdict(self)


@lru_cache(maxsize=8)
def mel_filterbank(config: LogMel) -> np.ndarray:
    """(n_fft/2 + 1, n_mels) float32 Slaney-style triangles, area-normalised: librosa's, transposed."""
    import librosa

    filters = librosa.filters.mel(
        sr=config.sample_rate, n_fft=config.n_fft, n_mels=config.n_mels, fmin=config.fmin, fmax=config.fmax
    )
    return np.ascontiguousarray(filters.T, dtype=np.float32)


@lru_cache(maxsize=8)
def hann(n_fft: int) -> np.ndarray:
    """(n_fft,) float32 periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


def trim_silence(waveform: np.ndarray, sample_rate: int, trim_db: float) -> np.ndarray:
    """Cut leading and trailing 10 ms blocks whose energy lies `trim_db` below the loudest block's."""
    block = max(sample_rate // 100, 1)
    n_blocks = len(waveform) // block
    if n_blocks < 3:
        return waveform
    energy = np.square(waveform[: n_blocks * block]).reshape(n_blocks, block).sum(axis=1)
    loud = np.flatnonzero(energy > energy.max() * 10 ** (-trim_db / 10))
    if len(loud) == 0:
        return waveform
    end = len(waveform) if loud[-1] == n_blocks - 1 else (loud[-1] + 1) * block
    return waveform[loud[0] * block : end]


def frame(waveform: np.ndarray, config: LogMel) -> np.ndarray:
    """(n_frames, k, n_fft) windows of one clip.

    k > 1 where the clip is so long that the windows of neighbouring frames would leave gaps: k windows
    then share a frame, and their power is averaged.
    """
    if config.timing == "pad":
        span = int(config.pad_duration_s * config.sample_rate)
        waveform = np.pad(waveform[:span], (0, max(span - len(waveform), 0)))
    waveform = np.pad(waveform, (0, max(config.n_fft - len(waveform), 0)))
    last = len(waveform) - config.n_fft
    k = max(int(np.ceil(last / (config.n_frames - 1) / (config.n_fft / 2))), 1)
    starts = np.rint(np.linspace(0, last, config.n_frames * k)).astype(np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(waveform, config.n_fft)
    return windows[starts].reshape(config.n_frames, k, config.n_fft)


def mel_power(waveforms: Sequence[np.ndarray], config: LogMel) -> np.ndarray:
    """(clips, frames, mels) float32 mel-band power of clips at `config.sample_rate`, untrimmed."""
    power = np.empty((len(waveforms), config.n_frames, config.n_fft // 2 + 1), np.float32)
    window = hann(config.n_fft)
    for i, waveform in enumerate(waveforms):
        spectrum = np.fft.rfft(frame(waveform, config) * window, axis=-1)
        power[i] = np.mean(spectrum.real**2 + spectrum.imag**2, axis=1)
    return power @ mel_filterbank(config)


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
    config = config or LogMel()
    for i, waveform in enumerate(waveforms):
        if np.ndim(waveform) != 1 or len(waveform) == 0 or not np.isfinite(waveform).all():
            raise AudioError(f"Clip {i} must be a non-empty, finite array (samples,): check it with read_audio.")
    trimmed = [trim_silence(np.asarray(w, np.float32), config.sample_rate, config.trim_db) for w in waveforms]
    power = mel_power(trimmed, config)
    floor = np.maximum(power.max(axis=(1, 2), keepdims=True), 1e-20)
    decibels = 10 * np.log10(np.maximum(power / floor, 1e-10))
    return np.clip(1 + decibels / config.dynamic_range_db, 0, 1).astype(np.float32)
