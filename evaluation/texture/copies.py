"""Did a synthesis copy its reference? Correlations at every lag, beside what the reference's own halves reach.

Statistics alone cannot tell a new sound from a shuffled recording, so every score needs this one beside it.
Signals are whitened first: a tonal texture correlates with itself however independent its takes are. A high maximum
alone proves little either (sparse events are alike), hence the question for a copy is how long a stretch is found at
one lag. All inputs are float arrays (samples,) at 20 kHz; correlations are normalised, -1..1, times in seconds.
"""

import numpy as np
import scipy.fft
import scipy.signal

from evaluation.texture.filters import SAMPLE_RATE

PIECES_S = (0.1, 0.25, 0.5)
STRETCH_S = 0.25  # found verbatim at one lag: a copy
_SEARCH_S = 0.25  # pieces whose best lags are followed up
_WINDOW_S, _HOP_S = 0.1, 0.025  # of the local correlation along one lag
_VERBATIM = 0.5  # local correlation that counts as the same sound; whitened noise gives 0 +- 0.025
_FLOOR_DB = -60.0  # of the spectrum, below its maximum, that whitening does not lift


def whiten(waveform):
    """Divide a waveform's spectrum by its long-term magnitude (20 Hz resolution, zero phase): (samples,)."""
    frequency, psd = scipy.signal.welch(waveform, SAMPLE_RATE, nperseg=min(1024, len(waveform)))
    spectrum = scipy.fft.rfft(waveform)
    psd = np.maximum(psd, psd.max() * 10 ** (_FLOOR_DB / 10))
    spectrum /= np.sqrt(np.interp(scipy.fft.rfftfreq(len(waveform), 1 / SAMPLE_RATE), frequency, psd))
    return scipy.fft.irfft(spectrum, len(waveform)).astype(np.float32)


def piece_correlations(waveform, other, piece_s, exclude_s=0.0):
    """Correlate pieces of a waveform, half overlapping, with another at every lag.

    `exclude_s` > 0 skips positions closer than that to the piece's own, for a waveform held against itself.

    Returns:
        correlations (pieces,), each the highest over lags, and lags (pieces,) in samples: waveform[n] ~ other[n + lag].
    """
    length = round(piece_s * SAMPLE_RATE)
    starts = np.arange(0, len(waveform) - length + 1, length // 2)
    positions = len(other) - length + 1
    size = scipy.fft.next_fast_len(len(other), real=True)
    energy = np.concatenate([[0.0], np.cumsum(np.square(other, dtype=np.float64))])
    norm = np.sqrt(np.maximum(energy[length:] - energy[:-length], 1e-6 * energy[-1] * length / len(other)))
    spectrum = scipy.fft.rfft(np.asarray(other, np.float32), size)
    best, lags = np.zeros(len(starts)), np.zeros(len(starts), int)
    for i, start in enumerate(starts):
        piece = np.asarray(waveform[start : start + length], np.float32)
        product = scipy.fft.irfft(np.conj(scipy.fft.rfft(piece, size)) * spectrum, size)[:positions] 
        correlation = product / (norm * (np.linalg.norm(piece) + 1e-12))
        if exclude_s:
            near = round(exclude_s * SAMPLE_RATE)
            correlation[max(0, start - near) : start + near] = -1.0
        lags[i] = np.argmax(correlation) - start
        best[i] = correlation[lags[i] + start]
    return best, lags


def longest_stretch(waveform, other, exclude_s=0.0):
    """Longest stretch of a waveform found in another at one lag, in seconds; give both whitened."""
    best, lags = piece_correlations(waveform, other, _SEARCH_S, exclude_s)
    window, hop = round(_WINDOW_S * SAMPLE_RATE), round(_HOP_S * SAMPLE_RATE)
    longest = 0.0
    for lag in np.unique(lags[best > _VERBATIM / 2]):
        start, stop = max(0, -lag), min(len(waveform), len(other) - lag)
        a, b = waveform[start:stop], other[start + lag : stop + lag]
        sums = [_moving_sum(x, window, hop) for x in (a * b, a * a, b * b)]
        same = sums[0] > _VERBATIM * np.sqrt(sums[1] * sums[2]) + 1e-12
        run = _longest_run(same)
        if run:
            longest = max(longest, ((run - 1) * hop + window) / SAMPLE_RATE)
    return longest


def _moving_sum(x, window, hop):
    total = np.concatenate([[0.0], np.cumsum(x, dtype=np.float64)])
    return (total[window:] - total[:-window])[::hop]


def _longest_run(flags):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return int(np.max(edges[1::2] - edges[::2], initial=0))
