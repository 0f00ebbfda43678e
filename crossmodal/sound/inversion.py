"""A spectrogram that can be heard again: the inverse of the front end, `crossmodal.sound.spectrogram`.

values in [0, 1] -> mel-band power -> frames at a fixed hop -> power spectra, by nonnegative least squares
-> phases, by the algorithm of Griffin & Lim (1984), as Perraudin et al. (2013) sped it up -> waveform (samples,).

What the front end leaves out is not found again: phases, the level, what lies 60 dB below the loudest band, detail
within a mel band, silence around the word.
"""

import numpy as np

from crossmodal.errors import AudioError
from crossmodal.sound.spectrogram import LONGEST_S, LogMel, windows_per_frame

ITERATIONS = 32  # of the search for phases
PEAK = 0.5  # of the waveform, -6 dBFS


def invert(spectrogram: np.ndarray, duration_s: float, config: LogMel | None = None, *, seed: int = 0) -> np.ndarray:
    """A waveform with a given spectrogram.

    Args:
        spectrogram: (frames, mels) or (frames, mels, 1) in [0, 1], as `log_mel` makes them.
        duration_s: of the clip that its frames span, in seconds, see `log_mel_and_durations`.
        config: the front end of the spectrogram; the default one if None.
        seed: of the phases that the search begins with.

    Returns:
        (samples,) float32 in [-1, 1] with a peak of 0.5, at `config.sample_rate`; zeros for a spectrogram of zeros.

    Raises:
        AudioError: the spectrogram has another shape, holds values that are not finite, or the duration is no positive
            number of up to 600 s.

    Example:
        spectrograms, durations_s = log_mel_and_durations([waveform])
        again = invert(spectrograms[0], durations_s[0])
    """
    import librosa

    config = config or LogMel()
    spectrogram = np.asarray(spectrogram, np.float32)
    shape = config.n_frames, config.n_mels
    if spectrogram.shape not in (shape, (*shape, 1)) or not np.isfinite(spectrogram).all():
        raise AudioError(f"A spectrogram of shape {spectrogram.shape} is no sound: pass finite numbers of {shape}.")
    if not 0 < duration_s <= LONGEST_S:
        raise AudioError(f"A sound cannot last {duration_s:g} s: pass a positive number of up to {LONGEST_S:g} s.")
    samples = max(round(duration_s * config.sample_rate), 1)
    span = max(samples, config.n_fft)
    values = at_fixed_hop(np.clip(spectrogram.reshape(shape), 0, 1), span, config)
    power = np.where(values > 0, 10 ** (config.dynamic_range_db / 10 * (values - 1)), 0)
    magnitude = librosa.feature.inverse.mel_to_stft(
        power.T, sr=config.sample_rate, n_fft=config.n_fft, power=2.0, fmin=config.fmin, fmax=config.fmax
    )
    waveform = librosa.griffinlim(
        magnitude, n_iter=ITERATIONS, hop_length=hop_of(config), n_fft=config.n_fft, length=span, random_state=seed
    )[:samples]
    peak = np.abs(waveform).max()
    return (waveform * (PEAK / peak) if peak > 0 else waveform).astype(np.float32)


def hop_of(config: LogMel) -> int:
    """Samples from one frame of the search to the next: a quarter of a window."""
    return config.n_fft // 4


def at_fixed_hop(spectrogram: np.ndarray, samples: int, config: LogMel) -> np.ndarray:
    """The values of a spectrogram (frames, mels) over a clip of so many samples, in frames centred at 0, hop, 2 hop
    and on; linear between the frames, whose places are those of `crossmodal.sound.spectrogram.frame`."""
    per_frame = windows_per_frame(samples, config)
    centres = np.arange(0, samples + 1, hop_of(config))
    last = config.n_frames * per_frame - 1  # of the windows, the first of which begins at 0
    windows = (centres - config.n_fft / 2) / max(samples - config.n_fft, 1) * last
    frames = np.clip((windows - (per_frame - 1) / 2) / per_frame, 0, config.n_frames - 1)
    before = np.minimum(frames.astype(int), config.n_frames - 2)
    share = (frames - before)[:, None]
    return (1 - share) * spectrogram[before] + share * spectrogram[before + 1]
