"""Sounds that take turns: at each moment one of several textures, each for its weight's share of the time.

In every 4 s each has one turn, for its weight's share of them, in an order that is drawn anew each time. Turns fade
into each other over 0.1 s at constant power, all are brought to the mean of their levels.
"""

from collections.abc import Iterator

import numpy as np

from crossmodal.errors import AudioError

CYCLE_S, FADE_S = 4.0, 0.1


def take_turns(sounds: list[np.ndarray], weights: list[float], sample_rate: int, seed=0, circular=False) -> np.ndarray:
    """Let sounds take turns.

    Args:
        sounds: (samples,) each, as long as each other, not silent.
        weights: a positive number for each.
        sample_rate: in Hz.
        seed: of the order.
        circular: whether the last turn fades into the first one.

    Returns:
        float32 (samples,).

    Raises:
        AudioError: weights that are not one positive number per sound, or sounds of unlike lengths.
    """
    check_weights(weights, len(sounds))
    if len({len(sound) for sound in sounds}) != 1:
        raise AudioError(f"Sounds of {', '.join(str(len(sound)) for sound in sounds)} samples cannot take turns.")
    turn = turns(len(sounds[0]), weights, sample_rate, np.random.default_rng(seed))
    fade, mode = round(FADE_S * sample_rate), "wrap" if circular else "nearest"
    power = np.stack([smooth(turn == i, fade, mode) for i in range(len(sounds))])
    levels = np.std(sounds, axis=1, keepdims=True)
    return np.sum(np.sqrt(power) * sounds * (np.mean(levels) / levels), axis=0).astype(np.float32)


def stream_turns(
    streams: list[Iterator[np.ndarray]], weights: list[float], levels: list[float], sample_rate: int, seed: int = 0
) -> Iterator[np.ndarray]:
    """Let streams take turns for ever, in constant memory.

    Args:
        streams: of blocks (block,), all of the same lengths.
        weights: a positive number for each.
        levels: the RMS of each.
        sample_rate: in Hz.
        seed: of the order.

    Returns:
        an iterator of such blocks, float32.

    Raises:
        AudioError: weights that are not one positive number per stream.
    """
    check_weights(weights, len(streams))
    gains = np.mean(levels) / np.asarray(levels, float)[:, None]
    powers = _powers(weights, sample_rate, np.random.default_rng(seed))
    ahead = np.empty((len(weights), 0))
    for blocks in zip(*streams, strict=False):
        samples = len(blocks[0])
        while ahead.shape[1] < samples:
            ahead = np.concatenate([ahead, next(powers)], axis=1)
        power, ahead = ahead[:, :samples], ahead[:, samples:]
        yield np.sum(np.sqrt(power) * gains * blocks, axis=0).astype(np.float32)


def _powers(weights: list[float], sample_rate: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The power (weights, samples) of each in one cycle after the other."""
    fade, cycle = round(FADE_S * sample_rate), round(CYCLE_S * sample_rate)
    now = turns(cycle, weights, sample_rate, rng)
    before = np.full(fade, now[0])
    while True:
        after = turns(cycle, weights, sample_rate, rng)
        held = np.concatenate([before, now, after[:fade]])
        yield np.stack([smooth(held == i, fade)[fade : fade + cycle] for i in range(len(weights))])
        before, now = now[-fade:], after


def turns(samples: int, weights: list[float], sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """Whose turn each sample is: (samples,) indices of the weights."""
    share = np.asarray(weights, float) / np.sum(weights)
    cycles = []
    for start in range(0, samples, round(CYCLE_S * sample_rate)):
        cycle, order = min(round(CYCLE_S * sample_rate), samples - start), rng.permutation(len(share))
        ends = np.round(cycle * np.cumsum(share[order])).astype(int)
        cycles.append(np.repeat(order, np.diff(ends, prepend=0)))
    return np.concatenate(cycles)


def smooth(flags: np.ndarray, samples: int, mode: str = "nearest") -> np.ndarray:
    """Flags (n,) as numbers from 0 to 1 that take so many samples, or one more, from one to the other; beyond the ends
    as at them, or with "wrap" as at the other one."""
    import scipy.ndimage

    window = np.hanning(samples // 2 * 2 + 3)[1:-1]
    return np.clip(scipy.ndimage.convolve1d(flags.astype(float), window / window.sum(), mode=mode), 0, 1)


def check_weights(weights: list[float], sounds: int) -> None:
    """AudioError unless there is one positive number for each of so many recordings."""
    if len(weights) != sounds or not all(np.isfinite(w) and w > 0 for w in weights):
        raise AudioError(f"Weights {weights} do not fit {sounds} recordings: give one positive number for each.")
