"""The long-term spectrum of a sound: by it textures are whitened and coloured, and told from tones."""

import numpy as np

BINS = 513  # from 0 Hz to half the sample rate
LOWEST_HZ = 20.0  # what is below cannot be heard


def long_term_density(waveform: np.ndarray, sample_rate: float, floor_db: float) -> tuple[np.ndarray, np.ndarray]:
    """The power density of a waveform by Welch's method, over windows of 1,024 samples.

    Args:
        waveform: (samples,).
        sample_rate: in Hz; 1.0 gives frequencies in cycles per sample.
        floor_db: lowest density, relative to the highest; negative.

    Returns:
        frequencies (BINS,) in Hz and densities (BINS,) per Hz: at 1.0, 2 for white noise of variance 1.
    """
    import scipy.signal

    frequency, density = scipy.signal.welch(waveform, sample_rate, nperseg=2 * (BINS - 1))
    return frequency, np.maximum(density, density.max() * 10 ** (floor_db / 10))


def occupied_hz(waveform: np.ndarray, sample_rate: int, share: float = 0.9) -> float:
    """The width in Hz of the strongest frequencies that together have a share of the power above 20 Hz.

    A tone occupies 2 or 3 bins of the spectrum, 1 / duration Hz wide each; noise occupies its bandwidth.

    Args:
        waveform: (samples,), not silent.
        sample_rate: in Hz.
        share: 0 to 1.
    """
    power = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)))) ** 2
    audible = power[np.fft.rfftfreq(len(waveform), 1 / sample_rate) >= LOWEST_HZ]
    total = np.cumsum(np.sort(audible)[::-1])
    return (int(np.searchsorted(total, share * total[-1])) + 1) * sample_rate / len(waveform)
