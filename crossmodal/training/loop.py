"""Training that can be stopped and continued, on one device or on several. Knows no particular model.

A run that was stopped continues after its last whole epoch; everything random in it is a function of
(seed, epoch, step, replica), so it ends as it would have ended.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.runtime.progress import Progress
from crossmodal.training.checkpoints import all_finite, load_checkpoint, save_checkpoint, training_in
from crossmodal.training.distribution import (
    all_workers,
    as_the_chief,
    averaging,
    is_chief,
    of_the_chief,
    on_replicas,
    own_parts,
    setting,
)
from crossmodal.training.runs import append_history


def train(
    model,
    make_batches: Callable,
    *,
    epochs: int,
    steps_per_epoch: int,
    workdir,
    seed: int,
    validation=None,
    on_epoch: Callable | None = None,
) -> None:
    """Train a compiled model from the run's last checkpoint on, under the strategy that it was built under.

    Args:
        make_batches: first epoch -> the tf.data.Dataset of all batches from that epoch on; of this process' parts of
            them, one after another, where the batches are cut for several replicas.
        validation: such a tf.data.Dataset of known length to measure after each epoch, or None.
        on_epoch: called as on_epoch(epoch, logs) after each epoch, by the chief; what it puts into logs is logged too.

    Raises:
        ModelError: after an epoch a logged value, a weight or the optimizer's state is no longer finite, or another
            worker is lost. Nothing of that epoch is saved, the last checkpoint is kept.
        CrossmodalError: another process trains in `workdir`.
    """
    strategy, workdir = model.distribute_strategy, Path(workdir)
    chief = is_chief(strategy)
    with strategy.scope():
        model.optimizer.build(model.trainable_variables)
    changing = changing_variables(model)
    statistics = [v for v in model.non_trainable_variables if v.dtype == "float32"]  # of batch normalisation
    average, seed_generators = averaging(strategy, statistics), seeding(model, seed)
    progress = Progress(epochs, steps_per_epoch)

    with training_in(workdir, "epoch") if chief else contextlib.nullcontext(), all_workers(strategy):
        first_epoch = of_the_chief(strategy, load_checkpoint(changing, workdir) if chief else 0)
        as_the_chief(strategy, changing)
        if first_epoch and chief:
            print(f"continuing after epoch {first_epoch}", flush=True)
        train_step, batches = _step_and_batches(strategy, model.train_step, lambda: make_batches(first_epoch))
        if validation is not None:
            test_step, test_batches = _step_and_batches(strategy, model.test_step, lambda: validation)
            test_steps = int(validation.cardinality()) // len(own_parts(strategy)[1])
        for epoch in range(first_epoch, epochs):
            seed_generators(epoch)
            model.reset_metrics()
            progress.start_epoch(epoch)
            for i in range(steps_per_epoch):
                logs = train_step(batches)
                check_finite(logs, epoch, workdir)
                if chief:
                    progress.step(i, logs)
            average()
            if validation is not None:
                model.reset_metrics()
                for _ in range(test_steps):
                    tested = test_step(test_batches)
                logs |= {f"val_{name}": value for name, value in tested.items()}
            check_finite(logs, epoch, workdir)
            check_state(changing, epoch, workdir)
            if chief:
                if on_epoch:
                    on_epoch(epoch, logs)
                progress.end_epoch(epoch, logs)
                append_history(workdir, {"epoch": epoch + 1, **logs})
                save_checkpoint(changing, workdir, epoch + 1)
    model.optimizer.finalize_variable_values(model.trainable_variables)


def check_finite(logs: dict[str, float], epoch: int, workdir: Path) -> None:
    """ModelError if a value is not finite."""
    if wrong := [f"{name} became {value}" for name, value in logs.items() if not np.isfinite(value)]:
        raise ModelError(
            f"In epoch {epoch + 1} {', '.join(wrong)}: try a smaller learning rate. "
            f"The state after the last whole epoch is kept in {workdir}."
        )


def check_state(variables: list, epoch: int, workdir: Path) -> None:
    """ModelError if a Keras variable is not finite: a step's figures are those before its update, and the last update
    of an epoch shows in none of them."""
    if not all_finite(np.asarray(variable.value) for variable in variables):
        check_finite({"a weight or the optimizer's state": np.nan}, epoch, workdir)


def _step_and_batches(strategy, step: Callable, make_batches: Callable):
    """A step of the model as a function of an iterator, and that iterator, which does not end."""
    batches = strategy.distribute_datasets_from_function(lambda _: make_batches().repeat())
    return on_replicas(strategy, step), iter(batches)


def changing_variables(model) -> list:
    """All that training changes: weights, random generators, the optimizer's state."""
    return [*model.variables, *model.optimizer.variables]


def seeding(model, seed: int) -> Callable:
    """A function that sets every random generator in a model from (seed, epoch, replica)."""
    import keras

    strategy = model.distribute_strategy
    generators = [
        value
        for layer in model._flatten_layers()
        for value in vars(layer).values()
        if isinstance(value, keras.random.SeedGenerator)
    ]
    set_states = setting(strategy, [generator.state for generator in generators])

    def seed_generators(epoch: int) -> None:
        arrays = []
        for i, generator in enumerate(generators):
            entropies = ([seed, epoch, i, replica] for replica in range(strategy.num_replicas_in_sync))
            rows = [np.random.SeedSequence(entropy).generate_state(2) for entropy in entropies]
            arrays.append(np.array(rows).astype(generator.state.dtype))
        set_states(*arrays)

    return seed_generators
