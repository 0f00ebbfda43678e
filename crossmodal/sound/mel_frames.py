"""Log-mel frames of a recording at a fixed hop, for networks that go along it."""

import numpy as np
import scipy.fft

from crossmodal.sound.spectrogram import LogMel, hann, mel_filterbank

HOP_S = 0.01


def mel_frames(waveform: np.ndarray, config: LogMel) -> np.ndarray:
    """(frames, mels) float32 in [0, 1]: a frame every 10 ms, whose window is centred there; decibels below the
    recording's loudest frame and band, as in `log_mel`.

    Args:
        waveform: (samples,) at the front end's sample rate.
        config: the front end; of its sizes `n_fft` and `n_mels` count.
    """
    hop, half = round(HOP_S * config.sample_rate), config.n_fft // 2
    padded = np.pad(np.asarray(waveform, np.float32), (half, half))
    windows = np.lib.stride_tricks.sliding_window_view(padded, config.n_fft)[::hop] * hann(config.n_fft)
    power = np.square(np.abs(scipy.fft.rfft(windows, axis=-1))) @ mel_filterbank(config)
    decibels = 10 * np.log10(np.maximum(power / max(power.max(), 1e-20), 1e-10))
    return np.maximum(1 + decibels / config.dynamic_range_db, 0).astype(np.float32)
