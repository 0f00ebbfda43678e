"""Sounds that take turns: at each moment one of several textures, each for its weight's share of the time."""

import numpy as np

from crossmodal.errors import AudioError

CYCLE_S, FADE_S = 4.0, 0.1


def take_turns(sounds: list[np.ndarray], weights: list[float], sample_rate: int, seed: int = 0) -> np.ndarray:
    """Let sounds take turns. In every 4 s each has one, for its weight's share of them; the order is drawn anew each
    time. All are brought to the mean of their levels; turns fade into each other over 0.1 s at constant power.

    Args:
        sounds: (samples,) each, as long as each other, not silent.
        weights: a positive number for each.
        sample_rate: in Hz.
        seed: of the order.

    Returns:
        float32 (samples,).

    Raises:
        AudioError: weights that are not one positive number per sound, or sounds of unlike lengths.
    """
    check_weights(weights, len(sounds))
    if len({len(sound) for sound in sounds}) != 1:
        raise AudioError(f"Sounds of {', '.join(str(len(sound)) for sound in sounds)} samples cannot take turns.")
    turn = turns(len(sounds[0]), weights, sample_rate, np.random.default_rng(seed))
    power = np.stack([smooth(turn == i, round(FADE_S * sample_rate)) for i in range(len(sounds))])
    levels = np.std(sounds, axis=1, keepdims=True)
    return np.sum(np.sqrt(power) * sounds * (np.mean(levels) / levels), axis=0).astype(np.float32)


def turns(samples: int, weights: list[float], sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Whose turn each sample is: (samples,) indices of the weights."""
    share = np.asarray(weights, float) / np.sum(weights)
    cycles = []
    for start in range(0, samples, round(CYCLE_S * sample_rate)):
        cycle, order = min(round(CYCLE_S * sample_rate), samples - start), rng.permutation(len(share))
        ends = np.round(cycle * np.cumsum(share[order])).astype(int)
        cycles.append(np.repeat(order, np.diff(ends, prepend=0)))
    return np.concatenate(cycles)


def smooth(flags: np.ndarray, samples: int) -> np.ndarray:
    """Flags (n,) as numbers from 0 to 1 that take so many samples, or one more, from one to the other."""
    import scipy.ndimage

    window = np.hanning(samples // 2 * 2 + 3)[1:-1]
    return np.clip(scipy.ndimage.convolve1d(flags.astype(float), window / window.sum(), mode="nearest"), 0, 1)


def check_weights(weights: list[float], sounds: int) -> None:
    """AudioError unless there is one positive number for each of so many recordings."""
    if len(weights) != sounds or not all(np.isfinite(w) and w > 0 for w in weights):
        raise AudioError(f"Weights {weights} do not fit {sounds} recordings: give one positive number for each.")
