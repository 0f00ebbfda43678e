"""Checkpoints: complete or not there, everything in them, the only good one never lost."""

import errno
import os
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.errors import ModelError
from crossmodal.models.vae_gan import AudioImageVAEGAN
from crossmodal.training.checkpoints import clear_checkpoints, load_checkpoint, save_checkpoint
from crossmodal.training.cooperative import all_variables
from crossmodal.training.loop import changing_variables
from crossmodal.training.optimizers import FusedAdam
from crossmodal.training.texture_state import Settings, make_state


def variables(value):
    return [keras.Variable(np.full(3, value, np.float32)), keras.Variable(value, dtype="int32")]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def damage(path):
    path.write_bytes(path.read_bytes()[:-10])


def loaded(folder):
    state = variables(0)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        done = load_checkpoint(state, folder)
    assert [int(np.max(variable.value)) for variable in state] == [done, done]
    return done, len(said)


def test_the_last_two_that_verify_are_kept_and_nothing_else(tmp_path):
    for done in (1, 2, 3):
        save_checkpoint(variables(done), tmp_path, done)
    kept = [f"checkpoint-0000{done}.{suffix}" for done in (2, 3) for suffix in ("npz", "sha256")]
    assert names(tmp_path) == kept
    assert loaded(tmp_path) == (3, 0)
    clear_checkpoints(tmp_path)
    assert names(tmp_path) == []


def test_the_only_good_one_is_not_deleted_for_a_damaged_newer_one(tmp_path):
    save_checkpoint(variables(1), tmp_path, 1)
    save_checkpoint(variables(2), tmp_path, 2)
    damage(tmp_path / "checkpoint-00002.npz")
    save_checkpoint(variables(3), tmp_path, 3)
    assert names(tmp_path)[::2] == ["checkpoint-00001.npz", "checkpoint-00003.npz"]
    damage(tmp_path / "checkpoint-00003.npz")
    assert loaded(tmp_path) == (1, 1)


@pytest.mark.parametrize("harm", ["cut", "bit", "digest cut", "digest gone", "digest of another"])
def test_the_newest_that_verifies_is_loaded_whatever_happened_to_the_others(harm, tmp_path):
    save_checkpoint(variables(1), tmp_path, 1)
    for done in (2, 3):  # two damaged ones, as a failing disk may leave them
        path, other = tmp_path / f"checkpoint-0000{done}.npz", tmp_path / "checkpoint-00001.sha256"
        path.write_bytes((tmp_path / "checkpoint-00001.npz").read_bytes())
        digest = path.with_suffix(".sha256")
        digest.write_text(other.read_text())
        if harm == "cut":
            damage(path)
        elif harm == "bit":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        elif harm == "digest cut":
            damage(digest)
        elif harm == "digest gone":
            digest.unlink()
        else:
            digest.write_text("0" * 64)
    assert loaded(tmp_path) == (1, 2)


def test_a_kill_between_digest_and_checkpoint_leaves_the_one_before(tmp_path):
    save_checkpoint(variables(1), tmp_path, 1)
    (tmp_path / "checkpoint-00002.sha256").write_text("0" * 64)
    assert loaded(tmp_path) == (1, 0)
    save_checkpoint(variables(2), tmp_path, 2)
    assert loaded(tmp_path) == (2, 0)


@pytest.mark.parametrize("function", [(np, "savez"), (os, "fsync"), (os, "replace")])
def test_a_full_disk_leaves_the_checkpoints_that_there_are(function, tmp_path, monkeypatch):
    save_checkpoint(variables(1), tmp_path, 1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def no_room(*arguments, **options):
        if function[1] == "savez":
            arguments[0].write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(*function, no_room)
    with pytest.raises(OSError, match="No space left") as error:
        save_checkpoint(variables(2), tmp_path, 2)
    assert "checkpoint-00002" in error.value.filename
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_networks_optimizer_averages_and_generators_of_a_vae_gan_are_in_it(tmp_path):
    small = {"encoder_filters": (2, 2, 2), "decoder_filters": (2, 2, 2), "discriminator_filters": (2, 2, 2)}
    model = AudioImageVAEGAN.balanced(latent_dim=4, free_dim=2, decoder_units=(4,), discriminator_units=(4,), **small)
    model.compile(FusedAdam(1e-3, use_ema=True), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    state = changing_variables(model)
    kept = {id(variable) for variable in state}
    optimizer = model.optimizer
    averages = optimizer._model_variables_moving_average
    assert len(averages) == len(model.trainable_variables)
    generators = [value for layer in model._flatten_layers() for value in vars(layer).values()]
    generators = [value.state for value in generators if isinstance(value, keras.random.SeedGenerator)]
    assert generators
    for variable in (*model.weights, *optimizer._momentums, *optimizer._velocities, *averages, *generators):
        assert id(variable) in kept, variable.path
    assert id(optimizer.iterations) in kept
    before = fill_defaults(state)
    save_checkpoint(state, tmp_path, 1)
    for variable in state:
        variable.assign(np.zeros(variable.shape))
    load_checkpoint(state, tmp_path)
    for variable, value in zip(state, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)


def test_networks_both_optimizers_chains_and_rate_of_a_texture_are_in_it():
    from test_cooperative import build

    model, signal = build()
    state = make_state(model, signal, Settings(algorithm="descriptor", samples=4000, chains=2))
    kept = {id(variable) for variable in all_variables(state)}
    optimizers = (state.descriptor_optimizer, state.generator_optimizer)
    wanted = [*model.weights, state.chains, state.rate]
    wanted += [variable for optimizer in optimizers for variable in optimizer.variables]
    assert all(len(optimizer.variables) > len(optimizer._momentums) > 0 for optimizer in optimizers)
    assert {id(variable) for variable in wanted} <= kept


def fill_defaults(state):
    """Other values than those that building gives, in all variables; returns them."""
    rng = np.random.default_rng(0)
    for variable in state:
        variable.assign(rng.integers(1, 100, variable.shape))
    return [np.asarray(variable.value) for variable in state]


def test_a_run_that_met_a_nan_ends_as_one_that_did_not(tmp_path):
    from test_training import batches, run

    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole = run(tmp_path / "whole", 2)

    def spoilt(first_epoch):
        numbered = batches(first_epoch).enumerate()
        return numbered.map(lambda i, pair: (pair[0], pair[1] + tf.where(i < 3, 0.0, float("nan"))))

    with pytest.raises(ModelError, match="In epoch 2"):
        run(tmp_path / "broken", 2, make=spoilt)
    again = run(tmp_path / "broken", 2)
    for a, b in zip(changing_variables(whole), changing_variables(again), strict=True):
        np.testing.assert_array_equal(a, b)
