"""Distances between sets of images that an archetype cannot fool: pure functions of feature arrays.

An archetype, one perfect drawing of each class, is recognised every time. What tells it from handwriting is spread
(mean pairwise distance), which part of the real images it comes near to (recall, coverage), and the distance between
the distributions (Frechet, kernel). Spread alone rises too when drawings are wrong, so it is read beside precision.

`features` are (images, d) arrays of any features, one row per image. Arithmetic is float64. Distances of n to m
images are computed some rows at a time: at most CHUNK of them exist at once.
"""

import numpy as np

from crossmodal.errors import DataError
from evaluation.checks import check_labels

CHUNK = 2**21  # distances held at once: 16 MB in float64, a few times that with temporaries


def check_features(features, least: int) -> np.ndarray:
    """`features` as float64.

    Raises:
        DataError: they are not a finite (images, d) array of at least `least` images.
    """
    features = np.asarray(features, np.float64)
    if features.ndim != 2 or len(features) < least:
        raise DataError(f"Features must be (images, d) with at least {least} images: these are {features.shape}.")
    if not np.isfinite(features).all():
        raise DataError("Some features are not finite: the images they are of hold values that are not numbers.")
    return features


def check_pair(x, y, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sets as float64; DataError where `check_features` refuses one, or they have other numbers of features."""
    x, y = check_features(x, least), check_features(y, least)
    if x.shape[1] != y.shape[1]:
        raise DataError(f"One set has {x.shape[1]} features and the other {y.shape[1]}: take the same of both.")
    return x, y


def squared_distances(x: np.ndarray, y: np.ndarray, chunk: int = CHUNK):
    """Squared Euclidean distances from each row of x (n, d) to each of y (m, d).

    Yields:
        rows: a slice of x's rows, in order.
        squared: (rows, m) in x's precision, at least 0.
    """
    y_norms = np.einsum("ij,ij->i", y, y)
    step = max(chunk // len(y), 1)
    for start in range(0, len(x), step):
        rows = slice(start, min(start + step, len(x)))
        squared = x[rows] @ y.T
        squared *= -2
        squared += np.einsum("ij,ij->i", x[rows], x[rows])[:, None]
        squared += y_norms
        yield rows, np.maximum(squared, 0, out=squared)


def mean_distances(features, *groupings, chunk: int = CHUNK) -> np.ndarray:
    """Mean Euclidean distance of the pairs of a set, by how much the two of a pair have in common.

    Args:
        features: (n, d), n >= 2.
        groupings: nested groupings of the n, the finest first, each (n,): clips, then speakers, for example.

    Returns:
        (len(groupings) + 1,): entry i is the mean over all pairs that differ in i groupings, nan if there are none.
        Without a grouping that is the mean pairwise distance. No image is paired with itself: unbiased.
    """
    x = check_features(features, 2)
    sums, counts = np.zeros(len(groupings) + 1), np.zeros(len(groupings) + 1)
    for rows, squared in squared_distances(x, x, chunk):
        distances = np.sqrt(squared, out=squared)
        differing = np.zeros(distances.shape, np.int8)
        for grouping in map(np.asarray, groupings):
            differing += grouping[rows, None] != grouping
        differing[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = -1
        for i in range(len(sums)):
            sums[i] += np.sum(distances, where=differing == i)
            counts[i] += np.count_nonzero(differing == i)
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def class_spreads(features, labels) -> np.ndarray:
    """(classes,) mean pairwise distance of the images of each class, of features (n, d) and labels (n,)."""
    return np.array([mean_distances(features[labels == label])[0] for label in np.unique(labels)])


def diversity_ratios(features, labels, real, real_labels, *groupings, real_spreads=None) -> np.ndarray:
    """`mean_distances` of each class over the mean pairwise distance of real images of that class.

    Args:
        features, labels: (n, d) and (n,) of the generated images: the class each should show.
        real, real_labels: (m, d) and (m,).
        groupings: of the generated images, see `mean_distances`.
        real_spreads: `class_spreads` of the real images, where they are known already.

    Returns:
        (classes, len(groupings) + 1), at least 0: 0 for an archetype, about 1 for images as varied as the real ones.
        A row is nan where fewer than two images of the class were generated.
    """
    spreads = class_spreads(real, real_labels) if real_spreads is None else real_spreads
    ratios = np.full((len(spreads), len(groupings) + 1), np.nan)
    for row, label, spread in zip(ratios, np.unique(real_labels), spreads, strict=True):
        of_class = labels == label
        if np.count_nonzero(of_class) > 1:
            row[:] = mean_distances(features[of_class], *(grouping[of_class] for grouping in groupings)) / spread
    return ratios


def squared_radii(x: np.ndarray, k: int, chunk: int = CHUNK) -> np.ndarray:
    """(n,) squared distance of each row of x (n, d), n > k, to its k-th nearest other row."""
    radii = np.empty(len(x))
    for rows, squared in squared_distances(x, x, chunk):
        radii[rows] = np.partition(squared, k, axis=1)[:, k]
    return radii


def prdc(real, generated, k: int = 5, chunk: int = CHUNK, *, real_radii=None) -> dict[str, float]:
    """Precision, recall, density and coverage, by balls that reach to each image's k-th nearest neighbour.

    precision: share of generated images in some real image's ball (Kynkaanniemi et al. 2019, equations 1 and 2);
    recall: share of real images in some generated image's ball (the same, with the roles exchanged);
    density: number of real balls a generated image lies in, over k, which may exceed 1 (Naeem et al. 2020);
    coverage: share of real images whose ball holds a generated image (the same), see `expected_coverage`.

    Args:
        real: (n, d) and generated: (m, d), each with more than k rows.
        real_radii: `squared_radii` of the real images, where they are known already.

    Raises:
        DataError: too few images, or features that are not finite.
    """
    real, generated = check_pair(real, generated, k + 1)
    real_radii = squared_radii(real, k, chunk) if real_radii is None else real_radii
    generated_radii = squared_radii(generated, k, chunk)
    balls = np.zeros(len(generated), np.int64)  # in how many real balls each generated image lies
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, squared in squared_distances(real, generated, chunk):
        inside = squared <= real_radii[rows, None]
        balls += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (squared <= generated_radii).any(axis=1)
    return {
        "precision": float(np.mean(balls > 0)),
        "recall": float(recalled.mean()),
        "density": float(balls.mean() / k),
        "coverage": float(covered.mean()),
    }


def class_wise_prdc(real, real_labels, generated, labels, k: int = 5, real_radii=None) -> dict[str, np.ndarray]:
    """`prdc` within each class of `real_labels`: each value is (classes,). `real_radii` are those of each class."""
    classes = np.unique(real_labels)
    known = [None] * len(classes) if real_radii is None else real_radii
    figures = [
        prdc(real[real_labels == c], generated[labels == c], k, real_radii=radii)
        for c, radii in zip(classes, known, strict=True)
    ]
    return {name: np.array([figure[name] for figure in figures]) for name in figures[0]}


def expected_coverage(n_real: int, n_generated: int, k: int = 5) -> float:
    """Coverage to expect of two samples of one distribution; 0.969 for k = 5 and many images, as many of each.

    A real image is not covered if its k nearest among the n - 1 other real and the m generated images are all real,
    and each order is equally likely: 1 - prod (n - 1 - i) / (n - 1 + m - i), i < k (Naeem et al. 2020 for m = n).
    """
    i = np.arange(k)
    return float(1 - np.prod((n_real - 1 - i) / (n_real - 1 + n_generated - i)))


def gaussian_frechet(mean_x, covariance_x, mean_y, covariance_y) -> float:
    """Frechet distance of two Gaussians, squared (Heusel et al. 2017, equation 6), at least 0.

    The trace of (Cx Cy)^(1/2) is the sum of the roots of the eigenvalues of Cx^(1/2) Cy Cx^(1/2), which is symmetric
    and has the same eigenvalues.
    """
    values, vectors = np.linalg.eigh(covariance_x)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    product = np.linalg.eigvalsh(root @ covariance_y @ root)
    trace = np.trace(covariance_x) + np.trace(covariance_y) - 2 * np.sqrt(np.maximum(product, 0)).sum()
    return float(max(np.sum((mean_x - mean_y) ** 2) + trace, 0.0))


def frechet_distance(x, y) -> float:
    """FID of two sets (n, d) and (m, d): `gaussian_frechet` of their moments. Too large by O(1/n + 1/m) for small
    sets, so compare it only between sets of the same size."""
    x, y = check_pair(x, y, 2)
    return gaussian_frechet(*moments(x), *moments(y))


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (d,) and covariance (d, d) of a set (n, d)."""
    return x.mean(axis=0), np.cov(x, rowvar=False)


def extrapolated_frechet_distance(x, y, *, repeats: int = 8, seed: int = 0) -> float:
    """FID with its bias in 1 / size removed: twice that of the sets less the mean of that of random halves of both.

    This is the FID of infinitely many images by a straight line in 1 / size (Chong & Forsyth 2020) through two sizes.
    Halves must still be large, many times d. Near 0 for two samples of one distribution, below it by chance.
    """
    rng = np.random.default_rng(seed)
    halves = []
    for _ in range(repeats):
        for part_x, part_y in zip(*(np.array_split(rng.permutation(z), 2) for z in (x, y)), strict=True):
            halves.append(frechet_distance(part_x, part_y))
    return float(2 * frechet_distance(x, y) - np.mean(halves))


def kernel_distance(x, y, chunk: int = CHUNK) -> float:
    """KID of two sets (n, d) and (m, d): the unbiased squared MMD (Gretton et al. 2012, equation 3) under the kernel
    (x . y / d + 1)^3 (Binkowski et al. 2018), exact over all pairs. Its expectation is 0 for two samples of one
    distribution, whatever their size; it may fall below 0."""
    x, y = (z / np.sqrt(z.shape[1]) for z in check_pair(x, y, 2))

    def cubed(products):
        products += 1
        return products * products * products

    def kernel_sum(a, b):
        step = max(chunk // len(b), 1)
        return sum(cubed(a[i : i + step] @ b.T).sum() for i in range(0, len(a), step))

    def mean_of_others(a):  # over pairs of different images
        return (kernel_sum(a, a) - cubed(np.sum(a * a, axis=1)).sum()) / (len(a) * (len(a) - 1))

    return float(mean_of_others(x) + mean_of_others(y) - 2 * kernel_sum(x, y) / (len(x) * len(y)))


def nearest_distances(images, training, neighbours: int = 2, chunk: int = CHUNK) -> np.ndarray:
    """Euclidean distances of images (n, d) to the nearest of the training images (m, d): (n, neighbours), ascending.

    The first column is 0 for a copy. A blurred image is near to many training images, a copy to one: the ratio of
    the first column to the second tells them apart. The search is in float32, the distances it ends with are exact.

    Raises:
        DataError: images that are not finite arrays of as many values, or fewer training images than neighbours.
    """
    x, y = np.asarray(images, np.float32), np.asarray(training, np.float32)
    if not (x.ndim == y.ndim == 2 and x.shape[1] == y.shape[1] and len(x) and len(y) >= neighbours):
        raise DataError(
            f"Images {x.shape} and training images {y.shape} must be (n, d), the latter {neighbours} or more."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DataError("Some images are not finite: they hold values that are not numbers.")
    found = np.empty((len(x), neighbours))
    for rows, squared in squared_distances(x, y, chunk):
        each = np.arange(len(squared))
        for i in range(neighbours):
            nearest = squared.argmin(axis=1)
            found[rows, i] = np.linalg.norm(x[rows].astype(np.float64) - y[nearest], axis=1)
            squared[each, nearest] = np.inf
    return np.sort(found, axis=1)


def kl_to_uniform(labels, classes: int) -> float:
    """KL divergence of the labels' histogram to the uniform one, in nats: 0 to log(classes); DataError without any."""
    if not len(check_labels(labels, len(labels))) or np.max(labels) >= classes:
        raise DataError(f"The histogram of {classes} classes needs labels from 0 to {classes - 1}: pass one or more.")
    share = np.bincount(labels, minlength=classes) / len(labels)
    share = share[share > 0]
    return float(np.sum(share * np.log(share * classes)))
