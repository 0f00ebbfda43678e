"""The descriptor's log density and its slope in NumPy: a twin of `crossmodal.models.networks.auditory`.

    f = -T/2 sum_j lambda_j d_j^2,   d_j = (h_j - mean_j) / sd_j - c_j,   df/dh_j = -T lambda_j d_j / sd_j

The features h are averages over time of functions of the envelopes e, of u = (e - mean) / sd and of its modulations m.
Each kind of feature is computed beside its own slope; the slopes are added up from m to u, e, the bands and the signal,
since every filter is linear: the slope by its input is the transposed filter of that by its output.
"""

from collections.abc import Sequence

import numpy as np
import scipy.fft

from crossmodal.models.light.cochlea import Bands
from crossmodal.models.networks.auditory_bands import (
    BANDS,
    COMPRESSION,
    FAST,
    FLOOR,
    KNEE_WIDTHS,
    KNEES,
    NEIGHBOURHOOD,
    check_length,
    cochlear_bank,
    modulation_bank,
    pairs,
)

SQUARE, LEVEL = np.float32(0.01), np.float32(1e-6)  # added below a root and a logarithm


class LightEnergy:
    """f of a signal (samples,), and df/dsignal.

    Args:
        weights: the descriptor's, by their names, float32.
        sample_rate: in Hz.
        highest_hz: centre of the highest band.
        frame: samples of a frame.
        samples: of the signal, a multiple of 20 frames.
    """

    def __init__(self, weights: dict[str, np.ndarray], sample_rate: int, highest_hz: float, frame: int, samples: int):
        check_length(samples, frame)
        self.weights = weights
        self.frames, self.duration_s = samples // frame, samples / sample_rate
        self.bands = Bands(cochlear_bank(samples, sample_rate, highest_hz))
        bank = modulation_bank(self.frames, sample_rate / frame)
        self.fast, self.slow = bank[:FAST, None], bank[FAST:, None, : self.frames // 8 + 1]
        sd = weights["modulation_sd"].transpose(1, 0, 2)
        self.modulation_sds = sd[:FAST], sd[FAST:]
        self.gain = np.square(weights["band_gain"])[:, None]
        self.precision = np.exp(weights["log_precision"])

    def __call__(self, signal: np.ndarray) -> tuple[float, np.ndarray]:
        """f and df/dsignal, (samples,)."""
        analytic = self.bands.split(signal)
        power = (np.square(analytic.real) + np.square(analytic.imag)) * self.gain + np.float32(FLOOR)
        compressed = np.exp(np.float32(COMPRESSION / 2) * np.log(power))
        e = compressed.reshape(BANDS, self.frames, -1).mean(axis=-1)
        u = (e - self.weights["envelope_mean"]) / self.weights["envelope_sd"]
        modulations = [m / sd for m, sd in zip(self.modulations(u), self.modulation_sds, strict=True)]
        features = self.features(e, u, modulations)
        h = np.concatenate([values.ravel() for _, values, _ in features])
        distance = (h - self.weights["h_mean"]) / self.weights["h_sd"] - self.weights["centre"]
        f = -0.5 * self.duration_s * float(np.sum(self.precision * np.square(distance)))
        dh = np.float32(-self.duration_s) * self.precision * distance / self.weights["h_sd"]
        slopes: dict = {"e": 0, "u": 0, "fast": 0, "slow": 0}
        ends = np.cumsum([values.size for _, values, _ in features])
        for (of, values, slope), part in zip(features, np.split(dh, ends[:-1]), strict=True):
            slopes[of] = slopes[of] + slope(part.reshape(values.shape))
        du = slopes["u"].reshape(u.shape) + self.modulation_slope([slopes["fast"], slopes["slow"]])
        de = slopes["e"] + du / self.weights["envelope_sd"]
        per_frame = compressed.shape[1] // self.frames
        by_compressed = np.repeat(de / np.float32(per_frame), per_frame, axis=1)
        return f, self.bands.split_gradient(
            np.float32(COMPRESSION) * by_compressed * compressed / power * self.gain * analytic
        )

    def features(self, e: np.ndarray, u: np.ndarray, modulations: Sequence[np.ndarray]) -> list[tuple]:
        """Of each kind of feature what it is a function of, its values and its slope, a function of df/dvalues."""
        intensity = np.exp(np.float32(2 / COMPRESSION) * np.log(e))
        by_e = np.float32(2 / COMPRESSION) * intensity / e
        kinds = list(zip(("fast", "slow"), modulations, strict=True))
        return [
            ("u", u.mean(axis=-1), lambda dh: (dh / np.float32(self.frames))[:, None]),
            *(("u", *_knee(u, knee, width)) for knee, width in zip(KNEES, KNEE_WIDTHS, strict=True)),
            *((of, *_average(np.sqrt(np.square(m) + SQUARE), lambda root, m=m: m / root)) for of, m in kinds),
            *((of, *_average(np.log1p(np.square(m)), lambda _, m=m: 2 * m / (1 + np.square(m)))) for of, m in kinds),
            ("u", *_products(u[None], BANDS)),
            *((of, *_products(m, NEIGHBOURHOOD)) for of, m in kinds),
            ("e", *_level(intensity, by_e)),
            ("e", *_level(np.square(intensity), 2 * intensity * by_e)),
        ]

    def modulations(self, u: np.ndarray) -> list[np.ndarray]:
        """(BANDS, frames) -> (FAST, BANDS, frames) and (others, BANDS, frames / 4)."""
        spectrum = scipy.fft.rfft(u)
        slow = spectrum[:, : self.slow.shape[-1]] * self.slow * np.float32(0.25)
        return [scipy.fft.irfft(spectrum * self.fast, self.frames), scipy.fft.irfft(slow, self.frames // 4)]

    def modulation_slope(self, slopes: Sequence[np.ndarray]) -> np.ndarray:
        """df/du of df/dm of both kinds of modulations: the transposed filters."""
        fast, slow = (scipy.fft.rfft(dm / sd) for dm, sd in zip(slopes, self.modulation_sds, strict=True))
        spectrum = np.sum(fast * self.fast, axis=0)
        spectrum[:, : self.slow.shape[-1]] += np.sum(slow * self.slow, axis=0)
        return scipy.fft.irfft(spectrum, self.frames)


def _knee(u: np.ndarray, knee: float, width: float) -> tuple:
    """The mean of tanh((u - knee) / width)."""
    t = np.tanh((u - np.float32(knee)) * np.float32(1 / width))
    return t.mean(axis=-1), lambda dh: (dh / np.float32(width * t.shape[-1]))[:, None] * (1 - np.square(t))


def _average(values: np.ndarray, derivative) -> tuple:
    """The mean of values (modulations, BANDS, frames) as features (BANDS, modulations), and the slope by what they are
    a function of, by the function's derivative."""
    per_frame = np.float32(1 / values.shape[-1])
    return values.mean(axis=-1).T, lambda dh: (dh.T * per_frame)[..., None] * derivative(values)


def _products(x: np.ndarray, most_apart: int) -> tuple:
    """<x_k x_l> over time for 0 < l - k <= most_apart: (maps, BANDS, frames) -> (maps, pairs)."""
    chosen, frames = pairs(most_apart), np.float32(x.shape[-1])
    values = (x @ x.transpose(0, 2, 1) / frames).reshape(len(x), -1)[:, chosen]

    def slope(dh):
        square = np.zeros((len(x), BANDS * BANDS), np.float32)
        square[:, chosen] = dh / frames
        square = square.reshape(-1, BANDS, BANDS)
        return (square + square.transpose(0, 2, 1)) @ x

    return values, slope


def _level(power: np.ndarray, by_e: np.ndarray) -> tuple:
    """log(mean + 1e-6) of a power of the envelopes, and its slope by them, of the power's derivative."""
    mean = power.mean(axis=-1) + LEVEL
    return np.log(mean), lambda dh: (dh / mean / np.float32(power.shape[-1]))[:, None] * by_e
