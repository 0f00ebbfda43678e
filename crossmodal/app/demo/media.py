"""Arrays as what a browser shows and plays."""

import numpy as np
from matplotlib import colormaps

PIXEL = 8  # pixels of a picture for each one of an image


def as_picture(images: np.ndarray) -> np.ndarray:
    """Images (n, height, width, channels) in [0, 1] side by side, each pixel as 8 by 8: uint8, grey ones without a last
    axis."""
    picture = enlarged(np.rint(255 * np.hstack(list(images))).astype(np.uint8))
    return picture[..., 0] if picture.shape[-1] == 1 else picture


def spectrograms_as_picture(spectrograms: np.ndarray) -> np.ndarray:
    """Spectrograms (n, frames, mels) in [0, 1] side by side, low tones at the bottom: (8 mels, 8 n frames, 3) uint8."""
    upright = np.hstack([spectrogram.T[::-1] for spectrogram in spectrograms])
    return enlarged(colormaps["viridis"](upright, bytes=True)[..., :3])


def enlarged(image: np.ndarray) -> np.ndarray:
    """Each pixel as a square of 8 by 8."""
    return image.repeat(PIXEL, axis=0).repeat(PIXEL, axis=1)


def as_played(waveform: np.ndarray, sample_rate: int) -> tuple[int, np.ndarray]:
    """A waveform (samples,) in [-1, 1] for Gradio's player: its sample rate in Hz and (samples,) int16."""
    return sample_rate, np.rint(32767 * np.clip(waveform, -1, 1)).astype(np.int16)
