"""Gains of cochlear bands in a stream: divided by their RMS over all time, denser or sparser, between two textures.

The power of shot noise whose events come d times as often varies less: its squared coefficient of variation falls as
1/d (N. Campbell 1909). To first order that of g^2 falls so too when log g is divided by sqrt(d), for a log-normal gain
exactly: CV^2 = exp(4 s^2 / d) - 1. This is what `density` d does; nothing is counted.
"""

import numpy as np
import tensorflow as tf

from crossmodal.models.networks.auditory_bands import BANDS, band_centres


class BandGains:
    """Noises of a stream -> gains with an RMS of 1 over all time.

    Args:
        generator, other: `SubbandGenerator`s of one sample rate; `other` may be None.
        noises: (1, frames, n), by which the RMS over all time is found.
    """

    def __init__(self, generator, other, noises) -> None:
        self.gain = [tf.function(g.gain, autograph=False) for g in (generator, other) if g is not None]
        self.to_bands = np.eye(BANDS) if other is None else between_banks(other.highest_hz, generator.highest_hz)
        self.noises = noises
        self.reference: list | None = None
        self.last: tuple | None = None

    def log_gains(self, noises) -> list[np.ndarray]:
        """Of each generator log g (chains, frames, 30), in the bands of the first."""
        logs = [np.log(gain(noises).numpy()) for gain in self.gain]
        return [logs[0], *(log @ self.to_bands for log in logs[1:])]

    def rms(self, density: float, morph: float) -> np.ndarray:
        """The RMS (30,) over all time of exp(log g / sqrt(density))."""
        if self.reference is None:
            self.reference = self.log_gains(self.noises)
        return np.sqrt(np.mean(np.exp(2 * mixed(self.reference, morph) / density**0.5), axis=(0, 1)))

    def __call__(self, noises, density: float = 1.0, morph: float = 0.0) -> np.ndarray:
        """Noises of three chunks (chains, 3 * frames, n) -> gains of the middle one (chains, frames, 30), float32.

        New values of density and morph are reached within the chunk.
        """
        frames = noises.shape[1] // 3
        if self.last is None or (density, morph) != self.last[:2]:
            now = (density, morph, self.rms(density, morph))
        else:
            now = self.last
        before, self.last = self.last or now, now
        way = np.linspace(0, 1, frames)[:, None]
        densities, morphs, levels = (start + way * (end - start) for start, end in zip(before, now, strict=True))
        logs = [log[:, frames : 2 * frames] for log in self.log_gains(noises)]
        return (np.exp(mixed(logs, morphs) / np.sqrt(densities)) / levels).astype(np.float32)


def mixed(logs: list[np.ndarray], morph) -> np.ndarray:
    """(1 - morph) log g + morph log g'."""
    return logs[0] if len(logs) == 1 else logs[0] + morph * (logs[1] - logs[0])


def between_banks(from_hz: float, to_hz: float) -> np.ndarray:
    """(30, 30), by which values of the bands up to one highest centre give those at the centres up to another."""
    position = np.interp(band_centres(to_hz), band_centres(from_hz), np.arange(BANDS))
    return np.maximum(0, 1 - np.abs(np.arange(BANDS)[:, None] - position))
