"""Who trains, validates and tests by a hash: 80, 10 and 10 % of the groups, whatever other groups there are.

    u(group) = the first 48 bits of SHA-256("seed group") / 2^48        training u < 0.8, validation u < 0.9, else test

A group that joins later or leaves changes the part of no other one. Only where groups are so few that a part would be
empty it takes the nearest group by u.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

from crossmodal.errors import DataError

TRAINING, VALIDATION, TEST = 0, 1, 2
BOUNDS = (0.8, 0.9)  # of u, where validation and test begin


def fractions(names: Iterable[str], seed: int) -> np.ndarray:
    """u of each name: (names,) float64 in [0, 1)."""
    digests = (hashlib.sha256(f"{seed} {name}".encode()).digest() for name in names)
    return np.array([int.from_bytes(digest[:6], "big") / 2**48 for digest in digests], np.float64)


def parts_of(names: list[str], seed: int, whose: str) -> np.ndarray:
    """TRAINING, VALIDATION or TEST of each of some different names: (names,) int64.

    Args:
        whose: the name of the source, for the error.

    Raises:
        DataError: there are fewer than three names, one for each part.
    """
    if len(names) < 3:
        raise DataError(
            f"{whose} has {len(names)} group{'s' if len(names) != 1 else ''} to divide: training, validation and test "
            "need one each."
        )
    u = fractions(names, seed)
    trained = int(np.clip((u < BOUNDS[0]).sum(), 1, len(u) - 2))
    not_tested = int(np.clip((u < BOUNDS[1]).sum(), trained + 1, len(u) - 1))
    parts = np.full(len(u), TEST)
    order = np.argsort(u, kind="stable")
    parts[order[:not_tested]] = VALIDATION
    parts[order[:trained]] = TRAINING
    return parts


def parts_by_group(groups: np.ndarray, seed: int, whose: str) -> np.ndarray:
    """The part of each clip, (clips,) int64, by the group (clips,) str that it belongs to; see `parts_of`."""
    names, member = np.unique(groups, return_inverse=True)
    return parts_of([str(name) for name in names], seed, whose)[member]


def parts_by_key(keys: np.ndarray, seed: int, whose: str) -> np.ndarray:
    """The part of each row of a table, (rows,) int64, by its own key (rows,) uint64; see `parts_of`."""
    return parts_of([f"{key:016x}" for key in keys.tolist()], seed, whose)
