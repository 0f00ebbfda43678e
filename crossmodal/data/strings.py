"""Strings of words without pauses, joined from recordings of single words by one speaker.

Of each recording its word is taken, with a little of what surrounds it. Between two words lies a gap, which may be
negative: then one fades into the other. Each word has a level of its own. Where the words lie is known, since they were
put there.
"""

from dataclasses import dataclass

import numpy as np

from crossmodal.data.sources import Speech
from crossmodal.sound.segmentation import find_word

GAP_S = (-0.05, 0.2)  # between two words
LEVEL_DB = 3.0  # standard deviation of a word's level
LEAST_FADE_S = 0.005  # of a word's ends
AROUND_S = (0.0, 0.25)  # of quiet before the first word and after the last


@dataclass(frozen=True)
class WordString:
    """Words that were said one after another.

    waveform: (samples,) float32.
    spans:    (words, 2) int64, where each word starts and stops, in samples.
    labels:   (words,) int64, the class of each.
    """

    waveform: np.ndarray
    spans: np.ndarray
    labels: np.ndarray


def join_words(words: list[np.ndarray], labels, sample_rate: int, rng: np.random.Generator) -> WordString:
    """Words (samples,) as a string, by gaps and levels at random."""
    least = round(LEAST_FADE_S * sample_rate)
    gaps = np.rint(rng.uniform(*GAP_S, len(words)) * sample_rate).astype(int)
    position, starts = round(rng.uniform(*AROUND_S) * sample_rate), []
    for i, word in enumerate(words):
        starts.append(position)
        position = max(position + len(word) + gaps[i], position + 1)
    end = max(start + len(word) for start, word in zip(starts, words, strict=True))
    waveform = np.zeros(end + round(rng.uniform(*AROUND_S) * sample_rate), np.float32)
    for i, (start, word) in enumerate(zip(starts, words, strict=True)):
        loudness = 0.05 / max(float(np.sqrt(np.mean(np.square(word)))), 1e-6) * 10 ** (rng.normal(0, LEVEL_DB) / 20)
        fades = [max(-gap, least) for gap in (gaps[i - 1] if i else 0, gaps[i] if i + 1 < len(words) else 0)]
        waveform[start : start + len(word)] += loudness * faded(word, *fades)
    spans = np.array([(start, start + len(word)) for start, word in zip(starts, words, strict=True)])
    return WordString(waveform, spans, np.asarray(labels))


def faded(word: np.ndarray, first: int, last: int) -> np.ndarray:
    """A word whose first samples fade in and whose last samples fade out, half of it at most."""
    first, last = min(first, len(word) // 2), min(last, len(word) // 2)
    level = np.ones(len(word), np.float32)
    level[:first] = np.linspace(0, 1, first, endpoint=False)
    level[len(word) - last :] = np.linspace(1, 0, last)
    return word * level


def words_of(speech: Speech, clips: np.ndarray, margin_s: float = 0.03) -> list[np.ndarray]:
    """The word in each of some clips, with a margin on both sides."""
    rate = speech.sample_rate
    return [speech.waveforms[i][slice(*find_word(speech.waveforms[i], rate, margin_s))] for i in clips]


def make_strings(
    speech: Speech, clips: np.ndarray, count: int, lengths: tuple[int, int], seed: int
) -> tuple[list[WordString], np.ndarray]:
    """Strings of clips of one speaker each, drawn with replacement; a function of the seed.

    Args:
        clips: indices into the source's clips.
        count: how many strings.
        lengths: least and most words of a string, each as often.

    Returns:
        the strings, and (count,) who speaks each.
    """
    rng = np.random.default_rng([seed, 6])
    words, speakers = words_of(speech, clips), speech.speakers[clips]
    of_each = {name: np.flatnonzero(speakers == name) for name in np.unique(speakers)}
    names = rng.choice(list(of_each), size=count)
    strings = []
    for name in names:
        chosen = rng.choice(of_each[name], size=rng.integers(lengths[0], lengths[1] + 1))
        labels = speech.labels[clips[chosen]]
        strings.append(join_words([words[i] for i in chosen], labels, speech.sample_rate, rng))
    return strings, names
