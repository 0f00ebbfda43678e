"""How each pre-training goes: a function of the options and the examples for each name in `pretraining.METHODS`."""

import itertools
from collections.abc import Callable
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
from crossmodal.training.greedy import train_greedily

LOSSES = {"bernoulli": "binary_crossentropy", "gaussian": "mean_squared_error"}
BATCH = 500  # examples that are restored at once
SIZES = (9, 5)  # height and width of the features of two convolutional layers


class Learned(NamedTuple):
    """model; its first features (n, height, width); reconstruct: v (n, height, width) -> v restored; sample: n -> n
    samples of v, or None where the model draws none; further figures."""

    model: Any
    features: np.ndarray
    reconstruct: Callable
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


def trained(layers, config, x) -> np.ndarray:
    """`train_greedily` by the options; what is learned is said."""

    def on_layer(i, logs):
        print(f"layer {i + 1}: " + ", ".join(f"{name} {value:.4g}" for name, value in logs.items()), flush=True)

    options = {"epochs": config.epochs, "batch_size": min(config.batch_size, len(x)), "on_layer": on_layer}
    return train_greedily(layers, x, make_optimizer=lambda: keras.optimizers.Adam(config.learning_rate), **options)


def machines_of(config, examples: Examples, default, code: str = "bernoulli"):
    """Restricted machines on top of each other, trained; the last has hidden units of the kind `code`."""
    x = flat(examples.train)
    units = (x.shape[1], *(config.units or default))
    machines = []
    for i, (below, above) in enumerate(itertools.pairwise(units)):
        kinds = {"visible_kind": examples.kind} if i == 0 else {}
        kinds |= {"hidden_kind": code} if i == len(units) - 2 else {}
        machines.append(RestrictedBoltzmannMachine(below, above, steps=config.steps, chains=config.chains, **kinds))
    trained(machines, config, x)
    return machines


def sampler(machine, config, examples: Examples) -> Callable:
    """n -> visible units after Gibbs sampling that begins at noise: the mean given what was drawn last."""

    def sample(n):
        noise = np.random.default_rng(config.seed).standard_normal((n, *machine.visible_shape)).astype(np.float32)
        start = noise if examples.kind == "gaussian" else noise > 0
        return keras.ops.convert_to_numpy(machine.reconstruct(machine.sample(start, config.sweeps, (config.seed, 1))))

    return sample


def rbm(config, examples: Examples) -> Learned:
    from evaluation.likelihood import annealed_log_partition, log_likelihood

    machine = machines_of(config, examples, (400,))[0]
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


def semi_restricted(config, examples: Examples) -> Learned:
    """Its samples are half of them, the upper ones, of a machine with lateral weights, the lower of one without."""
    without = machines_of(config, examples, (400,))[0]
    x = flat(examples.train)
    machine = SemiRestrictedBoltzmannMachine(without.visible, without.hidden, steps=config.steps, chains=config.chains)
    trained([machine], config, x)

    def sample(n):
        return np.concatenate([sampler(m, config, examples)(n // 2) for m in (machine, without)])

    restore = lambda v: in_parts(machine.reconstruct, flat(v))  # noqa: E731
    restored = in_parts(without.reconstruct, flat(examples.test))
    figures = {"without_lateral_weights": errors(examples, restored)["squared_error"]}
    return Learned(machine, features_of(machine, examples), restore, sample, figures)


def deep_belief(config, examples: Examples) -> Learned:
    machines = machines_of(config, examples, (400, 400))
    network = DeepBeliefNetwork.of_machines(machines, steps=config.steps)
    network.compile(keras.optimizers.Adam(0.1 * config.learning_rate), jit_compile=False)
    network.fit(flat(examples.train), epochs=config.fine_epochs, batch_size=config.batch_size, verbose=0)
    sample = lambda n: keras.ops.convert_to_numpy(network.sample(n, config.sweeps, (config.seed, 1)))  # noqa: E731
    restore = lambda v: in_parts(network.reconstruct, flat(v))  # noqa: E731
    return Learned(network, features_of(machines[0], examples), restore, sample)


def convolutional(config, examples: Examples) -> Learned:
    x, shared = examples.train[..., None], {"sparsity": 1.0, "target": 0.05, "steps": config.steps}
    groups = (*(config.units or (24, 40)), 40)[:2]
    first = ConvolutionalBoltzmannMachine((*examples.shape, 1), groups[0], SIZES[0], 2, examples.kind, **shared)
    second = ConvolutionalBoltzmannMachine(first.pooled_shape, groups[1], SIZES[1], 2, **shared)
    trained([first, second], config, x)
    own = np.moveaxis(keras.ops.convert_to_numpy(first.kernel)[:, :, 0], -1, 0)
    above = np.moveaxis(keras.ops.convert_to_numpy(second.kernel), -1, 0)
    above = keras.ops.convert_to_numpy(first.project(above))[..., 0]
    border = (above.shape[1] - own.shape[1]) // 2, -(-(above.shape[1] - own.shape[1]) // 2)
    features = np.concatenate([np.pad(own, ((0, 0), border, border)), above])
    restore = lambda v: in_parts(first.reconstruct, v[..., None])[..., 0]  # noqa: E731
    return Learned(first, features, restore, lambda n: sampler(first, config, examples)(n)[..., 0])


def fine_tuned(stack, config, examples: Examples) -> Learned:
    """The autoencoder that a stack makes, after backpropagation."""
    model, x = DeepAutoencoder.unrolled(stack), flat(examples.train)
    before = errors(examples, in_parts(model, flat(examples.test)))["squared_error"]
    model.compile(keras.optimizers.Adam(config.learning_rate), LOSSES[examples.kind], jit_compile=False)
    model.fit(x, x, epochs=config.fine_epochs, batch_size=config.batch_size, verbose=0)
    restore = lambda v: in_parts(model, flat(v))  # noqa: E731
    figures = {"before_fine_tuning": before}
    return Learned(model, features_of(model.encoder.layers[0], examples), restore, None, figures)


def deep_autoencoder(config, examples: Examples) -> Learned:
    return fine_tuned(machines_of(config, examples, (400, 150, 30), code="gaussian"), config, examples)


def autoencoders_of(config, examples: Examples, default, **options):
    """Autoencoders on top of each other, trained."""
    x = flat(examples.train)
    units = (x.shape[1], *(config.units or default))
    pairs = enumerate(itertools.pairwise(units))
    stack = [SparseAutoencoder(*pair, "bernoulli" if i else examples.kind, **options) for i, pair in pairs]
    trained(stack, config, x)
    return stack


def one_autoencoder(config, examples: Examples, **options) -> Learned:
    model = autoencoders_of(config, examples, (400,), **options)[0]
    restore = lambda v: in_parts(model.reconstruct, flat(v))  # noqa: E731
    return Learned(model, features_of(model, examples), restore)


def sparse(config, examples: Examples) -> Learned:
    return one_autoencoder(config, examples, beta=3.0, rho=0.05)


def denoising(config, examples: Examples) -> Learned:
    return one_autoencoder(config, examples, noise="mask", amount=0.3)


def stacked(config, examples: Examples) -> Learned:
    return fine_tuned(autoencoders_of(config, examples, (400, 150), noise="mask", amount=0.3), config, examples)


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
