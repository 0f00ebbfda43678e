"""Did a synthesis copy its reference? Correlations at every lag, beside what the reference's own halves reach.

Statistics cannot tell a new sound from a shuffled recording, so a score is worth nothing without this beside it.
Signals are whitened first: loud tones correlate however independent two takes are. A high maximum alone proves little
either (sparse events are alike), so what makes a copy is a long stretch found at one lag. Time-reversed copies escape
correlation, hence a second search in the reversed reference; copies at another speed are not searched for.

Waveforms are float arrays (samples,) at 20 kHz, at least a second long; correlations are normalised, -1 to 1.
"""

from itertools import combinations

import numpy as np
import scipy.fft

from crossmodal.sound.long_term import LOWEST_HZ, long_term_density
from evaluation.texture.filters import SAMPLE_RATE

PIECES_S = (0.1, 0.25, 0.5)
STRETCH_S = 0.25  # found at one lag: a copy, unless the reference's own halves share nearly as much
HALVES_MARGIN = 1.5  # a copy shares this many times as long a stretch as the halves do
SELF_S = 20.0  # how much of a long draw is searched for loops and for other draws
_WINDOW_S, _HOP_S = 0.1, 0.025  # of the local correlation along one lag
_VERBATIM = 0.5  # local correlation that counts as the same sound; independent white noise has 0 +- 0.025
_FLOOR_DB = -40.0  # of the spectrum below its maximum: what is weaker is not lifted to white


def whiten(waveform: np.ndarray) -> np.ndarray:
    """Divide a waveform's spectrum by its long-term magnitude (20 Hz resolution, zero phase); what cannot be heard is
    removed, an offset above all: float32 (samples,)."""
    frequency, density = long_term_density(waveform, SAMPLE_RATE, _FLOOR_DB)
    bins = scipy.fft.rfftfreq(len(waveform), 1 / SAMPLE_RATE)
    gain = np.where(bins < LOWEST_HZ, 0.0, 1 / np.sqrt(np.interp(bins, frequency, density)))
    return scipy.fft.irfft(scipy.fft.rfft(waveform) * gain, len(waveform)).astype(np.float32)


def piece_correlations(
    waveform: np.ndarray, other: np.ndarray, piece_s: float, exclude_s: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Hold pieces of a waveform, half overlapping, against another waveform at every lag.

    Args:
        piece_s: length of a piece; neither waveform may be shorter.
        exclude_s: positions nearer than this to the piece's own are skipped (for a waveform against itself).

    Returns:
        (pieces,) the highest correlation of each, and (pieces,) its lag in samples: waveform[n] ~ other[n + lag].
    """
    length = round(piece_s * SAMPLE_RATE)
    near = round(exclude_s * SAMPLE_RATE)
    size = scipy.fft.next_fast_len(len(other), real=True)
    spectrum = scipy.fft.rfft(np.asarray(other, np.float32), size)
    energy = _moving_sum(np.square(other), length)
    norm = np.sqrt(np.maximum(energy, 1e-6 * energy.max() + 1e-30))
    starts = range(0, len(waveform) - length + 1, length // 2)
    best, lags = np.zeros(len(starts)), np.zeros(len(starts), int)
    for i, start in enumerate(starts):
        piece = np.asarray(waveform[start : start + length], np.float32)
        products = scipy.fft.irfft(np.conj(scipy.fft.rfft(piece, size)) * spectrum, size)
        correlation = products[: len(norm)] / (norm * (np.linalg.norm(piece) + 1e-15))
        if near:
            correlation[max(0, start - near + 1) : start + near] = -1.0
        position = np.argmax(correlation)
        best[i], lags[i] = correlation[position], position - start
    return best, lags


def longest_stretch(waveform: np.ndarray, other: np.ndarray, exclude_s: float = 0.0) -> float:
    """Seconds of the longest stretch of a waveform that is found in another at one lag. Both whitened."""
    best, lags = piece_correlations(waveform, other, STRETCH_S, exclude_s)
    window, hop = round(_WINDOW_S * SAMPLE_RATE), round(_HOP_S * SAMPLE_RATE)
    longest = 0
    for lag in np.unique(lags[best > _VERBATIM / 2]):  # half a piece may belong to the stretch
        start, stop = max(0, -lag), min(len(waveform), len(other) - lag)
        a, b = waveform[start:stop], other[start + lag : stop + lag]
        ab, aa, bb = (_moving_sum(product, window)[::hop] for product in (a * b, a * a, b * b))
        run = _longest_run(ab > _VERBATIM * np.sqrt(aa * bb) + 1e-30)
        longest = max(longest, (run - 1) * hop + window if run else 0)
    return longest / SAMPLE_RATE


def halves_report(reference: np.ndarray) -> dict:
    """What two independent takes share: the reference's second half held against its first.

    Returns:
        dict: `correlation` (see `copy_report`), `stretch_s`, `reversed_stretch_s`, and `self_stretch_s`, the longest
        stretch that the reference repeats.
    """
    white = whiten(reference)
    middle = len(reference) // 2
    first, second = white[:middle], white[middle:]
    return {
        "correlation": _correlations(reference[middle:], reference[:middle], second, first),
        "stretch_s": longest_stretch(second, first),
        "reversed_stretch_s": longest_stretch(second, first[::-1].copy()),
        "self_stretch_s": _self_stretch(white),
    }


def copy_report(reference: np.ndarray, synthesis: np.ndarray, halves: dict | None = None) -> dict:
    """Search a synthesis for copies of its reference and for loops.

    Args:
        reference, synthesis: waveforms (samples,).
        halves: `halves_report(reference)`, if it is at hand.

    Returns:
        dict: `copied` and `loops` (bool); `stretch_s`, `reversed_stretch_s`: longest stretch found in the reference
        and in the reversed reference; `self_stretch_s`: longest stretch that the synthesis repeats; `correlation`:
        {"whitened" or "raw": {"100 ms", "250 ms" or "500 ms": {"median", "maximum"} over the pieces}}.
    """
    halves = halves or halves_report(reference)
    white, white_reference = whiten(synthesis), whiten(reference)
    report = {
        "stretch_s": longest_stretch(white, white_reference),
        "reversed_stretch_s": longest_stretch(white, white_reference[::-1].copy()),
        "self_stretch_s": _self_stretch(white),
    }
    verbatim = {name: stretch >= stretch_limit(halves[name]) for name, stretch in report.items()}
    return {
        "copied": verbatim["stretch_s"] or verbatim["reversed_stretch_s"],
        "loops": verbatim["self_stretch_s"],
        **report,
        "correlation": _correlations(synthesis, reference, white, white_reference),
    }


def draws_report(draws: list[np.ndarray], halves: dict) -> list[dict]:
    """Do draws differ from each other as the reference's halves (`halves_report`) do?

    Returns:
        list of dict, one per pair: `pair`: two indices; `distance`: 1 - the median whitened correlation of 250 ms
        pieces; `halves_distance`; `stretch_s`: longest stretch that both contain; `alike` (bool).
    """
    whites = [whiten(draw)[: round(SELF_S * SAMPLE_RATE)] for draw in draws]
    halves_distance = 1 - halves["correlation"]["whitened"]["250 ms"]["median"]
    report = []
    for i, j in combinations(range(len(draws)), 2):
        correlation, _ = piece_correlations(whites[i], whites[j], 0.25)
        stretch = longest_stretch(whites[i], whites[j])
        report.append(
            {
                "pair": (i, j),
                "distance": 1 - float(np.median(correlation)),
                "halves_distance": halves_distance,
                "stretch_s": stretch,
                "alike": stretch >= stretch_limit(halves["stretch_s"]),
            }
        )
    return report


def stretch_limit(halves_stretch_s: float) -> float:
    """Seconds from which on a shared stretch is no accident, given what independent halves share."""
    return max(STRETCH_S, HALVES_MARGIN * halves_stretch_s)


def _correlations(waveform, other, white, white_other):
    report = {"whitened": {}, "raw": {}}
    for piece_s in PIECES_S:
        for name, a, b in (("whitened", white, white_other), ("raw", waveform, other)):
            best, _ = piece_correlations(a, b, piece_s)
            report[name][f"{1000 * piece_s:.0f} ms"] = {"median": float(np.median(best)), "maximum": float(best.max())}
    return report


def _self_stretch(white):
    white = white[: round(SELF_S * SAMPLE_RATE)]
    return longest_stretch(white, white, exclude_s=STRETCH_S)


def _moving_sum(x, window):
    total = np.concatenate([[0.0], np.cumsum(x, dtype=np.float64)])
    return total[window:] - total[:-window]


def _longest_run(flags):
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return int(np.max(edges[1::2] - edges[::2], initial=0))
