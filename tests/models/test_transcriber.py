"""The transcriber: the likeliest path against enumeration, the states of a string, and that it learns to find words."""

import keras
import numpy as np
import pytest

from crossmodal import Transcriber
from crossmodal.models.word_paths import best_path, log_softmax, states_of
from crossmodal.saving.keras_file import load_model, save_model


def paths(steps, classes):
    """All paths through the states: from between words, through the three states of a word in their order, and back."""

    def further(path):
        if len(path) == steps:
            if path[-1] == 0 or path[-1] % 3 == 0:
                yield path
            return
        last = path[-1] if path else 0
        begins = [1 + 3 * k for k in range(classes)]
        if last == 0:
            nexts = [0, *begins]
        elif last % 3 == 0:  # the end of a word
            nexts = [last, 0, *begins]
        else:
            nexts = [last, last + 1]
        for state in nexts:
            yield from further([*path, state])

    return further([])


def words_on(path):
    """(start, stop, class) of each word of a path; a word begins where its first state is entered from another."""
    starts = [t for t, s in enumerate(path) if s % 3 == 1 and (t == 0 or path[t - 1] != s)]
    found = []
    for start in starts:
        k, stop = (path[start] - 1) // 3, start
        while stop < len(path) and path[stop] and (path[stop] - 1) // 3 == k and (stop == start or stop not in starts):
            stop += 1
        found.append((start, stop, k))
    return found


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("word_cost", [0.0, 1.5])
def test_the_best_path_is_that_of_enumeration(seed, word_cost):
    steps, classes = 8, 2
    logits = 3 * np.random.default_rng(seed).normal(size=(steps, 1 + 3 * classes))
    scores = log_softmax(logits)

    def total(path):
        return scores[np.arange(steps), path].sum() - word_cost * len(words_on(path))

    best = max(paths(steps, classes), key=total)
    assert best_path(logits, word_cost) == words_on(best)


def test_two_words_alike_are_two():
    states = [0, 1, 1, 2, 3, 1, 2, 2, 3, 0]
    logits = np.full((10, 7), -20.0)
    logits[np.arange(10), states] = 0
    assert best_path(logits, 1.0) == [(1, 5, 0), (5, 9, 0)]
    logits[:, 0] = 40
    assert best_path(logits, 1.0) == []


def test_states_are_thirds_of_a_word_and_overlaps_are_shared():
    states = states_of(np.array([[100, 700], [640, 1000]]), [1, 0], steps=12, step=100)
    np.testing.assert_array_equal(states, [0, 4, 4, 5, 5, 6, 6, 1, 2, 3, 0, 0])
    assert not states_of(np.empty((0, 2)), [], steps=3, step=100).any()
    np.testing.assert_array_equal(states_of(np.array([[-600, 600]]), [0], steps=7, step=100), [2, 2, 3, 3, 3, 3, 0])


def small():
    keras.utils.set_random_seed(0)
    return Transcriber(("low", "high"), filters=16)


def test_it_learns_to_find_tones(tmp_path):
    """Words are two tones that glide; after a short training all are found, with their places."""
    model, rng = small(), np.random.default_rng(0)
    rate = model.front_end["sample_rate"]

    def glide(k):
        seconds = rng.uniform(0.25, 0.4)
        t = np.arange(round(seconds * rate)) / rate
        return np.sin(2 * np.pi * ((500, 1500)[k] + 800 * t) * t).astype(np.float32)

    from crossmodal.data.strings import join_words
    from crossmodal.sound.mel_frames import mel_frames
    from crossmodal.sound.spectrogram import LogMel

    config, frames, states = LogMel(**model.front_end), np.zeros((64, 256, 40), np.float32), np.zeros((64, 128), int)

    def string(count):
        labels = rng.integers(2, size=count)
        return join_words([glide(k) for k in labels], labels, rate, rng)

    for i in range(64):
        made = string(rng.integers(1, 4))
        found = mel_frames(made.waveform, config)[:256]
        frames[i, : len(found)] = found
        states[i] = states_of(made.spans, made.labels, 128, rate // 50)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
    model.fit(frames, states, batch_size=16, epochs=40, verbose=0)
    for _ in range(5):
        made = string(3)
        words = model.transcribe(made.waveform)
        assert [k for *_, k in words] == made.labels.tolist()
        assert np.abs(np.array(words)[:, :2] - made.spans).max() < 0.1 * rate
    assert model.transcribe(made.waveform, word_cost=1e6) == []
    assert model.transcribe(np.zeros(rate, np.float32) + 1e-6) in ([], [(0, 0, 0)])
    save_model(model, tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").transcribe(made.waveform) == words


def test_shortest_sounds_are_heard_without_an_error():
    assert small().transcribe(np.ones(1, np.float32)) in ([], *[[(0, 1, k)] for k in range(2)])
    assert all(stop <= 100 for _, stop, _ in small().transcribe(np.ones(100, np.float32)))


def test_enumeration_knows_the_paths():
    assert sorted(paths(3, 1)) == [[0, 0, 0], [1, 2, 3]]


def test_a_word_must_be_worth_its_cost():
    """One frame-long hint of a word: found at no cost, not at the default's."""
    logits = np.zeros((6, 4))
    logits[:, 0] = 5
    logits[2:5, 1:] += 6 * np.eye(3)
    assert best_path(logits, 0.0) == [(2, 5, 0)]
    assert best_path(logits, Transcriber(("a",), filters=8).word_cost) == []
