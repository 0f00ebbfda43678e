"""The semi-restricted Boltzmann machine against sums over all states, and against one without lateral weights."""

import keras
import numpy as np
import pytest
from enumeration import all_states, shares_of, with_random_weights
from scipy.special import logsumexp, softmax

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.restricted import RestrictedBoltzmannMachine
from crossmodal.models.pretraining.semi_restricted import SemiRestrictedBoltzmannMachine

V, H = 4, 3


def machine(**options):
    return with_random_weights(SemiRestrictedBoltzmannMachine(V, H, dtype="float64", **options))


def joint(machine):
    v, h = all_states(V), all_states(H)
    energies = machine.energy(np.repeat(v, len(h), 0), np.tile(h, (len(v), 1)))
    return softmax(-np.reshape(energies, (len(v), len(h))))


def test_conditionals_and_the_free_energy_are_sums_over_states():
    model, v, h = machine(), all_states(V), all_states(H)
    p = joint(model)
    np.testing.assert_allclose(model.hidden_mean(v), p @ h / p.sum(1, keepdims=True), atol=1e-12)
    np.testing.assert_allclose(softmax(-np.array(model.free_energy(v))), p.sum(1), atol=1e-12)
    for column, state in enumerate(h):
        means = np.array(model.conditional_mean(v, np.tile(state, (len(v), 1))))
        for i in range(V):
            on = v[:, i] == 1
            flipped = np.flatnonzero(on), np.flatnonzero(~on)  # the same states but for unit i, in the same order
            expected = p[flipped[0], column] / (p[flipped[0], column] + p[flipped[1], column])
            np.testing.assert_allclose(means[on, i], expected, atol=1e-6)
            np.testing.assert_allclose(means[~on, i], expected, atol=1e-6)


def test_sequential_updates_leave_the_distribution_as_it_is():
    model = machine(updates="sequential")
    p = joint(model).sum(1)
    np.testing.assert_allclose(shares_of(model.sample(np.zeros((5000, V)), 100, (0, 1))), p, atol=0.025)


def test_the_mean_field_settles_where_it_stays():
    model = machine(settling=200)
    h = all_states(H)
    v = model.mean_field(np.full((len(h), V), 0.5), h)
    np.testing.assert_allclose(model.conditional_mean(v, h), v, atol=1e-9)


def test_without_lateral_weights_it_is_a_restricted_machine():
    model, rbm = machine(damping=0.0), RestrictedBoltzmannMachine(V, H, dtype="float64")
    model.lateral_kernel.assign(np.diag(np.arange(V)))  # the diagonal does not count
    for name in ("kernel", "visible_bias", "hidden_bias"):
        getattr(rbm, name).assign(getattr(model, name))
    v = all_states(V)
    np.testing.assert_allclose(model.free_energy(v), rbm.free_energy(v), atol=1e-12)
    np.testing.assert_allclose(model.reconstruct(v), rbm.reconstruct(v), atol=1e-12)


def test_lateral_weights_learn_what_neighbours_have_in_common():
    """Pairs of equal units, and a single hidden unit that cannot tell of both pairs: L is positive within a pair."""
    keras.utils.set_random_seed(0)
    pairs = np.repeat(np.random.default_rng(0).integers(0, 2, (2560, 2)), 2, axis=1).astype(np.float32)
    found = {}
    for kind in (RestrictedBoltzmannMachine, SemiRestrictedBoltzmannMachine):
        model = kind(V, 1, decay=0.0, **({"updates": "sequential"} if kind is SemiRestrictedBoltzmannMachine else {}))
        model.compile(keras.optimizers.Adam(0.05), jit_compile=False)
        model.fit(pairs, epochs=4, batch_size=64, verbose=0)
        states = all_states(V).astype(np.float32)
        log_p = -np.array(model.free_energy(pairs)) - logsumexp(-np.array(model.free_energy(states)))
        found[kind] = log_p.mean()
    assert found[SemiRestrictedBoltzmannMachine] > found[RestrictedBoltzmannMachine] + 0.1
    lateral = np.array(model.lateral())
    assert min(lateral[0, 1], lateral[2, 3]) > 1.5
    np.testing.assert_array_equal(lateral, lateral.T)


def test_a_machine_is_saved(tmp_path):
    model = machine(settling=3, updates="sequential")
    model.save(tmp_path / "machine.keras")
    loaded = keras.saving.load_model(tmp_path / "machine.keras")
    np.testing.assert_array_equal(loaded.reconstruct(all_states(V)), model.reconstruct(all_states(V)))
    assert (loaded.settling, loaded.updates) == (3, "sequential")


def test_what_cannot_be_is_refused():
    with pytest.raises(ModelError, match="mean-field, sequential"):
        SemiRestrictedBoltzmannMachine(2, 2, updates="parallel")
    with pytest.raises(ModelError, match="Bernoulli"):
        SemiRestrictedBoltzmannMachine(2, 2, visible_kind="gaussian")
    with pytest.raises(ModelError, match="damping"):
        SemiRestrictedBoltzmannMachine(2, 2, damping=1.0)
