"""Training with `fit` that can be stopped and continued. Knows no particular model.

A run that was stopped continues after its last whole epoch; everything random in it is a function of
(seed, epoch, step), so it ends as it would have ended.
"""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crossmodal.checkpoints import load_checkpoint, save_checkpoint
from crossmodal.errors import ModelError
from crossmodal.progress import Progress
from crossmodal.runs import append_history


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
    """Train a compiled model with `fit`, from the run's last checkpoint on.

    Args:
        make_batches: first epoch -> the tf.data.Dataset of all batches from that epoch on.
        validation: a tf.data.Dataset to measure after each epoch, or None.
        on_epoch: called as on_epoch(epoch, logs) after each epoch; what it puts into logs is logged too.

    Raises:
        ModelError: a logged value is no longer finite. The last checkpoint is kept.
    """
    import keras

    workdir = Path(workdir)
    model.optimizer.build(model.trainable_variables)
    changing = changing_variables(model)
    first_epoch = load_checkpoint(changing, workdir)
    if first_epoch:
        print(f"continuing after epoch {first_epoch}", flush=True)
    if first_epoch >= epochs:
        model.optimizer.finalize_variable_values(model.trainable_variables)  # as `fit` does when it ends
        return
    progress = Progress(epochs, steps_per_epoch)

    class Run(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            reseed(model, seed, epoch)
            progress.start_epoch(epoch)

        def on_train_batch_end(self, batch, logs=None):
            if wrong := [f"{name} became {value}" for name, value in logs.items() if not np.isfinite(value)]:
                raise ModelError(
                    f"In epoch {progress.epoch + 1} {', '.join(wrong)}: try a smaller learning rate. "
                    f"The state after the last whole epoch is kept in {workdir}."
                )
            progress.step(batch, logs)

        def on_epoch_end(self, epoch, logs=None):
            logs = dict(logs)
            if on_epoch:
                on_epoch(epoch, logs)
            progress.end_epoch(epoch, logs)
            append_history(workdir, {"epoch": epoch + 1, **{name: float(value) for name, value in logs.items()}})
            save_checkpoint(changing, workdir, epoch + 1)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*shuffle=True.*")  # Keras' default, without a meaning here
        model.fit(
            make_batches(first_epoch).repeat(),  # never read past the end; Keras looks one batch ahead
            initial_epoch=first_epoch,
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
            validation_data=validation,
            verbose=0,
            callbacks=[Run()],
        )


def changing_variables(model) -> list:
    """All that training changes: weights, random generators, the optimizer's state."""
    return [*model.variables, *model.optimizer.variables]


def reseed(model, seed: int, epoch: int) -> None:
    """Set every random generator in a model from (seed, epoch)."""
    import keras

    generators = [
        value
        for layer in model._flatten_layers()
        for value in vars(layer).values()
        if isinstance(value, keras.random.SeedGenerator)
    ]
    for i, generator in enumerate(generators):
        state = np.random.SeedSequence([seed, epoch, i]).generate_state(2)
        generator.state.assign(state.astype(generator.state.dtype))
