"""Ctrl-C and SIGTERM: both end a command with a sentence that says where the same command will continue."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator


class Terminated(KeyboardInterrupt):
    """SIGTERM came, as a batch system sends it before the end of a job's time; handled as Ctrl-C is."""


@contextlib.contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise `Terminated` in the block; only the main thread hears signals, in another nothing is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number, frame):
        raise Terminated

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def note_progress(where: Callable[[], str]) -> Iterator[None]:
    """Give an interruption of the block the words of `where`, such as "after epoch 3", for `run_command` to print."""
    try:
        yield
    except KeyboardInterrupt as stop:
        stop.args = (where(),)
        raise
