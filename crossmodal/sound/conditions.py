"""What lies between a mouth and a recording: noise, rooms, microphones, telephones, codecs; each a function of a
waveform.

Waveforms are float arrays (samples,). Levels of speech and of noise are RMS, that of speech over its word alone.
"""

import numpy as np
import scipy.signal

TELEPHONE_HZ = (300.0, 3400.0)  # the band of ITU-T G.712
MU = 255.0  # of the mu-law of ITU-T G.711
FILTER_TAPS = 65


def rms(waveform: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(waveform, dtype=np.float64))))


def add_noise(waveform: np.ndarray, noise: np.ndarray, snr_db: float, speech_rms: float | None = None) -> np.ndarray:
    """A waveform with noise so many decibels below its speech.

    Args:
        noise: (at least as many samples,), at any level; one that is silent adds nothing.
        speech_rms: the level of the speech; that of the whole waveform if None.
    """
    noise = noise[: len(waveform)]
    level = rms(noise)
    wanted = (rms(waveform) if speech_rms is None else speech_rms) * 10 ** (-snr_db / 20)
    return waveform + noise * np.float32(wanted / level) if level > 0 else waveform


def coloured_noise(samples: int, exponent: float, rng: np.random.Generator) -> np.ndarray:
    """(samples,) float32 noise of a power spectrum 1 / f^exponent: 0 is white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    frequencies = np.maximum(np.arange(len(spectrum)), 1.0)
    return np.fft.irfft(spectrum * frequencies ** (-exponent / 2), samples).astype(np.float32)


def trimmed(waveform: np.ndarray, sample_rate: int, below_loudest_db: float) -> np.ndarray:
    """A waveform without what is quieter at its ends than so many decibels below its loudest 10 ms, as editors cut it:
    weak consonants at the ends of a word go too."""
    frame = round(0.01 * sample_rate)
    frames = waveform[: len(waveform) // frame * frame].reshape(-1, frame)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loud = np.flatnonzero(power > power.max(initial=0) * 10 ** (-below_loudest_db / 10))
    return waveform[loud[0] * frame : (loud[-1] + 1) * frame] if len(loud) else waveform


def in_a_room(
    waveform: np.ndarray, sample_rate: int, decay_s: float, direct_db: float, rng: np.random.Generator
) -> np.ndarray:
    """A waveform in a room: a tail of noise that decays exponentially (Polack 1988) follows each sample.

    Args:
        decay_s: the reverberation time, in which the tail falls by 60 dB.
        direct_db: energy of the direct sound over that of the tail.

    Returns:
        as many samples as went in: the tail of the last ones is cut.
    """
    times_s = np.arange(1, max(int(decay_s * sample_rate), 2)) / sample_rate
    tail = rng.standard_normal(len(times_s)) * 10 ** (-3 * times_s / decay_s)
    tail *= 10 ** (-direct_db / 20) / np.sqrt(np.square(tail).sum())
    response = np.concatenate([[1.0], tail])
    return scipy.signal.fftconvolve(waveform, response)[: len(waveform)].astype(np.float32)


def through_microphone(waveform: np.ndarray, gains_db: np.ndarray) -> np.ndarray:
    """A waveform through a filter with these gains in decibels, evenly from 0 Hz to half the sample rate."""
    frequencies = np.linspace(0, 1, len(gains_db))
    response = scipy.signal.firwin2(FILTER_TAPS, frequencies, 10 ** (gains_db / 20))
    return scipy.signal.fftconvolve(waveform, response, mode="same").astype(np.float32)


def through_telephone(waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """A waveform in the band of a telephone, coded by the mu-law in 8 bits at the level of its peak."""
    high = min(TELEPHONE_HZ[1], 0.499 * sample_rate)
    sections = scipy.signal.butter(4, (TELEPHONE_HZ[0], high), "bandpass", fs=sample_rate, output="sos")
    return mu_law(scipy.signal.sosfilt(sections, waveform).astype(np.float32))


def mu_law(waveform: np.ndarray) -> np.ndarray:
    """A waveform as 8 bits of the mu-law keep it, scaled so that its peak is full scale."""
    peak = float(np.abs(waveform).max()) or 1.0
    compressed = np.sign(waveform) * np.log1p(MU * np.abs(waveform / peak)) / np.log1p(MU)
    kept = np.round(compressed * 127) / 127
    return (peak * np.sign(kept) * np.expm1(np.abs(kept) * np.log1p(MU)) / MU).astype(np.float32)


def clipped(waveform: np.ndarray, below_peak_db: float) -> np.ndarray:
    """A waveform of which all above a level so many decibels below its peak is cut off."""
    limit = np.abs(waveform).max() * 10 ** (-below_peak_db / 20)
    return np.clip(waveform, -limit, limit)


def at_speed(waveform: np.ndarray, factor: float) -> np.ndarray:
    """A waveform played so many times as fast, its pitch with it, by linear interpolation."""
    positions = np.arange(0, len(waveform) - 1, factor)
    return np.interp(positions, np.arange(len(waveform)), waveform).astype(np.float32)
