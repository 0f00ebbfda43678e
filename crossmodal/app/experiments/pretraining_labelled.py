"""How a deep belief network with label units is trained: machines, then one with labels, then wake-sleep."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from crossmodal.app.experiments.pretraining_data import Examples
from crossmodal.app.experiments.pretraining_methods import Learned, features_of, flat, in_parts, machines_of, trained
from crossmodal.errors import ModelError
from crossmodal.models.pretraining.labelled import LabelledBeliefNetwork, LabelledMachine
from crossmodal.training.greedy import train_on_rows


def labelled_belief(config, examples: Examples, folder: Path) -> Learned:
    """Its samples are of each class in turn, their labels held."""
    units, classes = config.units or (400, 400), len(examples.classes)
    if len(units) < 2:
        raise ModelError("Label units join the highest of two layers or more: name the units of two by --units.")
    machines, x = machines_of(replace(config, units=units[:-1]), examples, (), folder)
    y = np.eye(classes, dtype=np.float32)[examples.train_labels]
    top = LabelledMachine(units[-2], units[-1], classes, steps=config.steps, chains=config.chains)
    trained([top], config, np.concatenate([x, y], axis=-1), folder, first=len(machines))
    network = LabelledBeliefNetwork.of_machines([*machines, top], classes=classes, steps=config.steps)
    network.compile(keras.optimizers.Adam(0.1 * config.learning_rate), jit_compile=False)
    options = {"epochs": config.fine_epochs, "batch_size": config.batch_size, "seed": config.seed}
    train_on_rows(network, (flat(examples.train), y), workdir=folder / "fine", **options)

    def sample(n):
        each = [network.sample_class(k, -(-n // classes), config.sweeps, (config.seed, 1 + k)) for k in range(classes)]
        return np.concatenate([keras.ops.convert_to_numpy(of) for of in each])[:n]

    read = in_parts(network, flat(examples.test)).argmax(axis=-1)
    of_group = [(read != examples.labels)[examples.groups == group].mean() for group in np.unique(examples.groups)]
    restore = lambda v: in_parts(network.reconstruct, flat(v))  # noqa: E731
    figures = {"classification_error": float(np.mean(of_group))}
    return Learned(network, features_of(machines[0], examples), restore, sample, figures)
