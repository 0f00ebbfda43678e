"""What short windows of a sound are like, to judges that share nothing with cochlear statistics.

A window is described by 100 numbers, all from a mel spectrogram in decibels (windows of 20 ms, hops of 5 ms, 40 bands
from 50 Hz to 7.5 kHz, which recordings of 16 kHz have too): mean and standard deviation over time of 20 MFCC and the
standard deviation of their deltas (S. Davis & P. Mermelstein 1980; with statistics over time as K. Piczak 2015 takes
them for ESC-10), and the modulation spectrum, log power of 8 groups of bands in 5 octaves from 4 to 100 Hz. The level
of a whole sound counts for nothing, that of a window within it does.
"""

from itertools import pairwise

import numpy as np

from crossmodal.errors import AudioError
from evaluation.texture.filters import SAMPLE_RATE

WINDOW_S = 0.5
HOP = 100  # samples per frame
FEATURES = 100
LOWEST_HZ, HIGHEST_HZ = 50.0, 7500.0
MEL_BANDS, GROUPS, MFCC = 40, 8, 20
OCTAVES = (4, 8, 16, 32, 64, 100)  # edges in Hz, of modulations
_FFT = 400  # samples
_DELTA = 9  # frames
_FLOOR_DB = 60.0  # below the loudest cell of a sound


def window_features(waveform: np.ndarray, window_s: float = WINDOW_S, hop_s: float | None = None) -> np.ndarray:
    """Describe the windows of a sound.

    Args:
        waveform: (samples,) at 20 kHz, any level.
        window_s: of a window, 0.25 s or more.
        hop_s: from one window to the next; a window's length if None.

    Returns:
        float64 (windows, 100): means of MFCC (20), of which the first is sqrt(40) times the mean level of the bands in
        dB, their deviations (20), those of their deltas (20), modulation spectrum (8 groups of bands x 5 octaves).

    Raises:
        AudioError: the sound is shorter than a window, or silent.
    """
    import librosa

    frames = round(window_s * SAMPLE_RATE) // HOP
    hop = frames if hop_s is None else round(hop_s * SAMPLE_RATE) // HOP
    if len(waveform) < frames * HOP or not np.any(waveform):
        raise AudioError(f"A sound of {len(waveform)} samples has no window of {window_s:g} s that sounds.")
    power = librosa.feature.melspectrogram(
        y=np.asarray(waveform, np.float32),
        sr=SAMPLE_RATE,
        n_fft=_FFT,
        hop_length=HOP,
        n_mels=MEL_BANDS,
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
    )[:, : len(waveform) // HOP].astype(np.float64)
    db = librosa.power_to_db(power, ref=power.mean(), amin=1e-30, top_db=_FLOOR_DB)
    mfcc = librosa.feature.mfcc(S=db, n_mfcc=MFCC)
    delta = librosa.feature.delta(mfcc, width=_DELTA)
    grouped = db.reshape(GROUPS, -1, db.shape[1]).mean(axis=1)
    starts = range(0, db.shape[1] - frames + 1, hop)
    parts = ((x[:, start : start + frames] for x in (mfcc, delta, grouped)) for start in starts)
    return np.stack(
        [np.concatenate([m.mean(1), m.std(1), d.std(1), modulation_spectrum(g).ravel()]) for m, d, g in parts]
    )


def modulation_spectrum(bands: np.ndarray) -> np.ndarray:
    """Power of the modulations of bands (bands, frames) in dB, a frame being 5 ms, in each octave of `OCTAVES`:
    (bands, 5), as natural logarithms of a density, dB^2 per Hz."""
    rate, frames = SAMPLE_RATE / HOP, bands.shape[1]
    window = np.hanning(frames)
    centred = bands - bands.mean(axis=1, keepdims=True)
    density = 2 * np.abs(np.fft.rfft(centred * window)) ** 2 / (rate * np.sum(window**2))
    frequency = np.fft.rfftfreq(frames, 1 / rate)
    within = [(frequency >= low) & (frequency < high) for low, high in pairwise(OCTAVES)]
    return np.stack([np.log(density[:, octave].mean(axis=1) + 1e-6) for octave in within], axis=1)
