"""What all Boltzmann machines share: a density of visible units v, and how it is learned.

    p(v) = exp(-F(v)) / Z,     F(v) = -log sum_h exp(-E(v, h)),     Z = sum_v exp(-F(v))

F is the free energy. The gradient of the log likelihood of data is

    d/dw log p(v) = -dF(v)/dw + E_p dF(v~)/dw

whose second term needs samples v~ of the model. Contrastive divergence (Hinton 2002) takes those that k sweeps of Gibbs
sampling make of the data; persistent chains (Tieleman 2008) walk on from where the last step of the training left
them. Both learn from F(v) - F(v~), as the descriptor of cooperative networks does from its f = -F, with chains of
Langevin dynamics: see `crossmodal.models.conditional_coopnets`.
"""

import keras
import tensorflow as tf
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.unsupervised import UnsupervisedModel
from crossmodal.sampling.gibbs import gibbs


class BoltzmannMachine(UnsupervisedModel):
    """A Boltzmann machine, to be compiled with an optimizer alone and fitted to visible units.

    Args:
        visible_shape: of the visible units of one example.
        steps: k, sweeps of Gibbs sampling in each step of the training.
        chains: number of persistent chains; 0 for contrastive divergence, whose chains begin at the data.
        decay: weight of |w|^2 / 2, summed over the kernels, not the biases.
        sparsity: weight of sum (target - q)^2, q the mean of each hidden unit over a batch; it moves the hidden biases
            alone (Lee, Ekanadham & Ng 2008).
        target: how often a hidden unit should be 1, from 0 to 1.
        **kwargs: see `UnsupervisedModel`.

    A subclass defines
        free_energy(v)      -> (n,), differentiable,
        hidden_mean(v)      -> E h given v, (n, ...),
        sweep(v, seed)      -> v after a sweep, h ~ p(h | v), v ~ p(v | h),
        reconstruct(v)      -> the mean of v given the mean of h given v,
    and the names of its kernels, KERNELS. Data may be means, such as grey pixels in [0, 1].
    """

    KERNELS: tuple[str, ...] = ("kernel",)

    def __init__(self, visible_shape, steps=1, chains=0, decay=1e-4, sparsity=0.0, target=0.1, **kwargs):
        super().__init__(**kwargs)
        if steps < 1 or chains < 0:
            raise ModelError(f"steps is {steps}, chains {chains}: sweep once or more, with chains 0 or more.")
        self.visible_shape, self.steps, self.chains = tuple(visible_shape), steps, chains
        self.decay, self.sparsity, self.target = decay, sparsity, target
        if chains:
            shape, half = (chains, *self.visible_shape), keras.initializers.RandomUniform(0, 1, seed=0)
            self.particles = self.add_weight(shape=shape, initializer=half, trainable=False, name="particles")
        self.built = True

    def call(self, v):
        """The means of the hidden units given v: the features of v."""
        return self.hidden_mean(v)

    def sample(self, start, steps, seed):
        """Gibbs sampling from v (chains, *visible_shape): v after so many sweeps; `seed` is two integers."""
        return gibbs(ops.cast(start, self.variable_dtype), self.sweep, steps=steps, seed=seed)

    def contrast(self, v, model):
        """mean F(v) - mean F(v~): its gradient is that of the log likelihood, with the sign turned, where `model` are
        samples v~ of the model."""
        return ops.mean(self.free_energy(v)) - ops.mean(self.free_energy(model))

    def penalties(self, v):
        """The terms of the loss beside the contrast, ()."""
        loss = 0.5 * self.decay * sum(ops.sum(ops.square(getattr(self, name))) for name in self.KERNELS)
        if not self.sparsity:
            return loss
        q = self.hidden_mean(v)
        q = ops.mean(q, axis=tuple(range(len(q.shape) - 1)))
        slope = ops.stop_gradient(-2 * (self.target - q) * q * (1 - q))
        return loss + self.sparsity * ops.sum(slope * self.hidden_bias)

    def train_step(self, data):
        v = self.examples_in(data)
        model = self.sample(self.particles if self.chains else v, self.steps, self.seed_generator.next())
        if self.chains:
            self.particles.assign(model)
        with tf.GradientTape() as tape:
            loss = self.contrast(v, model) + self.penalties(v)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return self.track({"loss": loss, "reconstruction": self.error(v)})

    def get_config(self):
        names = ("visible_shape", "steps", "chains", "decay", "sparsity", "target")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
