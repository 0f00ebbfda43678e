"""Sharing a list of independent runs between processes and machines.

`--shard i/n` takes runs i, i + n, i + 2n ... of the list, counted from 1, as the shards of test runners are: one member
of a scheduler's job array (`--shard $SLURM_ARRAY_TASK_ID/8`). `--processes n` works on the list with n processes of
this machine, each taking the next run that nobody has. Whoever works on a run holds a lock in its folder, which goes
with the process however it ends; a run that another process holds is passed over. The last process to finish gathers
the figures, or the same command without --shard.
"""

import argparse
import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from crossmodal.app.options import run_command, whole_number
from crossmodal.errors import CrossmodalError
from crossmodal.runtime.files import try_lock
from crossmodal.runtime.processors import cores

Jobs = dict[str, tuple[Path, Callable[[], object]]]  # by name: the run's folder, and what runs it if it is not finished


ALONE = argparse.Namespace(shard=(1, 1), processes=1)  # all runs, in this process


def shard(text: str) -> tuple[int, int]:
    """ "2/8" -> (2, 8)."""
    try:
        i, n = map(int, text.split("/"))
        if not 1 <= i <= n:
            raise ValueError(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no shard: give its number, from 1, of how many, as in 1/4"
        ) from None
    return i, n


def add_shares(parser) -> None:
    """The options that `share_out` reads."""
    parser.add_argument("--shard", type=shard, default=(1, 1), metavar="I/N", help="run every Nth run, from the Ith")
    processes = whole_number(1, 1000)
    parser.add_argument("--processes", type=processes, default=1, help="processes that share the runs (%(default)s)")


def share_out(jobs: Jobs, arguments) -> None:
    """Run this shard's jobs, by as many processes as asked for; those that another process holds are passed over.

    Raises:
        CrossmodalError: one of several processes failed; it has said why.
    """
    i, n = arguments.shard
    own = dict(list(jobs.items())[i - 1 :: n])
    if arguments.processes <= 1:
        return run_all(own)
    spawn = multiprocessing.get_context("spawn")  # a process that has run TensorFlow cannot be forked
    with shared_cores(arguments.processes):
        processes = [spawn.Process(target=work, args=(own,)) for _ in range(arguments.processes)]
        for process in processes:
            process.start()
    try:
        for process in processes:
            process.join()
    finally:  # of an interruption too
        for process in processes:
            process.terminate()
            process.join()
    if failed := sum(process.exitcode != 0 for process in processes):
        raise CrossmodalError(
            f"{failed} of {len(processes)} processes failed, see above: repeat the command for the rest."
        )
    return None


def work(jobs: Jobs) -> None:
    """One of several processes."""
    raise SystemExit(run_command(argparse.Namespace(run=lambda _: run_all(jobs), stopped="Stopped.")))


def run_all(jobs: Jobs) -> None:
    """Run jobs one after another, but for those that another process holds."""
    for name, (folder, job) in jobs.items():
        with claimed(folder) as mine:
            if mine:
                print(f"--- {name}", flush=True)
                job()


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[bool]:
    """Whether nobody else works in a folder; while the block runs, nobody else does."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        yield try_lock(file)


@contextlib.contextmanager
def shared_cores(processes: int) -> Iterator[None]:
    """Let processes that start in the block have an equal share of the cores each, unless the user has set it."""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    missing = [name for name in names if name not in os.environ]
    os.environ |= dict.fromkeys(missing, str(max(cores() // processes, 1)))
    try:
        yield
    finally:
        for name in missing:
            del os.environ[name]
