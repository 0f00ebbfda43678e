"""CycleGAN: no pair reaches it, its terms against closed forms, and a small real training."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.pairing import Unpaired
from crossmodal.errors import DataError
from crossmodal.models.cycle_gan import CycleGAN

SMALL = {
    "decoder_options": {"units": (8,), "filters": (8, 8, 8)},
    "sound_decoder_options": {"units": (8,), "filters": (8, 8, 8)},
    "encoder_options": {"filters": (4, 4, 4), "units": (8,)},
    "image_encoder_options": {"filters": (4, 4, 4), "units": (8,)},
    "discriminator_filters": (4, 4, 4),
}
RNG = np.random.default_rng(0)
SOUNDS, IMAGES = RNG.random((6, 48, 48, 1), np.float32), RNG.random((6, 2, 28, 28, 1), np.float32)


def small(**options):
    keras.utils.set_random_seed(0)
    return CycleGAN(**SMALL, **options)


def test_permuting_the_images_of_a_batch_changes_nothing():
    """Neither a loss nor, after a step, a weight: what stands beside a sound does not reach the model."""
    shuffled = RNG.permutation(IMAGES.reshape(-1, 28, 28, 1)).reshape(IMAGES.shape)
    steps = []
    for images in (IMAGES, shuffled):
        model = small()
        terms = {
            name: float(value) for name, value in model.losses_of(tf.constant(SOUNDS), tf.constant(images)).items()
        }
        model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
        model.train_step((tf.constant(SOUNDS), tf.constant(images)))
        steps.append((terms, np.concatenate([w.ravel() for w in model.get_weights()])))
    assert steps[0][0] == pytest.approx(steps[1][0], rel=1e-5)
    np.testing.assert_allclose(steps[0][1], steps[1][1], atol=1e-5)
    model = small()
    other = model.losses_of(tf.constant(SOUNDS), tf.constant(IMAGES**2))
    assert abs(float(other["cycle_images"]) - steps[0][0]["cycle_images"]) > 1e-3  # other images do


def test_sounds_and_images_stand_side_by_side_at_random():
    """Labels are no part of it: of ten classes a tenth of the pairs agree."""
    pairing = Unpaired(1000, 20_003, 4)
    clips, images = pairing.epoch(seed=0, epoch=0)
    assert (len(clips), images.shape) == (5000, (5000, 4))
    assert pairing.groups == 5000
    assert len(np.unique(images)) == 20_000
    assert np.mean(clips[:, None] % 10 == images % 10) == pytest.approx(0.1, abs=0.01)
    again, other = pairing.epoch(0, 0), pairing.epoch(0, 1)
    assert np.array_equal(images, again[1])
    assert not np.array_equal(images, other[1])
    with pytest.raises(DataError, match="without pairs"):
        pairing.labels(images)


def test_generators_that_undo_each_other_have_no_cycle_loss():
    model = small()
    model.draws = lambda x, training=False: x[:, :28, :28]
    model.speaks = lambda y, training=False: tf.pad(y, ((0, 0), (0, 20), (0, 20), (0, 0)))
    sounds = np.zeros_like(SOUNDS)
    sounds[:, :28, :28] = SOUNDS[:, :28, :28]
    terms = model.losses_of(tf.constant(sounds), tf.constant(IMAGES))
    assert float(terms["cycle_sounds"]) == float(terms["cycle_images"]) == 0
    assert float(model.losses_of(tf.constant(SOUNDS), tf.constant(IMAGES))["cycle_sounds"]) == pytest.approx(
        np.square(SOUNDS - sounds).mean(), rel=1e-5
    )


def test_discriminators_that_cannot_tell_have_log_2_for_each_question():
    model = small()
    model.score = lambda discriminator, x: 0 * tf.reduce_sum(x, axis=(1, 2, 3))
    terms = model.losses_of(tf.constant(SOUNDS), tf.constant(IMAGES))
    assert float(terms["discriminator_loss"]) == pytest.approx(4 * np.log(2))
    assert float(terms["adversarial"]) == pytest.approx(2 * np.log(2))
    assert float(model.total(terms)["loss"]) == pytest.approx(
        2 * np.log(2) + 50 * float(terms["cycle_sounds"] + terms["cycle_images"]), rel=1e-5
    )


def test_each_player_learns_from_its_own_loss():
    model = small()
    generators, discriminators = model.players()
    assert len(generators) + len(discriminators) == len(model.trainable_variables)
    with tf.GradientTape() as tape:
        against = model.losses_of(tf.constant(SOUNDS), tf.constant(IMAGES))["discriminator_loss"]
    assert all(gradient is None for gradient in tape.gradient(against, generators))


def test_the_slope_of_a_linear_discriminator_is_that_of_its_weights():
    model = small()
    model.score = lambda discriminator, x: tf.reduce_sum(3 * x, axis=(1, 2, 3))
    assert float(model.squared_slope(None, tf.constant(IMAGES[:, 0]))) == pytest.approx(9 * 28 * 28)


def test_an_image_is_spoken():
    sounds = small().sounds_of(IMAGES[:, 0])
    assert sounds.shape == (6, 48, 48)
    assert 0 <= sounds.min() <= sounds.max() <= 1


def test_a_training_on_the_embedded_data_is_measured_by_its_best_permutation(tmp_path, monkeypatch, capsys):
    from recipe_scripts import recipe

    unpaired = recipe("unpaired")
    monkeypatch.setattr(unpaired, "RESULTS", tmp_path / "unpaired.json")
    options = ["--epochs", "2", "--passes", "1", "--workdir", str(tmp_path / "runs")]
    assert unpaired.main(options) == 0
    assert "by the best permutation" in capsys.readouterr().out
    history = [json.loads(line) for line in (tmp_path / "runs" / "seed0" / "history.jsonl").read_text().splitlines()]
    assert history[1]["cycle_images"] < history[0]["cycle_images"]
    result = json.loads((tmp_path / "unpaired.json").read_text())
    assert result["command"] == "python recipes/studies/unpaired.py --epochs 2 --passes 1"
    assert sorted(result["runs"]["seed0"]["permutation"]) == list(range(10))
    assert (tmp_path / "runs" / "report.html").exists()
