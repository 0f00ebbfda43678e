"""Adam with one fused kernel per variable, the learning rate it is used with, and the thesis' gradient descent.

Keras' Adam passes over a variable's memory about ten times a step, TensorFlow's own kernel once: for the
21 M parameters of the paper's VAE that was 29 ms against 99 ms on two cores. Same formula (Kingma & Ba 2015,
section 2, efficient order), same state, same saved variables.
"""

import keras
from keras import ops

from crossmodal.errors import DataError


def _handle(variable):
    """The resource behind a Keras variable, or behind the tf.Variable that Keras hands to an optimizer."""
    return (variable.value if isinstance(variable, keras.Variable) else variable).handle


def warm_cosine(rate: float, steps: int, warmup_steps: int):
    """A learning rate that rises in a straight line to `rate` over `warmup_steps`, at most half of all `steps`, then
    falls to 0 by a cosine.

    Raises:
        DataError: there are no steps.
    """
    if steps < 1:
        raise DataError("There are fewer training images than one batch takes: choose a smaller --batch-size.")
    warmup_steps = min(warmup_steps, steps // 2)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, warmup_target=rate, warmup_steps=warmup_steps
    )


def computed_in(precision: str) -> str:
    """The type in which a model of a Keras dtype policy, such as "mixed_bfloat16", computes."""
    return keras.DTypePolicy(precision).compute_dtype


@keras.saving.register_keras_serializable("crossmodal")
class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` for the TensorFlow backend; without AMSGrad. The moving average of the weights, if
    `use_ema` asks for one, forgets the initial weights: its momentum rises as (1 + step) / (10 + step).

    Of several replicas' gradients the mean is taken, so that the rate is that of one replica with the whole batch.
    They are exchanged as numbers of `exchange_dtype`: for a model that computes in bfloat16 that type is enough, and
    half as much to send.
    """

    def __init__(self, learning_rate=0.001, *arguments, exchange_dtype: str = "float32", **options):
        super().__init__(learning_rate, *arguments, **options)
        self.exchange_dtype = exchange_dtype

    def get_config(self):
        return super().get_config() | {"exchange_dtype": self.exchange_dtype}

    def _all_reduce_sum_gradients(self, grads_and_vars):
        from crossmodal.training.distribution import means_over_replicas

        gradients, variables = zip(*grads_and_vars, strict=True)
        return list(zip(means_over_replicas(gradients, self.exchange_dtype), variables, strict=True))

    def update_step(self, gradient, variable, learning_rate):
        import tensorflow as tf

        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        step = ops.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=ops.power(ops.cast(self.beta_1, variable.dtype), step),
            beta2_power=ops.power(ops.cast(self.beta_2, variable.dtype), step),
            lr=ops.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=ops.cast(gradient, variable.dtype),
        )
        return None

    def _update_model_variables_moving_average(self, trainable_variables):
        if not self.use_ema:
            return
        step = ops.cast(self.iterations, "float32")
        momentum = ops.minimum(self.ema_momentum, (1 + step) / (10 + step))
        for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
            average.assign(momentum * average + (1 - momentum) * variable)


@keras.saving.register_keras_serializable("crossmodal")
class CappedSGD(keras.optimizers.SGD):
    """Gradient descent as in the public code of cooperative networks (J. Xie et al. 2018), on which the thesis builds.

    For a variable W with the gradient g, `learning_rate` e and momentum m, which starts at 0:

        g <- g cap / max|g|  where max|g| > cap
        m <- 0.5 m + 1e-4 W + g     (the term in W for kernels alone)
        W <- W - e r m              (r = 2 for biases and for scales of a normalisation, else 1)

    Without the cap the thesis' descriptor explodes within some ten iterations.
    """

    def __init__(self, learning_rate=0.1, cap: float = 1.0, momentum=0.5, decay: float = 1e-4, **options):
        super().__init__(learning_rate, momentum, **options)
        self.cap, self.decay = cap, decay

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        name = self._trainable_variables[index].name  # TensorFlow's variable has another one
        gradient = ops.cast(gradient, variable.dtype)
        gradient *= ops.minimum(1.0, self.cap / ops.maximum(ops.max(ops.abs(gradient)), 1e-30))
        if name == "kernel":
            gradient += self.decay * variable
        m = self.momentums[index]
        self.assign(m, self.momentum * ops.convert_to_tensor(m) + gradient)
        factor = 2.0 if name in ("bias", "gamma") else 1.0
        self.assign_sub(variable, factor * ops.cast(learning_rate, variable.dtype) * m)

    def get_config(self):
        return super().get_config() | {"cap": self.cap, "decay": self.decay}
