"""Waveforms as they are, the front end of encoders that learn filters of their own.

waveform (samples,) -> its word alone, if asked for -> silence trimmed -> mean 0 and root mean square 1
-> its first `duration_s`, followed by zeros -> (samples, 1) float32.

Time is not stretched: that would move the tones too. What precedes is that of `crossmodal.sound.spectrogram`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from crossmodal.sound.spectrogram import spoken

LEAST, MOST = 1024, 2**20  # samples of a waveform: a saved model may ask for any


@dataclass(frozen=True)
class Waveform:
    """All parameters of the front end; a saved model carries them."""

    whole = False  # a recording is cut into its words
    sample_rate: int = 8000  # Hz
    duration_s: float = 1.0  # of all waveforms: longer clips are cut, shorter ones followed by zeros
    trim_db: float = 40.0  # leading and trailing audio this far below the loudest 10 ms is cut
    find_word: bool = False  # take of each clip its word alone, see `segmentation.find_word`

    def __post_init__(self):
        if not (self.trim_db > 0 and self.duration_s > 0 and LEAST <= self.duration_s * self.sample_rate <= MOST):
            raise ValueError(f"trim_db is positive, duration_s spans from {LEAST} to {MOST} samples.")

    @property
    def shape(self) -> tuple[int, int]:
        """(samples, 1) of a waveform: one number at each time."""
        return round(self.duration_s * self.sample_rate), 1

    def get_config(self) -> dict:
        return {"kind": "waveform", **asdict(self)}


def waveforms_and_durations(
    waveforms: Sequence[np.ndarray], config: Waveform | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Waveforms of one length and one level.

    Args:
        waveforms: clips, each (samples,) float in any amplitude, at `config.sample_rate`.
        config: the front end; the default one if None.

    Returns:
        (clips, samples, 1) float32, of root mean square 1 over what is heard, 0 after its end; silence stays 0.
        (clips,) float32, how long what is heard of each clip is, in seconds.

    Raises:
        AudioError: a clip is empty or holds a value that is not finite.
    """
    config = config or Waveform()
    level = np.zeros((len(waveforms), *config.shape), np.float32)
    durations_s = np.zeros(len(waveforms), np.float32)
    if not len(waveforms):
        return level, durations_s
    for i, waveform in enumerate(spoken(waveforms, config)):
        waveform = waveform[: config.shape[0]]
        waveform = waveform - waveform.mean()
        level[i, : len(waveform), 0] = waveform / max(float(np.sqrt(np.mean(np.square(waveform)))), 1e-10)
        durations_s[i] = len(waveform) / config.sample_rate
    return level, durations_s
