"""Training that can be stopped and continued, on one device or on several. Knows no particular model.

A run that was stopped continues after its last whole epoch; everything random in it is a function of
(seed, epoch, step, replica), so it ends as it would have ended.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.runtime.progress import Progress
from crossmodal.training.checkpoints import (
    all_finite,
    done_at,
    newest_checkpoint,
    restore_checkpoint,
    save_checkpoint,
    training_in,
)
from crossmodal.training.distribution import (
    all_workers,
    assign_per_replica,
    average_over_replicas,
    broadcast,
    broadcast_variables,
    is_chief,
    on_replicas,
    own_parts,
)
from crossmodal.training.runs import append_history, seconds_so_far


@dataclass(frozen=True)
class Stage:
    """A part of a training: a compiled model and what it learns from.

    Args:
        make_batches: first epoch, counted within the stage -> the tf.data.Dataset of all batches from that epoch on; of
            this process' parts of them, one after another, where the batches are cut for several replicas.
        validation: such a tf.data.Dataset of known length to measure after each epoch, or None.
        on_epoch: called as on_epoch(epoch, logs) after each epoch, by the chief; what it puts into logs is logged too.
        name: of the stage, in the history of a training that has several.
    """

    model: Any
    make_batches: Callable
    epochs: int
    steps_per_epoch: int
    validation: Any = None
    on_epoch: Callable | None = None
    name: str = ""


def train(model, make_batches: Callable, *, workdir, seed: int, **stage) -> None:
    """Train a compiled model in one stage, see `Stage` and `train_stages`."""
    train_stages([Stage(model, make_batches, **stage)], workdir, seed)


def train_stages(stages: Sequence[Stage], workdir, seed: int) -> None:
    """Train stage after stage from the run's last checkpoint on, under the strategy that the models were built under.

    What one stage hands to the next are layers that both models share, such as an encoder that is trained first by
    itself. Epochs are counted on from stage to stage.

    Raises:
        ModelError: after an epoch a logged value, a weight or the optimizer's state is no longer finite, or another
            worker is lost. Nothing of that epoch is saved, the last checkpoint is kept.
        CrossmodalError: another process trains in `workdir`.
    """
    strategy, workdir = stages[0].model.distribute_strategy, Path(workdir)
    chief = is_chief(strategy)
    with training_in(workdir, "epoch") if chief else contextlib.nullcontext(), all_workers(strategy):
        checkpoint = newest_checkpoint(workdir) if chief else None
        done = broadcast(strategy, done_at(checkpoint))
        if done and chief:
            print(f"continuing after epoch {done}", flush=True)
        first = 0  # epochs before the stage
        for stage in stages:
            if done <= first + stage.epochs:
                _train_stage(stage, strategy, workdir, seed, first, max(done - first, 0), checkpoint, len(stages) > 1)
            first += stage.epochs


def _train_stage(
    stage: Stage, strategy, workdir: Path, seed: int, first: int, done: int, checkpoint: Path | None, named: bool
) -> None:
    """Train a stage whose `done` epochs are in the checkpoint; `first` epochs belong to the stages before it."""
    model, chief = stage.model, is_chief(strategy)
    optimizers = optimizers_of(model)
    with strategy.scope():
        for optimizer in optimizers:
            if not optimizer.built:
                optimizer.build(model.trainable_variables)
    changing = changing_variables(model)
    statistics = [v for v in model.non_trainable_variables if v.dtype == "float32"]  # of batch normalisation
    average, reseed = average_over_replicas(strategy, statistics), reseeding(model, seed)
    progress = Progress(first + stage.epochs, stage.steps_per_epoch)
    began = time.time() - seconds_so_far(workdir)
    if done and chief and checkpoint:
        restore_checkpoint(changing, checkpoint)
    broadcast_variables(strategy, changing)
    if done < stage.epochs:
        train_step, batches = _step_and_batches(strategy, model.train_step, lambda: stage.make_batches(done))
    if stage.validation is not None:
        test_step, test_batches = _step_and_batches(strategy, model.test_step, lambda: stage.validation)
        test_steps = int(stage.validation.cardinality()) // len(own_parts(strategy)[1])
    for epoch in range(done, stage.epochs):
        reseed(first + epoch)
        model.reset_metrics()
        progress.start_epoch(first + epoch)
        for i in range(stage.steps_per_epoch):
            logs = train_step(batches)
            check_finite(logs, first + epoch, workdir)
            if chief:
                progress.step(i, logs)
        average()
        if stage.validation is not None:
            model.reset_metrics()
            for _ in range(test_steps):
                tested = test_step(test_batches)
            logs |= {f"val_{name}": value for name, value in tested.items()}
        check_finite(logs, first + epoch, workdir)
        check_state(changing, first + epoch, workdir)
        if chief:
            if stage.on_epoch:
                stage.on_epoch(first + epoch, logs)
            progress.end_epoch(first + epoch, logs)
            line = {"epoch": first + epoch + 1, **({"stage": stage.name} if named else {}), **logs}
            append_history(workdir, line | {"seconds": time.time() - began})
            save_checkpoint(changing, workdir, first + epoch + 1)
    for optimizer in optimizers:
        optimizer.finalize_variable_values(optimizer._trainable_variables)


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


def optimizers_of(model) -> list:
    """The optimizers of a compiled model, that of `compile` first, then others that are its attributes. The others have
    to be built; that of `compile` is built for all weights if it is not."""
    import keras

    found = [model.optimizer, *vars(model).values()]
    return list({id(each): each for each in found if isinstance(each, keras.optimizers.Optimizer)}.values())


def changing_variables(model) -> list:
    """All that training changes: weights, random generators, the optimizers' states."""
    return [*model.variables, *(variable for optimizer in optimizers_of(model) for variable in optimizer.variables)]


def reseeding(model, seed: int) -> Callable:
    """A function that sets every random generator in a model from (seed, epoch, replica)."""
    import keras

    strategy = model.distribute_strategy
    generators = [
        value
        for layer in model._flatten_layers()
        for value in vars(layer).values()
        if isinstance(value, keras.random.SeedGenerator)
    ]
    set_states = assign_per_replica(strategy, [generator.state for generator in generators])

    def reseed(epoch: int) -> None:
        arrays = []
        for i, generator in enumerate(generators):
            entropies = ([seed, epoch, i, replica] for replica in range(strategy.num_replicas_in_sync))
            rows = [np.random.SeedSequence(entropy).generate_state(2) for entropy in entropies]
            arrays.append(np.array(rows).astype(generator.state.dtype))
        set_states(*arrays)

    return reseed
