"""Digit error rate: strings of words without pauses, what is found of them and what is read in their drawings.

The error rate of a string is its edit distance (Levenshtein 1966), substitutions + insertions + deletions, over the
words that were said. People are the sampling unit of the intervals.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from crossmodal.data.noises import excerpt
from crossmodal.data.sources import Speech
from crossmodal.data.strings import WordString, make_strings
from crossmodal.drawing import digit_transcriber, words_in
from crossmodal.reader import Reader
from crossmodal.sound import conditions
from crossmodal.sound.front_ends import front_end_from, hear
from crossmodal.sound.segmentation import split_words
from evaluation.checks import check_drawings
from evaluation.intervals import ratio_of

STRINGS = 1000
LENGTHS = (3, 7)  # words of a string
SNR_DB = 10.0  # of the noisy strings
PINK = 1.0  # exponent of the noise where none is recorded


@dataclass(frozen=True)
class ErrorRate:
    """Errors over words said, and its 95 % interval from a bootstrap over people."""

    rate: float
    interval_95: tuple[float, float]
    substitutions: int
    insertions: int
    deletions: int


@dataclass(frozen=True)
class Strings:
    """What was measured.

    strings, words, people: how many there were, and by how many people.
    noise:                  names of the recordings of noise; none where it was made (pink).
    error_rates:            name -> `ErrorRate`, such as "transcribed, clean".
    """

    seed: int
    strings: int
    words: int
    people: int
    noise: list[str]
    error_rates: dict[str, ErrorRate]

    def to_json(self) -> dict:
        return {"string_errors": asdict(self)}

    @classmethod
    def from_json(cls, figures: dict) -> "Strings":
        record = figures["string_errors"]
        return cls(**{**record, "error_rates": {name: ErrorRate(**of) for name, of in record["error_rates"].items()}})


def edits(said, found) -> tuple[int, int, int]:
    """(substitutions, insertions, deletions) of the fewest edits that make `found` of `said`."""
    table = [[(j, 0, j, 0) for j in range(len(found) + 1)]]  # all, substitutions, insertions, deletions
    for i, word in enumerate(said, 1):
        row = [(i, 0, 0, i)]
        for j, other in enumerate(found, 1):
            total, s, n, d = table[-1][j - 1]
            ways = [(total + (word != other), s + (word != other), n, d)]
            total, s, n, d = row[-1]
            ways.append((total + 1, s, n + 1, d))
            total, s, n, d = table[-1][j]
            ways.append((total + 1, s, n, d + 1))
            row.append(min(ways, key=lambda way: way[0]))
        table.append(row)
    return table[-1][-1][1:]


def error_rate(said: list, found: list, people: np.ndarray, *, seed: int = 0) -> ErrorRate:
    """The error rate of strings.

    Args:
        said, found: a sequence of classes for each string.
        people: (strings,) who says each.
    """
    counts = np.array([edits(list(a), list(b)) for a, b in zip(said, found, strict=True)])
    errors, words = counts.sum(axis=1), np.array([len(a) for a in said])
    rate = ratio_of(errors, words, people, seed)
    return ErrorRate(rate.mean, rate.interval_95, *counts.sum(axis=0).tolist())


def with_noise(strings: list[WordString], noises: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """The strings' waveforms in noise, `SNR_DB` below the words."""
    noisy = []
    for i, string in enumerate(strings):
        rng = np.random.default_rng([seed, 8, i])
        samples = len(string.waveform)
        if noises:
            noise = excerpt(noises[rng.integers(len(noises))], samples, rng)
        else:
            noise = conditions.coloured_noise(samples, PINK, rng)
        inside = np.zeros(samples, bool)
        for start, stop in string.spans:
            inside[start:stop] = True
        noisy.append(conditions.add_noise(string.waveform, noise, SNR_DB, conditions.rms(string.waveform[inside])))
    return noisy


def measure_strings(
    ways: dict[str, Callable], speech: Speech, clips: np.ndarray, *, count: int, seed: int = 0, noises=None
) -> Strings:
    """The error rates of several ways to hear the same strings, clean and in noise.

    Args:
        ways: name -> a function waveform (samples,) -> the classes that it finds, in their order.
        clips: those of `speech` that strings are made of, of people who did not train.
        count: of the strings.
        noises: recordings of noise by name, at the source's sample rate; pink noise is made if None.
    """
    strings, people = make_strings(speech, clips, count, LENGTHS, seed)
    said = [string.labels.tolist() for string in strings]
    noisy = with_noise(strings, list((noises or {}).values()), seed)
    error_rates = {}
    for condition, waveforms in (("clean", [s.waveform for s in strings]), (f"noise at {SNR_DB:g} dB", noisy)):
        for name, way in ways.items():
            found = [list(way(waveform)) for waveform in waveforms]
            error_rates[f"{name}, {condition}"] = error_rate(said, found, people, seed=seed)
    return Strings(seed, count, sum(map(len, said)), len(np.unique(people)), sorted(noises or {}), error_rates)


def measure_drawn_strings(
    model, speech: Speech, clips: np.ndarray, *, reader: Reader, count: int, seed: int = 0, noises=None
) -> Strings:
    """The error rates of what is read in a model's drawings, of words found as `crossmodal.draw_speech` finds them and
    of words cut at pauses, and those of the words that the transcriber found.

    Args:
        model: an `AudioImageModel` that draws digits.
    """
    front_end = replace(front_end_from(model.front_end), find_word=False)  # they are found
    rate = front_end.sample_rate

    def read(waveform, words):
        images, _ = model.generate(hear([waveform[start:stop] for start, stop in words], front_end), samples=0)
        return reader.labels(check_drawings(images, reader.image_shape)).tolist()

    ways = {
        "drawn": lambda waveform: read(waveform, words_in(waveform, rate, model.classes)[0]),
        "drawn, cut at pauses": lambda waveform: read(waveform, split_words(waveform, rate)),
        "transcribed": lambda waveform: [k for _, _, k in digit_transcriber().transcribe(waveform)],
    }
    return measure_strings(ways, speech, clips, count=count, seed=seed, noises=noises)


def measure_transcriber(model, speech: Speech, clips: np.ndarray, *, count: int, seed: int = 0, noises=None) -> Strings:
    """The error rates of a `Transcriber`'s own words."""
    ways = {"transcribed": lambda waveform: [k for _, _, k in model.transcribe(waveform)]}
    return measure_strings(ways, speech, clips, count=count, seed=seed, noises=noises)


def as_table(measured: Strings) -> str:
    """The figures as text for a terminal."""
    noise = f"{len(measured.noise)} recordings" if measured.noise else "pink noise"
    lines = [f"word error rate of {measured.strings} strings, {measured.words} words by {measured.people} people"]
    lines += [f"  (95 % interval: bootstrap over people; noise: {noise})"]
    for name, figure in measured.error_rates.items():
        low, high = figure.interval_95
        parts = f"{figure.substitutions} substituted, {figure.insertions} inserted, {figure.deletions} left out"
        lines.append(f"  {name:<40}{figure.rate:7.2%}   {low:.2%} to {high:.2%}   {parts}")
    return "\n".join(lines)
