"""Progress of a training with the time left."""

import sys
import time


class Progress:
    """A bar with the time left on a terminal, one line per epoch elsewhere."""

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
        share = (batch + 1) / self.steps
        bar = "#" * round(24 * share) + "." * (24 - round(24 * share))
        left = _clock(self.seconds_left(batch + 1))
        line = f"epoch {self.epoch + 1}/{self.epochs} [{bar}] {_figures(logs)}, {left} left"
        self.stream.write(f"\r{line:<110.110}")
        self.stream.flush()

    def end_epoch(self, epoch: int, logs: dict) -> None:
        start = "\r" if self.stream.isatty() else ""
        took = _clock(time.time() - self.epoch_began)
        line = f"epoch {epoch + 1}/{self.epochs} {_figures(logs)}, {took}"
        if epoch + 1 < self.epochs:
            line += f", {_clock(self.seconds_left(self.steps))} left"
        self.stream.write(f"{start}{line:<110}\n")
        self.stream.flush()


def _figures(logs: dict) -> str:
    return " ".join(f"{name} {value:.4g}" for name, value in logs.items())


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02d}"
