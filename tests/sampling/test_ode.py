"""The solver against equations that have a closed form."""

import math

import numpy as np
import pytest
from keras import ops

from crossmodal.sampling.ode import METHODS, evaluations, solve

ORDERS = {"euler": 1, "midpoint": 2}


def grown(steps, method):
    """dx/dt = x (1 + t) from 1: exp(3/2) at t = 1."""
    return float(solve(np.ones(1, np.float32), lambda x, t: x * (1 + t), steps=steps, method=method)[0])


@pytest.mark.parametrize("method", ORDERS)
def test_the_error_falls_with_the_order_of_the_method(method):
    errors = [abs(grown(steps, method) - math.exp(1.5)) for steps in (8, 16)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[method], abs=0.2)


@pytest.mark.parametrize("method", ["heun", "adams"])
def test_two_velocities_are_of_second_order_where_the_last_step_is_exact(method):
    """A velocity that vanishes near t = 1: the last step, Euler's, adds nothing."""

    def end(steps):
        velocity = lambda x, t: x * ops.maximum(0.75 - t, 0.0) ** 2  # noqa: E731
        return float(solve(np.ones(1, np.float32), velocity, steps=steps, method=method)[0])

    errors = [abs(end(steps) - math.exp(0.75**3 / 3)) for steps in (16, 32)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("steps", [1, 2, 3, 6])
def test_adams_corrects_its_first_step_and_follows_a_parabola(steps):
    """v = t takes 0 to t^2 / 2 exactly, though Euler's first step stays at 0; the last step is Euler's."""
    t, h = 1 - 1 / steps, 1 / steps
    found = float(solve(np.zeros(1, np.float32), lambda x, t: 0 * x + t, steps=steps, method="adams")[0])
    assert found == pytest.approx((t**2 / 2 if steps > 2 else 0.0) + h * t, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("steps", [1, 5])
def test_a_straight_path_is_followed_exactly(method, steps):
    start, end = np.zeros((3, 2), np.float32), np.arange(6, dtype=np.float32).reshape(3, 2)
    found = solve(start, lambda x, t: ops.convert_to_tensor(end), steps=steps, method=method)
    np.testing.assert_allclose(found, end, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_flow_that_predicts_its_end_arrives_there(method):
    """v = (D - x) / (1 - t), which is not defined at t = 1, where Heun's method would ask for it."""
    found = solve(np.full((2, 3), 5, np.float32), lambda x, t: (0.5 - x) / (1 - t), steps=6, method=method)
    np.testing.assert_allclose(found, 0.5, atol=1e-4 if method != "midpoint" else 0.5)


@pytest.mark.parametrize("method", METHODS)
def test_the_evaluations_are_counted(method):
    asked = []

    def velocity(x, t):
        asked.append(float(t))
        return x

    import tensorflow as tf

    with tf.init_scope():
        solve(np.ones((1, 1), np.float32), velocity, steps=4, method=method)
    assert len(asked) == evaluations(4, method)
    assert max(asked) < 1


def test_a_wrong_method_or_no_steps_are_refused():
    with pytest.raises(ValueError, match="euler, midpoint, heun, adams"):
        solve(np.ones(1, np.float32), lambda x, t: x, steps=2, method="rk4")
    with pytest.raises(ValueError, match="one step or more"):
        solve(np.ones(1, np.float32), lambda x, t: x, steps=0)
