"""How each pre-training goes: a function of the options, the examples and the folder of the stages' checkpoints, for
each name in `pretraining.METHODS`; two of them have files of their own.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from crossmodal.app.experiments.pretraining_data import Examples
from crossmodal.models.pretraining.convolutional import ConvolutionalBoltzmannMachine
from crossmodal.models.pretraining.deep_autoencoder import DeepAutoencoder
from crossmodal.models.pretraining.deep_belief import DeepBeliefNetwork
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.models.pretraining.semi_restricted import SemiRestrictedBoltzmannMachine
from crossmodal.models.pretraining.sparse_autoencoder import SparseAutoencoder
from crossmodal.training.greedy import train_greedily, train_on_rows

LOSSES = {"bernoulli": "binary_crossentropy", "gaussian": "mean_squared_error"}
BATCH = 500  # examples that are restored at once
SIZES = (9, 5)  # height and width of the features of two convolutional layers


class Learned(NamedTuple):
    """model; its first features (n, height, width); reconstruct: v (n, height, width) -> v restored; sample: n -> n
    samples of v; None of either where the model makes none; further figures."""

    model: Any
    features: np.ndarray
    reconstruct: Callable | None = None
    sample: Callable | None = None
    figures: dict = {}  # noqa: RUF012


def flat(x) -> np.ndarray:
    """(n, height, width) -> (n, height width)."""
    return np.reshape(x, (len(x), -1))


def in_parts(function: Callable, x) -> np.ndarray:
    """function(x), some rows at a time."""
    return np.concatenate([keras.ops.convert_to_numpy(function(x[i : i + BATCH])) for i in range(0, len(x), BATCH)])


def features_of(layer, examples: Examples) -> np.ndarray:
    """The weights of each hidden unit, (hidden, height, width)."""
    return keras.ops.convert_to_numpy(layer.kernel).T.reshape(-1, *examples.shape)


def trained(layers, config, x, folder: Path, first: int = 0) -> np.ndarray:
    """`train_greedily` by the options in a folder; what is learned is said."""

    def on_layer(i, logs):
        print(f"layer {i + 1}: " + ", ".join(f"{name} {value:.4g}" for name, value in logs.items()), flush=True)

    options = {"epochs": config.epochs, "batch_size": config.batch_size, "on_layer": on_layer}
    options |= {"workdir": folder, "seed": config.seed, "first": first}
    return train_greedily(layers, x, make_optimizer=lambda: keras.optimizers.Adam(config.learning_rate), **options)


def machines_of(config, examples: Examples, default, folder: Path, code: str = "bernoulli"):
    """Restricted machines on top of each other, trained, and what the last makes of the examples; the last has hidden
    units of the kind `code`."""
    x = flat(examples.train)
    units = (x.shape[1], *(config.units or default))
    machines = []
    for i, (below, above) in enumerate(itertools.pairwise(units)):
        kinds = {"visible_kind": examples.kind} if i == 0 else {}
        kinds |= {"hidden_kind": code} if i == len(units) - 2 else {}
        machines.append(RestrictedBoltzmannMachine(below, above, steps=config.steps, chains=config.chains, **kinds))
    return machines, trained(machines, config, x, folder)


def sampler(machine, config, examples: Examples) -> Callable:
    """n -> visible units after Gibbs sampling that begins at noise: the mean given what was drawn last."""

    def sample(n):
        noise = np.random.default_rng(config.seed).standard_normal((n, *machine.visible_shape)).astype(np.float32)
        start = noise if examples.kind == "gaussian" else noise > 0
        return keras.ops.convert_to_numpy(machine.reconstruct(machine.sample(start, config.sweeps, (config.seed, 1))))

    return sample


def rbm(config, examples: Examples, folder: Path) -> Learned:
    from evaluation.likelihood import annealed_log_partition, log_likelihood

    (machine, *_), _ = machines_of(config, examples, (400,), folder)
    figures = {}
    if examples.kind == "bernoulli":
        found = annealed_log_partition(machine, flat(examples.train), seed=config.seed)
        likelihoods = log_likelihood(machine, np.round(flat(examples.test)), found.log_z)
        figures = {"log_likelihood": float(likelihoods.mean()), "log_z": found._asdict()}
        figures["log_likelihood_by_class"] = {
            name: float(likelihoods[examples.labels == label].mean()) for label, name in enumerate(examples.classes)
        }
    restore = lambda v: in_parts(machine.reconstruct, flat(v))  # noqa: E731
    return Learned(machine, features_of(machine, examples), restore, sampler(machine, config, examples), figures)


def semi_restricted(config, examples: Examples, folder: Path) -> Learned:
    """Its samples are half of them, the upper ones, of a machine with lateral weights, the lower of one without."""
    machines, _ = machines_of(config, examples, (400,), folder)
    without = machines[0]
    x = flat(examples.train)
    machine = SemiRestrictedBoltzmannMachine(without.visible, without.hidden, steps=config.steps, chains=config.chains)
    trained([machine], config, x, folder, first=len(machines))

    def sample(n):
        return np.concatenate([sampler(m, config, examples)(n // 2) for m in (machine, without)])

    restore = lambda v: in_parts(machine.reconstruct, flat(v))  # noqa: E731
    restored = in_parts(without.reconstruct, flat(examples.test))
    figures = {"without_lateral_weights": errors(examples, restored)["squared_error"]}
    return Learned(machine, features_of(machine, examples), restore, sample, figures)


def deep_belief(config, examples: Examples, folder: Path) -> Learned:
    machines, _ = machines_of(config, examples, (400, 400), folder)
    network = DeepBeliefNetwork.of_machines(machines, steps=config.steps)
    network.compile(keras.optimizers.Adam(0.1 * config.learning_rate), jit_compile=False)
    options = {"epochs": config.fine_epochs, "batch_size": config.batch_size, "seed": config.seed}
    train_on_rows(network, (flat(examples.train),), workdir=folder / "fine", **options)
    sample = lambda n: keras.ops.convert_to_numpy(network.sample(n, config.sweeps, (config.seed, 1)))  # noqa: E731
    restore = lambda v: in_parts(network.reconstruct, flat(v))  # noqa: E731
    return Learned(network, features_of(machines[0], examples), restore, sample)


def convolutional(config, examples: Examples, folder: Path) -> Learned:
    x, shared = examples.train[..., None], {"sparsity": 1.0, "target": 0.05, "steps": config.steps}
    groups = (*(config.units or (24, 40)), 40)[:2]
    first = ConvolutionalBoltzmannMachine((*examples.shape, 1), groups[0], SIZES[0], 2, examples.kind, **shared)
    second = ConvolutionalBoltzmannMachine(first.pooled_shape, groups[1], SIZES[1], 2, **shared)
    trained([first, second], config, x, folder)
    own = np.moveaxis(keras.ops.convert_to_numpy(first.kernel)[:, :, 0], -1, 0)
    above = np.moveaxis(keras.ops.convert_to_numpy(second.kernel), -1, 0)
    above = keras.ops.convert_to_numpy(first.project(above))[..., 0]
    border = (above.shape[1] - own.shape[1]) // 2, -(-(above.shape[1] - own.shape[1]) // 2)
    features = np.concatenate([np.pad(own, ((0, 0), border, border)), above])
    restore = lambda v: in_parts(first.reconstruct, v[..., None])[..., 0]  # noqa: E731
    return Learned(first, features, restore, lambda n: sampler(first, config, examples)(n)[..., 0])


def fine_tuned(stack, config, examples: Examples, folder: Path) -> Learned:
    """The autoencoder that a stack makes, after backpropagation."""
    model, x = DeepAutoencoder.unrolled(stack), flat(examples.train)
    before = errors(examples, in_parts(model, flat(examples.test)))["squared_error"]
    model.compile(keras.optimizers.Adam(config.learning_rate), LOSSES[examples.kind], jit_compile=False)
    options = {"epochs": config.fine_epochs, "batch_size": config.batch_size, "seed": config.seed}
    train_on_rows(model, (x, x), workdir=folder / "fine", **options)
    restore = lambda v: in_parts(model, flat(v))  # noqa: E731
    figures = {"before_fine_tuning": before}
    return Learned(model, features_of(model.encoder.layers[0], examples), restore, None, figures)


def deep_autoencoder(config, examples: Examples, folder: Path) -> Learned:
    machines, _ = machines_of(config, examples, (400, 150, 30), folder, code="gaussian")
    return fine_tuned(machines, config, examples, folder)


def autoencoders_of(config, examples: Examples, default, folder: Path, **options):
    """Autoencoders on top of each other, trained."""
    x = flat(examples.train)
    units = (x.shape[1], *(config.units or default))
    pairs = enumerate(itertools.pairwise(units))
    stack = [SparseAutoencoder(*pair, "bernoulli" if i else examples.kind, **options) for i, pair in pairs]
    trained(stack, config, x, folder)
    return stack


def one_autoencoder(config, examples: Examples, folder: Path, **options) -> Learned:
    model = autoencoders_of(config, examples, (400,), folder, **options)[0]
    restore = lambda v: in_parts(model.reconstruct, flat(v))  # noqa: E731
    return Learned(model, features_of(model, examples), restore)


def sparse(config, examples: Examples, folder: Path) -> Learned:
    return one_autoencoder(config, examples, folder, beta=3.0, rho=0.05)


def denoising(config, examples: Examples, folder: Path) -> Learned:
    return one_autoencoder(config, examples, folder, noise="mask", amount=0.3)


def stacked(config, examples: Examples, folder: Path) -> Learned:
    stack = autoencoders_of(config, examples, (400, 150), folder, noise="mask", amount=0.3)
    return fine_tuned(stack, config, examples, folder)


def errors(examples: Examples, restored) -> dict[str, float]:
    """The mean squared error a pixel of held-out examples, in [0, 1], and that of the mean training example; over
    people, where there are some."""
    seen = examples.pictures(examples.test)
    mean = examples.pictures(examples.train.mean(axis=0, keepdims=True))
    found = {"squared_error": examples.pictures(restored), "squared_error_of_the_mean": mean}
    of_each = {name: np.square(seen - guess).mean(axis=(1, 2)) for name, guess in found.items()}
    groups = np.unique(examples.groups)
    return {
        name: float(np.mean([each[examples.groups == group].mean() for group in groups]))
        for name, each in of_each.items()
    }
