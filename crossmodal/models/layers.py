"""Keras layers by faster kernels: same parameters, same results, same saved weights.

On a CPU core at the VAE-GAN's sizes, forward and backward: batch normalisation 22 ms by Keras' steps, 5 ms fused; the
discriminator's convolution that reaches over its whole map 68 ms as a convolution, 16 ms as a product of matrices. On
two cores the gradient of the thesis descriptor's first convolution (kernel 200, stride 40) by its input: 5.6 ms of the
7.4 ms that a Langevin step took, 0.9 ms over blocks.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable("crossmodal")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`; one matrix product where the result is a map of one pixel."""

    def call(self, inputs):
        height, width = self.kernel_size
        sizes = inputs.shape[1:3]
        reached = all(
            size is not None and size - kernel < stride and size >= kernel
            for size, kernel, stride in zip(sizes, self.kernel_size, self.strides, strict=True)
        )
        if self.padding != "valid" or not reached or self.data_format != "channels_last" or self.groups != 1:
            return super().call(inputs)
        flat = ops.reshape(inputs[:, :height, :width], (-1, height * width * inputs.shape[-1]))
        outputs = ops.matmul(flat, ops.reshape(self.kernel, (-1, self.filters)))
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        outputs = ops.reshape(outputs, (-1, 1, 1, self.filters))
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable("crossmodal")
class Conv1D(keras.layers.Conv1D):
    """`keras.layers.Conv1D`; a stride above 1 by a convolution with stride 1 over blocks of so many samples."""

    def call(self, inputs):
        (kernel,), (stride,) = self.kernel_size, self.strides
        plain = self.dilation_rate == (1,) and self.groups == 1 and self.data_format == "channels_last"
        if self.padding != "valid" or stride == 1 or not plain:
            return super().call(inputs)
        spanned = -(-kernel // stride)  # blocks under the kernel, the last one filled up with zeros
        missing = spanned * stride - kernel
        samples, channels = ops.shape(inputs)[1:]
        blocks = (samples - kernel) // stride + spanned
        wanted = blocks * stride - samples if isinstance(samples, int) else missing
        filled = ops.pad(inputs, ((0, 0), (0, wanted), (0, 0))) if wanted > 0 else inputs
        if not isinstance(samples, int) or wanted < 0:
            filled = filled[:, : blocks * stride]
        filled = ops.reshape(filled, (-1, blocks, stride * channels))
        weights = ops.pad(self.kernel, ((0, missing), (0, 0), (0, 0))) if missing else self.kernel
        outputs = ops.conv(filled, ops.reshape(weights, (spanned, stride * channels, self.filters)))
        if self.use_bias:
            outputs = ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable("crossmodal")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` of maps (batch, height, width, channels); TensorFlow's fused kernel in
    training."""

    def call(self, inputs, training=None, mask=None):
        if not training or keras.backend.backend() != "tensorflow" or len(inputs.shape) != 4:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            ops.cast(self.gamma, "float32"),
            ops.cast(self.beta, "float32"),
            epsilon=self.epsilon,
            is_training=True,
        )
        positions = ops.cast(tf.size(inputs) / tf.shape(inputs)[-1], "float32")
        variance = variance * (positions - 1) / positions  # the kernel's is that of a sample, Keras' of a population
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + ops.cast(value, moving.dtype) * (1 - self.momentum))
        return outputs
