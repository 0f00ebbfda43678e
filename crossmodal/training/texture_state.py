"""What training on a texture is told, and what an iteration of it reads and changes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import keras
import numpy as np
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.runtime.choices import check_choice
from crossmodal.training.optimizers import CappedSGD, FusedAdam

Algorithm = Literal["coopnets", "coopnets-z", "descriptor", "contrastive", "generator", "adversarial"]
OPTIMIZERS: dict[str, Callable[[float, float], keras.optimizers.Optimizer]] = {
    "adam": lambda rate, cap: FusedAdam(rate, beta_1=0.5),
    "sgd": lambda rate, cap: keras.optimizers.SGD(rate),
    "capped": CappedSGD,
}
DESCRIPTOR_CAP, GENERATOR_CAP = 20 / 255, 30.0  # of "capped", as published
STAGES, LAST_RATE = 80, 0.01  # of rates that fall, as published
RATES = {"energy": 0.003, "waveform": 0.001}  # of the generator
ENERGY_LAST_RATE = 0.05  # of the generator by energy, a share of its first


@dataclass(frozen=True)
class Settings:
    """How a texture is trained.

    Args:
        algorithm: what is trained, and how; see `algorithms`.
        generator_loss: what the generator learns by in `coopnets`; see there.
        generator_steps: its steps of an iteration, by energy.
        critic_steps, penalty: of `adversarial`, steps of the critic in an iteration and weight of its gradient penalty.
        iterations: updates of the networks.
        chains, samples: signals that are drawn and revised at once, and the length of each, a multiple of 1,000.
        latent_steps, latent_step, latent_sigma: Langevin on latents (coopnets-z, generator): steps, their size, and the
            standard deviation of the generator's error, by which its own loss is scaled too.
        optimizer: "adam" (beta1 0.5), "sgd" or "capped", see `CappedSGD`.
        descriptor_rate, generator_rate: learning rates; the generator's falls to a 20th over all steps by energy. None
            stands for 0.003 by energy, 0.001 by waveforms.
        falling: both fall to a hundredth over the training, in 80 equal stages of a logarithmic scale.
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

    algorithm: Algorithm = "coopnets"
    generator_loss: Literal["energy", "waveform"] = "energy"
    generator_steps: int = 10
    critic_steps: int = 5
    penalty: float = 10.0
    iterations: int = 60
    chains: int = 1
    samples: int = 40_000
    latent_steps: int = 10
    latent_step: float = 0.1
    latent_sigma: float = 0.3
    optimizer: Literal["adam", "sgd", "capped"] = "adam"
    descriptor_rate: float = 0.003
    generator_rate: float | None = None
    falling: bool = False
    by_positions: bool = False
    stabilise: bool = True
    most_drift: float = 30.0
    most_gap: float = 50.0
    most_rms: float = 4.0
    block: int = 10
    seed: int = 0

    def __post_init__(self):
        check_choice("algorithm", self.algorithm, get_args(Algorithm))
        check_choice("generator_loss", self.generator_loss, RATES)
        check_choice("optimizer", self.optimizer, OPTIMIZERS)
        least = {
            "generator_steps": 1,
            "critic_steps": 1,
            "iterations": 0,
            "chains": 1,
            "samples": 1,
            "latent_steps": 0,
            "block": 1,
        }
        for name, number in least.items():
            if getattr(self, name) < number:
                raise ModelError(f"{name} is {getattr(self, name)}: give {number} or more.")

    @property
    def by_energy(self) -> bool:
        """Whether the generator learns by energy."""
        return self.algorithm == "coopnets" and self.generator_loss == "energy"

    @property
    def first_generator_rate(self) -> float:
        """The generator's learning rate at its first step."""
        return RATES["energy" if self.by_energy else "waveform"] if self.generator_rate is None else self.generator_rate


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
    rates = ((s.descriptor_rate, DESCRIPTOR_CAP), (s.first_generator_rate, GENERATOR_CAP))
    optimizers = [OPTIMIZERS[s.optimizer](rate, cap) for rate, cap in rates]
    for optimizer, network in zip(optimizers, (model.descriptor, model.generator), strict=True):
        optimizer.build(network.trainable_variables)
    kept = {"descriptor": (s.samples,), "generator": model.generator.latent_shape(s.samples)}
    chains = np.zeros((s.chains, *kept.get(s.algorithm, (0,))), np.float32)
    variables = [keras.Variable(value, trainable=False) for value in (chains, 1.0)]
    return State(model, tf.constant(signal, tf.float32), s, *optimizers, *variables)


def rate_now(state: State, rate: float, optimizer) -> tf.Tensor:
    """The learning rate of an optimizer's next step."""
    s, factor = state.settings, tf.convert_to_tensor(state.rate)
    if s.falling:
        stage = STAGES * tf.cast(optimizer.iterations.value, tf.int64) // s.iterations
        factor *= LAST_RATE ** (tf.cast(stage, tf.float32) / (STAGES - 1))
    return rate * factor


def crops(state: State, seed) -> tf.Tensor:
    """(chains, samples) of the recording, each from a random place."""
    s = state.settings
    last = state.signal.shape[0] - s.samples
    places = tf.random.stateless_uniform((s.chains,), seed, 0, last + 1, dtype=tf.int32)
    return tf.stack([tf.slice(state.signal, places[i : i + 1], (s.samples,)) for i in range(s.chains)])


def root_mean_square(x) -> tf.Tensor:
    return tf.sqrt(tf.reduce_mean(tf.square(x)))
