"""Starts of `crossmodal`, each in a process of its own that is forked from one in which the libraries are loaded.

with CommandStarts() as start:
    start(["draw", "a.wav"], folder, limit_s=20)
"""

import importlib
import os
import signal
import tempfile
import time

from fork_server import ROOT, ForkServer, answer_questions, in_child

NOWHERE = "http://127.0.0.1:9"  # no line fetches anything
LOADED = ("librosa.filters", "sklearn.datasets", "matplotlib.figure", "crossmodal.app.reports", "crossmodal.drawing")


class CommandStarts(ForkServer):
    """The server, as a context; calling it starts a command and waits for its end."""

    def __init__(self, **environment: str):
        proxies = dict.fromkeys(("http_proxy", "https_proxy"), NOWHERE)
        super().__init__(__file__, {"PYTHONPATH": str(ROOT), **proxies, **environment})

    def __call__(self, argv: list[str], folder, limit_s: float = 20.0) -> dict:
        """Start a command in a folder.

        Returns:
            code: its exit code, negative for a signal: -9 after `limit_s` seconds. out, err: what it wrote. seconds:
            how long it took.
        """
        return self.ask(argv=argv, folder=str(folder), limit_s=limit_s)


def serve() -> None:
    """Answer one line of JSON with another until the input ends."""
    from crossmodal.runtime.quiet import import_tensorflow
    from crossmodal.runtime.surroundings import prepare_surroundings

    prepare_surroundings()
    import_tensorflow()
    for name in LOADED:
        importlib.import_module(name)
    answer_questions(start)


def start(argv: list[str], folder: str, limit_s: float) -> dict:
    """See `CommandStarts.__call__`; in the server."""
    began = time.time()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            in_child(lambda: run(argv, folder, out.fileno(), err.fileno()))
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
            if time.time() - began > limit_s:
                os.killpg(child, signal.SIGKILL)
                ended = os.waitpid(child, 0)
                break
            time.sleep(0.01)
        out.seek(0)
        err.seek(0)
        said = {"out": out.read().decode(errors="replace"), "err": err.read().decode(errors="replace")}
        return {"code": os.waitstatus_to_exitcode(ended[1]), "seconds": time.time() - began, **said}


def run(argv: list[str], folder: str, out: int, err: int) -> int:
    """The exit code of a command in this process, in a folder, with the standard streams in open files."""
    from crossmodal.__main__ import main

    os.setsid()
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    try:
        return main(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1


if __name__ == "__main__":
    serve()
