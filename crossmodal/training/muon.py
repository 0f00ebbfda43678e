"""Muon (Jordan et al. 2024) for the matrices of some layers, Adam for all else."""

import re

import keras
from keras import ops

from crossmodal.training.optimizers import FusedAdam


@keras.saving.register_keras_serializable("crossmodal")
class MuonAndAdam(FusedAdam):
    """Matrices (n, m) of the layers that are named move by a momentum all of whose directions are equally long:

        M <- mu M + g,    W <- W - 0.2 sqrt(max(n, m)) e U V',    U S V' = g + mu M,

    for the gradient g and the learning rate e. The factor gives such a step the size of one of Adam's (Liu et al. 2025,
    arXiv 2502.16982, equation 4), so that both have one rate. U V' is approximated by five steps of Newton and Schulz,
    as in `keras.optimizers.Muon`. Everything else moves as in `FusedAdam`.

    Args:
        layers: a regular expression for paths of variables, such as "block".
        momentum: mu.
        **options: see `FusedAdam`.
    """

    def __init__(self, learning_rate=0.001, layers: str = "block", momentum: float = 0.95, **options):
        super().__init__(learning_rate, **options)
        self.layers, self.momentum = layers, momentum
        self._muon = keras.optimizers.Muon()

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        if len(variable.shape) != 2 or not re.search(self.layers, self._trainable_variables[index].path):
            return super().update_step(gradient, variable, learning_rate)
        m = self._momentums[index]
        gradient = ops.cast(gradient, m.dtype)
        self.assign(m, self.momentum * ops.convert_to_tensor(m) + gradient)
        direction = self._muon.zeropower_via_newtonschulz5(gradient + self.momentum * ops.convert_to_tensor(m), 5)
        self.assign_sub(variable, self._muon.lr_adjust(ops.cast(learning_rate, m.dtype) * direction))
        return None

    def get_config(self):
        return super().get_config() | {"layers": self.layers, "momentum": self.momentum}
