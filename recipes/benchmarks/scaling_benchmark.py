"""Throughput against batch size, number of workers and size of the data, and the memory that the data take.

    python recipes/benchmarks/scaling_benchmark.py

Each figure is measured in processes of its own; let nothing else run meanwhile. Workers have one core each, and the
same batch each whether there are one or several. The data are generated files of 28x28 images, of which a whole epoch
is read and augmented. Writes results/scaling.json, of which scaling_tables.py makes those of docs/scaling.md.
"""

import contextlib
import json
import multiprocessing
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from crossmodal.app.options import a_path, run_recipe, whole_number

RESULTS = Path(__file__).parents[1] / "results" / "scaling.json"
SECTIONS = {
    "batch": "sizes of a batch, one process with all cores",
    "workers": "workers of one core, the same batch each",
    "data": "sizes of the data",
}
CLIPS, IMAGES_PER_CLIP = 2500, 4
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


@dataclass(frozen=True)
class Config:
    """Nothing: what is measured is said by lists, see `main`."""


def submit_to_process(function, *arguments, core: int | None = None, **environment: str) -> Future:
    """Begin a call in a process of its own, on one core if `core` names it."""
    spawn = multiprocessing.get_context("spawn")
    with added_to_environment(environment):
        pool = ProcessPoolExecutor(1, spawn, initializer=keep_to, initargs=(core,))
        future = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return future


@contextlib.contextmanager
def added_to_environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= values
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def keep_to(core: int | None) -> None:
    """Begin a process that measures: on a core of its own, with TensorFlow quiet."""
    from crossmodal.runtime.quiet import import_tensorflow

    if core is not None:
        os.sched_setaffinity(0, {core})
    import_tensorflow()


def step_seconds(model_name: str, batch_size: int, steps: int, turns: int, distribution: str) -> list[float]:
    """Seconds of a training step on a batch of noise, the mean of each turn; a turn before is not counted."""
    import numpy as np
    import tensorflow as tf

    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.training.distribution import make_strategy, on_replicas
    from crossmodal.training.optimizers import FusedAdam

    strategy = make_strategy(distribution)
    with strategy.scope():
        model = AudioImageVAE.compact() if model_name == "compact" else AudioImageVAE(dtype="mixed_bfloat16")
        model.compile(FusedAdam(1e-3, exchange_dtype=model.compute_dtype), jit_compile=False)
        model.optimizer.build(model.trainable_variables)
    rng = np.random.default_rng(0)
    clips = batch_size // IMAGES_PER_CLIP
    batch = rng.random((clips, 48, 48, 1), np.float32), rng.random((clips, IMAGES_PER_CLIP, 28, 28, 1), np.float32)
    data = strategy.distribute_datasets_from_function(lambda _: tf.data.Dataset.from_tensors(batch).repeat())
    step, batches, seconds = on_replicas(strategy, model.train_step), iter(data), []
    for _ in range(turns + 1):
        began = time.perf_counter()
        for _ in range(steps):
            step(batches)
        seconds.append((time.perf_counter() - began) / steps)
    return seconds[1:]


def against_batch(models: list[str], batch_sizes: list[int], steps: int, turns: int) -> dict:
    """Images per second of one process with all cores."""
    result: dict[str, dict] = {}
    for model in models:
        for size in batch_sizes:
            seconds = statistics.median(submit_to_process(step_seconds, model, size, steps, turns, "none").result())
            result.setdefault(model, {})[str(size)] = size / seconds
            print(f"  {model}, batch {size}: {size / seconds:.0f} images/s", flush=True)
    return result


def against_workers(
    models: list[str], sizes: list[int], counts: list[int], steps: int, turns: int, rounds: int
) -> dict:
    """Images per second of workers with a core each and the same batch each, by model, batch and number; they take
    turns, the ratio to the first number is the median over `rounds`. The larger the batch, the fewer the steps."""
    result: dict[str, dict] = {}
    for model in models:
        for size in sizes:
            speeds: dict[int, list[float]] = {count: [] for count in counts}
            for _ in range(rounds):
                for count in counts:
                    seconds = worker_seconds(model, size, count, max(steps * 128 // size, 2), turns)
                    speeds[count].append(count * size / seconds)
            figures = result.setdefault(model, {})[str(size)] = {}
            for count in counts:
                ratios = [several / one for several, one in zip(speeds[count], speeds[counts[0]], strict=True)]
                figures[str(count)] = {"images/s": statistics.median(speeds[count]), "ratio": statistics.median(ratios)}
                figures[str(count)]["ratio_min_max"] = [min(ratios), max(ratios)]
            shown = ", ".join(f"{n} of a core: {f['images/s']:.0f} images/s" for n, f in figures.items())
            print(f"  {model}, batch {size} each: {shown}", flush=True)
    return result


def worker_seconds(model: str, batch_size: int, count: int, steps: int, turns: int) -> float:
    """Seconds of a step that `count` workers of one core each do together."""
    cores = sorted(os.sched_getaffinity(0))
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("localhost", 0))
        addresses = [f"localhost:{free.getsockname()[1]}" for free in sockets]
    futures = []
    for i in range(count):
        cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": i}}
        environment = {**ONE_THREAD, "TF_CONFIG": json.dumps(cluster)}
        arguments = (model, batch_size, steps, turns, "workers" if count > 1 else "none")
        futures.append(submit_to_process(step_seconds, *arguments, core=cores[i % len(cores)], **environment))
    return max(statistics.median(future.result()) for future in futures)


def against_data(sizes: list[int], batch_size: int) -> dict:
    """Pairs per second of the pipeline alone, seconds to the first batch, and the process' peak memory."""
    result = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "images.npy"
            write_images(path, size)
            result[str(size)] = figures = submit_to_process(read_epoch, path, size, batch_size).result()
        print(f"  {size} pairs: " + ", ".join(f"{name} {value:.1f}" for name, value in figures.items()), flush=True)
    return result


def write_images(path: Path, size: int) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    images = np.lib.format.open_memmap(path, "w+", np.uint8, (size, 28, 28))
    for start in range(0, size, 10_000):
        rows = images[start : start + 10_000]
        rows[:] = rng.integers(0, 256, rows.shape, np.uint8)
    images.flush()


def read_epoch(path: Path, size: int, batch_size: int) -> dict[str, float]:
    """One epoch of `size` pairs in augmented batches of images that lie in a file."""
    import numpy as np

    from crossmodal.data.augment import Augmentation
    from crossmodal.data.pipeline import training_batches

    clips = np.random.default_rng(0).random((CLIPS, 48, 48), np.float32)
    options = dict(batch_size=batch_size, epochs=1, seed=0, images_per_clip=IMAGES_PER_CLIP)
    labels = (np.arange(n, dtype=np.int64) % 10 for n in (CLIPS, size))
    batches = training_batches(clips, next(labels), path, next(labels), augmentation=Augmentation(), **options)
    began = time.perf_counter()
    iterator = iter(batches)
    next(iterator)
    first = time.perf_counter() - began
    read = 1 + sum(1 for _ in iterator)
    pairs_per_s = (read - 1) * batch_size / (time.perf_counter() - began - first)
    return {"pairs/s": pairs_per_s, "first_batch_s": first, "peak_mib": peak_mib(), "images_mib": size * 784 / 2**20}


def peak_mib() -> float:
    """The most memory that this process has held, files that it has mapped included."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def work(config: Config, arguments) -> None:
    from crossmodal.runtime.files import write_json
    from crossmodal.training.runs import environment

    steps, turns, models = arguments.steps, arguments.turns, arguments.models
    shared = (models, arguments.worker_batches, arguments.workers, steps, turns, arguments.rounds)
    sections = {
        "batch": lambda: against_batch(models, arguments.batches, steps, turns),
        "workers": lambda: against_workers(*shared),
        "data": lambda: against_data(arguments.pairs, 128),
    }
    kept = json.loads(arguments.results.read_text()) if arguments.only and arguments.results.exists() else {}
    result = {"command": "python recipes/benchmarks/scaling_benchmark.py", "environment": environment()}
    result["images_per_clip"] = IMAGES_PER_CLIP
    for name in arguments.only or SECTIONS:
        print(f"{name}: {SECTIONS[name]}", flush=True)
        result[name] = sections[name]()
    write_json(arguments.results, kept | result)


def main(argv=None) -> int:
    def extra(parser):
        sizes = ("--batches", [32, 64, 128, 256, 512]), ("--worker-batches", [128, 512, 2048])
        sizes += ("--workers", [1, 2]), ("--pairs", [10_000, 100_000, 1_000_000])
        for option, default in sizes:
            parser.add_argument(option, nargs="+", type=whole_number(1), default=default, help="(%(default)s)")
        names = ("compact", "paper")
        parser.add_argument("--models", nargs="+", choices=names, default=list(names), help="VAEs (%(default)s)")
        parser.add_argument("--steps", type=whole_number(1), default=20, help="training steps in a turn (%(default)s)")
        parser.add_argument("--turns", type=whole_number(1), default=3, help="turns of a process (%(default)s)")
        parser.add_argument("--rounds", type=whole_number(1), default=3, help="turns of the workers (%(default)s)")
        parser.add_argument("--only", nargs="+", choices=SECTIONS, help="measure these anew, keep the others' results")
        parser.add_argument("--results", type=a_path, default=RESULTS, help="file to write (%(default)s)")

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
