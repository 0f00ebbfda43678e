"""What can be turned while a texture streams."""

from dataclasses import dataclass, fields

import numpy as np

from crossmodal.errors import ModelError

RANGES = {"level": (-60.0, 20.0), "brightness": (-12.0, 12.0), "density": (0.1, 10.0), "morph": (0.0, 1.0)}
PIVOT_HZ, LOWEST_HZ = 1000.0, 20.0


@dataclass
class Knobs:
    """Knobs of a stream; a stream reads them as it goes, so they may be set at any time.

    level and brightness reach a new value within one block, density and morph after 0.9 to 1.8 s: the gains
    of the chunk that sounds are there already, and the next chunk of 0.8 s goes from the old value to the new one.

    Attributes:
        level: in dB, -60 to 20.
        brightness: tilt of the spectrum in dB per octave, -12 to 12; the power stays.
        density: how often events come, relative to the recording, 0.1 to 10: more is closer to noise, less has rarer
            and louder events; see `crossmodal.models.networks.band_gains`.
        morph: from this texture, 0, to the other one of the stream, 1.

    Raises:
        ModelError: a value is out of its range, when it is set.
    """

    level: float = 0.0
    brightness: float = 0.0
    density: float = 1.0
    morph: float = 0.0

    def __setattr__(self, name: str, value) -> None:
        least, most = RANGES.get(name, (None, None))
        if least is None:
            raise ModelError(f"There is no knob {name!r}: choose one of {', '.join(f.name for f in fields(self))}.")
        if not least <= value <= most:
            raise ModelError(f"{name} cannot be {value:g}: choose from {least:g} to {most:g}.")
        object.__setattr__(self, name, float(value))


def tilt(frequency: np.ndarray, brightness: float) -> np.ndarray:
    """The gain of each frequency in Hz for so many dB per octave: 1 at 1 kHz, below 20 Hz that of 20 Hz."""
    return 10 ** (brightness / 20 * np.log2(np.maximum(frequency, LOWEST_HZ) / PIVOT_HZ))


def turned(response: np.ndarray, sample_rate: int, knobs: Knobs) -> np.ndarray:
    """A response (..., frequencies up to half the sample rate) with the level and brightness of knobs."""
    gain = tilt(np.linspace(0, sample_rate / 2, response.shape[-1]), knobs.brightness)
    power, before = (np.sum(np.abs(response * g) ** 2) for g in (gain, 1.0))
    return response * gain * np.sqrt(before / power) * 10 ** (knobs.level / 20)
