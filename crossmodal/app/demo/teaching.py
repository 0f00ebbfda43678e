"""The training of a lesson: `crossmodal train conditional-vae` on its folders, as a process of its own.

So the page answers while a model learns, a training ends when it is told to, and its memory is given back. How far it
is stands in the run's folder, `LESSON/run-DIGEST`: the same sounds and pictures have the same run, which continues
where it was stopped and is not run again once it is finished.
"""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crossmodal.app.demo.lesson import IMAGE_SHAPE, check_enough, counts, digest
from crossmodal.app.experiments.family_options import ConditionalVAEConfig
from crossmodal.app.options import command_of
from crossmodal.errors import CrossmodalError
from crossmodal.runtime.files import check_folder
from crossmodal.training.runs import read_history, read_metrics

PROGRAM = ("-m", "crossmodal")
EPOCHS, STEPS = 10, 50  # steps in an epoch
BATCH = 64  # images, of which four share a clip
MOST_PASSES = 1000  # see `TrainingConfig.passes`
LOOK_S = 0.5  # between two looks at a run's folder
STOPPED = "Stopped after epoch {done} of {of}: Train goes on from there, as long as nothing is added or removed."
_RUNNING: dict[Path, subprocess.Popen] = {}  # the process of each lesson that is learned: one at most
_STARTING = threading.Lock()


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    done, of:  epochs.
    seconds_left: None before the first epoch has ended.
    picture:   the file in which each class was last drawn, None before.
    """

    done: int
    of: int
    seconds_left: float | None = None
    picture: Path | None = None

    def __str__(self) -> str:
        if self.seconds_left is None:
            return "listening to the sounds"
        if self.done == self.of:
            return "writing the model"
        minutes, seconds = divmod(round(self.seconds_left), 60)
        return f"epoch {self.done} of {self.of}, about {minutes}:{seconds:02d} left"


def training_config(lesson: Path, epochs: int = EPOCHS, steps: int = STEPS) -> ConditionalVAEConfig:
    """The options of a lesson's training, chosen so that it takes `epochs` times `steps` steps, however few the
    pictures are: an epoch shows each of them many times, always with another sound."""
    taught = sum(pictures - max(round(pictures / 10), 1) for _, pictures in counts(lesson).values())
    return ConditionalVAEConfig(
        data="folders",
        sounds_dir="sounds",
        images_dir="images",
        image_size=IMAGE_SHAPE[0],
        colour=IMAGE_SHAPE[2] == 3,
        epochs=epochs,
        passes=min(-(-steps * BATCH // max(taught, 1)), MOST_PASSES),
        batch_size=BATCH,
        learning_rate=2e-3,
        encoder="residual",
        initial_weights="vae_compact",
        find_word=True,
        variants=4,
    )


def train_on(lesson: Path, epochs: int = EPOCHS, steps: int = STEPS) -> Iterator[Progress]:
    """Train on a lesson, as `run_of` it; whoever closes the iterator ends the training.

    Yields:
        how far it is, twice a second.

    Raises:
        CrossmodalError: there is too little to learn from, another training is on, it was stopped by `stop`, it ended
            with an error, or the lesson was changed meanwhile. The sentence names no path.
    """
    check_enough(lesson)
    run = run_of(lesson)
    if read_metrics(run) is not None:
        return
    words = command_of("train conditional-vae", training_config(lesson, epochs, steps), extra=("--workdir", run.name))
    process = _start(words, lesson)
    try:
        for other in {*lesson.glob("run-*")} - {run}:
            shutil.rmtree(other, ignore_errors=True)
        yield from _watch(process, run, epochs)
    finally:
        _end(lesson)
    _check_end(process, lesson, Progress(len(read_history(run)), epochs))
    if run_of(lesson) != run:
        raise CrossmodalError(
            "The lesson was changed while it was learned: press Train again to learn it as it is now."
        )


def stop(lesson: Path) -> bool:
    """Tell the training on a lesson to end; False if there is none."""
    if lesson not in _RUNNING:
        return False
    _RUNNING[lesson].terminate()
    return True


def forget(lesson: Path | None) -> None:
    """End the training on a lesson and remove all that lies in its folder."""
    if lesson is not None:
        _end(lesson)
        shutil.rmtree(lesson, ignore_errors=True)


@contextlib.contextmanager
def lessons_in(keep: Path | None) -> Iterator[Path]:
    """A folder for lessons: `keep`, which is made and stays, or a temporary one that is gone after the block. No
    training goes on after it.

    Raises:
        CrossmodalError: `keep` cannot be a folder.
    """
    if keep is not None:
        check_folder(keep, "--keep")
        keep.mkdir(parents=True, exist_ok=True)
    with contextlib.nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="crossmodal-") as folder:
        try:
            yield Path(folder).absolute()
        finally:
            for lesson in [*_RUNNING]:
                _end(lesson)


def run_of(lesson: Path) -> Path:
    """The folder of the run that belongs to the sounds and pictures which a lesson has now."""
    return lesson / f"run-{digest(lesson)}"


def _start(words: str, lesson: Path) -> subprocess.Popen:
    """A command of this package in the lesson's folder. What it says of errors stands in errors.txt there."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
    command = [sys.executable, "-P", *PROGRAM, *shlex.split(words)]
    with _STARTING, open(lesson / "errors.txt", "wb") as errors:
        if any(process.poll() is None for process in _RUNNING.values()):
            raise CrossmodalError("Another model is learning on this machine: try again once it has ended.")
        _RUNNING[lesson] = subprocess.Popen(
            command, cwd=lesson, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        )
        return _RUNNING[lesson]


def _end(lesson: Path) -> None:
    """End the process of a lesson at once, if it has one; the state after its last whole epoch stays."""
    if process := _RUNNING.pop(lesson, None):
        process.kill()
        process.wait()


def _watch(process: subprocess.Popen, run: Path, epochs: int) -> Iterator[Progress]:
    """How far a process is, until it ends."""
    began, first = time.monotonic(), len(read_history(run))  # epochs before it was stopped
    latest = Progress(first, epochs)
    while process.poll() is None:
        done = len(read_history(run))
        if done > max(latest.done, first):
            left = (time.monotonic() - began) / (done - first) * (epochs - done)
            latest = Progress(done, epochs, left, run / "epochs" / f"epoch-{done:05d}.png")
        yield latest
        time.sleep(LOOK_S)


def _check_end(process: subprocess.Popen, lesson: Path, progress: Progress) -> None:
    """CrossmodalError unless a process has done its work."""
    if process.returncode == 0:
        return
    if process.returncode in (143, -signal.SIGTERM):
        raise CrossmodalError(STOPPED.format(done=progress.done, of=progress.of))
    said = (lesson / "errors.txt").read_text(errors="replace").strip().splitlines()
    if process.returncode == 2 and said:
        raise CrossmodalError(said[-1].replace(f"{lesson}{os.sep}", ""))
    raise CrossmodalError(f"The training has ended at once ({process.returncode}): try again with fewer files.")
