"""Overlap-save: an operation on an endless signal, chunk by chunk, as on all of it at once (A. V. Oppenheim & R. W.
Schafer, "Discrete-Time Signal Processing", section 8.7.3).

An output that depends on no more than a chunk of the input to either side is right in the middle of three chunks; what
the operation makes of the first and the last is wrong there and left.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import tensorflow as tf


def windows(chunks: Iterable) -> Iterator[tuple]:
    """Each three chunks in a row, of any number of chunks: two less of them."""
    held: deque = deque(maxlen=3)
    for chunk in chunks:
        held.append(chunk)
        if len(held) == 3:
            yield tuple(held)


def overlap_save(operation, chunks: Iterable[tf.Tensor], samples: int) -> Iterator[tf.Tensor]:
    """The middle (batch, samples, ...) of operation(x) for each x (batch, 3 * frames, ...) of three chunks in a row.

    Args:
        operation: x -> (batch, 3 * samples, ...), of which the middle depends on x alone.
        chunks: (batch, frames, ...) each.
        samples: outputs of a chunk.
    """
    for held in windows(chunks):
        yield operation(tf.concat(held, axis=1))[:, samples : 2 * samples]
