"""Training on a texture: every algorithm learns, a stopped run ends as an unbroken one, a NaN is survived."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.textures import rain
from crossmodal.errors import AudioError, ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.networks.waveform import WaveformDescriptor, WaveformGenerator
from crossmodal.training.algorithms import ALGORITHMS, divide_by_positions, rate_now
from crossmodal.training.checkpoints import restore, snapshot
from crossmodal.training.cooperative import (
    all_variables,
    compile_iteration,
    outside,
    prepare_texture,
    thesis_settings,
    train_texture,
)
from crossmodal.training.runs import append_history, position_of, read_history
from crossmodal.training.texture_state import Settings, make_state

SMALL = Settings(iterations=6, chains=2, samples=4000, latent_steps=2, block=2, descriptor_rate=1e-3)


def build(steps=3, **walk):
    """Networks of some hundred parameters, and 2 s of rain as their signal."""
    keras.utils.set_random_seed(0)
    descriptor = WaveformDescriptor((6, 4, 2), (40, 10, 5), (10, 5, 1), activation="silu")
    walk = {"step": 0.02, "sigma": 0.3, "most_drift": 1.0, **walk}
    model = CoopNets(WaveformGenerator((6, 4, 1)), descriptor, steps=steps, **walk)
    sound = rain(1.0)
    model.set_spectrum(None, float(np.abs(sound).max()))
    return model, model.whiten(sound)


def weights(*networks):
    return [np.asarray(v.value).copy() for network in networks for v in network.trainable_variables]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_trains_the_networks_that_it_names(algorithm):
    model, signal = build()
    before = [weights(model.generator), weights(model.descriptor)]
    history = train_texture(model, signal, replace(SMALL, algorithm=algorithm))
    changed = [
        any(not np.array_equal(a, b) for a, b in zip(old, weights(network), strict=True))
        for old, network in zip(before, (model.generator, model.descriptor), strict=True)
    ]
    assert changed == [algorithm not in ("descriptor", "contrastive"), algorithm != "generator"]
    assert [line["iteration"] for line in history] == [1, 2, 3, 4, 5, 6]
    assert all(np.isfinite(list(line.values())).all() for line in history)


def test_rates_fall_to_a_hundredth_in_eighty_stages():
    model, signal = build()
    settings = replace(SMALL, iterations=160, optimizer="capped", falling=True, descriptor_rate=0.5)
    state = make_state(model, signal, settings)
    rates = []
    for iteration in range(160):
        state.descriptor_optimizer.iterations.assign(iteration)
        rates.append(float(rate_now(state, settings.descriptor_rate, state.descriptor_optimizer)))
    np.testing.assert_allclose(rates[::2], 0.5 * np.logspace(0, -2, 80), rtol=1e-5)
    assert rates[::2] == rates[1::2]


def test_the_published_reading_moves_no_weight_further_than_its_cap():
    changes = {"steps": 3, "samples": 26_000, "chains": 1, "iterations": 1, "descriptor_rate": 0.3, "stabilise": False}
    model, signal, settings = prepare_texture(rain(2.0), preset="thesis", **changes)
    before = [weights(model.descriptor), weights(model.generator)]
    train_texture(model, signal, settings)
    for old, network, most in zip(before, (model.descriptor, model.generator), (0.3 * 20 / 255, 30e-6), strict=True):
        moved = [np.abs(a - b).max() for a, b in zip(old, weights(network), strict=True)]
        assert 0 < max(moved[::2]) <= 1.01 * most + 0.3e-4 * np.abs(old[0]).max()
        assert max(moved) <= 2.02 * most


def test_the_descriptor_learns_to_prefer_the_recording():
    """Against chains that hardly move, the energy gap between recording and chains opens."""
    model, signal = build(steps=1, step=1e-4)
    history = train_texture(model, signal, replace(SMALL, algorithm="descriptor", iterations=30))
    assert history[-1]["energy_gap"] > history[0]["energy_gap"] + 1e-4


def test_the_generator_learns_to_reconstruct_what_it_infers():
    model, signal = build()
    settings = replace(SMALL, algorithm="generator", iterations=60, generator_rate=3e-3, latent_steps=3, block=30)
    history = train_texture(model, signal, settings)
    assert history[-1]["error"] < 0.9 * history[0]["error"]


@pytest.mark.parametrize("algorithm", ["coopnets", "descriptor", "generator", "adversarial"])
def test_a_stopped_run_ends_as_an_unbroken_one_to_the_bit(algorithm, tmp_path):
    settings = replace(SMALL, algorithm=algorithm)
    whole, signal = build()
    train_texture(whole, signal, settings, make(tmp_path / "whole"))

    def stop(iteration, figures):
        if iteration == 4:
            raise KeyboardInterrupt

    stopped, _ = build()
    with pytest.raises(KeyboardInterrupt):
        train_texture(stopped, signal, settings, make(tmp_path / "stopped"), on_block=stop)
    resumed, _ = build()
    train_texture(resumed, signal, settings, tmp_path / "stopped")
    for a, b in zip(
        weights(whole.generator, whole.descriptor), weights(resumed.generator, resumed.descriptor), strict=True
    ):
        np.testing.assert_array_equal(a, b)
    histories = [read_history(tmp_path / name) for name in ("whole", "stopped")]
    assert [line["iteration"] for line in histories[1]] == [2, 4, 6]
    assert "epoch" not in histories[1][0]
    for a, b in zip(*histories, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}


def make(folder):
    folder.mkdir()
    return folder


def broken(monkeypatch, at, shows=True):
    """Let the iterations whose numbers are in `at`, counted over all attempts, come out as NaN and ruin the weights; if
    not `shows`, ruin the weights alone, as an update does after its figures."""
    calls = []

    def compile_broken(state):
        good = compile_iteration(state)

        def step(seed, first):
            calls.append(1)
            figures = good(seed, first)
            if len(calls) not in at:
                return figures
            for variable in state.model.descriptor.trainable_variables:
                variable.assign(variable * float("nan"))
            return {**figures, "rms": tf.constant(float("nan"))} if shows else figures

        return step

    monkeypatch.setattr("crossmodal.training.cooperative.compile_iteration", compile_broken)
    return calls


def test_a_nan_returns_to_the_last_good_state_at_half_the_rate(monkeypatch):
    calls = broken(monkeypatch, at=(4,))
    model, signal = build()
    history = train_texture(model, signal, SMALL)
    assert len(calls) == 6 + 2  # the third and fourth are done again
    assert [line["iteration"] for line in history] == [1, 2, 3, 4, 5, 6]
    assert history[2]["rate"] == 0.5
    assert history[5]["rate"] > 0.5  # it recovers slowly
    assert all(np.isfinite(w).all() for w in weights(model.generator, model.descriptor))
    assert np.isfinite(model.draw(1.0, steps=2)).all()


def test_weights_that_the_last_update_ruined_are_neither_kept_nor_saved(monkeypatch, tmp_path):
    calls = broken(monkeypatch, at=(6,), shows=False)
    model, signal = build()
    history = train_texture(model, signal, SMALL, tmp_path)
    assert len(calls) == 6 + 2  # the last block is done again
    assert history[-1]["rate"] == pytest.approx(0.51)
    assert all(np.isfinite(w).all() for w in weights(model.generator, model.descriptor))
    assert max(path.name for path in tmp_path.glob("*.npz")) == "checkpoint-00006.npz"


def test_without_the_stabiliser_they_are_not_saved_either(monkeypatch, tmp_path):
    broken(monkeypatch, at=(6,), shows=False)
    model, signal = build()
    history = train_texture(model, signal, replace(SMALL, stabilise=False), tmp_path)
    assert [line["iteration"] for line in history] == [1, 2, 3, 4, 5, 6]
    assert [line["iteration"] for line in read_history(tmp_path)] == [2, 4]
    assert max(path.name for path in tmp_path.glob("*.npz")) == "checkpoint-00004.npz"


def test_a_texture_that_exploded_is_no_model(monkeypatch, tmp_path):
    from crossmodal.app.experiments import texture_single

    broken(monkeypatch, at=(1,), shows=False)
    config = texture_single.Config(iterations=1, stabilise=False, duration_s=2.0, draws=1)
    with pytest.raises(ModelError, match="are not finite, and the model is not saved"):
        texture_single.run(config, tmp_path)
    assert not {"model.keras", "metrics.json"} & {path.name for path in tmp_path.iterdir()}


def test_training_that_always_fails_ends_in_a_sentence_with_the_last_good_state(monkeypatch):
    broken(monkeypatch, at=range(3, 100))
    model, signal = build()
    with pytest.raises(ModelError, match="diverged 13 times after iteration 0: try lower"):
        train_texture(model, signal, SMALL)
    assert all(np.isfinite(w).all() for w in weights(model.generator, model.descriptor))


def test_a_state_is_good_only_once_its_chains_stayed_near_the_recording(monkeypatch, tmp_path):
    """A weight whose steps are too long by 2.5 swings about 1: after three it throws the chains, at half the rate it
    settles. The state at the end of a block may be one that throws them."""

    def compile_swinging(state):
        weight = state.model.generator.trainable_variables[-1]
        weight.assign(tf.zeros_like(weight))

        def step(seed, first):
            level = tf.reduce_max(tf.abs(weight.value))
            weight.assign(weight + 2.5 * state.rate.value * (1.0 - weight))
            return {"rms": level, "drift_to_noise": tf.constant(0.0), "energy_gap": tf.constant(0.0)}

        return step

    monkeypatch.setattr("crossmodal.training.cooperative.compile_iteration", compile_swinging)
    model, signal = build()
    settings = replace(SMALL, iterations=12, block=3, most_rms=4.0 / np.sqrt(np.mean(np.square(signal))))
    history = train_texture(model, signal, settings, tmp_path)
    assert [line["iteration"] for line in history] == list(range(1, 13))
    assert history[0]["rate"] == 0.5
    assert history[-1]["rms"] == pytest.approx(1.0, abs=0.01)
    assert {path.name for path in tmp_path.glob("*.npz")} == {"checkpoint-00009.npz", "checkpoint-00012.npz"}


def test_without_the_stabiliser_an_explosion_ends_the_history(monkeypatch):
    broken(monkeypatch, at=(4,))
    model, signal = build()
    history = train_texture(model, signal, replace(SMALL, stabilise=False))
    assert len(history) == 4
    assert np.isnan(history[-1]["rms"])


def test_the_bands_of_the_stabiliser():
    good = {"drift_to_noise": 1.0, "energy_gap": 0.1, "rms": 1.0}
    assert outside(good, SMALL, 1.0) is None
    for name, value in (("drift_to_noise", 1e3), ("energy_gap", -1e3), ("rms", 10.0)):
        assert outside({**good, name: value}, SMALL, 1.0) == name


def test_leaving_a_band_lowers_the_learning_rates():
    model, signal = build()
    history = train_texture(model, signal, replace(SMALL, most_drift=0.0))
    np.testing.assert_allclose([line["rate"] for line in history], 0.8 ** np.arange(6), rtol=1e-5)


def test_chains_that_are_too_loud_return_to_the_last_good_state():
    model, signal = build()
    levels = [line["rms"] for line in train_texture(model, signal, SMALL)]
    model, signal = build()
    most = 0.9999 * max(levels) / np.sqrt(np.mean(np.square(signal)))
    history = train_texture(model, signal, replace(SMALL, most_rms=most))
    assert max(line["rms"] for line in history) < max(levels)
    assert min(line["rate"] for line in history) < 0.6
    with pytest.raises(ModelError, match="diverged 13 times after iteration 0"):
        train_texture(*build(), replace(SMALL, most_rms=0.0))


def test_a_snapshot_restores_optimizers_and_chains():
    model, signal = build()
    state = make_state(model, signal, replace(SMALL, algorithm="descriptor"))
    changing = all_variables(state)
    kept = snapshot(changing)
    compile_iteration(state)(tf.constant([0, 1]), tf.constant(True))
    assert any(not np.array_equal(a, b) for a, b in zip(kept, snapshot(changing), strict=True))
    restore(changing, kept)
    for a, b in zip(kept, snapshot(changing), strict=True):
        np.testing.assert_array_equal(a, b)


def test_gradients_by_positions_are_divided_layer_by_layer():
    divided = divide_by_positions([tf.ones(3)] * 4, [10, 2])
    assert [float(g[0]) for g in divided] == pytest.approx([0.1, 0.1, 0.5, 0.5])


def test_signals_that_cannot_be_trained_on():
    model, signal = build()
    with pytest.raises(AudioError, match=r"has 3000 samples.*--samples 3000"):
        train_texture(model, signal[:3000], SMALL)
    with pytest.raises(AudioError, match="NaN or infinite"):
        train_texture(model, np.full_like(signal, np.nan), SMALL)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"algorithm": "coopnet"}, "no algorithm 'coopnet': choose one of coopnets, coopnets-z, descriptor"),
        ({"generator_loss": "waveforms"}, "no generator_loss 'waveforms': choose one of energy, waveform"),
        ({"generator_steps": 0}, "generator_steps is 0: give 1 or more"),
        ({"optimizer": "Adam"}, "no optimizer 'Adam': choose one of adam, sgd, capped"),
        ({"iterations": -1}, "iterations is -1: give 0 or more"),
        ({"chains": 0}, "chains is 0: give 1 or more"),
        ({"block": 0}, "block is 0: give 1 or more"),
    ],
)
def test_unknown_choices_train_nothing_else(change, message):
    with pytest.raises(ModelError, match=message):
        replace(SMALL, **change)
    with pytest.raises(ModelError, match=message):
        prepare_texture(rain(1.0), **change)


def test_unknown_presets_and_readings_are_refused():
    with pytest.raises(ModelError, match="no preset 'Thesis': choose one of default, thesis"):
        prepare_texture(rain(1.0), preset="Thesis")
    for preset in ("default", "thesis"):
        with pytest.raises(ModelError, match="no reading 'swopped': choose one of published, swapped, printed"):
            prepare_texture(rain(1.0), preset=preset, reading="swopped")
    assert thesis_settings("printed")["step"] == thesis_settings("swapped")["latent_step"] == 0.1


def test_a_training_is_prepared_without_an_experiment():
    sound = rain(1.5, 16_000)
    model, signal, settings = prepare_texture(sound, 16_000, steps=1, iterations=1, seed=3)
    assert (settings.samples, settings.seed, model.sample_rate) == (24_000, 3, 16_000)
    assert (model.walk["steps"], model.draw_steps) == (1, 60)
    assert signal.shape == sound.shape
    assert [line["iteration"] for line in train_texture(model, signal, settings)] == [1]
    thesis, signal, settings = prepare_texture(rain(3.0), preset="thesis", steps=7)
    assert (thesis.walk["steps"], thesis.walk["step"], thesis.draw_steps) == (7, 0.001, 7)
    assert (settings.optimizer, settings.chains, np.abs(signal).max()) == ("capped", 2, pytest.approx(1.0, abs=1e-3))
    assert (thesis.walk["sigma"], thesis.generator.published) == (pytest.approx(0.001 / 0.3), True)
    swapped, _, settings = prepare_texture(rain(3.0), preset="thesis", reading="swapped")
    assert (settings.optimizer, swapped.walk["sigma"], swapped.generator.published) == ("sgd", 0.03, False)
    asked = {"algorithm": "generator", "draw_steps": 30}
    assert prepare_texture(sound, 16_000, **asked)[0].draw_steps == 0  # no descriptor was trained
    assert prepare_texture(sound, 16_000, draw_steps=30)[0].draw_steps == 30


def test_a_history_of_an_earlier_version_is_continued(tmp_path):
    """It called an iteration an epoch too."""
    for done in (2, 4):
        append_history(tmp_path, {"epoch": done, "iteration": done, "rms": 1.0})
    append_history(tmp_path, {"iteration": 4, "rms": 2.0})
    append_history(tmp_path, {"iteration": 6, "rms": 3.0})
    history = read_history(tmp_path)
    assert [position_of(line) for line in history] == [("iteration", done) for done in (2, 4, 6)]
    assert [line["rms"] for line in history] == [1.0, 2.0, 3.0]
    assert position_of({"epoch": 3, "loss": 1.0}) == ("epoch", 3)
