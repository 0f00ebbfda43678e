"""Deep belief networks (Hinton, Osindero & Teh 2006).

The two highest layers are a restricted Boltzmann machine, below it each layer is drawn from the one above:

    p(v, h1, ..., hL) = p(v | h1) p(h1 | h2) ... p(h(L-1), hL)

Greedy training makes it of restricted Boltzmann machines, each trained on the means of the hidden units of the one
before (`crossmodal.training.greedy`). Then the weights down, G, and up, R, are untied and fine-tuned by the contrastive
form of wake-sleep (appendix B there), each step of which is

    up:    h1 ~ q(h1 | v), ..., by R;        G learns from -log p(h(i-1) | h(i)),
    top:   k sweeps of the machine at the top, which learns by contrastive divergence,
    down:  ~h(L-2) ~ p(. | ~h(L-1)), ...;    R learns from -log q(~h(i) | ~h(i-1)).
"""

import itertools

import keras
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.networks.layers import Dense
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.models.pretraining.units import units_of
from crossmodal.models.pretraining.unsupervised import UnsupervisedModel
from crossmodal.sampling.gibbs import bernoulli, two_seeds


@keras.saving.register_keras_serializable("crossmodal")
class DeepBeliefNetwork(UnsupervisedModel):
    """A deep belief network of Bernoulli hidden units, to be compiled with an optimizer alone.

    Args:
        units: of each layer, the visible one first; three layers or more.
        visible_kind: "bernoulli" or "gaussian".
        steps: k, sweeps at the top in each step of the training.
        **kwargs: see `UnsupervisedModel`.

    Example:
        machines = [RestrictedBoltzmannMachine(784, 500), RestrictedBoltzmannMachine(500, 500)]
        train_greedily(machines, images, epochs=10)
        network = DeepBeliefNetwork.of_machines(machines)
        images = network.sample(100, steps=1000, seed=(0, 0))
    """

    TRACKED = ("loss", "generation", "recognition", "reconstruction")

    def __init__(self, units, visible_kind="bernoulli", steps=1, **kwargs):
        super().__init__(**kwargs)
        if len(units) < 3:
            raise ModelError(f"A deep belief network has three layers or more, not {len(units)}: name their units.")
        self.units, self.visible_kind, self.steps = tuple(units), visible_kind, steps
        self.kinds = [units_of(visible_kind)] + [units_of("bernoulli")] * (len(units) - 2)
        pairs = list(itertools.pairwise(units[:-1]))
        self.recognition = [Dense(above, dtype=self.dtype_policy) for _, above in pairs]
        self.generation = [Dense(below, dtype=self.dtype_policy) for below, _ in pairs]
        for (below, above), up, down in zip(pairs, self.recognition, self.generation, strict=True):
            up.build((None, below))
            down.build((None, above))
        self.top = self.make_top()
        self.built = True

    def make_top(self) -> RestrictedBoltzmannMachine:
        """The machine at the top."""
        return RestrictedBoltzmannMachine(*self.units[-2:], steps=self.steps, dtype=self.dtype_policy)

    @classmethod
    def of_machines(cls, machines, **kwargs):
        """The network that restricted Boltzmann machines make, each on top of the one before.

        Raises:
            ModelError: there is one machine alone, or the layers do not fit.
        """
        for lower, upper in itertools.pairwise(machines):
            visible = upper.visible - getattr(upper, "classes", 0)
            if lower.hidden != visible:
                raise ModelError(f"{lower.hidden} hidden units are no {visible} visible ones: stack others.")
        units = (machines[0].visible, *(machine.hidden for machine in machines))
        network = cls(units, visible_kind=machines[0].visible_kind, dtype=machines[0].dtype_policy, **kwargs)
        for machine, up, down in zip(machines, network.recognition, network.generation, strict=False):
            up.set_weights([machine.kernel, machine.hidden_bias])
            down.set_weights([ops.transpose(machine.kernel), machine.visible_bias])
        for name in ("kernel", "visible_bias", "hidden_bias"):
            getattr(network.top, name).assign(getattr(machines[-1], name))
        return network

    def call(self, v):
        """The means of the highest layer: the features of v."""
        for up in self.recognition:
            v = ops.sigmoid(up(v))
        return self.top.hidden_mean(v)

    def up(self, v, seed):
        """The states of the layers below the highest one, v first, each drawn from the one below."""
        states = [v]
        for up in self.recognition:
            seed, of_layer = two_seeds(seed)
            states.append(bernoulli(up(states[-1]), of_layer))
        return states

    def down(self, h, seed):
        """The states of the same layers, v first, from those of the one below the highest; v are means."""
        states = [h]
        for down, units in reversed(list(zip(self.generation, self.kinds, strict=False))):
            seed, of_layer = two_seeds(seed)
            inputs = down(states[-1])
            states.append(units.mean(inputs) if down is self.generation[0] else units.draw(inputs, of_layer))
        return states[::-1]

    def sample(self, n: int, steps: int, seed, start=None):
        """Draw from the network: Gibbs sampling at the top, then one pass down.

        Args:
            n: how many chains.
            steps: sweeps at the top.
            seed: two integers.
            start: v (n, visible) from which the chains begin; at random if None.

        Returns:
            the means of v given h1, (n, visible).
        """
        of_start, of_chains, of_way = (tf.random.experimental.stateless_fold_in(seed, i) for i in range(3))
        if start is None:
            h = bernoulli(tf.zeros((n, self.units[-2]), self.variable_dtype), of_start)
        else:
            h = self.up(ops.cast(start, self.variable_dtype), of_start)[-1]
        return self.down(self.top.sample(h, steps, of_chains), of_way)[0]

    def reconstruct(self, v):
        """v after the means up to the layer below the highest and down again."""
        for up in self.recognition:
            v = ops.sigmoid(up(v))
        for down, units in reversed(list(zip(self.generation, self.kinds, strict=False))):
            v = units.mean(down(v))
        return v

    def wake_sleep(self, states, dreams):
        """The two losses of the weights down and up, in nats, each a mean over its examples.

        Args:
            states: of the layers as `up` returns them, from which the weights down learn.
            dreams: of the layers as `down` returns them, from which the weights up learn.
        """
        generation = recognition = 0.0
        for i, (up, down) in enumerate(zip(self.recognition, self.generation, strict=True)):
            generation += ops.mean(ops.sum(self.kinds[i].cross_entropy(states[i], down(states[i + 1])), -1))
            recognition += ops.mean(ops.sum(self.kinds[i + 1].cross_entropy(dreams[i + 1], up(dreams[i])), -1))
        return generation, recognition

    def joined(self, state, data):
        """The visible units of the machine at the top, where the layer below the highest one has a `state`."""
        return state

    def apart(self, model):
        """That layer's units among the visible ones of the machine at the top."""
        return model

    def train_step(self, data):
        v = self.examples_in(data)
        seeds = [self.seed_generator.next() for _ in range(3)]
        states = self.up(v, seeds[0])
        joined = self.joined(states[-1], data)
        model = self.top.sample(joined, self.steps, seeds[1])
        dreams = self.down(self.apart(model), seeds[2])
        with tf.GradientTape() as tape:
            generation, recognition = self.wake_sleep(states, dreams)
            top = self.top.contrast(joined, model) + self.top.penalties(joined)
            loss = generation + recognition + top
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        values = {"generation": generation, "recognition": recognition, "reconstruction": self.error(v)}
        return self.track({"loss": loss, **values})

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in ("units", "visible_kind", "steps")}}
