"""Convolutions, products and biases for TensorFlow whose gradients are computed by faster or more exact kernels than
TensorFlow's own.

x is a map (batch, height, width, channels), a kernel (height, width, channels, filters), y the map of the outputs
(batch, out_height, out_width, filters); dx and dy are gradients. `padding` is "VALID" or "SAME".

On a CPU without bfloat16 TensorFlow leaves convolutions to Eigen. Its convolution is near the processor's peak, its
gradients are not. A convolution with stride s is one with stride 1 over blocks of s x s pixels, which have s * s times
the channels. Over blocks the gradient by the input is a convolution too, and that by the kernel a few products of large
matrices. In milliseconds on two cores with AVX2, batch 128, Eigen's kernel and the one here:

    gradient by the input     23 x 23 x 64, 128 filters: 91 and 53; 10 x 10 x 256, 512 filters: 390 and 94
    gradient by the kernel    23 x 23 x 64, 128 filters: 98 and 68; 23 x 23 x 32, 64 filters: 38 and 20
    gradient by the input of a dense layer 12,800 -> 1,024: 120 and 25
"""

import math

import tensorflow as tf

from crossmodal.runtime.precision import eigen_computes

LARGE_KERNEL = 2**17  # numbers of a kernel from which Eigen's gradient by the input is slower than over blocks
FEW_CHANNELS = 8  # of a map, up to which Eigen's gradient by the kernel is faster than over blocks
SMALL_MAP = 25  # pixels up to which oneDNN's gradient by a kernel is slower than one product over patches


class Blocks:
    """How a convolution with a stride cuts its input into blocks of stride x stride pixels.

    Args:
        kernel_shape: (height, width, channels, filters); a kernel is filled up with zeros to whole blocks.
        sizes, out_sizes: (height, width) of the input and of the outputs.
    """

    def __init__(self, kernel_shape, stride: int, padding: str, sizes, out_sizes):
        *self.kernel_sizes, self.channels, self.filters = kernel_shape
        self.stride, self.out_sizes = stride, out_sizes
        self.taps = [-(-k // stride) for k in self.kernel_sizes]  # blocks under the kernel
        self.whole = all(k % stride == 0 for k in self.kernel_sizes)
        self.before, self.after = [], []  # zeros around the input, or rows and columns that no kernel reaches if < 0
        for n, out, k, taps in zip(sizes, out_sizes, self.kernel_sizes, self.taps, strict=True):
            before = max((out - 1) * stride + k - n, 0) // 2 if padding == "SAME" else 0
            self.before.append(before)
            self.after.append((out - 1 + taps) * stride - n - before)

    def over_blocks(self, kernel):
        """A kernel for pixels as one for blocks: (rows, columns, stride * stride * channels, filters)."""
        (rows, columns), s = self.taps, self.stride
        missing = [taps * s - k for taps, k in zip(self.taps, self.kernel_sizes, strict=True)]
        if any(missing):
            kernel = tf.pad(kernel, ((0, missing[0]), (0, missing[1]), (0, 0), (0, 0)))
        kernel = tf.reshape(kernel, (rows, s, columns, s, self.channels, self.filters))
        return tf.reshape(tf.transpose(kernel, (0, 2, 1, 3, 4, 5)), (rows, columns, -1, self.filters))

    def input_gradient(self, kernel, dy):
        """dx of a convolution: dy convolved with the flipped kernel."""
        flipped = tf.transpose(tf.reverse(self.over_blocks(kernel), (0, 1)), (0, 1, 3, 2))
        around = [taps - 1 for taps in self.taps]
        blocks = tf.nn.conv2d(_padded(dy, around, around), flipped, 1, "VALID")
        return _padded(tf.nn.depth_to_space(blocks, self.stride), [-n for n in self.before], [-n for n in self.after])

    def kernel_gradient(self, x, dy):
        """The gradient by a kernel of whole blocks: for each tap the product of dy and the blocks under it."""
        (rows, columns), s = self.taps, self.stride
        blocks = tf.nn.space_to_depth(_padded(x, self.before, self.after), s)
        dy = tf.reshape(dy, (-1, self.filters))
        products = []
        for i in range(rows):
            for j in range(columns):
                under = blocks[:, i : i + self.out_sizes[0], j : j + self.out_sizes[1]]
                products.append(tf.matmul(dy, tf.reshape(under, (-1, s * s * self.channels)), transpose_a=True))
        gradient = tf.reshape(tf.stack(products), (rows, columns, self.filters, s, s, self.channels))
        return tf.reshape(tf.transpose(gradient, (0, 3, 1, 4, 5, 2)), (rows * s, columns * s, self.channels, -1))


def _padded(x, before, after):
    """A map with zeros around it, at the top and left `before`; negative numbers take rows and columns away."""
    (top, left), (bottom, right) = before, after
    if min(top, left, bottom, right) < 0:
        height, width = x.shape[1:3]
        x = x[:, max(-top, 0) : height - max(-bottom, 0), max(-left, 0) : width - max(-right, 0)]
    if max(top, left, bottom, right) > 0:
        x = tf.pad(x, ((0, 0), (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)))
    return x


def patches_times(x, dy, kernel_shape, stride: int, padding: str):
    """The gradient by a kernel as one product of matrices over patches of x."""
    height, width, channels, filters = kernel_shape
    steps = [1, stride, stride, 1]
    patches = tf.image.extract_patches(x, [1, height, width, 1], steps, [1, 1, 1, 1], padding)
    patches = tf.reshape(patches, (-1, height * width * channels))
    return tf.reshape(tf.matmul(patches, tf.reshape(dy, (-1, filters)), transpose_a=True), kernel_shape)


class Gradients:
    """The gradients of a convolution of x with a stride, each by the kernel that is fast on this machine.

    In float16, which oneDNN leaves to Eigen, a product over patches is not exact enough: after four steps of SGD a bias
    of the tests' network lay 6 % from that of float32, with TensorFlow's own gradient 2 %.
    """

    def __init__(self, kernel_shape, stride: int, padding: str, sizes, out_sizes, dtype):
        self.kernel_shape, self.stride, self.padding = kernel_shape, stride, padding
        self.blocks = Blocks(kernel_shape, stride, padding, sizes, out_sizes)
        eigen = eigen_computes() and stride > 1
        self.input_over_blocks = eigen and math.prod(kernel_shape) >= LARGE_KERNEL
        self.kernel_over_blocks = eigen and self.blocks.whole and kernel_shape[2] > FEW_CHANNELS
        exact = dtype != tf.float16
        self.kernel_over_patches = exact and not eigen_computes() and math.prod(out_sizes) <= SMALL_MAP

    def differ(self) -> bool:
        """Whether any is not TensorFlow's own."""
        return self.input_over_blocks or self.kernel_over_blocks or self.kernel_over_patches

    def by_input(self, kernel, dy, shape):
        """dx of a shape (batch, height, width, channels)."""
        if self.input_over_blocks:
            return self.blocks.input_gradient(kernel, dy)
        return tf.nn.conv2d_transpose(dy, kernel, shape, self.stride, self.padding)

    def by_kernel(self, x, dy):
        """A gradient of the shape of the kernel."""
        if self.kernel_over_blocks:
            return self.blocks.kernel_gradient(x, dy)
        if self.kernel_over_patches:
            return patches_times(x, dy, self.kernel_shape, self.stride, self.padding)
        return tf.raw_ops.Conv2DBackpropFilter(
            input=x,
            filter_sizes=self.kernel_shape,
            out_backprop=dy,
            strides=[1, self.stride, self.stride, 1],
            padding=self.padding,
        )


def convolve(x, kernel, stride: int, padding: str, out_sizes):
    """`tf.nn.conv2d`, whose outputs have a height and width `out_sizes`."""
    kernel = tf.convert_to_tensor(kernel)
    gradients = Gradients(tuple(kernel.shape), stride, padding, tuple(x.shape[1:3]), tuple(out_sizes), x.dtype)

    @tf.custom_gradient
    def convolve(x, kernel):
        def gradient(dy):
            return gradients.by_input(kernel, dy, tf.shape(x)), gradients.by_kernel(x, dy)

        return tf.nn.conv2d(x, kernel, stride, padding), gradient

    return convolve(x, kernel) if gradients.differ() else tf.nn.conv2d(x, kernel, stride, padding)


def deconvolve(x, kernel, shape, stride: int, padding: str):
    """`tf.nn.conv2d_transpose`, whose outputs have a shape (batch, height, width, channels)."""
    kernel = tf.convert_to_tensor(kernel)
    gradients = Gradients(tuple(kernel.shape), stride, padding, tuple(shape[1:3]), tuple(x.shape[1:3]), x.dtype)

    @tf.custom_gradient
    def deconvolve(x, kernel):
        def gradient(dy):
            return tf.nn.conv2d(dy, kernel, stride, padding), gradients.by_kernel(dy, x)

        return gradients.by_input(kernel, x, shape), gradient

    return deconvolve(x, kernel) if gradients.differ() else gradients.by_input(kernel, x, shape)


def multiply(x, weights):
    """x (batch, inputs) times weights (inputs, outputs). Eigen is slow where the second of two matrices is transposed,
    so the gradient by x is the transpose of weights dy^T."""
    weights = tf.convert_to_tensor(weights)

    @tf.custom_gradient
    def multiply(x, weights):
        def gradient(dy):
            dx = tf.transpose(tf.matmul(weights, dy, transpose_b=True))
            return dx, tf.matmul(x, dy, transpose_a=True)

        return tf.matmul(x, weights), gradient

    return multiply(x, weights) if eigen_computes() else tf.matmul(x, weights)


def add_bias(x, bias):
    """x (..., channels) plus a bias (channels,). In bfloat16 TensorFlow's own gradient by the bias adds up in that
    type: of 6,272 ones it finds 256. That of a plain sum adds up in float32, in half the time. In float16 the former is
    right, and a sum may be wrong."""
    return tf.add(x, bias) if x.dtype == tf.bfloat16 else tf.nn.bias_add(x, bias)
