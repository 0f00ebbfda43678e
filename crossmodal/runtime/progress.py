"""Progress of a training with the time left."""

import os
import shutil
import sys
import time

BAR, LEAST_BAR = 24, 8  # characters of a bar


class Progress:
    """A bar with the time left on a terminal, in one row of it; one line per epoch elsewhere."""

    def __init__(self, epochs: int, steps_per_epoch: int, stream=None):
        self.epochs, self.steps = epochs, steps_per_epoch
        self.stream = stream or sys.stdout
        self.began, self.epoch, self.done, self.drawn = time.time(), 0, 0, 0.0

    def start_epoch(self, epoch: int) -> None:
        self.epoch, self.epoch_began = epoch, time.time()

    def seconds_left(self, batch: int) -> float:
        left = (self.epochs - self.epoch) * self.steps - batch
        return (time.time() - self.began) / max(self.done, 1) * left

    def step(self, batch: int, logs: dict) -> None:
        self.done += 1
        if not self.stream.isatty() or time.time() - self.drawn < 0.2:
            return
        self.drawn = time.time()
        begins, ends = f"epoch {self.epoch + 1}/{self.epochs}", f"{_clock(self.seconds_left(batch + 1))} left"
        self.stream.write("\r" + fitted(begins, (batch + 1) / self.steps, logs, ends, _columns(self.stream)))
        self.stream.flush()

    def end_epoch(self, epoch: int, logs: dict) -> None:
        on_terminal = self.stream.isatty()
        took = _clock(time.time() - self.epoch_began)
        line = f"epoch {epoch + 1}/{self.epochs} {_figures(logs)}, {took}"
        if epoch + 1 < self.epochs:
            line += f", {_clock(self.seconds_left(self.steps))} left"
        if on_terminal:  # over the bar, of which nothing is left
            line = "\r" + line.ljust(_columns(self.stream))
        self.stream.write(f"{line}\n")
        self.stream.flush()


def fitted(begins: str, share: float, logs: dict, ends: str, columns: int) -> str:
    """A row of progress of exactly `columns` characters.

    Where there is no room for all, the last figures go first, then the bar becomes shorter, then it goes, and what is
    left is cut.

    Args:
        begins, ends: what stands before the bar and after the figures.
        share: how much of the bar is full, 0 to 1.
        logs: the figures by name.
        columns: 1 or more.
    """
    figures = [_figures({name: value}) for name, value in logs.items()]
    for shown in range(len(figures), -1, -1):
        words = f"{' '.join(figures[:shown])}, {ends}" if shown else ends
        room = min(BAR, columns - len(begins) - len(words) - 4)
        if room >= (BAR if shown else LEAST_BAR):
            full = round(room * share)
            return f"{begins} [{'#' * full}{'.' * (room - full)}] {words}".ljust(columns)
    return f"{begins}, {ends}".ljust(columns)[:columns]


def _columns(stream) -> int:
    """Characters in a row of the stream's terminal, less one: the cursor stays in the row."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):  # no terminal of its own
        columns = 0
    return max((columns or shutil.get_terminal_size().columns) - 1, 1)


def _figures(logs: dict) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in logs.items())


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
