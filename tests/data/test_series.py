"""The chaotic series against closed forms, SciPy and the order of their solver."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from crossmodal.data import series
from crossmodal.data.series import SERIES, lorenz_path, mackey_glass_path


def test_lorenz_stays_at_its_fixed_point():
    edge = np.sqrt(series.BETA * (series.RHO - 1))
    path = lorenz_path((edge, edge, series.RHO - 1), 100)
    np.testing.assert_allclose(path, np.broadcast_to(path[0], path.shape), atol=1e-9)


def test_lorenz_is_what_scipy_makes_of_it_to_the_fourth_order():
    def velocity(t, p):
        x, y, z = p
        return series.SIGMA * (y - x), x * (series.RHO - z) - y, x * y - series.BETA * z

    wanted = solve_ivp(velocity, (0, 0.5), (1, 2, 20), rtol=1e-12, atol=1e-12).y[:, -1]
    coarse, fine = (np.abs(lorenz_path((1, 2, 20), n, 0.5 / n)[-1] - wanted).max() for n in (200, 400))
    assert fine < 1e-4
    assert coarse / fine == pytest.approx(16, rel=0.25)


def test_mackey_glass_decays_towards_what_the_past_gives_while_the_past_is_constant():
    """Until tau the equation is linear: x(t) = c/b + (x0 - c/b) exp(-b t), c = a x0 / (1 + x0^n)."""
    x0, steps = 0.7, 170
    level = series.A * x0 / (1 + x0**series.N) / series.B
    t = 0.1 * np.arange(steps + 1)
    np.testing.assert_allclose(mackey_glass_path(x0, steps), level + (x0 - level) * np.exp(-series.B * t), atol=1e-9)


@pytest.mark.parametrize(("name", "low", "high"), [("lorenz", -25, 25), ("mackey-glass", 0.2, 1.5)])
def test_a_series_is_a_function_of_its_seed_and_bounded(name, low, high):
    a, b, c = (SERIES[name](300, seed) for seed in (0, 0, 1))
    assert a.shape == (300,)
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 0.1
    assert low < a.min() < a.max() < high
    assert a.std() > 0.1
