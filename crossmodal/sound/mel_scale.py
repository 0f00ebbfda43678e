"""Slaney's mel scale and its triangles (M. Slaney, Auditory Toolbox, 1998), as librosa has them: 3 mels for 200 Hz up
to 1 kHz, above it 27 mels for each factor of 6.4."""

import numpy as np

HZ_PER_MEL = 200.0 / 3
BREAK_HZ = 1000.0
BREAK_MEL = BREAK_HZ / HZ_PER_MEL
LOG_STEP = np.log(6.4) / 27.0


def mel_of(frequency_hz: float) -> float:
    """A frequency in Hz on the mel scale."""
    if frequency_hz < BREAK_HZ:
        return frequency_hz / HZ_PER_MEL
    return float(BREAK_MEL + np.log(frequency_hz / BREAK_HZ) / LOG_STEP)


def hz_of(mels: np.ndarray) -> np.ndarray:
    """The inverse of `mel_of`, of an array."""
    above = BREAK_HZ * np.exp(LOG_STEP * (np.maximum(mels, BREAK_MEL) - BREAK_MEL))
    return np.where(mels < BREAK_MEL, HZ_PER_MEL * mels, above)


def mel_triangles(sample_rate: int, n_fft: int, n_mels: int, fmin: float, fmax: float) -> np.ndarray:
    """(n_mels, n_fft/2 + 1) float32 triangles over the bins of a spectrum, each from its left neighbour's centre to its
    right one's, of the area 2 mel bands / bandwidth in Hz; the centres are evenly spaced in mels from fmin to fmax."""
    edges = hz_of(np.linspace(mel_of(fmin), mel_of(fmax), n_mels + 2))
    away = np.subtract.outer(edges, np.fft.rfftfreq(n_fft, 1.0 / sample_rate))
    width = np.diff(edges)[:, None]
    triangles = np.maximum(0, np.minimum(-away[:-2] / width[:-1], away[2:] / width[1:])).astype(np.float32)
    return triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None].astype(np.float32)
