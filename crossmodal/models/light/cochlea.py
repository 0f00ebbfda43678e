"""Cochlear bands in NumPy: twins of `subbands` and `join_subbands` of `crossmodal.models.networks.auditory`.

A band has few of a spectrum's bins, and each band is computed on its own bins alone.
"""

import numpy as np
import scipy.fft

FOLDS = 5  # the spectrum of a band is folded to a fifth of its bins


class Bands:
    """Analytic bands of signals (samples,) by a bank of amplitude responses (bands, samples // 2)."""

    def __init__(self, bank: np.ndarray):
        self.count, self.bins = len(bank), bank.shape[1]
        self.folded = self.bins // FOLDS
        self.parts = []  # of each band: the first fold and the responses (folds, bins) from there on
        for response in bank.reshape(self.count, FOLDS, self.folded):
            (used,) = np.nonzero(response.any(axis=1))
            first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
            self.parts.append((first, response[first:last]))

    def split(self, signal: np.ndarray) -> np.ndarray:
        """(samples,) -> (bands, samples / 10) complex64, at a tenth of the sample rate."""
        spectrum = scipy.fft.rfft(signal)[: self.bins].reshape(FOLDS, self.folded)
        folded = np.empty((self.count, self.folded), np.complex64)
        for band, (first, response) in zip(folded, self.parts, strict=True):
            np.sum(spectrum[first : first + len(response)] * response, axis=0, out=band)
        return scipy.fft.ifft(folded, axis=-1, overwrite_x=True) * np.float32(1 / FOLDS)

    def join(self, bands: np.ndarray) -> np.ndarray:
        """The signal whose bands these are: the inverse of `split`, up to aliasing."""
        spectrum = self._spread(scipy.fft.fft(bands, axis=-1)) * np.float32(FOLDS)
        return scipy.fft.irfft(np.append(spectrum, np.complex64(0)), 2 * self.bins)

    def split_gradient(self, gradient: np.ndarray) -> np.ndarray:
        """The gradient by a signal (samples,), of that by its bands (bands, samples / 10): by real and imaginary
        parts, as real and imaginary parts."""
        spectrum = self._spread(scipy.fft.fft(gradient, axis=-1))
        spectrum[0] = 2 * spectrum[0].real
        return scipy.fft.irfft(np.append(spectrum, np.complex64(0)), 2 * self.bins)

    def _spread(self, folded: np.ndarray) -> np.ndarray:
        """Folded spectra of the bands, each over its own bins, added up: (samples // 2,)."""
        spectrum = np.zeros((FOLDS, self.folded), np.complex64)
        for band, (first, response) in zip(folded, self.parts, strict=True):
            spectrum[first : first + len(response)] += response * band
        return spectrum.ravel()
