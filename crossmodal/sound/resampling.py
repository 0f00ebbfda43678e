"""Waveforms at another sample rate, by soxr (https://github.com/dofuuz/python-soxr), which is quick to import."""

import numpy as np
import soxr

QUALITY = "HQ"


def resample(waveform: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    """A waveform (samples,) at another rate: (ceil(samples * wanted / sample_rate),) of the same type, what
    `librosa.resample` gives.

    Args:
        sample_rate, wanted: of the waveform and of what is returned, in Hz.
    """
    samples = int(np.ceil(len(waveform) * (float(wanted) / sample_rate)))
    resampled = soxr.resample(waveform, sample_rate, wanted, quality=QUALITY)[:samples]
    return np.pad(resampled, (0, samples - len(resampled))).astype(waveform.dtype)
