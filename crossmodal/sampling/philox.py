"""TensorFlow's stateless random numbers without TensorFlow: the same seed gives the same numbers.

The generator is Philox4x32-10 (Salmon et al. 2011): a block of four 32-bit words is a function of a counter and a key,
ten rounds of multiplications. Key and counter follow from two integers, the seed. A normal deviate is made by the
transform of Box & Muller (1958) of two uniform ones.
"""

from collections.abc import Sequence

import numpy as np

MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
WEYL = 0x9E3779B9, 0xBB67AE85  # added to the key after each round
ROUNDS = 10
SCRAMBLE = 0x3EC8F720, 0x02461E29  # the key by which TensorFlow mixes a seed
LEAST = 1e-7  # of a uniform number whose logarithm is taken
WORD = 2**32
KERAS_SEEDS = 2**31 - 2  # Keras takes a seed modulo this


def philox(counters: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Counters (n, 4) uint32 -> blocks of random words (n, 4) uint32."""
    c0, c1, c2, c3 = np.asarray(counters, np.uint64).T
    for i in range(ROUNDS):
        k0, k1 = (np.uint64((k + i * step) % WORD) for k, step in zip(key, WEYL, strict=True))
        one, two = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (two >> 32) ^ c1 ^ k0, two % WORD, (one >> 32) ^ c3 ^ k1, one % WORD
    return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def random_words(count: int, seed: Sequence[int], skipped: int = 0) -> np.ndarray:
    """(count,) uint32, a function of the seed, two integers; the first `skipped` blocks of four are left out."""
    first, second = (int(part) % WORD**2 for part in seed)
    mixed = philox(np.array([[first % WORD, first // WORD, second % WORD, second // WORD]]), SCRAMBLE)[0]
    start = np.uint64(skipped)
    low = start + np.arange(-(-count // 4), dtype=np.uint64)
    counters = np.stack([low % WORD, low >> 32, *(np.full_like(low, word) for word in mixed[2:])], axis=1)
    return philox(counters, (int(mixed[0]), int(mixed[1]))).ravel()[:count]


def uniform(words: np.ndarray) -> np.ndarray:
    """uint32 words -> float32 in [0, 1): their lower 23 bits are the fraction."""
    return ((words & np.uint32(0x7FFFFF)) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)


def stateless_normal(shape: Sequence[int], seed: Sequence[int]) -> np.ndarray:
    """Standard-normal float32 numbers, those of `tf.random.stateless_normal` up to rounding.

    Args:
        shape: of what is returned.
        seed: two integers.
    """
    count = int(np.prod(shape))
    u = uniform(random_words(count + count % 2, seed)).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log(np.maximum(u[:, 0], np.float32(LEAST)))), np.float32(2 * np.pi) * u[:, 1]
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1).ravel()[:count].reshape(shape)


def keras_normal(shape: Sequence[int], seed: int) -> np.ndarray:
    """Standard-normal float32 numbers, those of `keras.random.normal` on TensorFlow up to rounding."""
    return stateless_normal(shape, (seed % KERAS_SEEDS, 0))


def fold_in(seed: Sequence[int], data: int) -> tuple[int, int]:
    """Another seed for each number `data`, that of `tf.random.experimental.stateless_fold_in`."""
    return int(random_words(1, seed).view(np.int32)[0]), data
