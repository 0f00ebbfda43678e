"""Sound textures for the tests: made here, deterministic, float32 (samples,) at 20 kHz."""

import numpy as np

SAMPLE_RATE = 20_000


def rain(duration_s=4.0, seed=0):
    """Drops, 40 a second: bursts of noise that decay within some milliseconds, over a faint hiss."""
    rng = np.random.default_rng(seed)
    return _scatter(rng, duration_s, 40, lambda t: rng.standard_normal(len(t)) * np.exp(-t / rng.uniform(0.002, 0.02)))


def chirps(duration_s=4.0, seed=0):
    """Chirps, 20 a second, each gliding up from 1 to 6 kHz."""
    rng = np.random.default_rng(seed)

    def chirp(t):
        start, rate = rng.uniform(1000, 4000), rng.uniform(5e3, 2e4)
        return np.sin(2 * np.pi * (start + rate * t) * t) * np.sin(np.pi * t / t[-1]) ** 2

    return _scatter(rng, duration_s, 20, chirp)


def insects(duration_s=4.0, seed=0):
    """A train of clicks, about 30 a second, ringing at 4 to 5 kHz."""
    rng = np.random.default_rng(seed)
    return _scatter(rng, duration_s, 30, lambda t: np.sin(2 * np.pi * rng.uniform(4e3, 5e3) * t) * np.exp(-t / 0.003))


def hiss(duration_s=4.0, seed=0):
    """Filtered Gaussian noise: a texture whose envelopes are no more than noise."""
    white = np.random.default_rng(seed).standard_normal(round(duration_s * SAMPLE_RATE))
    return np.convolve(white, np.hanning(8) / 20, mode="same").astype(np.float32)


def _scatter(rng, duration_s, events_per_s, event):
    waveform = 0.003 * rng.standard_normal(round(duration_s * SAMPLE_RATE))
    t = np.arange(round(0.1 * SAMPLE_RATE)) / SAMPLE_RATE
    for start in rng.integers(len(waveform) - len(t), size=round(duration_s * events_per_s)):
        waveform[start : start + len(t)] += rng.uniform(0.05, 0.2) * event(t)
    return waveform.astype(np.float32)
