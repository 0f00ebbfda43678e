"""What training on a texture is told, and what an iteration of it reads and changes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import keras
import numpy as np
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.models.cooperative import Cooperative
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
        chains: signals that are drawn and revised at once.
        samples: of each signal; of sounds their number, a multiple of 1,000, of images (height, width, channels).
        latent_steps, latent_step, latent_sigma: Langevin on latents (coopnets-z, generator): steps, their size, and the
            standard deviation of the generator's error, by which its own loss is scaled too.
        optimizer: "adam" (beta1 0.5), "sgd" or "capped", see `CappedSGD`.
        descriptor_rate, generator_rate: learning rates; the generator's falls to a 20th over all steps by energy. None
            stands for 0.003 by energy, 0.001 by waveforms.
        falling: both fall to a hundredth over the training, in 80 equal stages of a logarithmic scale.
        energy: weight of the squares of f, per number of a signal, which keeps the descriptor's gap below 1 / energy; 0
            leaves f free.
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
    samples: int | tuple[int, ...] = 40_000
    latent_steps: int = 10
    latent_step: float = 0.1
    latent_sigma: float = 0.3
    optimizer: Literal["adam", "sgd", "capped"] = "adam"
    descriptor_rate: float = 0.003
    generator_rate: float | None = None
    falling: bool = False
    energy: float = 0.0
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
            if np.min(getattr(self, name)) < number:
                raise ModelError(f"{name} is {getattr(self, name)}: give {number} or more.")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a signal."""
        return tuple(self.samples) if isinstance(self.samples, tuple) else (self.samples,)

    @property
    def size(self) -> int:
        """How many numbers a signal has."""
        return math.prod(self.shape)

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

    signal: what is learned from, in the model's coordinates: a recording (length,), a picture (height, width,
    channels), or examples of either kind (n, ...), as large as the signals that are drawn, or larger. chains:
    persistent ones (chains, *shape) or latents (chains, ...). rate: factor of both learning rates, the stabiliser's.
    """

    model: Cooperative
    signal: tf.Tensor
    settings: Settings
    descriptor_optimizer: keras.optimizers.Optimizer
    generator_optimizer: keras.optimizers.Optimizer
    chains: keras.Variable
    rate: keras.Variable


def make_state(model: Cooperative, signal: np.ndarray, settings: Settings) -> State:
    """The state before the first iteration."""
    s = settings
    rates = ((s.descriptor_rate, DESCRIPTOR_CAP), (s.first_generator_rate, GENERATOR_CAP))
    optimizers = [OPTIMIZERS[s.optimizer](rate, cap) for rate, cap in rates]
    for optimizer, network in zip(optimizers, (model.descriptor, model.generator), strict=True):
        optimizer.build(network.trainable_variables)
    kept = {"descriptor": s.shape, "generator": model.generator.latent_shape(s.samples)}
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
    """(chains, *shape) of the recording, each from a random place, or of random examples."""
    s = state.settings
    sizes = (1,) * (len(state.signal.shape) - len(s.shape)) + s.shape
    places = []
    for axis, (length, size) in enumerate(zip(state.signal.shape, sizes, strict=True)):
        of_axis = tf.random.experimental.stateless_fold_in(seed, axis) if axis else seed
        places.append(tf.random.stateless_uniform((s.chains,), of_axis, 0, length - size + 1, dtype=tf.int32))
    starts = tf.unstack(tf.stack(places, axis=1))
    return tf.stack([tf.reshape(tf.slice(state.signal, start, sizes), s.shape) for start in starts])


def root_mean_square(x) -> tf.Tensor:
    return tf.sqrt(tf.reduce_mean(tf.square(x)))
