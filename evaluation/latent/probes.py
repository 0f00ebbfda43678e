"""Linear probes: what can be read from a latent by a linear function (G. Alain & Y. Bengio, "Understanding intermediate
layers using linear classifier probes", 2016). They are fitted on training clips and scored on test clips."""

import warnings

import numpy as np

from crossmodal.data.pairing import draw_clips
from crossmodal.data.sources import as_input
from evaluation.intervals import Mean, ratio_of
from evaluation.latent.heard import Heard, Judge
from evaluation.latent.style import STYLES

FITTED = 4000  # images or drawings by which a probe of style is fitted
RIDGE = 1.0  # penalty of the squares of the weights, of standardised inputs


def read_classes(latents, labels, others) -> np.ndarray:
    """The class of `others` (m, d), (m,), by a logistic regression that was fitted on latents (n, d) of labels (n,)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=1 / RIDGE, max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough after so many steps
        return probe.fit(latents, labels).predict(others)


def explained(inputs, values, groups, others, their_values, their_groups, units, seed: int) -> Mean:
    """R^2, the share of the variance within a group that a linear function of the inputs explains: 1 all of it, 0 none,
    below 0 where the groups' means alone are nearer.

    The linear function, beside a constant for each group, is fitted on the first three; R^2 is that of the others.

    Args:
        inputs, values, groups: (n, d), (n,) and (n,).
        others, their_values, their_groups: (m, d), (m,) and (m,), of no group that the first lack.
        units: (m,) which clip or person each belongs to, for the interval.
    """
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    means, of_inputs = group_means(values, groups), group_means(inputs, groups)
    probe = make_pipeline(StandardScaler(), Ridge(RIDGE)).fit(inputs - of_inputs[groups], values - means[groups])
    centred = their_values - means[their_groups]
    left = np.square(centred - probe.predict(others - of_inputs[their_groups]))
    ratio = ratio_of(left, np.square(centred), units, seed)
    low, high = ratio.interval_95
    return Mean(1 - ratio.mean, (1 - high, 1 - low))


def group_means(values, groups) -> np.ndarray:
    """(groups, ...) the mean of the values (n, ...) of each group (n,)."""
    sums = np.zeros((groups.max() + 1, *values.shape[1:]))
    np.add.at(sums, groups, values)
    return (sums.T / np.maximum(np.bincount(groups), 1)).T


def probe_spectrograms(fit: Heard, test: Heard, seed: int) -> np.ndarray:
    """The classes that a linear probe reads in the spectrograms' principal components, as many as the latent has."""
    from sklearn.decomposition import PCA

    components = min(fit.latents.shape[1], len(fit.labels))
    pca = PCA(components, svd_solver="randomized", random_state=seed).fit(fit.flat)
    return read_classes(pca.transform(fit.flat), fit.labels, pca.transform(test.flat))


def style_of_drawings(judge: Judge, fit: Heard, test: Heard, rng, seed: int) -> dict[str, Mean]:
    """R^2 of what hands drawn at random say of slant and thickness of their drawings, within a class."""
    rows = np.resize(np.arange(len(fit.labels)), FITTED)
    fit_hands, test_hands = (
        rng.standard_normal((n, judge.model.hand_dim), np.float32) for n in (FITTED, len(test.labels))
    )
    drawn, tested = judge.draw(fit.latents[rows], fit_hands), judge.draw(test.latents, test_hands)
    return {
        name: explained(
            *(fit_hands, measure(drawn), fit.labels[rows]),
            *(test_hands, measure(tested), test.labels, test.units),
            seed,
        )
        for name, measure in STYLES.items()
    }


def style_of_images(judge: Judge, fit: Heard, test: Heard, images, rng, seed: int) -> dict[str, Mean] | None:
    """R^2 of what the model's own network finds in real images of their slant and thickness, within a class."""
    rows = rng.permutation(len(images.train_images))[:FITTED]
    labels, pixels = images.train_labels[rows], as_input(images.train_images[rows])
    found = judge.model.hands_of(pixels, fit.latents[draw_clips(labels, fit.labels, rng)])
    if found is None:
        return None
    test_pixels = as_input(images.test_images)
    tested = judge.model.hands_of(test_pixels, test.latents[draw_clips(images.test_labels, test.labels, rng)])
    units = np.arange(len(test_pixels))
    return {
        name: explained(
            *(found, measure(pixels), labels), *(tested, measure(test_pixels), images.test_labels, units), seed
        )
        for name, measure in STYLES.items()
    }
