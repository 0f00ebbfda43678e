"""Hostile files made of sound ones, each a function of its number and a seed, and what may come of them.

Run as a script, it gives mutants to one of the package's doors in a process of its own, so that a crash, a hang or
gigabytes of memory are seen and named:

  python tests/support/fuzzing.py sounds 200 0
"""

import faulthandler
import importlib
import json
import os
import resource
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

LIMIT_S = 20.0  # for one file; each takes milliseconds, but other work may hold the machine up
LIMIT_MB = 400  # by which the peak memory of all files together may exceed that of the sound ones
TROUBLESOME = (0, 1, 2, 3, 7, 8, 12, 127, 128, 255, 2**15 - 1, 2**15, 65534, 65535, 2**31 - 1, 2**31, 2**32 - 1)


# What may come of a file


def assert_one_sentence(error: BaseException, name: str) -> None:
    sentence = str(error)
    assert name in sentence
    assert sentence.endswith(".")
    assert not sentence.endswith("..")
    assert "\n" not in sentence
    assert "Error opening" not in sentence
    assert ": " in sentence, "the sentence does not say what to do"
    assert error.__suppress_context__ or error.__context__ is None, "a foreign traceback would be shown"


def assert_clean(waveform: np.ndarray) -> None:
    assert waveform.dtype == np.float32
    assert waveform.ndim == 1
    assert np.isfinite(waveform).all()


# Changes of bytes: (rng, data) -> data


def flip_bits(rng, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 64))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def lie(rng, data: bytes, first: int = 160) -> bytes:
    """A troublesome integer in the place of what stands in the first bytes, where headers are."""
    size, order = rng.choice("BHIQ"), rng.choice("<>")
    value = rng.choice(TROUBLESOME) % 2 ** (8 * struct.calcsize(size))
    changed = bytearray(data)
    at = rng.randrange(max(min(first, len(data)) - 8, 1))
    if at + struct.calcsize(size) <= len(changed):
        struct.pack_into(order + size, changed, at, value)
    return bytes(changed)


def cut(rng, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def cut_early(rng, data: bytes) -> bytes:
    return data[: rng.randrange(min(len(data), 100))]


def leave_out(rng, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice((1, 2, 4, 16, 256)) :]


def repeat(rng, data: bytes) -> bytes:
    start, size = rng.randrange(len(data)), rng.choice((1, 4, 64, 1024))
    return data[: start + size] + data[start : start + size] * rng.choice((1, 2, 30)) + data[start + size :]


def blank(rng, data: bytes) -> bytes:
    start, size = rng.randrange(len(data)), rng.choice((4, 64, 1024))
    filling = rng.choice((b"\0", b"\xff", rng.randbytes(1)))
    return data[:start] + (filling * size)[: len(data) - start] + data[start + size :]


def put_in(rng, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + rng.randbytes(rng.choice((1, 3, 4, 40))) + data[start:]


BYTES: tuple[Callable, ...] = (flip_bits, lie, lie, lie, cut, cut_early, leave_out, repeat, blank, put_in)


def changed(rng, data: bytes, changes: tuple[Callable, ...]) -> bytes:
    """One to four changes of `data`."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        data = rng.choice(changes)(rng, data) or b"\0"
    return data


# A process of its own


def fuzz(door: str, count: int, seed: int, folder: Path) -> dict:
    """Give mutants to a door of the package, one after the other; those of which it says the wrong thing stay.

    Args:
        door: sounds or models: hostile_sounds.py and hostile_models.py have `files`, `mutants` of them, and `enter`.
    """
    hostile = importlib.import_module(f"hostile_{door}")
    enter = hostile.enter
    suffix, data = hostile.files()[0]
    (folder / f"whole.{suffix}").write_bytes(data)
    assert enter(folder / f"whole.{suffix}") == "read"  # and the libraries are imported
    (folder / f"whole.{suffix}").unlink()
    outcomes: Counter = Counter()
    wrong: list[str] = []
    slowest, before = 0.0, peak_mb()
    for i, (suffix, data) in enumerate(hostile.mutants(count, seed)):
        path = folder / f"mutant-{i}.{suffix}"
        path.write_bytes(data)
        start = time.monotonic()
        faulthandler.dump_traceback_later(LIMIT_S, exit=True)  # from a thread: also where C code hangs
        try:
            outcomes[enter(path)] += 1
            path.unlink()
        except Exception as error:
            wrong.append(f"{path.name}: {type(error).__name__}: {error}"[:300])
        faulthandler.cancel_dump_traceback_later()
        slowest = max(slowest, time.monotonic() - start)
    return {**outcomes, "wrong": wrong, "slowest_s": slowest, "peak_mb": peak_mb() - before}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fuzz_in_a_process(door: str, count: int, seed: int, folder: Path) -> dict:
    """What `fuzz` says; AssertionError where its process died, naming the file that it died of."""
    command = [sys.executable, __file__, door, str(count), str(seed), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    left = sorted(path.name for path in folder.iterdir())
    assert done.returncode == 0, f"killed by {left}: {done.stderr[-2000:]}"
    return json.loads(done.stdout.splitlines()[-1])


def assert_harmless(report: dict, count: int) -> None:
    """All mutants had an outcome, none a wrong one, and some of each kind: the mutants are neither sound nor noise."""
    assert report["wrong"] == []
    assert report["read"] + report["refused"] == count
    assert min(report["read"], report["refused"]) > count / 20
    assert report["peak_mb"] < LIMIT_MB


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    faulthandler.enable()
    sys.path.insert(0, str(Path(__file__).parents[2]))
    print(json.dumps(fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
