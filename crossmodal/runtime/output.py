"""Standard output whose reader has gone, as `head` does."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def all_written() -> Iterator[None]:
    """Write what the block prints before it ends.

    Raises:
        BrokenPipeError: nobody reads it any more; from then on it goes nowhere.
    """
    try:
        yield
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise
