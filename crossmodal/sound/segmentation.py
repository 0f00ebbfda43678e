"""Where the words of a recording are: cut it at its pauses.

The short-time level of the recording is held against two thresholds (after Rabiner & Sambur, "An Algorithm for
Determining the Endpoints of Isolated Utterances", Bell System Technical Journal 54, 1975): a word lies where the level
stays above the lower one and somewhere reaches the higher. Both follow the recording, its loudest sound and the noise
in its pauses. Words that are spoken without a pause between them stay together.
"""

from itertools import pairwise

import numpy as np

from crossmodal.errors import AudioError

FRAME_S, HOP_S = 0.025, 0.010
PRE_EMPHASIS = 0.97  # lifts consonants, lowers hum
SILENCE_DB = 60.0  # below the loudest frame: silence, whatever the noise
WORD_DB = 35.0  # below the loudest frame: what stays under it is no word
LEAST_SPAN_DB = 12.0  # between the noise and the loudest frame of a stretch; where it is less no pause can be told
LOW, HIGH = 0.2, 0.3  # the thresholds, as shares of this span above the noise
WORD_S = 1.0  # a shorter stretch between silences is one word, however quietly it ends
PAUSE_S = 0.15  # a shorter gap is a closure within a word, as in "six" and "eight"
LEAST_S = 0.08  # a shorter sound is a click
STEADY = 5  # frames that lie around a frame, itself included
MARGIN_S = 0.08  # kept before and after a word, for what of it is quieter than the noise


def split_words(waveform: np.ndarray, sample_rate: int, margin_s: float = MARGIN_S) -> list[tuple[int, int]]:
    """The words of a recording in their order.

    Args:
        waveform: (samples,) float, in any amplitude.
        sample_rate: Hz.
        margin_s: kept before and after each word, in seconds.

    Returns:
        (start, stop) of each in samples, disjoint, at least one: a recording in which no pause can be told is one.

    Raises:
        AudioError: the waveform is not (samples,), empty or not finite.
    """
    waveform = np.asarray(waveform)
    if waveform.ndim != 1 or not len(waveform) or not np.isfinite(waveform).all():
        raise AudioError(f"A waveform of shape {waveform.shape} has no words: pass (samples,) finite numbers.")
    level = level_db(waveform, sample_rate)
    loudest = _loudest(level)
    words = [
        (start + offset, stop + offset)
        for offset, end in _stretches(level, loudest - SILENCE_DB, loudest - SILENCE_DB)
        for start, stop in _words_in(level[offset:end])
    ]
    words = [word for word in words if level[slice(*word)].max() > loudest - WORD_DB]
    return _with_margins(words, len(waveform), sample_rate, margin_s) or [(0, len(waveform))]


def find_word(waveform: np.ndarray, sample_rate: int, margin_s: float = MARGIN_S) -> tuple[int, int]:
    """The one word of a recording: of its words that with the most energy.

    Args and errors: see `split_words`.

    Returns:
        (start, stop) in samples.
    """
    words = split_words(waveform, sample_rate, margin_s)
    return max(words, key=lambda word: float(np.square(waveform[slice(*word)], dtype=np.float64).sum()))


def find_loudest(waveform: np.ndarray, samples: int) -> tuple[int, int]:
    """The stretch of a recording with the most energy, the first of several.

    Args:
        waveform: (n,) finite floats.
        samples: how long it is to be; all of a shorter recording is taken.

    Returns:
        (start, stop) in samples.
    """
    if len(waveform) <= samples:
        return 0, len(waveform)
    energy = np.cumsum(np.square(waveform, dtype=np.float64))
    energy = energy[samples - 1 :] - np.append(0.0, energy[:-samples])
    start = int(energy.argmax())
    return start, start + samples


def _words_in(level: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) in frames of the words of a stretch between silences, by its own noise."""
    floor = np.percentile(level, 10)
    span = _loudest(level) - floor
    if span < LEAST_SPAN_DB or len(level) * HOP_S < WORD_S:
        return [(0, len(level))]
    return _stretches(level, floor + LOW * span, floor + HIGH * span)


def _stretches(level: np.ndarray, low: float, high: float) -> list[tuple[int, int]]:
    """(start, stop) in frames of what stays above `low` and reaches `high`; gaps of a closure are closed."""
    stretches: list[tuple[int, int]] = []
    for start, stop in _runs(level > low):
        if level[start:stop].max() < high:
            continue
        if stretches and (start - stretches[-1][1]) * HOP_S < PAUSE_S:
            stretches[-1] = (stretches[-1][0], stop)
        else:
            stretches.append((start, stop))
    return [(start, stop) for start, stop in stretches if (stop - start) * HOP_S >= LEAST_S]


def _loudest(level: np.ndarray) -> float:
    """The level of the loudest frames, not that of a click: of the median of each frame and its neighbours."""
    around = np.pad(level, STEADY // 2, mode="symmetric")
    return float(np.median(np.lib.stride_tricks.sliding_window_view(around, STEADY), axis=-1).max())


def level_db(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """(frames,) RMS of the pre-emphasised waveform in decibels, in frames of 25 ms every 10 ms, centred."""
    frame, hop = round(FRAME_S * sample_rate), round(HOP_S * sample_rate)
    emphasised = np.append(0.0, waveform[1:] - PRE_EMPHASIS * waveform[:-1])
    energy = np.cumsum(np.pad(np.square(emphasised, dtype=np.float64), (frame // 2 + 1, frame)))
    starts = np.arange(0, len(waveform), hop)
    return 10 * np.log10(np.maximum(energy[starts + frame] - energy[starts], 0) / frame + 1e-12)


def _runs(active: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) of each stretch of True."""
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _with_margins(
    words: list[tuple[int, int]], samples: int, sample_rate: int, margin_s: float
) -> list[tuple[int, int]]:
    """Words in frames -> in samples, each with a margin that ends halfway to its neighbour."""
    hop, margin = round(HOP_S * sample_rate), round(margin_s * sample_rate)
    edges = [(start * hop, min(stop * hop, samples)) for start, stop in words]
    halfway = [(left[1] + right[0]) // 2 for left, right in pairwise(edges)]
    limits = zip([0, *halfway], [*halfway, samples], strict=True) if edges else []
    return [
        (max(start - margin, lowest), min(stop + margin, highest))
        for (start, stop), (lowest, highest) in zip(edges, limits, strict=True)
    ]
