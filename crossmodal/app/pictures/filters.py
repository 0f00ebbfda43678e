"""Pictures of the filters that an encoder of waveforms learned, written as PNG."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure
from crossmodal.errors import ModelError

SHOWN = 12  # filters whose taps are drawn
POINTS = 1024  # of a spectrum, for a filter may be tuned between two bins
LOWEST_DB = -40.0  # below a filter's highest point


def filters_of(model) -> np.ndarray:
    """The first filters of a model that hears waveforms, (size, filters); ModelError of one that does not."""
    named = {layer.name: layer for layer in model.encoder.layers}
    if "filters" not in named:
        raise ModelError(f"This {type(model).__name__} hears spectrograms: train one with --front-end waveform.")
    return np.asarray(named["filters"].kernel)[:, 0]


def spectra_of(filters: np.ndarray) -> np.ndarray:
    """|W_k(f)|^2 of filters (size, filters) over its highest point: (filters, 513), f from 0 to half the rate."""
    power = np.square(np.abs(np.fft.rfft(filters, POINTS, axis=0))).T
    return power / power.max(axis=1, keepdims=True)


def centres_hz(filters: np.ndarray, sample_rate: int) -> np.ndarray:
    """(filters,) where the spectrum of each is highest, in Hz."""
    return spectra_of(filters).argmax(axis=1) * sample_rate / POINTS


def save_filters(path: Path, banks: dict[str, np.ndarray], sample_rate: int) -> None:
    """Banks of filters (size, filters) by their names, each in the order of centre frequencies: the taps of some, the
    spectra of all, and beside the banks how their centre frequencies grow."""
    figure = Figure(figsize=(9, 2.7 * len(banks)), layout="constrained")
    axes = figure.subplots(len(banks), 3, squeeze=False, width_ratios=(1.2, 1, 1))
    for (taps, spectra, centres), (name, filters) in zip(axes, banks.items(), strict=True):
        found = np.sort(centres_hz(filters, sample_rate))
        ordered = filters[:, np.argsort(centres_hz(filters, sample_rate), kind="stable")]
        n = ordered.shape[1]
        time_ms = 1000 * np.arange(len(ordered)) / sample_rate
        for row, k in enumerate(np.linspace(0, n - 1, SHOWN).astype(int)):
            taps.plot(time_ms, row + 0.45 * ordered[:, k] / np.abs(ordered[:, k]).max(), linewidth=0.6, color="C0")
        taps.set(title=f"{name}: {SHOWN} of {n} filters", xlabel="ms", yticks=[])
        decibels = 10 * np.log10(np.maximum(spectra_of(ordered), 10 ** (LOWEST_DB / 10)))
        options = {"aspect": "auto", "origin": "lower", "cmap": "viridis", "vmin": LOWEST_DB, "vmax": 0}
        spectra.imshow(decibels.T, extent=(0, n, 0, sample_rate / 2000), **options)
        spectra.set(title=f"spectra, {-LOWEST_DB:.0f} dB", xlabel="filter", ylabel="kHz")
        centres.plot(found / 1000, "o", markersize=2)
        centres.set(title="centre frequencies", xlabel="filter", ylabel="kHz", ylim=(0, sample_rate / 2000))
    save_figure(figure, path, dpi=110)
