"""The processors of this machine, and how TensorFlow shares them.

By default all of them work on one operation after another. Langevin chains of a small network are faster if each
processor has operations of its own, those of one chain: see `set_one_thread_per_operation`.
"""

import contextlib
import os
import sys


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> dict:
    """How many threads TensorFlow was told to use within and between operations, and OpenMP, or "default"."""
    tensorflow = sys.modules.get("tensorflow")  # before it is imported, nothing but the environment has told it
    found = {}
    for kind in ("intra", "inter"):
        asked = getattr(tensorflow.config.threading, f"get_{kind}_op_parallelism_threads")() if tensorflow else 0
        found[f"{kind}_op_threads"] = str(asked or os.environ.get(f"TF_NUM_{kind.upper()}OP_THREADS", "default"))
    return {**found, "omp_threads": os.environ.get("OMP_NUM_THREADS", "default")}


def set_one_thread_per_operation() -> None:
    """Run one operation per processor instead of one operation on all.

    Affects the whole process; call it before TensorFlow's first operation. Does nothing on a GPU or where the
    environment sets the numbers of threads.
    """
    import tensorflow as tf

    told = any(f"TF_NUM_{kind}OP_THREADS" in os.environ for kind in ("INTRA", "INTER"))
    if not told and not tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError):  # TensorFlow has begun
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(cores())


def parallel_operations() -> int:
    """How many operations TensorFlow runs in parallel, each on one processor; 1 where all share each operation."""
    import tensorflow as tf

    told = threads()
    if told["intra_op_threads"] != "1" or tf.config.list_physical_devices("GPU"):
        return 1
    return int(told["inter_op_threads"]) if told["inter_op_threads"].isdigit() else cores()


def map_rows(network, x):
    """network(x), computed in parallel groups of rows. Each output row must depend on the same input row only."""
    import tensorflow as tf

    groups = min(parallel_operations(), x.shape[0] or 1)
    if groups == 1:
        return network(x)
    return tf.concat([network(rows) for rows in tf.split(x, shares(x.shape[0], groups))], 0)


def shares(length: int, parts: int) -> list[int]:
    """`parts` numbers that are almost alike and make up `length`."""
    return [length * (i + 1) // parts - length * i // parts for i in range(parts)]
