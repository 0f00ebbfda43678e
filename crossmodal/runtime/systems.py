"""The systems that this package runs on: those with the locks and signals of POSIX."""

import os

from crossmodal.errors import CrossmodalError


def check_system() -> None:
    """CrossmodalError on a system that has no POSIX locks, such as Windows."""
    if os.name != "posix":
        raise CrossmodalError(
            "crossmodal runs on Linux and macOS, not on this system: on Windows use the Windows Subsystem for Linux."
        )
