"""Several stages in one resumable run, several optimizers, and initial weights from another model."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from outcomes import figures

from crossmodal import AudioImageVAE
from crossmodal.errors import ModelError
from crossmodal.training.checkpoints import clear_checkpoints
from crossmodal.training.initial import take_weights
from crossmodal.training.loop import Stage, changing_variables, optimizers_of, train, train_stages
from crossmodal.training.runs import append_history, read_history

RNG = np.random.default_rng(0)
SOUNDS, IMAGES = RNG.random((8, 48, 48, 1), np.float32), RNG.random((8, 1, 28, 28, 1), np.float32)


def small(**options) -> AudioImageVAE:
    return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), **options)


class Autoencoder(keras.Model):
    """Trains an encoder to keep what its spectrograms hold."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.decoder = keras.layers.Dense(48 * 48)
        self.decoder.build((None, 4))
        self.built = True

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, _ = self.encoder(data[0], training=True)
            loss = tf.reduce_mean(tf.square(self.decoder(z_mean) - tf.reshape(data[0], (-1, 48 * 48))))
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


class StopHereError(Exception):
    """The process was killed."""


def batches(first_epoch):
    return tf.data.Dataset.from_tensors((SOUNDS, IMAGES)).repeat()


def stages(stop_at: int = 0) -> tuple[AudioImageVAE, list[Stage]]:
    """Two epochs of an autoencoder, then two of the VAE with the same encoder; stops after so many epochs."""
    keras.utils.set_random_seed(0)
    vae = small()
    autoencoder = Autoencoder(vae.encoder)
    for model in (autoencoder, vae):
        model.compile(keras.optimizers.Adam(1e-2), jit_compile=False)

    def on_epoch(epoch, logs):
        if epoch + 1 == stop_at:
            raise StopHereError

    shared = {"epochs": 2, "steps_per_epoch": 3, "on_epoch": on_epoch}
    return vae, [
        Stage(autoencoder, batches, **shared, name="pretrain"),
        Stage(vae, batches, **shared, name="train"),
    ]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    vae, both = stages()
    folder = tmp_path_factory.mktemp("unbroken")
    train_stages(both, folder, seed=3)
    return vae.get_weights(), figures((folder / "history.jsonl").read_bytes())


@pytest.mark.parametrize("stop_at", [1, 2, 3, 4])
def test_a_run_stopped_in_any_stage_ends_as_an_unbroken_one_to_the_bit(stop_at, unbroken, tmp_path):
    with pytest.raises(StopHereError):
        train_stages(stages(stop_at)[1], tmp_path, seed=3)  # within epoch stop_at, before its checkpoint
    vae, both = stages()
    train_stages(both, tmp_path, seed=3)
    for one, other in zip(vae.get_weights(), unbroken[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert figures((tmp_path / "history.jsonl").read_bytes()) == unbroken[1]


def test_a_run_stopped_between_two_stages_goes_on_with_the_trained_encoder(unbroken, tmp_path):
    _, both = stages()
    train_stages(both[:1], tmp_path, seed=3)
    vae, both = stages()
    before = vae.encoder.get_weights()[0].copy()
    train_stages(both, tmp_path, seed=3)
    assert not np.array_equal(before, vae.encoder.get_weights()[0])
    for one, other in zip(vae.get_weights(), unbroken[0], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_history_names_the_stages(unbroken):
    assert [(line["epoch"], line["stage"]) for line in unbroken[1]] == [
        *((1, "pretrain"), (2, "pretrain")),
        *((3, "train"), (4, "train")),
    ]


def test_an_experiment_pretrains_its_encoder_in_the_same_run(tmp_path):
    from extending import OPTIONS, TrainingConfig, train_and_measure
    from small_sources import sources

    def pretrain(model, data):
        autoencoder = Autoencoder(model.encoder)
        autoencoder.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
        return Stage(autoencoder, data.training, 1, data.steps, name="pretrain")

    config = TrainingConfig(**OPTIONS | {"epochs": 2})
    options = {"sources": sources(), "pretrain": pretrain}
    train_and_measure("x", config, config, tmp_path, small, lambda *_: keras.optimizers.Adam(1e-3), **options)
    assert [line["stage"] for line in read_history(tmp_path)] == ["pretrain", "train", "train"]
    assert (tmp_path / "model.keras").exists()


def test_the_metrics_of_a_stopped_experiment_count_the_seconds_before_it_was_stopped(tmp_path):
    from extending import OPTIONS, TrainingConfig, train_and_measure
    from small_sources import sources

    def experiment(measure) -> dict:
        config = TrainingConfig(**OPTIONS | {"epochs": 1})
        options = {"sources": sources(), "measure": measure}
        return train_and_measure("x", config, config, tmp_path, small, adam, **options)

    def adam(*_):
        return keras.optimizers.Adam(1e-3)

    def stop(*_):
        raise StopHereError

    with pytest.raises(StopHereError):
        experiment(stop)
    append_history(tmp_path, read_history(tmp_path)[-1] | {"seconds": 1000.0})
    assert 1000 < experiment(lambda *_: {})["seconds"] < 1200


class TwoPlayers(keras.Model):
    """Two weights that pull at each other, each by an optimizer of its own."""

    def __init__(self):
        super().__init__()
        self.one, self.two = (self.add_weight(shape=(), initializer="ones", name=name) for name in ("one", "two"))
        self.built = True

    def compile(self, **options):
        super().compile(keras.optimizers.SGD(0.1), **options)
        self.other_optimizer = keras.optimizers.Adam(0.1)
        self.optimizer.build([self.one])
        self.other_optimizer.build([self.two])

    def train_step(self, data):
        with tf.GradientTape(persistent=True) as tape:
            loss = tf.square(self.one.value * self.two.value - 3.0)
        self.optimizer.apply([tape.gradient(loss, self.one.value)], [self.one])
        self.other_optimizer.apply([tape.gradient(loss, self.two.value)], [self.two])
        return {"loss": loss}


def test_all_optimizers_are_in_the_checkpoint(tmp_path):
    def run(folder, epochs):
        folder.mkdir(exist_ok=True)
        model = TwoPlayers()
        model.compile(jit_compile=False)
        train(model, batches, epochs=epochs, steps_per_epoch=2, workdir=folder, seed=0)
        return model

    whole = run(tmp_path / "whole", 4)
    assert len(optimizers_of(whole)) == 2
    assert any("adam" in variable.path for variable in changing_variables(whole))
    run(tmp_path / "parts", 2)
    parts = run(tmp_path / "parts", 4)
    for one, other in zip(changing_variables(whole), changing_variables(parts), strict=True):
        np.testing.assert_array_equal(np.asarray(one.value), np.asarray(other.value))
    clear_checkpoints(tmp_path / "parts")


def test_layers_that_are_called_alike_and_fit_are_taken():
    trained, model = small(), AudioImageVAE(4, (4, 4), (8,), (8,), (4, 6))
    before = model.decoder.get_layer("upconv1").get_weights()[0].copy()
    taken = take_weights(model, trained)
    assert "encoder/conv1" in taken
    assert "encoder/z_mean" in taken
    assert "decoder/upconv1" not in taken  # 6 channels, not 4
    np.testing.assert_array_equal(model.decoder.get_layer("upconv1").get_weights()[0], before)
    for one, other in zip(model.encoder.get_weights(), trained.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_alone_is_taken():
    trained, model = small(), small()
    before = model.decoder.get_weights()
    taken = take_weights(model, trained, "encoder")
    assert {name.split("/")[0] for name in taken} == {"encoder"}
    for one, other in zip(model.encoder.get_weights(), trained.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(model.decoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_that_fits_nowhere_is_refused():
    other = AudioImageVAE(6, (5, 5), (9,), (9,), (5, 5))
    with pytest.raises(ModelError, match=r"No layer of a AudioImageVAE fits.*--initial-weights"):
        take_weights(other, small())
    with pytest.raises(ModelError, match=r"No layer of the encoder of a AudioImageVAE fits.*--initial-encoder"):
        take_weights(other, small(), "encoder")


def test_a_training_starts_from_a_preset_and_says_so(tmp_path, capsys):
    from extending import train as train_small
    from small_sources import sources

    options = {"epochs": 1, "initial_weights": "vae_compact"}
    train_small(partial(AudioImageVAE.compact, encoder_kind="residual"), tmp_path, sources(), **options)
    assert "start from vae_compact: encoder/stage1_conv" in capsys.readouterr().out
    from crossmodal import load_model

    assert load_model(tmp_path).provenance["recipe"]["initial_weights"] == "vae_compact"


def test_a_training_hears_by_another_encoder_from_its_start(tmp_path, capsys):
    """The encoder is the preset's, and stays so; the decoder begins as that of the first run."""
    from extending import train as train_small
    from small_sources import sources

    from crossmodal import load_model

    build = partial(AudioImageVAE.compact, encoder_kind="residual")
    first, second = tmp_path / "first", tmp_path / "second"
    train_small(build, first, sources(), epochs=1, initial_weights="vae_compact")
    options = {"initial_weights": str(first), "initial_encoder": "vae_compact", "freeze_encoder": True}
    train_small(build, second, sources(), epochs=1, **options)
    said = capsys.readouterr().out
    assert "start from vae_compact: encoder/" in said
    assert "decoder/" in said
    model, ear = load_model(second), load_model("vae_compact").encoder
    for one, other in zip(model.encoder.get_weights(), ear.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.provenance["recipe"]["initial_weights"] == "first"
    assert model.provenance["recipe"]["initial_encoder"] == "vae_compact"
