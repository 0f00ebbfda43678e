"""One iteration of each way to train on a texture, in the names of R. Zhong's thesis (UCLA 2017).

    descriptor   Algorithm D: persistent chains, each iteration goes on where the last one left them
    contrastive  the same with chains that start from the recording (contrastive divergence)
    generator    Algorithm G, alternating back-propagation: latents of the recording are inferred by Langevin
    coopnets     chains start from the generator's draws; the generator regresses the revised draws on their latents
    coopnets-z   the same, and Langevin first revises those latents (the more rigorous form)

An iteration is a function of the state and of two integers, all that is random comes from these. It returns figures:
`energy_gap` (f of the recording less f of the chains, per sample), `drift_to_noise` and `rms` of the chains' last step,
`revised` (RMS of what the chains changed), `error` (RMS of revised signal less g(z)) and `absolute_error` (the mean of
its absolute value, which the thesis plots).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.runtime.choices import check_choice
from crossmodal.runtime.processors import map_rows
from crossmodal.sampling.langevin import langevin
from crossmodal.training.optimizers import CappedSGD, FusedAdam

OPTIMIZERS: dict[str, Callable[[float, float], keras.optimizers.Optimizer]] = {
    "adam": lambda rate, cap: FusedAdam(rate, beta_1=0.5),
    "sgd": lambda rate, cap: keras.optimizers.SGD(rate),
    "capped": CappedSGD,
}
DESCRIPTOR_CAP, GENERATOR_CAP = 20 / 255, 30.0  # of "capped", as published
STAGES, LAST_RATE = 80, 0.01  # of rates that fall, as published


@dataclass(frozen=True)
class Settings:
    """How a texture is trained.

    Args:
        algorithm: what is trained, and how; see above.
        iterations: updates of the networks.
        chains, samples: signals that are drawn and revised at once, and the length of each, a multiple of 1,000.
        latent_steps, latent_step, latent_sigma: Langevin on latents (coopnets-z, generator): steps, their size, and the
            standard deviation of the generator's error, by which its own loss is scaled too.
        optimizer: "adam" (beta1 0.5), "sgd" or "capped", see `CappedSGD`.
        descriptor_rate, generator_rate: learning rates.
        falling: they fall to a hundredth over the training, in 80 equal stages of a logarithmic scale.
        by_positions: divide each convolution's gradient by the length of its map, as the published code does.
        stabilise: back off outside the bands below; return to the last good state when chains are too loud or a value
            is not finite.
        most_drift: highest ratio of a chain's drift to s.
        most_gap: highest gap of energy between recording and chains, per sample.
        most_rms: highest RMS of the chains, in units of the recording's. There is no lowest: the thesis' generator
            starts silent.
        block: iterations between two checkpoints.
        seed: of latents, chains and crops.

    Raises:
        ModelError: there is no such algorithm or optimizer, or a number is out of its range.
    """

    algorithm: Literal["coopnets", "coopnets-z", "descriptor", "contrastive", "generator"] = "coopnets"
    iterations: int = 60
    chains: int = 1
    samples: int = 40_000
    latent_steps: int = 10
    latent_step: float = 0.1
    latent_sigma: float = 0.3
    optimizer: Literal["adam", "sgd", "capped"] = "adam"
    descriptor_rate: float = 0.003
    generator_rate: float = 0.001
    falling: bool = False
    by_positions: bool = False
    stabilise: bool = True
    most_drift: float = 30.0
    most_gap: float = 50.0
    most_rms: float = 4.0
    block: int = 10
    seed: int = 0

    def __post_init__(self):
        check_choice("algorithm", self.algorithm, ALGORITHMS)
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        least = {"iterations": 0, "chains": 1, "samples": 1, "latent_steps": 0, "block": 1}
        for name, number in least.items():
            if getattr(self, name) < number:
                raise ModelError(f"{name} is {getattr(self, name)}: give {number} or more.")


class State(NamedTuple):
    """What an iteration reads and changes.

    signal: (length,), the recording in the model's coordinates. chains: persistent ones (chains, samples) or latents
    (chains, ...). rate: factor of both learning rates, the stabiliser's.
    """

    model: CoopNets
    signal: tf.Tensor
    settings: Settings
    descriptor_optimizer: keras.optimizers.Optimizer
    generator_optimizer: keras.optimizers.Optimizer
    chains: keras.Variable
    rate: keras.Variable


def make_state(model: CoopNets, signal: np.ndarray, settings: Settings) -> State:
    """The state before the first iteration."""
    s = settings
    rates = ((s.descriptor_rate, DESCRIPTOR_CAP), (s.generator_rate, GENERATOR_CAP))
    optimizers = [OPTIMIZERS[s.optimizer](rate, cap) for rate, cap in rates]
    for optimizer, network in zip(optimizers, (model.descriptor, model.generator), strict=True):
        optimizer.build(network.trainable_variables)
    kept = {"descriptor": (s.samples,), "generator": model.generator.latent_shape(s.samples)}
    chains = np.zeros((s.chains, *kept.get(s.algorithm, (0,))), np.float32)
    variables = [keras.Variable(value, trainable=False) for value in (chains, 1.0)]
    return State(model, tf.constant(signal, tf.float32), s, *optimizers, *variables)


def iterate(state: State, seed, first) -> dict:
    """One iteration of the settings' algorithm. `seed`: two integers; `first`: whether persistent chains start now."""
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 5))
    return ALGORITHMS[state.settings.algorithm](state, seeds, first)


def persistent_chains(state: State, seeds, first) -> dict:
    """Algorithm D: the chains go on; the first ones start from noise at the recording's level."""
    data = crops(state, seeds[0])
    noise = tf.random.stateless_normal(data.shape, seeds[1]) * root_mean_square(state.signal)
    start = tf.where(first, noise, tf.convert_to_tensor(state.chains))
    revised, figures = learn_descriptor(state, data, start, seeds[2])
    state.chains.assign(revised)
    return figures


def contrastive_divergence(state: State, seeds, first) -> dict:
    """Chains start from the data that the descriptor learns from."""
    data = crops(state, seeds[0])
    return learn_descriptor(state, data, data, seeds[2])[1]


def cooperate(state: State, seeds, first) -> dict:
    """CoopNets: draw and revise; data less revised draws teach the descriptor, the revised draws the generator."""
    z, revised, figures = draw_and_revise(state, seeds)
    return figures | learn_generator(state, z, revised)


def cooperate_with_latents(state: State, seeds, first) -> dict:
    """The same, but Langevin revises the latents too before the generator learns from them."""
    z, revised, figures = draw_and_revise(state, seeds)
    z = infer_latents(state, z, revised, seeds[3]).state
    return figures | learn_generator(state, z, revised)


def draw_and_revise(state: State, seeds) -> tuple[tf.Tensor, tf.Tensor, dict]:
    """Latents z, the generator's draws of them as the chains revised them (chains, samples), and figures; the
    descriptor has learned from both."""
    s = state.settings
    z = state.model.latents(s.chains, s.samples, seeds[1])
    revised, figures = learn_descriptor(state, crops(state, seeds[0]), map_rows(state.model.generator, z), seeds[2])
    return z, revised, figures


def alternate_back_propagation(state: State, seeds, first) -> dict:
    """Algorithm G: infer the latents of the recording's start from where they were, then learn to generate it."""
    s = state.settings
    data = tf.repeat(state.signal[None, : s.samples], s.chains, axis=0)
    fresh = state.model.latents(s.chains, s.samples, seeds[1])
    walk = infer_latents(state, tf.where(first, fresh, tf.convert_to_tensor(state.chains)), data, seeds[3])
    state.chains.assign(walk.state)
    figures = learn_generator(state, walk.state, data)
    return {**figures, "drift_to_noise": walk.drift_to_noise[-1], "rms": walk.rms[-1]}


ALGORITHMS: dict[str, Callable[[State, list, tf.Tensor], dict]] = {
    "coopnets": cooperate,
    "coopnets-z": cooperate_with_latents,
    "descriptor": persistent_chains,
    "contrastive": contrastive_divergence,
    "generator": alternate_back_propagation,
}


def learn_descriptor(state: State, data, start, seed) -> tuple[tf.Tensor, dict]:
    """Walk from `start`, then one step up the likelihood of the data: the chains (chains, samples) and figures."""
    s, descriptor = state.settings, state.model.descriptor
    walk = state.model.revise(start, seed)
    with tf.GradientTape() as tape:
        f = map_rows(descriptor, tf.concat([data, walk.state], axis=0))
        gap = tf.reduce_mean(f[: s.chains]) - tf.reduce_mean(f[s.chains :])
        loss = -gap
    gradients = tape.gradient(loss, descriptor.trainable_variables)
    if s.by_positions:
        gradients = divide_by_positions(gradients, descriptor.positions(s.samples))
    state.descriptor_optimizer.learning_rate.assign(rate_now(state, s.descriptor_rate, state.descriptor_optimizer))
    state.descriptor_optimizer.apply(gradients, descriptor.trainable_variables)
    return walk.state, {
        "energy_gap": gap / s.samples,
        "drift_to_noise": walk.drift_to_noise[-1],
        "rms": walk.rms[-1],
        "revised": root_mean_square(walk.state - start),
    }


def rate_now(state: State, rate: float, optimizer) -> tf.Tensor:
    """The learning rate of an optimizer's next step."""
    s, factor = state.settings, tf.convert_to_tensor(state.rate)
    if s.falling:
        stage = STAGES * tf.cast(optimizer.iterations.value, tf.int64) // s.iterations
        factor *= LAST_RATE ** (tf.cast(stage, tf.float32) / (STAGES - 1))
    return rate * factor


def learn_generator(state: State, z, signal) -> dict:
    """One step of the generator towards g(z) = signal; figures of the error before it."""
    s, generator = state.settings, state.model.generator
    with tf.GradientTape() as tape:
        error = signal - map_rows(generator, z)
        loss = tf.reduce_sum(tf.square(error)) / (2 * s.latent_sigma**2 * s.chains)
    state.generator_optimizer.learning_rate.assign(rate_now(state, s.generator_rate, state.generator_optimizer))
    state.generator_optimizer.apply(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables)
    return {"error": root_mean_square(error), "absolute_error": tf.reduce_mean(tf.abs(error))}


def infer_latents(state: State, z, signal, seed):
    """Langevin on latents (eq. 3.9): a `Walk` towards p(z | signal)."""
    s = state.settings

    def log_likelihood(z):
        return -tf.reduce_sum(tf.square(signal - map_rows(state.model.generator, z)), axis=-1) / (2 * s.latent_sigma**2)

    return langevin(
        z, log_likelihood, steps=s.latent_steps, step_size=s.latent_step, sigma=1.0, seed=seed, most_drift=1.0
    )


def crops(state: State, seed) -> tf.Tensor:
    """(chains, samples) of the recording, each from a random place."""
    s = state.settings
    last = state.signal.shape[0] - s.samples
    places = tf.random.stateless_uniform((s.chains,), seed, 0, last + 1, dtype=tf.int32)
    return tf.stack([tf.slice(state.signal, places[i : i + 1], (s.samples,)) for i in range(s.chains)])


def divide_by_positions(gradients: list, positions: list[int]) -> list:
    """Gradients of kernel and bias of each convolution over the length of its map."""
    return [gradient / positions[i // 2] for i, gradient in enumerate(gradients)]


def root_mean_square(x) -> tf.Tensor:
    return tf.sqrt(tf.reduce_mean(tf.square(x)))
