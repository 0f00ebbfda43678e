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


def stereo_response(sound: np.ndarray, floor_db: float) -> np.ndarray:
    """The filters that make of two independent white noises, each of variance 1, a sound with the long-term spectrum
    of a stereo recording in both channels, and the correlation of the channels at each frequency.

    With S the matrix of spectral densities and l the louder channel, r the other (a Cholesky factor of S):

        l = sqrt(S_ll) A            r = S_rl / sqrt(S_ll) A + sqrt(S_rr - |S_rl|² / S_ll) B

    Args:
        sound: (samples, 2).
        floor_db: lowest density of the louder channel, relative to its highest; negative.

    Returns:
        complex (2, 2, BINS): of channel i the response to noise j.
    """
    import scipy.signal

    louder = int(np.argmax(sound.var(axis=0)))
    one, other = sound[:, louder], sound[:, 1 - louder]
    _, s_ll = long_term_density(one, 1.0, floor_db)
    _, s_rr = scipy.signal.welch(other, nperseg=2 * (BINS - 1))
    _, s_rl = scipy.signal.csd(one, other, nperseg=2 * (BINS - 1))
    response = np.zeros((2, 2, BINS), np.complex128)
    response[louder, 0] = np.sqrt(s_ll / 2)
    response[1 - louder, 0] = s_rl / np.sqrt(2 * s_ll)
    response[1 - louder, 1] = np.sqrt(np.maximum(s_rr - np.abs(s_rl) ** 2 / s_ll, 0) / 2)
    return response


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
