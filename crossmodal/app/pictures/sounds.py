"""Pictures of sounds, written as PNG."""

from pathlib import Path
from typing import IO

import numpy as np
from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure

DYNAMIC_RANGE_DB = 70.0


def save_spectrograms(path: Path | IO[bytes], sounds: dict[str, np.ndarray], sample_rate: int) -> None:
    """One panel per sound, all on one scale of 70 dB below the loudest: name -> waveform (samples,)."""
    figure = Figure(figsize=(10, 2.1 * len(sounds)), layout="constrained")
    axes = figure.subplots(len(sounds), 1, squeeze=False)[:, 0]
    levels = {name: _level_db(waveform) for name, waveform in sounds.items()}
    top = max(level.max() for level in levels.values())
    for ax, (name, level) in zip(axes, levels.items(), strict=True):
        extent = (0, len(sounds[name]) / sample_rate, 0, sample_rate / 2000)
        ax.imshow(level.T, origin="lower", aspect="auto", extent=extent, vmin=top - DYNAMIC_RANGE_DB, vmax=top)
        ax.set(title=name, ylabel="kHz")
    axes[-1].set_xlabel("s")
    save_figure(figure, path, dpi=100)


def save_waveforms(path: Path | IO[bytes], sounds: dict[str, np.ndarray], sample_rate: int) -> None:
    """One panel per sound, all on the scale of the loudest: name -> waveform (samples,)."""
    figure = Figure(figsize=(10, 1.4 * len(sounds)), layout="constrained")
    axes = figure.subplots(len(sounds), 1, squeeze=False, sharex=True)[:, 0]
    loudest = max(np.abs(waveform).max() for waveform in sounds.values())
    for ax, (name, waveform) in zip(axes, sounds.items(), strict=True):
        ax.plot(np.arange(len(waveform)) / sample_rate, waveform, linewidth=0.3)
        ax.set(title=name, ylim=(-loudest, loudest))
    axes[-1].set_xlabel("s")
    save_figure(figure, path, dpi=100)


def _level_db(waveform, length=512, hop=128):
    window = np.hanning(length)
    padded = np.pad(waveform, (0, max(0, length - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    return 20 * np.log10(np.abs(np.fft.rfft(frames * window)) + 1e-7)
