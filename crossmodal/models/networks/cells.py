"""Recurrent cells that Keras does not have, for `keras.layers.RNN`: each is one step of time.

A cell has what Keras' own have: `state_size`, `output_size`, call(x(t), [state]) -> (output, [next state]).
"""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("crossmodal")
class JordanCell(layers.Layer):
    """A network of one hidden layer that hears its own last output y (Jordan 1986), not its hidden units as Elman's:

        h(t) = a(W x(t) + U y(t-1) + b)
        y(t) = a(V h(t) + c)

    Args:
        units: numbers of h.
        outputs: numbers of y, the state; as many as h if None.
        activation: a, the name of one of Keras' activations; "linear" makes an autoregressive filter.
    """

    def __init__(self, units, outputs=None, activation="tanh", **kwargs):
        super().__init__(**kwargs)
        self.units, self.outputs = units, outputs or units
        self.activation = keras.activations.get(activation)
        self.state_size = self.output_size = self.outputs

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")  # W
        self.recurrent_kernel = self.add_weight(  # U
            (self.outputs, self.units), "orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((self.units,), "zeros", name="bias")  # b
        self.output_kernel = self.add_weight((self.units, self.outputs), "orthogonal", name="output_kernel")  # V
        self.output_bias = self.add_weight((self.outputs,), "zeros", name="output_bias")  # c

    def call(self, inputs, states, training=False):
        (y,) = states
        h = self.activation(ops.matmul(inputs, self.kernel) + ops.matmul(y, self.recurrent_kernel) + self.bias)
        y = self.activation(ops.matmul(h, self.output_kernel) + self.output_bias)
        return y, [y]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.outputs), self.compute_dtype)]

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "units": self.units, "outputs": self.outputs, "activation": activation}


@keras.saving.register_keras_serializable("crossmodal")
class MinimalGatedCell(layers.Layer):
    """The minimal gated unit (Zhou, Wu, Zhang & Zhou 2016): a single gate f says what is forgotten and what is taken.

        f(t) = sigmoid(W_f x(t) + U_f h(t-1) + b_f)
        g(t) = tanh(W_g x(t) + U_g (f(t) * h(t-1)) + b_g)
        h(t) = (1 - f(t)) * h(t-1) + f(t) * g(t)

    At f = 0 a step is skipped, h(t) = h(t-1); at f = 1 it is that of a plain recurrent network.

    Args:
        units: numbers of h, the state.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], 2 * self.units), name="kernel")  # W_f and W_g
        square = (self.units, self.units)
        self.gate_kernel = self.add_weight(square, "orthogonal", name="gate_kernel")  # U_f
        self.recurrent_kernel = self.add_weight(square, "orthogonal", name="recurrent_kernel")  # U_g
        self.bias = self.add_weight((2 * self.units,), "zeros", name="bias")  # b_f and b_g

    def call(self, inputs, states, training=False):
        (h,) = states
        heard_f, heard_g = ops.split(ops.matmul(inputs, self.kernel) + self.bias, 2, axis=-1)
        f = ops.sigmoid(heard_f + ops.matmul(h, self.gate_kernel))
        g = ops.tanh(heard_g + ops.matmul(f * h, self.recurrent_kernel))
        h = (1 - f) * h + f * g
        return h, [h]

    def get_initial_state(self, batch_size=None):
        return [ops.zeros((batch_size, self.units), self.compute_dtype)]

    def get_config(self):
        return {**super().get_config(), "units": self.units}
