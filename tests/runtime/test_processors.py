"""How TensorFlow shares the processors, each time in a process of its own: it is told before its first operation."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from crossmodal.runtime import processors as module
from crossmodal.runtime.processors import cores, map_rows, parallel_operations

TELL = """
import tensorflow as tf
from crossmodal.runtime.processors import cores, set_one_thread_per_operation, parallel_operations, threads
{before}
set_one_thread_per_operation()
print(parallel_operations(), threads()["intra_op_threads"], cores())
"""


def told(before: str = "", **environment: str) -> tuple[int, str, int]:
    """What a process says that is told to do an operation on each processor: (side by side, threads of each, cores)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_NUM_")}
    command = [sys.executable, "-c", TELL.format(before=before)]
    done = subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=True)
    together, threads, processors = done.stdout.split()
    return int(together), threads, int(processors)


def test_each_processor_has_operations_of_its_own():
    together, threads, processors = told()
    assert (together, threads) == (processors, "1")
    assert processors == cores()


def test_what_the_user_says_of_threads_holds():
    assert told(TF_NUM_INTRAOP_THREADS="2", TF_NUM_INTEROP_THREADS="3")[:2] == (1, "2")
    assert told(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="3")[:2] == (3, "1")


def test_once_tensorflow_has_begun_nothing_changes():
    assert told(before="tf.zeros(1)")[:2] == (1, "default")


@pytest.mark.parametrize(("threads", "expected"), [("2", 1), ("1", 4)])
def test_the_environment_alone_is_enough(monkeypatch, threads, expected):
    for kind in ("intra", "inter"):
        monkeypatch.setattr(tf.config.threading, f"get_{kind}_op_parallelism_threads", lambda: 0)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", threads)
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "4")
    assert parallel_operations() == expected


@pytest.mark.parametrize("processors", [1, 2, 3, 8])
def test_rows_apart_are_the_rows_and_their_gradient_that_of_all(monkeypatch, processors):
    monkeypatch.setattr(module, "parallel_operations", lambda: processors)
    weights, x = tf.Variable(tf.random.stateless_normal((4, 3), (0, 0))), tf.random.stateless_normal((5, 4), (0, 1))
    calls = []

    def network(rows):
        calls.append(len(rows))
        return tf.tanh(rows @ weights)

    with tf.GradientTape(persistent=True) as tape:
        together, divided = tf.reduce_sum(tf.tanh(x @ weights)), tf.reduce_sum(y := map_rows(network, x))
    np.testing.assert_allclose(y, tf.tanh(x @ weights), rtol=1e-6)
    np.testing.assert_allclose(tape.gradient(divided, weights), tape.gradient(together, weights), rtol=1e-5)
    assert sum(calls) == 5
    assert len(calls) == min(processors, 5)
