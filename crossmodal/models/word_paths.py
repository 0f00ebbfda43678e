"""The words on the likeliest path through the states that a transcriber's network finds along a recording.

A word passes through its three states, beginning, middle and end, in their order, as in a hidden Markov model (Rabiner
1989); the likeliest path is found by dynamic programming (Viterbi 1967). Nothing here needs Keras.
"""

import numpy as np

from crossmodal.sound.mel_frames import HOP_S, mel_frames
from crossmodal.sound.spectrogram import LogMel

STATES = 3  # of a word
STRIDE = 2  # frames from one output of the network to the next


class WordFinder:
    """For a transcriber that has `classes`, `front_end`, `word_cost` and a network, see `logits_of`."""

    classes: list[str]
    front_end: dict
    word_cost: float

    def transcribe(self, waveform: np.ndarray, word_cost: float | None = None) -> list[tuple[int, int, int]]:
        """The words of a recording at the front end's sample rate, in their order.

        Args:
            waveform: (samples,) finite numbers.
            word_cost: in place of the model's.

        Returns:
            (start, stop, class) of each, in samples and as an index into `classes`; none where there is no word.
        """
        return self.words_on(self.states(waveform), len(waveform), word_cost)

    def logits_of(self, frames: np.ndarray) -> np.ndarray:
        """The network's logits (steps, 1 + 3 classes) of frames (frames, mels)."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its network computes.")

    def states(self, waveform: np.ndarray) -> np.ndarray:
        """The logits (steps, 1 + 3 classes) of a recording (samples,)."""
        frames = mel_frames(waveform, LogMel(**self.front_end))
        frames = np.pad(frames, ((0, -len(frames) % 64), (0, 0)))  # few shapes, each of which is traced
        return self.logits_of(frames)

    def words_on(self, logits: np.ndarray, samples: int, word_cost: float | None = None) -> list[tuple[int, int, int]]:
        """What `transcribe` returns, of the logits of a recording of so many samples."""
        step = round(STRIDE * HOP_S * self.front_end["sample_rate"])
        words = best_path(logits, self.word_cost if word_cost is None else word_cost)
        spans = [(start * step, min(stop * step, samples), k) for start, stop, k in words]
        return [(start, stop, k) for start, stop, k in spans if start < stop]


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def best_path(logits: np.ndarray, word_cost: float) -> list[tuple[int, int, int]]:
    """The words on the likeliest path through the states (Viterbi 1967).

    Args:
        logits: (steps, 1 + 3 classes): between words, then of each class beginning, middle and end.
        word_cost: nats that each word costs.

    Returns:
        (start, stop, class) of each word, in steps.
    """
    scores = log_softmax(np.asarray(logits, np.float64))
    classes = (scores.shape[1] - 1) // STATES
    between, words = scores[:, 0], scores[:, 1:].reshape(len(scores), classes, STATES)
    quiet, state = 0.0, np.full((classes, STATES), -np.inf)  # the best score of a path that ends in each state
    back_quiet = np.zeros(len(scores), int)  # the class whose word ended before, or -1
    back = np.zeros((len(scores), classes, STATES), bool)  # whether a state was entered now
    for t in range(len(scores)):
        ended = int(np.argmax(state[:, 2]))
        from_word = state[ended, 2] > quiet
        free = max(state[ended, 2], quiet)  # of the best path that is in no word, or leaves one
        entered = np.column_stack([np.full(classes, free - word_cost), state[:, 0], state[:, 1]])
        back[t] = entered > state
        back_quiet[t] = ended if from_word else -1
        state, quiet = np.maximum(state, entered) + words[t], free + between[t]
    found: list[tuple[int, int, int]] = []
    t, k = len(scores), int(np.argmax(state[:, 2]))
    k = k if state[k, 2] > quiet else -1  # the class that the path is in before step t, or -1
    while t > 0:
        if k < 0:
            t -= 1
            k = int(back_quiet[t])
            continue
        stop, part = t, STATES - 1
        while part >= 0:
            t -= 1
            part -= int(back[t, k, part])
        found.append((t, stop, k))
        k = int(back_quiet[t])
    return found[::-1]


def states_of(spans: np.ndarray, labels: np.ndarray, steps: int, step: int) -> np.ndarray:
    """(steps,) the state at the middle of each step of so many samples: 0 between words, 1 + 3 k + part in a word.

    Args:
        spans: (words, 2) in samples; where two overlap, the first one ends in the middle of what they share.
        labels: (words,) classes.
    """
    spans = np.array(spans)
    for i in range(len(spans) - 1):
        if spans[i, 1] > spans[i + 1, 0]:
            spans[i, 1] = spans[i + 1, 0] = (spans[i, 1] + spans[i + 1, 0]) // 2
    states, middles = np.zeros(steps, np.int64), (np.arange(steps) + 0.5) * step
    for (start, stop), k in zip(spans, labels, strict=True):
        inside = (middles >= start) & (middles < stop)
        part = np.minimum(((middles - start) / max(stop - start, 1) * STATES).astype(int), STATES - 1)
        states[inside] = 1 + STATES * k + part[inside]
    return states
