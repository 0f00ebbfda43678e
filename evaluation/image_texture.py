"""Draws of an image texture: did they copy the picture they were learned from, and are their patches like its own?

The yardstick is another part of the same picture that nothing was learned from. Pictures are (height, width, channels)
in [0, 1].
"""

import numpy as np
from scipy.ndimage import uniform_filter

from evaluation.distances import nearest_distances, prdc

COPY, COPY_STEP = 32, 8  # pixels of the patches that are searched for copies, and from one to the next in a draw
COARSE = 4  # pixels that are one in these
COPIED = 0.5  # of the least distance that a patch of the other part has: a copy is nearer
PATCH, PATCHES, K = 12, 1000, 5  # pixels and number of the patches whose distributions are compared, and neighbours


def copy_report(draws, learned: np.ndarray, held: np.ndarray) -> dict:
    """Search draws for copies of what was learned from.

    A patch of 32x32 pixels, a quarter as fine, is held against the picture at every place. Its distance to the nearest
    place is taken in units of its own contrast: 0 is a copy, sqrt(2) unrelated. A draw is a copy if a patch of it comes
    nearer than half of the nearest of the other part's.

    Args:
        draws: pictures, each 32x32 or larger.
        learned, held: the picture that was learned from and the other part of it.

    Returns:
        dict: `copied`, the number of draws; `nearest` and `median` distance of draws' patches, `held_nearest` and
        `held_median` of the other part's.
    """
    known = coarse_patches(learned, 1)
    of_held = relative_distances(coarse_patches(held, COPY_STEP), known)
    of_draws = [relative_distances(coarse_patches(draw, COPY_STEP), known) for draw in draws]
    return {
        "copied": sum(bool(distances.min() < COPIED * of_held.min()) for distances in of_draws),
        "nearest": float(min(distances.min() for distances in of_draws)),
        "median": float(np.median(np.concatenate(of_draws))),
        "held_nearest": float(of_held.min()),
        "held_median": float(np.median(of_held)),
    }


def patch_report(draws, learned: np.ndarray, held: np.ndarray, seed: int = 0) -> dict:
    """Precision and recall of draws' patches of 12x12 pixels among those of the other part, see `prdc`, beside what the
    patches of the picture that was learned from reach.

    Returns:
        dict: `precision`, `recall`, `learned_precision`, `learned_recall`.
    """
    rng = np.random.default_rng(seed)
    real, drawn, same = (random_patches(pictures, rng) for pictures in ([held], draws, [learned]))
    of_draws, of_learned = prdc(real, drawn, K), prdc(real, same, K)
    names = ("precision", "recall")
    return {name: of_draws[name] for name in names} | {f"learned_{name}": of_learned[name] for name in names}


def coarse_patches(picture: np.ndarray, step: int) -> np.ndarray:
    """Every `step`th patch of 32x32 pixels in both directions, a quarter as fine: (n, channels * 8 * 8) float32."""
    smooth = uniform_filter(np.asarray(picture, np.float32), (COARSE, COARSE, 0))
    windows = np.lib.stride_tricks.sliding_window_view(smooth, (COPY, COPY), (0, 1))
    windows = windows[::step, ::step, :, COARSE // 2 :: COARSE, COARSE // 2 :: COARSE]  # the middle of each
    return windows.reshape(-1, windows[0, 0].size)


def relative_distances(patches: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(n,) distances of patches (n, d) to the nearest of the known ones (m, d), over their own distance from their
    mean."""
    contrast = np.linalg.norm(patches - patches.mean(axis=1, keepdims=True), axis=1)
    return nearest_distances(patches, known, 1)[:, 0] / np.maximum(contrast, 1e-6)


def random_patches(pictures, rng) -> np.ndarray:
    """1000 patches of 12x12 pixels from random places of some pictures, (1000, 12 * 12 * channels)."""
    found = []
    for i in rng.integers(len(pictures), size=PATCHES):
        height, width = pictures[i].shape[:2]
        row, column = rng.integers(height - PATCH + 1), rng.integers(width - PATCH + 1)
        found.append(pictures[i][row : row + PATCH, column : column + PATCH].ravel())
    return np.array(found)
