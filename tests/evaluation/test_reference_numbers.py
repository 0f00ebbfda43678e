"""Figures against a second implementation or published constants, to a stated tolerance; see docs/guarantees.md."""

import numpy as np
import pytest
import scipy.linalg
from sklearn.metrics.pairwise import polynomial_kernel

from evaluation.distances import frechet_distance, gaussian_frechet, kernel_distance
from evaluation.texture import filters

FEATURES = 84  # of LeNet5


def features(n, seed):
    """(n, FEATURES) that are correlated, and of very different sizes, as a network's are."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((FEATURES, FEATURES)) * np.geomspace(1, 0.01, FEATURES)
    return np.maximum(rng.standard_normal((n, FEATURES)) @ mixing + 0.1 * seed, 0)


def test_fid_is_that_of_the_matrix_square_root():
    """Heusel et al. 2017, with SciPy's root of the product of the covariances, as pytorch-fid computes it."""
    x, y = features(2000, 0), features(1500, 1)
    mean_x, mean_y, cov_x, cov_y = x.mean(0), y.mean(0), np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = np.real(scipy.linalg.sqrtm(cov_x @ cov_y))
    expected = np.sum((mean_x - mean_y) ** 2) + np.trace(cov_x + cov_y - 2 * root)
    assert gaussian_frechet(mean_x, cov_x, mean_y, cov_y) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-6)


def test_kid_is_that_of_scikit_learns_kernel():
    """Binkowski et al. 2018: the unbiased squared MMD of (x.y / d + 1)^3."""
    x, y = features(300, 0), features(200, 1)
    kernel = {"degree": 3, "gamma": 1 / FEATURES, "coef0": 1}

    def within(points):
        values = polynomial_kernel(points, **kernel)
        return (values.sum() - np.trace(values)) / (len(points) * (len(points) - 1))

    expected = within(x) + within(y) - 2 * polynomial_kernel(x, y, **kernel).mean()
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-9)


def test_the_cochleas_centres_are_mcdermott_and_simoncellis():
    """Neuron 2011: 30 bands from 52 to 8,844 Hz, equally spaced on the ERB scale; a low and a high one beside them."""
    length, sample_rate = 400_000, filters.SAMPLE_RATE
    bank = filters.cochlear_filters(length)
    centres = np.argmax(bank, axis=1) * sample_rate / length
    assert len(bank) == 32
    assert centres[1] == pytest.approx(52, abs=0.5)
    assert centres[-2] == pytest.approx(8844, abs=1)


def test_the_erb_scale_is_glasberg_and_moores():
    """1990: ERB(f) = 24.7 (4.37 f / 1000 + 1) is the slope of Hz over ERB numbers; to the 4 digits of its constants."""
    for hertz in (100.0, 1000.0, 4000.0):
        step = (filters.erb_from_hz(hertz + 0.5) - filters.erb_from_hz(hertz - 0.5)).item()
        assert 1 / step == pytest.approx(24.7 * (4.37 * hertz / 1000 + 1), rel=1e-3)
