"""Two networks of signals x of any shape that teach each other (J. Xie et al., "Cooperative Training of Descriptor and
Generator Networks", 2018).

A descriptor f gives signals the density p(x) ~ exp(f(x)) N(x; 0, sigma^2 I); a generator g draws x = g(z),
z ~ N(0, I). The generator's draws start Langevin chains on p, and what the chains make of them teaches both.
"""

from numbers import Integral, Real

import keras
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.runtime.processors import parallel_operations
from crossmodal.sampling.langevin import langevin


class Cooperative(keras.Model):
    """A generator and a descriptor of signals of one kind, and how chains walk.

    Args:
        generator: z (chains, *latent_shape(shape)) -> signal (chains, *shape); `latent_shape` is its method; of
            sounds `multiple` is the number of samples of which it draws multiples, 1,000 if it does not say.
        descriptor: signal (chains, *shape) -> f, (chains,).
        steps, step, sigma, noise, momentum, most_drift, cooling: of the descriptor's chains in training, see
            `langevin`; `step` is its step_size.
        draw_steps: Langevin steps that revise each draw; 0 leaves what the generator drew.
        provenance: facts on the training, for whoever receives the file.

    Raises:
        ModelError: a network is missing, or a setting of the chains is out of its range.
    """

    def __init__(
        self,
        generator,
        descriptor,
        steps=30,
        step=0.1,
        sigma=1.0,
        noise=1.0,
        momentum=0.0,
        most_drift=None,
        cooling=1.0,
        draw_steps=0,
        provenance=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not (hasattr(generator, "latent_shape") and isinstance(descriptor, keras.Model)):
            raise ModelError("A texture has two networks: pass a generator and a descriptor.")
        self.generator, self.descriptor = generator, descriptor
        self.walk = dict(steps=steps, step=step, sigma=sigma, noise=noise, momentum=momentum)
        self.walk |= dict(most_drift=most_drift, cooling=cooling)
        self.draw_steps = draw_steps
        check_walk(**self.walk, draw_steps=draw_steps)
        self.provenance = dict(provenance or {})
        self.built = True

    def call(self, z):
        """z -> the generator's signals (chains, *shape)."""
        return self.generator(z)

    def revise(self, signal, seed, steps=None):
        """Langevin chains of the descriptor from signals (chains, *shape): a `Walk`."""
        walk = self.walk if steps is None else {**self.walk, "steps": steps}
        walk = {"step_size" if name == "step" else name: value for name, value in walk.items()}
        fixed = getattr(self.descriptor, "fixed", None)
        return langevin(signal, fixed() if fixed else self.descriptor, seed=seed, groups=parallel_operations(), **walk)

    def latents(self, chains: int, shape, seed) -> tf.Tensor:
        """z ~ N(0, I) for so many signals of a shape, of sounds a number of samples; a function of two integers
        `seed`."""
        return tf.random.stateless_normal((chains, *self.generator.latent_shape(shape)), seed)

    def get_config(self):
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("generator", "descriptor")
        }
        told = {**self.walk, "draw_steps": self.draw_steps, "provenance": self.provenance}
        return {**super().get_config(), **networks, **told}

    @classmethod
    def from_config(cls, config):
        networks = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("generator", "descriptor")}
        return cls(**{**config, **networks})


def check_walk(steps, step, sigma, noise, momentum, most_drift, cooling, draw_steps) -> None:
    """ModelError unless the settings of chains are in their ranges, see `langevin`."""
    numbers = {"step": step, "sigma": sigma, "noise": noise, "momentum": momentum, "most_drift": most_drift}
    numbers["cooling"] = cooling
    for name, value in {"steps": steps, "draw_steps": draw_steps}.items():
        if not isinstance(value, Integral) or isinstance(value, bool) or value < 0:
            raise ModelError(f"{name} is {value!r}: give a whole number of Langevin steps, 0 or more.")
    for name, value in numbers.items():
        if value is None and name in ("sigma", "most_drift"):
            continue
        if not isinstance(value, Real) or not 0 <= float(value) < float("inf"):
            raise ModelError(f"{name} is {value!r}: give a finite number, 0 or more.")
    if sigma == 0 or momentum >= 1:
        raise ModelError(f"sigma is {sigma}, momentum {momentum}: sigma is above 0, a momentum below 1.")
    if not 0 < cooling <= 1:
        raise ModelError(f"cooling is {cooling}: the last step is above 0 and at most as large as the first.")
