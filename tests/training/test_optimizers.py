"""Optimizers against their formulas."""

import keras
import numpy as np
import tensorflow as tf

from crossmodal.training.muon import MuonAndAdam
from crossmodal.training.optimizers import CappedSGD, FusedAdam


def test_capped_gradient_descent_is_its_formula():
    """Two steps of a kernel, a bias, a scale and a shift; the first gradient of the kernel is above the cap."""
    rng = np.random.default_rng(0)
    variables = [
        keras.Variable(rng.normal(size=shape).astype(np.float32), name=name)
        for name, shape in {"kernel": (3, 2), "bias": (2,), "gamma": (2,), "beta": (2,)}.items()
    ]
    optimizer = CappedSGD(0.1, cap=0.5)
    optimizer.build(variables)
    expected = [np.array(variable, np.float64) for variable in variables]
    momenta = [np.zeros_like(value) for value in expected]
    for scale in (4.0, 0.1):
        gradients = [scale * rng.uniform(-1, 1, value.shape) for value in expected]
        optimizer.apply([tf.constant(g, tf.float32) for g in gradients], variables)
        for i, (g, factor) in enumerate(zip(gradients, (1, 2, 2, 1), strict=True)):
            g = g * min(1, 0.5 / np.abs(g).max()) + (1e-4 * expected[i] if i == 0 else 0)
            momenta[i] = 0.5 * momenta[i] + g
            expected[i] = expected[i] - 0.1 * factor * momenta[i]
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, rtol=1e-5)
    assert CappedSGD.from_config(optimizer.get_config()).cap == 0.5


def test_muon_moves_matrices_of_the_named_layers_by_all_directions_alike():
    """Two steps: along U V' of Nesterov's momentum, as long as 0.2 times the root of the larger side, each direction by
    its share, which five steps of Newton and Schulz bring into 0.6 to 1.3; all else as Adam."""
    rng = np.random.default_rng(0)
    block, other = keras.layers.Dense(3, name="block1"), keras.layers.Dense(3, name="other")
    for layer in (block, other):
        layer.build((None, 6))
    variables = [block.kernel, block.bias, other.kernel]
    optimizer, adam = MuonAndAdam(0.1, layers="block"), FusedAdam(0.1)
    twins = [keras.Variable(np.array(variable)) for variable in variables]
    optimizer.build(variables)
    adam.build(twins)
    momentum = np.zeros((6, 3))
    for _ in range(2):
        before = np.array(block.kernel)
        gradients = [rng.normal(size=variable.shape).astype(np.float32) for variable in variables]
        optimizer.apply([tf.constant(g) for g in gradients], variables)
        adam.apply([tf.constant(g) for g in gradients], twins)
        momentum = 0.95 * momentum + gradients[0]
        u, _, v = np.linalg.svd(gradients[0] + 0.95 * momentum, full_matrices=False)
        moved = (before - np.array(block.kernel)) / (0.1 * 0.2 * np.sqrt(6))
        along = u.T @ moved @ v.T
        assert np.all((np.diag(along) > 0.6) & (np.diag(along) < 1.3))
        np.testing.assert_allclose(along, np.diag(np.diag(along)), atol=1e-4)
        np.testing.assert_allclose(moved, u @ along @ v, atol=1e-4)
    for variable, twin in zip(variables[1:], twins[1:], strict=True):
        np.testing.assert_allclose(variable, twin, rtol=1e-6)
    again = MuonAndAdam.from_config(optimizer.get_config())
    assert (again.layers, again.momentum) == ("block", 0.95)
