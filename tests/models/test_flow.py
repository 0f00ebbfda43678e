"""The flow: its transformer and its loss against closed forms, guidance, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal import AudioImageFlow
from crossmodal.models.networks.transformer import (
    Block,
    as_images,
    as_tokens,
    attention,
    normalised,
    patch_for,
    patch_transformer,
)
from crossmodal.sampling.ode import first_noise
from crossmodal.saving.keras_file import load_model, save_model

SMALL = {
    "width": 16,
    "blocks": 1,
    "early": 0,
    "heads": 2,
    "hidden": 32,
    "latent_dim": 4,
    "encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)},
}


def small(**options):
    keras.utils.set_random_seed(0)
    return AudioImageFlow(**{**SMALL, **options})


def test_tokens_are_patches_row_by_row():
    images = np.arange(2 * 8 * 12 * 3, dtype=np.float32).reshape(2, 8, 12, 3)
    tokens = np.asarray(as_tokens(images, 4))
    assert tokens.shape == (2, 6, 48)
    np.testing.assert_array_equal(tokens[1, 1], images[1, :4, 4:8].ravel())
    np.testing.assert_array_equal(tokens[1, 3], images[1, 4:, :4].ravel())
    np.testing.assert_array_equal(as_images(tokens, (8, 12, 3), 4), images)


@pytest.mark.parametrize(
    ("shape", "patch"),
    [((28, 28, 1), 4), ((16, 16, 3), 4), ((56, 56, 1), 8), ((64, 64, 3), 8), ((68, 68, 3), 4), ((112, 128, 3), 16)],
)
def test_a_large_image_has_as_many_patches_as_a_small_one(shape, patch):
    assert patch_for(shape) == patch
    assert as_tokens(np.zeros((1, *shape)), patch).shape[1] == shape[0] * shape[1] // patch**2


def test_an_image_of_larger_patches_is_drawn_and_saved(tmp_path):
    model = small(image_shape=(64, 64, 3), steps=1)
    assert model.get_config()["patch"] == 8
    model.transformer.get_layer("pixels").kernel.assign(0.1 * np.ones((16, 192)))
    sound = np.random.default_rng(0).random((1, 48, 48), np.float32)
    drawn = model.generate(sound)[0]
    assert drawn.shape == (1, 64, 64, 3)
    save_model(model, tmp_path / "model.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "model.keras").generate(sound)[0], drawn)
    named_later = ("patch", "early", "internal_until", "context")
    older = {name: value for name, value in model.get_config().items() if name not in named_later}
    again = AudioImageFlow.from_config(older)
    assert (again.patch, again.early, again.internal_until, again.context) == (4, 0, 1.0, 0)
    with pytest.raises(ValueError, match="12 pixels do not divide"):
        small(patch=12)


def test_a_block_starts_as_the_identity():
    x = np.random.default_rng(0).normal(size=(2, 5, 16)).astype(np.float32)
    np.testing.assert_array_equal(Block(2, 32)(x, np.zeros((2, 96), np.float32)), x)


def test_attention_is_that_of_keras():
    x = np.random.default_rng(0).normal(size=(2, 5, 16)).astype(np.float32)
    block = Block(2, 32)
    block(x, np.zeros((2, 96), np.float32))
    theirs = keras.layers.MultiHeadAttention(2, 8)
    scaled = normalised(x)
    theirs(scaled, scaled)
    q, k, v = np.split(block.qkv.kernel.numpy(), 3, axis=1)
    heads = [part for kernel in (q, k, v) for part in (kernel.reshape(16, 2, 8), np.zeros((2, 8)))]
    theirs.set_weights([*heads, block.out.kernel.numpy().reshape(2, 8, 16), np.zeros(16)])
    found = attention(*block.queries_keys_values(x, block.steering(np.zeros((2, 96), np.float32))))
    np.testing.assert_allclose(block.out(found), theirs(scaled, scaled), atol=1e-5)


def test_a_transformer_draws_nothing_at_the_start_and_hears_its_condition_later():
    network = patch_transformer((8, 8, 1), 4, 3, 16, 2, 2, 32, 0, "float32")
    x, t = np.ones((2, 8, 8, 1), np.float32), np.array([0.2, 0.2], np.float32)
    heard = np.array([[0, 0, 1], [0, 1, 0]], np.float32)
    for drawn in network([x, t, heard]):
        np.testing.assert_array_equal(drawn, np.zeros((2, 8, 8, 1)))
    rng = np.random.default_rng(0)
    network.set_weights([w + 0.1 * rng.normal(size=w.shape).astype(np.float32) for w in network.get_weights()])
    first, second = np.asarray(network([x, t, heard])[0])
    assert np.abs(first - second).max() > 1e-3
    later = np.asarray(network([x, t + 0.5, heard])[0])
    assert np.abs(first - later[0]).max() > 1e-3


def test_the_early_image_is_that_of_the_first_blocks_alone():
    """With the weights of the first blocks and of the early image's layers a network of these blocks draws it."""
    sizes = ((8, 8, 1), 4, 3, 16)
    network, first = (patch_transformer(*sizes, blocks, 2, 32, early, "float32") for blocks, early in ((3, 1), (1, 0)))
    rng = np.random.default_rng(0)
    network.set_weights([w + 0.1 * rng.normal(size=w.shape).astype(np.float32) for w in network.get_weights()])
    for layer in first.layers:
        name = f"early_{layer.name}" if layer.name in ("last", "pixels") else layer.name
        layer.set_weights(network.get_layer(name).get_weights() if layer.weights else [])
    inputs = [rng.normal(size=shape).astype(np.float32) for shape in ((2, 8, 8, 1), (2,), (2, 3))]
    last, early = (np.asarray(image) for image in network(inputs))
    np.testing.assert_allclose(early, np.asarray(first(inputs)[0]), atol=1e-5)
    assert np.abs(last - early).max() > 1e-3
    with pytest.raises(ValueError, match="Of 2 blocks 0 to 1 can come before the early image, not 2"):
        patch_transformer(*sizes, 2, 2, 32, 2, "float32")


def test_tokens_of_the_code_stand_beside_those_of_the_image():
    """Where nothing else hears the condition, the image follows it through them; the early image comes before them."""
    network = patch_transformer((8, 8, 1), 4, 3, 16, 3, 2, 32, 1, "float32", context=2)
    rng = np.random.default_rng(0)
    network.set_weights([w + 0.1 * rng.normal(size=w.shape).astype(np.float32) for w in network.get_weights()])
    network.get_layer("heard").set_weights([np.zeros((3, 16)), np.zeros(16)])
    assert network.get_layer("context").kernel.shape == (3, 2 * 16)
    x, t = np.ones((2, 8, 8, 1), np.float32), np.array([0.2, 0.2], np.float32)
    last, early = (np.asarray(image) for image in network([x, t, np.array([[0, 0, 1], [0, 1, 0]], np.float32)]))
    assert last.shape == early.shape == (2, 8, 8, 1)
    assert np.abs(last[0] - last[1]).max() > 1e-3
    np.testing.assert_allclose(early[0], early[1], atol=1e-6)
    assert small(context=3).get_config()["context"] == 3


def test_internal_guidance_leaves_the_early_image_behind():
    """From -0.5 early to 0.1 last: 0.4 at a weight of 1.5; its loss has a weight of its own."""
    model = small(blocks=2, early=1, early_weight=0.25, time_mean=0.0, time_spread=1e-6)
    for name, value in (("pixels", 0.1), ("early_pixels", -0.5)):
        model.transformer.get_layer(name).bias.assign(value * np.ones(16))
    y, t, z = np.zeros((1, 28, 28, 1), np.float32), np.array([0.5], np.float32), np.zeros((1, 4), np.float32)
    model.internal_until = 1.0
    for w, expected in ((0.0, -0.5), (1.0, 0.1), (1.5, 0.4), (3.0, 1.0)):
        np.testing.assert_allclose(model.predicted(y, t, z, w), np.full_like(y, expected), atol=1e-6)
        model.internal_guidance = w
        np.testing.assert_allclose(model.decode(z), np.full_like(y, (1 + expected) / 2), atol=1e-4)
    terms = model.losses_of(np.zeros((2, 48, 48, 1), np.float32), np.full((2, 3, 28, 28, 1), 0.5, np.float32))
    found = {name: float(terms[name]) for name in ("velocity", "early")}
    assert found == pytest.approx({"velocity": 0.5 * 784 * 0.1**2 / 0.25, "early": 0.5 * 784 / 4 / 0.25}, rel=1e-3)
    loss = found["velocity"] + 0.25 * found["early"] + 2 * float(terms["kl"])
    assert float(model.total(terms, 2.0)["loss"]) == pytest.approx(loss, rel=1e-5)


def test_internal_guidance_acts_at_early_times_alone():
    model = small(blocks=2, early=1, internal_guidance=3.0, internal_until=0.25)
    model.transformer.get_layer("pixels").bias.assign(0.2 * np.ones(16))
    y, z = tf.zeros((1, 28, 28, 1)), tf.zeros((1, 4))
    v = model.velocity(z, 1.0, model.internal_guidance)
    for t, expected in ((0.0, 0.6), (0.2, 0.6), (0.3, 0.2), (0.9, 0.2)):
        np.testing.assert_allclose(v(y, tf.constant(t)), np.full_like(y, expected / (1 - t)), rtol=1e-5)


@pytest.mark.parametrize(("t", "acts"), [(0.2, False), (0.45, True), (0.7, False)])
def test_model_guidance_takes_the_targets_beyond_the_unheard(t, acts):
    """In a fourth of the batch, at times in the middle; in training alone. 1 - 1/g' is 1/4 where g' is 4/3."""
    model = small(model_guidance=4 / 3, time_mean=float(np.log(t / (1 - t))), time_spread=1e-6, unheard=0.0)
    rng = np.random.default_rng(0)
    model.transformer.set_weights([w + rng.normal(0, 0.1, w.shape) for w in model.transformer.get_weights()])
    y, y_t = (rng.normal(size=(8, 28, 28, 1)).astype(np.float32) for _ in range(2))
    times, z = np.full(8, t, np.float32), rng.normal(size=(8, 4)).astype(np.float32)
    drawn, unheard = (np.asarray(model.transformer([y_t, times, code])[0]) for code in (z, np.zeros_like(z)))
    expected = np.concatenate([y[:2] + acts * (drawn - unheard)[:2], y[2:]])
    found = model.guided(*(tf.constant(part) for part in (y, y_t, times, drawn)))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(drawn - unheard).max() > 0.1


def test_targets_have_model_guidance_in_training_alone(monkeypatch):
    """Where they are 2 beyond the images of 0, which are -1 scaled, a network that predicts 0 has three times the error
    there."""
    model = small(time_mean=0.0, time_spread=1e-6)
    monkeypatch.setattr(AudioImageFlow, "guided", lambda self, y, *rest: y - 2)
    pairs = np.zeros((2, 48, 48, 1), np.float32), np.zeros((2, 3, 28, 28, 1), np.float32)
    plain = 0.5 * 784 / 0.5**2
    for guidance, training, error in ((1.5, True, 9), (1.5, False, 1), (1.0, True, 1)):
        model.model_guidance = guidance
        assert float(model.losses_of(*pairs, training=training)["velocity"]) == pytest.approx(error * plain, rel=1e-3)


@pytest.mark.parametrize(("time_mean", "left"), [(0.0, 0.5), (10.0, 0.05)])
def test_the_loss_of_a_network_that_predicts_0(time_mean, left):
    """Images of 0 are -1 scaled, 1 from the prediction: half of 784 pixels over (1 - t)^2, which is at least 0.05^2."""
    model = small(time_mean=time_mean, time_spread=1e-6)
    terms = model.losses_of(np.zeros((2, 48, 48, 1), np.float32), np.zeros((2, 3, 28, 28, 1), np.float32))
    assert float(terms["velocity"]) == pytest.approx(0.5 * 784 / left**2, rel=1e-3)


class Linear(AudioImageFlow):
    """Predicts the mean of its code, whatever the noise and the time."""

    def predicted(self, y, t, z, internal=1.0):
        return tf.ones_like(y) * tf.reduce_mean(z, axis=1)[:, None, None, None]


@pytest.mark.parametrize(("t", "acts"), [(0.0, False), (0.3, True), (0.5, True), (0.6, False), (0.9, False)])
@pytest.mark.parametrize("guidance", [0.0, 1.0, 3.0])
def test_guidance_goes_on_from_what_is_drawn_without_sound(guidance, t, acts):
    """At times in the middle alone."""
    model, y = Linear(**SMALL), tf.ones((1, 28, 28, 1))
    v = model.velocity(tf.fill((1, 4), 0.2), guidance)(y, tf.constant(t))
    expected = (0.2 * (guidance if acts else 1) - 1) / (1 - t)
    np.testing.assert_allclose(v, np.full_like(y, expected), rtol=1e-5)


@pytest.mark.parametrize("guidance", [0.0, 1.0, 3.0])
def test_guidance_at_all_times_is_that_of_the_drawing(guidance):
    model = Linear(**SMALL, guidance=guidance, guided_times=(0, 1))
    drawn = model.decode(np.full((1, 4), 0.2, np.float32), np.ones((1, 28, 28, 1), np.float32))
    np.testing.assert_allclose(drawn, (1 + 0.2 * guidance) / 2, atol=1e-4)


def test_the_steps_are_a_dial(monkeypatch):
    """A drawing is what is predicted at the last step: of a prediction of t 1 - 1 / n."""
    model, z = small(), np.zeros((1, 4), np.float32)
    monkeypatch.setattr(model, "predicted", lambda y, t, z, w=1.0: tf.ones_like(y) * t[:, None, None, None])
    for steps in (1, 2, 5):
        model.steps = steps
        np.testing.assert_allclose(model.decode(z), 1 - 0.5 / steps, atol=1e-5)


def test_a_batch_of_draws_is_cut_without_a_trace(monkeypatch):
    model, z = small(), np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    noise = np.random.default_rng(1).normal(size=(5, 28, 28, 1)).astype(np.float32)
    whole = model.decode(z, noise)
    monkeypatch.setattr("crossmodal.models.flow.BATCH", 2)
    np.testing.assert_allclose(model.decode(z, noise), whole, atol=1e-5)
    assert model.decode(z[:0]).shape == (0, 28, 28, 1)


@pytest.mark.parametrize(("size", "blank"), [(28, True), (64, False)])
def test_the_best_drawings_begin_at_one_noise_that_is_0_in_small_images(size, blank):
    noise = first_noise((size, size, 1))
    np.testing.assert_array_equal(noise, first_noise((size, size, 1)))
    assert (np.std(noise) < 1e-9) == blank
    assert blank or np.std(noise) == pytest.approx(1, abs=0.05)
    model = small(image_shape=(size, size, 1), steps=1)
    model.transformer.get_layer("pixels").kernel.assign(0.1 * np.ones((16, model.patch**2)))
    sound = np.random.default_rng(0).random((2, 48, 48), np.float32)
    drawn = model.generate(sound)[0]
    np.testing.assert_array_equal(drawn, model.draw_at(model.latents_of(sound), np.stack([noise] * 2)))
    np.testing.assert_allclose(np.asarray(model(sound[..., None])), drawn, atol=1e-5)


def test_it_learns_a_class_by_its_sound_and_is_saved(tmp_path):
    """Two sounds, two images: after some steps each sound draws its own."""
    model = small(beta=0.001)
    sounds = np.stack([np.zeros((48, 48, 1)), np.ones((48, 48, 1))]).astype(np.float32)
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[0, :14], images[1, 14:] = 1, 1
    model.compile(keras.optimizers.Adam(4e-3), jit_compile=False)
    pairs = np.tile(images[:, None], (1, 16, 1, 1, 1))
    history = model.fit(tf.data.Dataset.from_tensors((sounds, pairs)).repeat(400), epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    drawn, draws = model.generate(sounds, samples=3, seed=0)
    assert np.abs(drawn - images).mean() < 0.1
    assert np.abs(draws - images[:, None]).mean() < 0.15
    np.testing.assert_array_equal(draws, model.generate(sounds, samples=3, seed=0)[1])
    assert not np.array_equal(draws[:, 0], draws[:, 1])
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.generate(sounds, samples=3, seed=0)[1], draws, atol=1e-5)
    assert model.information(sounds).shape == (2,)
