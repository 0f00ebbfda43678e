"""How near the statistics of a synthesis come to those of its reference, in dB and on a scale from noise to itself.

Decibels mean little on a few seconds: the recording's own second half may be only 6 dB away from its first. So
scores are matched: halves against halves, on a scale where 0 is Gaussian noise with the reference's spectrum and 1 is
one half of the reference against the other. A synthesis matched to the whole recording may exceed 1.
"""

from dataclasses import dataclass

import numpy as np

from crossmodal.errors import AudioError
from crossmodal.sound.audio import validate_audio
from evaluation.texture.filters import HOP, SAMPLE_RATE
from evaluation.texture.statistics import CLASSES, texture_statistics

SHORTEST_S, REFERENCE_S = 2.0, 7.0  # of a reference; a longer one is cut, as in the published toolbox
SCORED = tuple(name for name in CLASSES if name != "C2")  # on a few seconds C2 lies below its sampling floor
ILL_CONDITIONED_DB = 3.0  # a scale shorter than this measures chance
_SILENT = 1e-3  # RMS of a second, relative to the loudest: 60 dB
_AUDIBLE_DB = 30.0  # channels within this of the loudest are compared
_MOST_PIECES = 4  # of a long synthesis


def check_measurable(waveform: np.ndarray, *, name: str, min_duration_s: float) -> np.ndarray:
    """A waveform at 20 kHz that can be measured: float32 (samples,), cut to a multiple of 100 samples.

    Args:
        name: the subject of an error's sentence.
        min_duration_s: 1 s or more.

    Raises:
        AudioError: what `validate_audio` refuses, too short, or a whole second without sound.
    """
    waveform = validate_audio(waveform, SAMPLE_RATE, name=name, min_duration_s=min_duration_s)
    seconds = waveform[: len(waveform) // SAMPLE_RATE * SAMPLE_RATE].reshape(-1, SAMPLE_RATE)
    rms = np.std(seconds, axis=1)
    if rms.min() < _SILENT * rms.max():
        raise AudioError(f"{name} is silent in its second {rms.argmin() + 1}: cut it, a texture sounds throughout.")
    return waveform[: waveform.size // (2 * HOP) * (2 * HOP)]


def measure(waveform: np.ndarray) -> dict[str, np.ndarray]:
    """`texture_statistics` of one waveform as numpy arrays."""
    return {name: value.numpy() for name, value in texture_statistics(waveform).items()}


def snr_db(target: dict[str, np.ndarray], measured: dict[str, np.ndarray]) -> dict[str, float]:
    """10 log10(sum T^2 / sum (T - S)^2) for each class, over channels within 30 dB of the target's loudest.

    Args:
        target, measured: statistics T and S, see `texture_statistics`.

    Returns:
        dict: class to dB; 120 where they agree.
    """
    audible = target["power"] > target["power"].max() * 10 ** (-_AUDIBLE_DB / 10)
    result = {}
    for name in CLASSES:
        t, s = np.float64(target[name][audible]), np.float64(measured[name][audible])
        power = np.sum(t**2)
        result[name] = float(10 * np.log10(power / max(np.sum((t - s) ** 2), 1e-12 * power)))
    return result


@dataclass(frozen=True)
class Scale:
    """What 0 and 1 mean for one reference."""

    halves: tuple  # the statistics of the reference's halves, targets of every comparison
    samples: int  # of a half
    noise_db: dict  # class to dB, halves of noise against the halves: score 0
    halves_db: dict  # one half against the other, both ways: score 1

    @property
    def length_db(self) -> float:
        """How much better the halves agree with each other than noise agrees with them."""
        return _mean_db(self.halves_db) - _mean_db(self.noise_db)

    @property
    def ill_conditioned(self) -> bool:
        """True where the recording is too short to tell its texture from noise."""
        return self.length_db < ILL_CONDITIONED_DB


def score_scale(reference: np.ndarray, seed: int = 0) -> Scale:
    """Measure the `Scale` of a reference (samples,), of which up to 7 s count; at least 2 s.

    Raises:
        AudioError: see `check_measurable`.
    """
    reference = check_measurable(reference, name="the reference", min_duration_s=SHORTEST_S)
    reference = reference[: round(REFERENCE_S * SAMPLE_RATE)]
    samples = half_samples(reference)
    noises = pieces(spectral_noise(reference, np.random.default_rng(seed)), samples)
    halves = tuple(measure(piece) for piece in pieces(reference, samples))
    first, second = halves
    return Scale(
        halves=halves,
        samples=samples,
        noise_db=_compare(halves, [measure(noise) for noise in noises]),
        halves_db=_average([snr_db(first, second), snr_db(second, first)]),
    )


def half_samples(reference: np.ndarray) -> int:
    """Samples of a half of what is scored of a reference (samples,): no synthesis may be shorter."""
    return min(len(reference), round(REFERENCE_S * SAMPLE_RATE)) // 2 // (2 * HOP) * (2 * HOP)


def matched_score(scale: Scale, synthesis: np.ndarray) -> dict:
    """Score a synthesis (samples,), at least half as long as the scored reference.

    Its first four pieces of that half length are compared with both halves of the reference.

    Returns:
        dict: `score`; `ill_conditioned` (bool), `scale_db` (see `Scale.length_db`); `snr_db`: class to dB.

    Raises:
        AudioError: see `check_measurable`.
    """
    synthesis = check_measurable(synthesis, name="the synthesis", min_duration_s=scale.samples / SAMPLE_RATE)
    db = _compare(scale.halves, [measure(piece) for piece in pieces(synthesis, scale.samples)[:_MOST_PIECES]])
    return {
        "score": (_mean_db(db) - _mean_db(scale.noise_db)) / scale.length_db,
        "ill_conditioned": scale.ill_conditioned,
        "scale_db": scale.length_db,
        "snr_db": db,
    }


def spectral_noise(reference: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise (samples,) with the magnitude spectrum of a reference (samples,)."""
    white = np.fft.rfft(rng.standard_normal(len(reference))) / np.sqrt(len(reference))
    return np.fft.irfft(np.abs(np.fft.rfft(reference)) * white, len(reference)).astype(np.float32)


def pieces(waveform: np.ndarray, samples: int) -> list[np.ndarray]:
    """A waveform in pieces of so many samples, side by side; a shorter rest is left."""
    return [waveform[start : start + samples] for start in range(0, len(waveform) - samples + 1, samples)]


def _compare(targets, measured):
    return _average([snr_db(target, statistics) for target in targets for statistics in measured])


def _average(dbs):
    return {name: float(np.mean([db[name] for db in dbs])) for name in CLASSES}


def _mean_db(db):
    return float(np.mean([db[name] for name in SCORED]))
