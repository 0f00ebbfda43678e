"""The likelihood of data under a restricted Boltzmann machine, log p(v) = -F(v) - log Z, by estimating or summing Z.

Annealed importance sampling (Neal 2001; Salakhutdinov & Murray 2008, section 4.1.3) walks from a machine without hidden
units, whose Z is known, to the one in question by machines between them,

    p*_t(v) = exp((1 - t) a'v + t b'v - base(v) + sum_j A(t (c_j + sum_i v_i W_ij))),    t from 0 to 1,

and log Z = log Z_0 + log mean exp(sum over the steps of log p*_t'(v) - log p*_t(v)), where v was drawn by Gibbs
sampling at t and t' is the next one. The estimate of Z is unbiased; that of log Z is on average too low, so likelihoods
come out too high unless the weights agree. All arithmetic is float64 and in nats.
"""

import itertools
from typing import NamedTuple

import numpy as np
from keras import ops
from scipy.special import expit, logsumexp

from crossmodal.errors import ModelError

MOST_UNITS = 20  # hidden units whose states can be enumerated
LOG_2_PI = np.log(2 * np.pi)
CHUNK = 2**12  # states that are held at once


class Parameters(NamedTuple):
    """Of a machine, in float64: W (visible, hidden), b (visible,), c (hidden,), whether v is Gaussian."""

    kernel: np.ndarray
    visible_bias: np.ndarray
    hidden_bias: np.ndarray
    gaussian: bool

    def log_visible(self, a):
        """A(a) of the visible units, summed: (..., visible) -> (...)."""
        each = 0.5 * np.square(a) + 0.5 * LOG_2_PI if self.gaussian else np.logaddexp(0, a)
        return each.sum(axis=-1)

    def draw(self, a, rng):
        """Visible units whose total input is a."""
        return a + rng.standard_normal(a.shape) if self.gaussian else 1.0 * (rng.random(a.shape) < expit(a))


class LogPartition(NamedTuple):
    """log_z in nats; low, high: log Z of a mean weight three standard errors lower and higher, low -inf if that is
    below 0; effective: how many of the runs the weights are worth, (sum w)^2 / sum w^2."""

    log_z: float
    low: float
    high: float
    effective: float


def parameters_of(rbm) -> Parameters:
    """The parameters of a `RestrictedBoltzmannMachine` with Bernoulli hidden units; ModelError for other ones."""
    if rbm.hidden_kind != "bernoulli":
        raise ModelError("The likelihood needs Bernoulli hidden units: this machine has Gaussian ones.")
    kernel, visible, hidden = (
        ops.convert_to_numpy(w).astype(np.float64) for w in (rbm.kernel, rbm.visible_bias, rbm.hidden_bias)
    )
    return Parameters(kernel, visible, hidden, rbm.visible_kind == "gaussian")


def exact_log_partition(rbm) -> float:
    """log Z as the sum over all states of the hidden units, Z = sum_h exp(c'h + sum_i A(b_i + sum_j W_ij h_j)).

    Raises:
        ModelError: there are more than MOST_UNITS hidden units, or Gaussian ones.
    """
    machine = parameters_of(rbm)
    hidden = len(machine.hidden_bias)
    if hidden > MOST_UNITS:
        raise ModelError(f"{hidden} hidden units have too many states: estimate log Z by annealed_log_partition.")
    found = []
    for first in range(0, 2**hidden, CHUNK):
        states = np.arange(first, min(first + CHUNK, 2**hidden))
        h = (states[:, None] >> np.arange(hidden) & 1).astype(np.float64)
        of_visible = machine.log_visible(machine.visible_bias + h @ machine.kernel.T)
        found.append(logsumexp(h @ machine.hidden_bias + of_visible))
    return float(logsumexp(found))


def annealed_log_partition(rbm, data=None, *, runs: int = 100, steps: int = 1000, seed: int = 0) -> LogPartition:
    """log Z by annealed importance sampling.

    Args:
        rbm: a `RestrictedBoltzmannMachine` with Bernoulli hidden units.
        data: (n, visible) training data, to whose means the walk's first machine is set; to 0 without them.
        runs: walks, two or more.
        steps: machines from the first one to that in question, equally far apart.
        seed: of the walks.
    """
    machine, rng = parameters_of(rbm), np.random.default_rng(seed)
    b, c = machine.visible_bias, machine.hidden_bias
    a = np.zeros_like(b)
    if data is not None:
        mean = np.asarray(data, np.float64).mean(axis=0)
        a = mean if machine.gaussian else np.log((mean + 0.01) / (1.01 - mean))
    log_z = machine.log_visible(a) + len(c) * np.log(2)
    weights, v = np.zeros(runs), machine.draw(np.tile(a, (runs, 1)), rng)
    times = np.linspace(0, 1, steps + 1)
    for t, later in itertools.pairwise(times):
        inputs = c + v @ machine.kernel
        weights += (later - t) * (v @ (b - a)) + np.sum(
            np.logaddexp(0, later * inputs) - np.logaddexp(0, t * inputs), 1
        )
        h = 1.0 * (rng.random(inputs.shape) < expit(later * inputs))
        v = machine.draw((1 - later) * a + later * (b + h @ machine.kernel.T), rng)
    mean = logsumexp(weights) - np.log(runs)
    ratios = np.exp(weights - mean)
    error = 3 * ratios.std(ddof=1) / np.sqrt(runs)
    low = log_z + mean + np.log1p(-error) if error < 1 else -np.inf
    effective = ratios.sum() ** 2 / np.square(ratios).sum()
    return LogPartition(float(log_z + mean), float(low), float(log_z + mean + np.log1p(error)), float(effective))


def log_likelihood(rbm, v, log_z: float) -> np.ndarray:
    """log p(v) = -F(v) - log Z of each of v (n, visible), in nats, (n,): a density where units are Gaussian."""
    machine, v = parameters_of(rbm), np.asarray(v, np.float64)
    base = 0.5 * np.square(v).sum(axis=-1) if machine.gaussian else 0.0
    hidden = np.logaddexp(0, machine.hidden_bias + v @ machine.kernel).sum(axis=-1)
    return v @ machine.visible_bias - base + hidden - log_z
