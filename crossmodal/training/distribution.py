"""Data-parallel training by TensorFlow's own engine, `tf.distribute`: who takes part, and what they tell one another.

A replica is a device that trains. Each has all weights, computes the gradients of its part of every batch, and moves by
the mean of all replicas' gradients, so that the weights stay equal. "mirrored" has the devices of this machine for
replicas; "workers" those of all machines in TF_CONFIG, on each of which the same command is started. The first worker
is the chief: it alone reads and writes the run's folder.
"""

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, get_args

import tensorflow as tf

from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.runtime.choices import check_choice
from crossmodal.runtime.processors import shares

Distribution = Literal["none", "mirrored", "workers"]
EXAMPLE = '{"cluster": {"worker": ["one:2222", "two:2222"]}, "task": {"type": "worker", "index": 0}}'
START_S = 600  # seconds until all workers must have been started; TensorFlow's own limit is an hour
# seconds without a heartbeat until a worker counts as lost; TensorFlow's default of 10 also dropped busy ones
SILENCE_S = 60
PIECE_BYTES = {"CPU": 2**20, "GPU": 2**25}  # bytes of gradients per all-reduce message
LOST = (  # what TensorFlow raises in the others when a worker is lost
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.UnavailableError,
)


def cluster() -> tuple[int, list[str]]:
    """(this worker's number, all workers' addresses) from TF_CONFIG; a "chief" counts before the workers.

    Raises:
        CrossmodalError: TF_CONFIG is absent, or is not what TensorFlow expects.
    """
    kinds = ("chief", "worker")
    try:
        settings = json.loads(os.environ["TF_CONFIG"])
        tasks = [(kind, i, at) for kind in kinds for i, at in enumerate(settings["cluster"].get(kind, []))]
        mine = settings["task"]["type"], int(settings["task"]["index"])
        return [task[:2] for task in tasks].index(mine), [at for _, _, at in tasks]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CrossmodalError(f"Set TF_CONFIG for each worker, for the first of two to {EXAMPLE}.") from error


def make_strategy(distribution: Distribution) -> tf.distribute.Strategy:
    """What a model is built and trained under; for "workers", once all of them have been started.

    Raises:
        ModelError: there is no such distribution.
        CrossmodalError: the workers did not come together.
    """
    check_choice("distribution", distribution, get_args(Distribution))
    if distribution == "mirrored":
        return tf.distribute.MirroredStrategy()
    if distribution == "workers":
        number, addresses = cluster()
        print(f"worker {number + 1} of {len(addresses)}, waits for the others", flush=True)
        _be_patient()
        try:
            return tf.distribute.MultiWorkerMirroredStrategy()
        except tf.errors.OpError as error:
            raise CrossmodalError(
                f"The workers {', '.join(addresses)} did not come together: start the same command on each, and give "
                "each a free port in TF_CONFIG."
            ) from error
    return tf.distribute.get_strategy()


def _be_patient() -> None:
    """Set the limits of TensorFlow's coordination service, for which it has no public function."""
    from tensorflow.python.eager import context

    limits = {"cluster_register_timeout_in_ms": START_S * 1000, "heartbeat_timeout_in_ms": SILENCE_S * 1000}
    current = context.context()
    current.configure_coordination_service = functools.partial(current.configure_coordination_service, **limits)


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes; the only one always does."""
    return strategy.extended.should_checkpoint


def own_parts(strategy: tf.distribute.Strategy) -> tuple[int, range]:
    """(into how many parts a batch is cut, those of this process' replicas)."""
    parts = strategy.num_replicas_in_sync
    number, workers = 0, 1
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        number, addresses = cluster()
        workers = len(addresses)
    own = parts // workers
    return parts, range(number * own, (number + 1) * own)


@contextlib.contextmanager
def all_workers(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """What all workers do together; ModelError if one of them is lost meanwhile."""
    try:
        yield
    except LOST as error:
        if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            raise
        raise ModelError(
            "Another worker has gone: start all of them again with the same command, and the run continues after "
            "its last whole epoch."
        ) from error


def on_replicas(strategy: tf.distribute.Strategy, step: Callable) -> Callable:
    """A step (batch -> {name: ()}) as a function of an iterator of batches: each replica takes one, the figures are
    averaged over them and come back as {name: float}."""
    names: list[str] = []

    def stacked(batch):
        figures = step(batch)
        names[:] = sorted(figures)
        return tf.stack([figures[name] for name in names])

    @tf.function(autograph=False)
    def run(iterator):
        return strategy.reduce("MEAN", strategy.run(stacked, args=(next(iterator),)), axis=None)

    return lambda iterator: dict(zip(names, run(iterator).numpy().tolist(), strict=True))


def means_over_replicas(tensors: Sequence[tf.Tensor], dtype: str) -> list[tf.Tensor]:
    """The mean of each tensor over all replicas, exchanged as numbers of the dtype; for a step that replicas run.

    They travel in pieces: TensorFlow's gRPC copies what workers send each other several times, and copies faster what
    fits into a core's cache. Between two local workers, with nothing else to do, the gradients of the paper's VAE took
    79 ms so and as bfloat16, 200 ms in one piece and as float32.
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return list(tensors)
    piece_bytes = PIECE_BYTES["GPU" if "GPU" in strategy.extended.worker_devices[0] else "CPU"]
    flat = [tf.reshape(tf.cast(tensor, dtype), [-1]) / replicas for tensor in tensors]
    counts = [-(-vector.shape[0] * vector.dtype.size // piece_bytes) for vector in flat]
    pieces = [tf.split(vector, shares(vector.shape[0], n)) for vector, n in zip(flat, counts, strict=True)]
    options = tf.distribute.experimental.CommunicationOptions(bytes_per_pack=piece_bytes)
    context = tf.distribute.get_replica_context()
    sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, [p for parts in pieces for p in parts], options))
    means = [tf.concat([next(sums) for _ in parts], 0) for parts in pieces]
    return [tf.reshape(mean, tensor.shape) for mean, tensor in zip(means, tensors, strict=True)]


def broadcast(strategy: tf.distribute.Strategy, number: int) -> int:
    """The chief's number, in all workers."""
    return int(_on_all(strategy, lambda: _of_the_first(tf.constant(number)))())


def broadcast_variables(strategy: tf.distribute.Strategy, variables: list) -> None:
    """Give Keras variables the chief's values on all replicas."""

    def share():
        for variable in variables:
            variable.assign(_of_the_first(variable.value))

    if strategy.num_replicas_in_sync > 1:
        _on_all(strategy, share)()


def average_over_replicas(strategy: tf.distribute.Strategy, variables: list) -> Callable:
    """A function that gives Keras variables the mean of the replicas' values, on all replicas."""

    def share():
        context = tf.distribute.get_replica_context()
        means = context.all_reduce(tf.distribute.ReduceOp.MEAN, [tf.identity(v.value) for v in variables])
        for variable, mean in zip(variables, means, strict=True):
            variable.assign(mean)

    return _on_all(strategy, share) if strategy.num_replicas_in_sync > 1 and variables else lambda: None


def assign_per_replica(strategy: tf.distribute.Strategy, variables: list) -> Callable:
    """A function that assigns row i of each array to its Keras variable on replica i."""

    def share(*arrays):
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        for variable, rows in zip(variables, arrays, strict=True):
            variable.assign(rows[replica])

    return _on_all(strategy, share)


def _on_all(strategy, work):
    """A function that all replicas run; it returns what `work` does on this process' first."""
    run = tf.function(lambda *arrays: strategy.run(work, args=arrays), autograph=False)
    return lambda *arrays: strategy.experimental_local_results(run(*map(tf.constant, arrays)))[0]


def _of_the_first(value):
    """The first replica's value, on all of them."""
    context = tf.distribute.get_replica_context()
    first = context.replica_id_in_sync_group == 0
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.where(first, value, tf.zeros_like(value)))
