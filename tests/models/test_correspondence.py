"""Models of correspondence: losses against loops and enumeration, scores against NumPy, saving and export."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import crossmodal
from crossmodal.errors import ModelError
from crossmodal.models.contrastive import ContrastiveCorrespondence, info_nce, lowest_loss
from crossmodal.models.correspondence import check_correspondence, matching_loss
from crossmodal.saving.export import TOLERANCE, export_model
from crossmodal.saving.keras_file import load_model, save_model

NAMES = ("ContrastiveCorrespondence", "DistanceCorrespondence", "FusionCorrespondence")
SMALL = {
    "embedding_dim": 8,
    "encoder_options": {"filters": (4, 4), "blocks": (1, 1)},
    "image_encoder_options": {"filters": (4, 4), "blocks": (1, 1)},
}
RNG = np.random.default_rng(0)
SOUNDS, IMAGES = RNG.random((4, 48, 48, 1), np.float32), RNG.random((4, 2, 28, 28, 1), np.float32)


def small(name, **options):
    keras.utils.set_random_seed(0)
    return getattr(crossmodal, name)(**{**SMALL, **options})


def loss_of(scores):
    return float(info_nce(np.float32(scores)))


@pytest.mark.parametrize("n", [1, 3])
def test_the_contrastive_loss_is_that_of_a_loop(n):
    """Each sound against all images of the batch, each image against all sounds."""
    clips = 4
    s = RNG.normal(size=(clips, clips, n))
    sounds = [-np.mean([s[i, i, k] - np.log(np.exp(s[i]).sum()) for k in range(n)]) for i in range(clips)]
    images = [-(s[j, j, k] - np.log(np.exp(s[:, j, k]).sum())) for j in range(clips) for k in range(n)]
    assert loss_of(s) == pytest.approx((np.mean(sounds) + np.mean(images)) / 2, rel=1e-5)


def test_the_contrastive_loss_of_one_image_a_clip_is_the_same_both_ways():
    s = RNG.normal(size=(5, 5))
    assert loss_of(s[..., None]) == pytest.approx(loss_of(s.T[..., None]), rel=1e-5)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    both = (float(entropy(np.arange(5), s)) + float(entropy(np.arange(5), s.T))) / 2
    assert loss_of(s[..., None]) == pytest.approx(both, rel=1e-5)
    assert loss_of(np.zeros((5, 5, 1))) == pytest.approx(np.log(5), rel=1e-5)


@pytest.mark.parametrize(("classes", "clips", "n"), [(2, 3, 1), (3, 4, 2)])
def test_the_lowest_loss_is_that_of_all_batches_of_classes(classes, clips, n):
    """Enumerated; scores that are the same for all pairs of a class reach it, others do not."""

    def mean_loss(same, other):
        losses = []
        for labels in itertools.product(range(classes), repeat=clips):
            scores = np.where(np.equal.outer(labels, labels), same, other)
            losses.append(loss_of(np.repeat(scores[..., None], n, axis=2)))
        return np.mean(losses)

    assert mean_loss(0.0, -40.0) == pytest.approx(lowest_loss(classes, clips, n), rel=1e-5)
    assert mean_loss(0.0, -3.0) > lowest_loss(classes, clips, n)
    assert lowest_loss(10, 1) == 0


def test_a_judge_of_pairs_can_do_no_better_than_the_share_of_right_ones():
    """Ten classes: of a class's pairs, as many are right as there are, and a tenth of the wrong ones look alike."""

    def mean_loss(p):
        score = float(np.log(p / (1 - p)))
        return 0.1 * float(matching_loss(score, score)) + 0.9 * float(matching_loss(score, -40.0))

    best = 1 / 1.1
    least = -0.5 * (np.log(best) + 0.1 * np.log(1 - best))
    assert mean_loss(best) == pytest.approx(least, rel=1e-5)
    assert min(mean_loss(0.8), mean_loss(0.97)) > least
    assert float(matching_loss(0.0, 0.0)) == pytest.approx(np.log(2))


def test_scores_are_those_of_their_equations():
    e, f = RNG.normal(size=(3, 8)).astype(np.float32), RNG.normal(size=(5, 8)).astype(np.float32)
    e, f = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (e, f))
    model = small("ContrastiveCorrespondence")
    np.testing.assert_allclose(model.scores(e, f), e @ f.T / 0.07, rtol=1e-4, atol=1e-4)
    model.log_scale.assign(20.0)  # a temperature of 0.01 at least
    np.testing.assert_allclose(model.scores(e, f), e @ f.T / 0.01, rtol=1e-3, atol=1e-3)
    distances = np.linalg.norm(e[:, None] - f, axis=-1)
    model = small("DistanceCorrespondence")
    np.testing.assert_allclose(model.scores(e, f), 5 - 5 * distances, atol=1e-3)
    model = small("FusionCorrespondence")
    w, b, v, c = model.fusion.get_weights()
    hidden = np.maximum((e @ w[:8])[:, None] + f @ w[8:] + b, 0)
    np.testing.assert_allclose(model.scores(e, f), (hidden @ v + c)[..., 0], atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_takes_a_step_is_saved_and_exported(name, tmp_path):
    model = small(name, classes=["ape", "bee"], provenance={"protocol": "random"})
    assert model.NEEDS == ()  # no label
    before = model.get_weights()
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    batch = (tf.constant(SOUNDS), tf.constant(IMAGES))
    assert np.isfinite(float(model.train_step(batch)["loss"]))
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert np.mean(moved) > 0.9
    sounds, images = model.embed_sounds(SOUNDS[..., 0]), model.embed_images(IMAGES[:, 0])
    assert sounds.shape == images.shape == (4, 8)
    if model.UNIT:
        np.testing.assert_allclose(np.linalg.norm([sounds, images], axis=2), 1, rtol=1e-4)
    loss = float(model.losses_of(*batch)["loss"])
    assert loss == pytest.approx(float(model.losses_of(batch[0], batch[1][:, ::-1])["loss"]), rel=1e-4)
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.scores(sounds, images), model.scores(sounds, images), atol=1e-5)
    assert (again.classes, again.provenance) == (["ape", "bee"], {"protocol": "random"})
    assert export_model(again, tmp_path / "exported", "saved_model") <= TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_four_clips_and_their_images_are_learned(name):
    sure = {part: {**SMALL[part], "dropout": 0.0} for part in ("encoder_options", "image_encoder_options")}
    model = small(name, **sure)
    model.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    step = tf.function(model.train_step, autograph=False)
    losses = []
    for _ in range(40):
        model.reset_metrics()
        losses.append(float(step((tf.constant(SOUNDS), tf.constant(IMAGES)))["loss"]))
    assert losses[-1] < 0.7 * losses[0]


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="no wrong pair"):
        ContrastiveCorrespondence(**SMALL).test_step((SOUNDS[:1], IMAGES[:1]))
    with pytest.raises(ModelError, match="A LeNet5 does not compare sounds with images"):
        check_correspondence(crossmodal.LeNet5())
