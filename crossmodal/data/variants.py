"""Training clips as they might have been recorded: each variant in other noise, another room, by another microphone.

A variant is made of the waveform, before the word is found in it, so that training hears what use hears. What can be
changed in a spectrogram as well, such as vocal tracts and masks, is changed there, see `augment`.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from crossmodal.data.noises import excerpt
from crossmodal.errors import DataError
from crossmodal.runtime.choices import check_choice
from crossmodal.sound import conditions
from crossmodal.sound.front_ends import FrontEnd, hear
from crossmodal.sound.segmentation import find_word

CHANGES = ("noise", "room", "microphone", "telephone", "clipping", "speed", "trimming")


@dataclass(frozen=True)
class Conditions:
    """How variants are drawn: each change comes with its probability, its size evenly from its range."""

    noise: float = 0.6
    snr_db: tuple[float, float] = (0.0, 30.0)
    exponents: tuple[float, float] = (0.0, 2.0)  # of coloured noise
    real_noise: float = 0.6  # share of the noise that is recorded, where there are recordings
    room: float = 0.4
    decay_s: tuple[float, float] = (0.1, 0.8)
    direct_db: tuple[float, float] = (-3.0, 12.0)
    microphone: float = 0.5
    gain_db: float = 10.0  # of the microphone's response, to both sides
    telephone: float = 0.15
    clipping: float = 0.1
    below_peak_db: tuple[float, float] = (3.0, 20.0)
    speed: float = 0.5
    log_speed: float = 0.12
    trimming: float = 0.4
    below_loudest_db: tuple[float, float] = (15.0, 40.0)

    def without(self, *changes: str) -> "Conditions":
        """The same without some of `CHANGES`; DataError for another name."""
        for change in changes:
            check_choice("change named", change, CHANGES, DataError)
        return Conditions(**{**vars(self), **dict.fromkeys(changes, 0.0)})


def vary(
    waveform: np.ndarray, sample_rate: int, how: Conditions, noises: list[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """A clip as it might have been recorded.

    Args:
        noises: recordings of noise at the same rate; coloured noise is made if there are none.
    """

    def comes(probability: float) -> bool:
        return rng.random() < probability

    if comes(how.speed):
        waveform = conditions.at_speed(waveform, float(np.exp(rng.uniform(-how.log_speed, how.log_speed))))
    if comes(how.trimming):
        waveform = conditions.trimmed(waveform, sample_rate, rng.uniform(*how.below_loudest_db))
    spoken = waveform
    if comes(how.room):
        decay_s, direct_db = rng.uniform(*how.decay_s), rng.uniform(*how.direct_db)
        waveform = conditions.in_a_room(waveform, sample_rate, decay_s, direct_db, rng)
    if comes(how.noise):
        if noises and comes(how.real_noise):
            noise = excerpt(noises[rng.integers(len(noises))], len(waveform), rng)
        else:
            noise = conditions.coloured_noise(len(waveform), rng.uniform(*how.exponents), rng)
        level = conditions.rms(spoken[slice(*find_word(spoken, sample_rate))])
        waveform = conditions.add_noise(waveform, noise, rng.uniform(*how.snr_db), level)
    if comes(how.microphone):
        waveform = conditions.through_microphone(waveform, rng.uniform(-how.gain_db, how.gain_db, 6))
    if comes(how.clipping):
        waveform = conditions.clipped(waveform, rng.uniform(*how.below_peak_db))
    if comes(how.telephone):
        waveform = conditions.through_telephone(waveform, sample_rate)
    return waveform


def spectrograms_of_variants(
    waveforms: list[np.ndarray],
    front_end: FrontEnd,
    how: Conditions,
    noises: list[np.ndarray],
    *,
    variants: int,
    seed: int,
) -> np.ndarray:
    """(variants, clips, frames, mels) float16: variant v of clip i is a function of (seed, v, i)."""
    shape = (len(waveforms), *front_end.shape)
    made = np.empty((variants, *shape), np.float16)

    def make(variant: int) -> None:
        for first in range(0, len(waveforms), 256):
            some = range(first, min(first + 256, len(waveforms)))
            rngs = (np.random.default_rng([seed, 3, variant, i]) for i in some)
            varied = [
                vary(waveforms[i], front_end.sample_rate, how, noises, rng) for i, rng in zip(some, rngs, strict=True)
            ]
            made[variant, some.start : some.stop] = hear(varied, front_end)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(make, range(variants)))
    return made
