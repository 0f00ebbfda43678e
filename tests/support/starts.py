"""Starts of a recipe that end at chosen moments, each a process of its own; for tests/runtime/test_interruption.py.

    with Starts() as start:
        start("train_vae", ["--workdir", "w"], at=7)                   # killed at its seventh moment
        start("train_vae", ["--workdir", "w"], at="*checkpoint-00002*")  # at the first one of such a name
        start("train_vae", ["--workdir", "w"], after_s=2.5)              # 2.5 s later
        start("train_vae", ["--workdir", "w"])                           # runs to its end

The moments of a start are what it tells the disk: each fsync (killed there, half of the file is gone) and before and
after each rename. A server loads the libraries once and forks for each start, before TensorFlow has run anything.
"""

import importlib
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from fnmatch import fnmatch

import recipe_scripts
from fork_server import ROOT, ForkServer, answer_questions, in_child

ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
ROOM = 20_000  # bytes that a file may have on a disk that is full


class Starts(ForkServer):
    """The server, as a context; calling it starts a recipe and waits for its end."""

    def __init__(self, **environment):
        super().__init__(__file__, {**ONE_THREAD, **environment})

    def __call__(self, recipe: str, argv: list[str], **how) -> dict:
        """Start a recipe.

        Args:
            recipe: the name of its script.
            argv: its arguments.
            at: the moment at which it is killed, its number or a pattern of its name.
            after_s: the seconds after which it is killed.
            by: the name of the signal, SIGKILL if not given. "full" lets the disk be full from the moment on.

        Returns:
            code: its exit code, negative for a signal. names: of the moments, such as "fsync PATH" and "before rename
            to PATH". seconds: how long it took. said: what it wrote to its standard output and error.
        """
        return self.ask(recipe=recipe, argv=argv, **how)


def serve() -> None:
    """Answer one line of JSON with another until the input ends."""
    sys.path.insert(0, str(ROOT))
    for name in ("librosa.filters", "sklearn.datasets", "crossmodal.app.reports", "crossmodal.training.loop"):
        importlib.import_module(name)
    importlib.import_module("crossmodal.data.digits_tts").load_speech()  # into the cache
    answer_questions(start)


def start(recipe: str, argv: list[str], at: int | str = 0, after_s: float = 0.0, by: str = "SIGKILL") -> dict:
    """See `Starts.__call__`; in the server."""
    began = time.time()
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as moments:
        child = os.fork()
        if child == 0:
            in_child(lambda: run(recipe, argv, said.fileno(), moments.fileno(), at, by))
        timer = threading.Timer(after_s, os.kill, (child, getattr(signal, by, 0)))
        if after_s:
            timer.start()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        timer.cancel()
        said.seek(0)
        moments.seek(0)
        answer = {"code": code, "names": moments.read().decode().split("\n")[:-1], "seconds": time.time() - began}
        return {**answer, "said": said.read().decode()}


def run(recipe: str, argv: list[str], said: int, moments: int, at: int | str, by: str) -> int:
    """The exit code of a recipe in this process, with what it says and its moments in open files."""
    os.dup2(said, 1)
    os.dup2(said, 2)
    end_at(moments, at, by)
    return small(recipe_scripts.recipe(recipe)).main(argv)


def end_at(log: int, at: int | str, by: str) -> None:
    """Write a line into the file `log` at each moment from now on; end this process, or fill the disk, at one."""
    fsync, replace, count = os.fsync, os.replace, iter(range(1, sys.maxsize))

    def moment(name: str, torn: int | None = None) -> None:
        os.write(log, f"{name}\n".encode())
        if next(count) != at and not fnmatch(name, str(at)):
            return
        if by == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
            return
        if torn is not None:
            os.ftruncate(torn, os.fstat(torn).st_size // 2)
        os.kill(os.getpid(), getattr(signal, by))

    def fsync_with_moment(descriptor):
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        moment(f"fsync {path}", descriptor if os.path.isfile(path) else None)
        fsync(descriptor)

    def replace_with_moments(old, new):
        moment(f"before rename to {new}")
        replace(old, new)
        moment(f"after rename to {new}")

    os.fsync, os.replace = fsync_with_moment, replace_with_moments


def small(recipe):
    """The frontier at its smallest where no option reaches, its results in its folder; another recipe as it is."""
    if recipe.__name__ != "alpha_frontier":
        return recipe
    members, sweep = recipe.members, recipe.sweep

    def few(config):
        chosen = {name: member for name, member in members(config).items() if name in ("alpha-0.2", "vae")}
        return {name: (run, replace(member, epochs=1, passes=1)) for name, (run, member) in chosen.items()}

    def in_its_folder(name, chosen, config, arguments, results, **options):
        return sweep(name, chosen, config, arguments, arguments.workdir / results.name, **{**options, "cas_steps": 0})

    recipe.members, recipe.sweep = few, in_its_folder
    return recipe


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background has been told to ignore it
    serve()
