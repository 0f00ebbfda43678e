"""The filter banks behind the texture statistics, as arrays over the frequencies of a real FFT.

Constants and shapes follow the Sound Texture Synthesis Toolbox of McDermott & Simoncelli (Neuron 71, 2011).
Every bank is a float64 array (bands, length // 2 + 1) of amplitude responses in 0..1, applied by multiplying a
spectrum: filtering is circular. Lengths are in samples, frequencies in Hz.
"""

from functools import lru_cache

import numpy as np

SAMPLE_RATE = 20_000  # Hz, of the waveform
ENVELOPE_RATE = 400  # Hz, of the envelopes
HOP = SAMPLE_RATE // ENVELOPE_RATE  # samples per envelope frame
COCHLEAR_BANDS = 30  # between 20 Hz and 10 kHz; a low-pass and a high-pass make 32 channels
MODULATION_BANDS = 20  # constant Q, 0.5 to 200 Hz
MODULATION_Q = 2.0


def erb_from_hz(frequency):
    """Number of equivalent rectangular bandwidths below a frequency in Hz (Glasberg & Moore 1990)."""
    return 9.265 * np.log1p(np.asarray(frequency) / (24.7 * 9.265))


def hz_from_erb(erb):
    """Inverse of `erb_from_hz`."""
    return 24.7 * 9.265 * np.expm1(np.asarray(erb) / 9.265)


def half_cosine(position: np.ndarray, low: float, high: float) -> np.ndarray:
    """One lobe of a cosine: 0 at `low` and `high`, 1 halfway, 0 outside."""
    phase = (position - (low + high) / 2) / (high - low)
    return np.where(np.abs(phase) < 0.5, np.cos(np.pi * phase), 0.0)


@lru_cache(maxsize=4)
def cochlear_filters(length: int) -> np.ndarray:
    """The (32, length // 2 + 1) cochlear bank of a waveform of `length` samples; squared responses sum to 1."""
    erb = erb_from_hz(np.fft.rfftfreq(length, 1 / SAMPLE_RATE))
    edges = np.linspace(erb_from_hz(20.0), erb_from_hz(SAMPLE_RATE / 2), COCHLEAR_BANDS + 2)
    bands = np.stack([half_cosine(erb, low, high) for low, high in zip(edges[:-2], edges[2:], strict=True)])
    rest = np.sqrt(np.clip(1 - np.sum(bands**2, axis=0), 0, 1))  # what the half-cosines leave at both ends
    low_pass, high_pass = np.where(erb < edges[1], rest, 0), np.where(erb > edges[-2], rest, 0)
    return np.concatenate([low_pass[None], bands, high_pass[None]])


@lru_cache(maxsize=4)
def modulation_filters(frames: int) -> np.ndarray:
    """The (20, frames // 2 + 1) constant-Q bank of an envelope: linear half-cosines from f - f/Q to f + f/Q.

    Scaled so that the squared responses sum to 1 on average between the fourth and the fourth-last centre.
    """
    frequency = np.fft.rfftfreq(frames, 1 / ENVELOPE_RATE)
    centres = np.geomspace(0.5, ENVELOPE_RATE / 2, MODULATION_BANDS)
    bands = np.stack([half_cosine(frequency, c - c / MODULATION_Q, c + c / MODULATION_Q) for c in centres])
    middle = (frequency >= centres[3]) & (frequency <= centres[-4])
    return bands / np.sqrt(np.mean(np.sum(bands[:, middle] ** 2, axis=0)))


@lru_cache(maxsize=4)
def octave_filters(frames: int) -> np.ndarray:
    """The (7, frames // 2 + 1) octave bank of an envelope, centres 1.5625 to 100 Hz, for C1 (the last 6) and C2."""
    frequency = np.fft.rfftfreq(frames, 1 / ENVELOPE_RATE)
    octave = np.log2(np.maximum(frequency, 1e-9))
    centres = np.log2(ENVELOPE_RATE / 4) - np.arange(6, -1, -1)
    return np.stack([half_cosine(octave, c - 1, c + 1) for c in centres])


@lru_cache(maxsize=4)
def fade_window(frames: int) -> np.ndarray:
    """Weights (frames,), summing to 1: raised cosines over the first and the last second, flat between.

    The toolbox's fades take n/(n + 1) s in a clip of n seconds; a clip under two seconds is all fade.
    """
    ramp = min(ENVELOPE_RATE, frames // 2)
    rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(1, ramp + 1) / ramp)
    window = np.concatenate([rise, np.ones(frames - 2 * ramp), rise[::-1]])
    return window / window.sum()
