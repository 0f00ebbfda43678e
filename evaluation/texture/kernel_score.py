"""How far the windows of a synthesis are from those of its reference, by a judge without a cochlea.

The distance is that of two sets of windows (see `windows`): the unbiased squared MMD (A. Gretton et al. 2012, equation
3) as in the Kernel Inception Distance (M. Binkowski et al. 2018), with these features in Inception's place and a
Gaussian kernel in that of the cubic one, which a single window far away would rule. It is set on the scale of the score
by statistics: 0 is Gaussian noise with the reference's spectrum, 1 one half of the reference against the other.

The scale's two ends, no synthesis, say what a feature is divided by (its deviation within reference and noise) and how
wide the kernel is: 2 width^2 is the median squared distance of their windows (Gretton et al. 2012, section 8).
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist

from evaluation.texture.score import half_samples, pieces, spectral_noise
from evaluation.texture.windows import window_features

WINDOW_S = 0.25  # side by side: a half of two seconds has eight
NOISES = 4  # of the reference's length
LEAST_LENGTH = 0.1  # of a scale, of squared distances that are 2 at most: a shorter one measures chance


@dataclass(frozen=True)
class KernelScale:
    """What 0 and 1 mean for one reference."""

    halves: tuple  # the windows of the reference's halves, (windows, 100) each, divided by
    deviation: np.ndarray  # (100,)
    width: float  # of the kernel
    noise: float  # squared distance of noise to a half: score 0
    other_half: float  # of one half to the other: score 1

    @property
    def ill_conditioned(self) -> bool:
        """True where the halves are nearly as far from each other as from noise."""
        return self.noise - self.other_half < LEAST_LENGTH


def kernel_scale(reference: np.ndarray, seed: int = 0) -> KernelScale:
    """Measure the scale of a reference (samples,) at 20 kHz, 2 s or more, of which up to 7 s count; `seed`: the noise.

    Raises:
        AudioError: see `window_features`.
    """
    samples, rng = half_samples(reference), np.random.default_rng(seed)
    halves = [window_features(half, WINDOW_S) for half in pieces(reference, samples)[:2]]
    noises = [window_features(spectral_noise(reference[: 2 * samples], rng), WINDOW_S) for _ in range(NOISES)]
    within = (np.var(np.concatenate(halves), axis=0) + np.var(noises[0], axis=0)) / 2
    deviation = np.sqrt(within) + 1e-6
    first, second, *noises = (windows / deviation for windows in (*halves, *noises))
    ends = np.concatenate([first, second, noises[0]])
    width = float(np.sqrt(np.median(pdist(ends, "sqeuclidean")) / 2))
    noise = np.mean([squared_mmd(noise, half, width) for noise in noises for half in (first, second)])
    return KernelScale((first, second), deviation, width, float(noise), squared_mmd(first, second, width))


def kernel_score(scale: KernelScale, synthesis: np.ndarray) -> dict:
    """Hold a synthesis (samples,) at 20 kHz, of half a second or more, against both halves of the reference.

    Returns:
        dict: `kernel_score`: (noise - distance) / (noise - other half); `kernel_distance`: mean squared distance;
        `kernel_ill_conditioned` (bool).

    Raises:
        AudioError: see `window_features`.
    """
    windows = window_features(synthesis, WINDOW_S) / scale.deviation
    distance = float(np.mean([squared_mmd(windows, half, scale.width) for half in scale.halves]))
    return {
        "kernel_score": (scale.noise - distance) / (scale.noise - scale.other_half),
        "kernel_distance": distance,
        "kernel_ill_conditioned": scale.ill_conditioned,
    }


def squared_mmd(x: np.ndarray, y: np.ndarray, width: float) -> float:
    """The unbiased squared MMD of two sets (n, d) and (m, d), of two or more each, by exp(-|x - y|^2 / (2 width^2)).

    With x_i and y_j: the mean of k over pairs of different x, plus that over pairs of different y, less twice that over
    pairs of x and y. For two samples of one distribution its expectation is 0; it may fall below.
    """
    from sklearn.metrics.pairwise import rbf_kernel

    gamma = 1 / (2 * width**2)
    inside = [(np.sum(rbf_kernel(z, z, gamma)) - len(z)) / (len(z) * (len(z) - 1)) for z in (x, y)]  # k(z, z) = 1
    return float(sum(inside) - 2 * np.mean(rbf_kernel(x, y, gamma)))
