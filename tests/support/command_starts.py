"""Starts of `crossmodal`, each in a process of its own that is forked from one in which the libraries are loaded.

with CommandStarts() as start:
    start(["draw", "a.wav"], folder, limit_s=20)
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # no line fetches anything
LOADED = ("librosa.filters", "sklearn.datasets", "matplotlib.figure", "crossmodal.app.reports", "crossmodal.drawing")


class CommandStarts:
    """The server, as a context; calling it starts a command and waits for its end."""

    def __init__(self, **environment: str):
        proxies = dict.fromkeys(("http_proxy", "https_proxy"), NOWHERE)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **proxies,
            **environment,
        }

    def __enter__(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.server = subprocess.Popen([sys.executable, __file__], cwd=ROOT, env=self.environment, **pipes)
        return self

    def __exit__(self, *error):
        self.server.communicate()

    def __call__(self, argv: list[str], folder, limit_s: float = 20.0) -> dict:
        """Start a command in a folder.

        Returns:
            code: its exit code, negative for a signal: -9 after `limit_s` seconds. out, err: what it wrote. seconds:
            how long it took.
        """
        self.server.stdin.write(json.dumps({"argv": argv, "folder": str(folder), "limit_s": limit_s}) + "\n")
        self.server.stdin.flush()
        return json.loads(self.server.stdout.readline())


def serve() -> None:
    """Answer one line of JSON with another until the input ends."""
    from crossmodal.runtime.quiet import import_tensorflow
    from crossmodal.runtime.surroundings import prepare_surroundings

    prepare_surroundings()
    import_tensorflow()
    for name in LOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(start(**json.loads(line))), flush=True)


def start(argv: list[str], folder: str, limit_s: float) -> dict:
    """See `CommandStarts.__call__`; in the server."""
    began = time.time()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setsid()
                os.chdir(folder)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                code = run(argv)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
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


def run(argv: list[str]) -> int:
    """The exit code of a command in this process."""
    from crossmodal.__main__ import main

    try:
        return main(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1


if __name__ == "__main__":
    serve()
