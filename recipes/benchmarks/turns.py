"""Rivals that take turns (A B A B ...), of which the fastest counts: what slows a machine down now and then, such as
a virtual machine's scheduler that runs two threads on one core, is none of theirs."""

import multiprocessing
import time
from collections.abc import Callable

PAUSE_S = 0.1  # pause before each turn, until the previous rival's spinning threads are idle


def rounds_of(rivals: dict[str, Callable], rounds: int) -> dict[str, list[float]]:
    """Seconds of each rival's turns, after one turn each that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        for name, work in rivals.items():
            time.sleep(PAUSE_S)
            began = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def compare(rivals: dict[str, Callable], rounds: int, per_turn: float, unit: str) -> dict:
    """Throughput of each rival in its fastest turn, in units per second, and its ratio to the first one's; with the
    least and the largest of the ratios turn by turn."""
    seconds = rounds_of(rivals, rounds)
    first = next(iter(seconds.values()))
    result = {}
    for name, times in seconds.items():
        ratios = [b / a for a, b in zip(times, first, strict=True)]
        result[name] = {
            unit: per_turn / min(times),
            "ratio": min(first) / min(times),
            "ratio_min_max": [min(ratios), max(ratios)],
        }
        print(f"  {name:<58}{result[name][unit]:10.1f} {unit}   {result[name]['ratio']:6.2f} x", flush=True)
    return result


def least_seconds(work: Callable, rounds: int) -> float:
    """Of the fastest turn."""
    return min(rounds_of({"": work}, rounds)[""])


class Elsewhere:
    """A rival in a process of its own: TensorFlow and torch.compile cannot share one.

    Args:
        make: make(*arguments) -> a function without arguments that does one turn; imported by name over there.
    """

    def __init__(self, make: Callable, *arguments):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, make, arguments), daemon=True)
        self.process.start()
        other.close()
        if error := self.pipe.recv():
            raise RuntimeError(error)

    def __call__(self) -> None:
        self.pipe.send("go")
        if error := self.pipe.recv():
            raise RuntimeError(error)

    def close(self) -> None:
        self.process.kill()
        self.process.join()


def _serve(pipe, make: Callable, arguments: tuple) -> None:
    try:
        work = make(*arguments)
        pipe.send(None)
        while pipe.recv():
            work()
            pipe.send(None)
    except EOFError:
        pass
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")
