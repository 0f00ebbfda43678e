"""Keras layers by faster kernels: same parameters, same results, same saved weights.

On a CPU core at the VAE-GAN's sizes, forward and backward: batch normalisation 22 ms by Keras' steps, 5 ms fused; the
discriminator's convolution that reaches over its whole map 68 ms as a convolution, 16 ms as a product of matrices. On
two cores in bfloat16: the gradient by the kernel of the encoder's convolution 10-4 48 ms, 18 ms over patches, that of
the decoder's 3-7 28 and 7 ms. The gradient of the thesis descriptor's first convolution (kernel 200, stride 40) by its
input: 5.6 ms of the 7.4 ms that a Langevin step took, 0.9 ms over blocks.

In bfloat16 Keras' layers lose most of the gradient by their bias, see `kernels.add_bias`. These do not, but where they
leave all to Keras: maps with the channels first, and transposed convolutions of unknown sizes or with oblong kernels.
"""

import keras
from keras import ops


def _on_tensorflow() -> bool:
    return keras.backend.backend() == "tensorflow"


def _finished(layer, outputs):
    """The outputs (..., channels) of a layer with its bias and its activation."""
    if layer.use_bias:
        bias = ops.cast(layer.bias, outputs.dtype)
        if _on_tensorflow():
            from crossmodal.models.networks.kernels import add_bias

            outputs = add_bias(outputs, bias)
        else:
            outputs = ops.add(outputs, bias)
    return outputs if layer.activation is None else layer.activation(outputs)


class _Convolution:
    """Keras' `call` of a convolution, with the bias of `_finished`."""

    def call(self, inputs):
        if self.data_format != "channels_last":
            return super().call(inputs)
        return _finished(self, self.convolution_op(inputs, self.kernel))


@keras.saving.register_keras_serializable("crossmodal")
class Conv2D(_Convolution, keras.layers.Conv2D):
    """`keras.layers.Conv2D`; one matrix product where the result is a map of one pixel, else with the gradients of
    `kernels.convolve`."""

    def convolution_op(self, inputs, kernel):
        height, width = self.kernel_size
        sizes = inputs.shape[1:3]
        plain = self.data_format == "channels_last" and self.groups == 1 and self.dilation_rate == (1, 1)
        stride = self.strides[0]
        if not plain or self.strides != (stride, stride) or None in sizes:
            return super().convolution_op(inputs, kernel)
        if self.padding == "valid" and all(
            0 <= size - k < stride for size, k in zip(sizes, (height, width), strict=True)
        ):
            flat = ops.reshape(inputs[:, :height, :width], (-1, height * width * inputs.shape[-1]))
            outputs = ops.matmul(flat, ops.reshape(kernel, (-1, self.filters)))
            return ops.reshape(outputs, (-1, 1, 1, self.filters))
        if not _on_tensorflow():
            return super().convolution_op(inputs, kernel)
        from crossmodal.models.networks.kernels import convolve

        out_sizes = self.compute_output_shape(inputs.shape)[1:3]
        return convolve(inputs, kernel, stride, self.padding.upper(), out_sizes)


@keras.saving.register_keras_serializable("crossmodal")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`; one matrix product where kernels do not overlap, else with the gradients of
    `kernels.deconvolve`."""

    def call(self, inputs):
        stride = self.strides[0]
        square = self.strides == (stride, stride) and self.kernel_size == (self.kernel_size[0],) * 2
        plain = self.data_format == "channels_last" and self.dilation_rate == (1, 1) and self.output_padding is None
        sizes = inputs.shape[1:3]
        if not plain or not square or None in sizes or not _on_tensorflow():
            return super().call(inputs)
        import tensorflow as tf

        from crossmodal.models.networks.kernels import deconvolve

        kernel, size = tf.convert_to_tensor(self.kernel), self.kernel_size[0]
        single = sizes == (1, 1) and self.padding == "valid" and size >= stride
        shape = self.compute_output_shape(inputs.shape)[1:]
        if single or size == stride:
            flat = tf.reshape(inputs, (-1, inputs.shape[-1]))
            flat = tf.matmul(flat, tf.reshape(kernel, (-1, kernel.shape[-1])), transpose_b=True)
            outputs = tf.reshape(flat, (-1, *sizes, size * size * self.filters))
            outputs = tf.nn.depth_to_space(outputs, size) if size > 1 else outputs
        else:
            outputs = deconvolve(inputs, kernel, (tf.shape(inputs)[0], *shape), stride, self.padding.upper())
        return _finished(self, outputs)


@keras.saving.register_keras_serializable("crossmodal")
class Dense(keras.layers.Dense):
    """`keras.layers.Dense`, of vectors (batch, inputs) with the gradients of `kernels.multiply`."""

    def call(self, inputs, training=None):
        if not _on_tensorflow() or len(inputs.shape) != 2:
            return _finished(self, ops.matmul(inputs, self.kernel))
        from crossmodal.models.networks.kernels import multiply

        return _finished(self, multiply(inputs, self.kernel))


@keras.saving.register_keras_serializable("crossmodal")
class Conv1D(_Convolution, keras.layers.Conv1D):
    """`keras.layers.Conv1D`; a stride above 1 by a convolution with stride 1 over blocks of so many samples."""

    def call(self, inputs):
        return self.fixed()(inputs)

    def fixed(self):
        """The layer as it is now as a function, for a loop in which the kernel stays: it is arranged once."""
        (kernel,), (stride,) = self.kernel_size, self.strides
        plain = self.dilation_rate == (1,) and self.groups == 1 and self.data_format == "channels_last"
        if self.padding != "valid" or not plain or not _on_tensorflow():
            return super().call
        spanned = -(-kernel // stride)  # blocks under the kernel, the last one filled up with zeros
        missing = spanned * stride - kernel
        weights = ops.cast(self.kernel, self.compute_dtype)
        weights = ops.pad(weights, ((0, missing), (0, 0), (0, 0))) if missing else weights
        weights = ops.reshape(weights, (1, spanned, -1, self.filters))
        bias = ops.cast(self.bias, self.compute_dtype) if self.use_bias else None

        def convolve(inputs):
            import tensorflow as tf

            from crossmodal.models.networks.kernels import add_bias

            samples, channels = ops.shape(inputs)[1:]
            blocks = (samples - kernel) // stride + spanned
            wanted = blocks * stride - samples if isinstance(samples, int) else missing
            filled = ops.cast(inputs, self.compute_dtype)
            filled = ops.pad(filled, ((0, 0), (0, wanted), (0, 0))) if wanted > 0 else filled
            if not isinstance(samples, int) or wanted < 0:
                filled = filled[:, : blocks * stride]
            # of two dimensions, for TensorFlow does those together with the bias and the activation
            outputs = tf.nn.conv2d(ops.reshape(filled, (-1, 1, blocks, stride * channels)), weights, 1, "VALID")
            outputs = outputs if bias is None else add_bias(outputs, bias)
            return (outputs if self.activation is None else self.activation(outputs))[:, 0]

        return convolve


@keras.saving.register_keras_serializable("crossmodal")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` of maps (batch, height, width, channels); TensorFlow's fused kernel in
    training, except where the layer is frozen: then it uses its moving statistics and leaves them as they are."""

    def call(self, inputs, training=None, mask=None):
        plain = self.scale and self.center and mask is None and not (self.renorm or self.synchronized)
        last = len(inputs.shape) == 4 and self.axis in (-1, 3)
        if not training or not self.trainable or not plain or not last or not _on_tensorflow():
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
