"""The package's own modules are found whatever files lie in the working directory.

Imports nothing but what Python has imported before it runs a program: a user's `json.py` must not come in its place.
"""

import os
import sys


def leave_out_working_directory() -> None:
    """Let this process and those that it starts import nothing from the working directory.

    `python -m` puts it first on the path, and an empty entry of PYTHONPATH stands for it: a user's evaluation.py,
    crossmodal.py or keras.py would be imported in place of the real one. It stays where the package itself lies in it,
    and where PYTHONPATH names it.
    """
    try:
        here = os.path.realpath(os.getcwd())
    except OSError:  # it is gone: nothing lies in it
        return
    named = {os.path.realpath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
    if here in named or here == _home():
        return
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or ".") != here]
    os.environ["PYTHONSAFEPATH"] = "1"  # of processes that are started from here


def _home() -> str:
    """The folder that the package lies in."""
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
