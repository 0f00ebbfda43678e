"""TensorFlow without its chatter on the terminal."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator


def import_tensorflow() -> None:
    """Import TensorFlow for a program of the command line, which then says no more than its own words.

    While its libraries are loaded they write to the standard error whatever level of logging is asked for (abseil does
    so until it is initialised), which is held back. Later messages of C++ below fatal errors are off unless
    TF_CPP_MIN_LOG_LEVEL says otherwise, and so are Python's warnings of each new shape of a batch.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if "tensorflow" not in sys.modules:
        with native_messages_held_back():
            import tensorflow  # noqa: F401


@contextlib.contextmanager
def native_messages_held_back() -> Iterator[None]:
    """Hold back what this process writes to its standard error, libraries of C++ included; shown if the block fails."""
    sys.stderr.flush()
    standard_error = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except Exception:
            said.seek(0)
            os.write(standard_error, said.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
