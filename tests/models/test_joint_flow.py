"""The joint flow: its transformer and its loss against closed forms, each way of asking it, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal import JointFlow, LogMel
from crossmodal.errors import DataError
from crossmodal.models.joint_flow import WAYS
from crossmodal.models.networks.joint_transformer import JointBlock, joint_transformer
from crossmodal.models.networks.transformer import Block
from crossmodal.models.pair_state import PairState, seconds_of, units_of
from crossmodal.saving.keras_file import load_model, save_model

SMALL = {"width": 16, "blocks": 1, "heads": 2, "hidden": 32, "frames_per_token": 12}
RNG = np.random.default_rng(0)


def small(**options):
    keras.utils.set_random_seed(0)
    return JointFlow(**{**SMALL, **options})


def only(way):
    """The shares of a training that has this way alone."""
    return tuple(float(name == way) for name in WAYS)


def test_a_pair_becomes_a_state_and_a_state_a_pair():
    pair = PairState((8, 4, 3), (6, 5, 1))
    images, spectrograms = RNG.random((2, 8, 4, 3), np.float32), RNG.random((2, 6, 5, 1), np.float32)
    durations_s = np.array([0.2, 0.8], np.float32)
    states = pair.join(images, spectrograms, units_of(durations_s))
    assert states.shape == (2, pair.size) == (2, 96 + 30 + 1)
    for found, wanted in zip(pair.pairs(states), (images, spectrograms, durations_s), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(pair.flat(*pair.part(states)), states, atol=1e-6)
    np.testing.assert_allclose(units_of(np.array([0.4 * np.exp(0.4), 1e-9])), [1, -4], atol=1e-6)
    np.testing.assert_allclose(seconds_of(np.array([-4.0, 4.0])), [0.4 * np.exp(-1.6), 0.4 * np.exp(1.6)])
    sides = np.asarray(pair.per_number(np.array([[1.0, 2.0]])))
    np.testing.assert_array_equal(sides, [[1.0] * 96 + [2.0] * 31])


def test_what_is_given_takes_the_place_of_noise():
    pair = PairState((8, 4, 3), (6, 5, 1))
    noise = RNG.normal(size=(2, pair.size))
    ones = {"images": np.ones((2, 8, 4, 3)), "spectrograms": np.ones((2, 6, 5, 1))}
    seen = pair.given(noise, images=ones["images"])
    np.testing.assert_array_equal(seen[:, :96], 1)
    np.testing.assert_array_equal(seen[:, 96:], noise[:, 96:])
    heard = pair.given(noise, spectrograms=ones["spectrograms"])
    np.testing.assert_array_equal(heard[:, :96], noise[:, :96])
    np.testing.assert_array_equal(heard[:, 96:-1], 1)
    np.testing.assert_array_equal(heard[:, -1], 0)


def test_sides_of_the_same_weights_are_one_block_over_all_tokens():
    image, sound = RNG.normal(size=(2, 3, 16)).astype(np.float32), RNG.normal(size=(2, 5, 16)).astype(np.float32)
    steering = RNG.normal(size=(2, 96)).astype(np.float32)
    joint, single = JointBlock(2, 32), Block(2, 32)
    joint(image, sound, steering, steering)
    whole = single(np.concatenate([image, sound], axis=1), steering)
    for side in joint.sides:
        side.set_weights(single.get_weights())
    found = joint(image, sound, steering, steering)
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-5)


def test_a_transformer_gives_nothing_at_the_start_and_hears_all_later():
    network = joint_transformer((8, 8, 1), 4, (12, 6, 1), 16, 2, 2, 32, 3, 1, "float32")
    image, spectrogram = RNG.random((2, 8, 8, 1), np.float32), RNG.random((2, 12, 6, 1), np.float32)
    inputs = [image, spectrogram, np.zeros((2, 1), np.float32), np.full((2, 2), 0.3, np.float32)]
    for output, shape in zip(network(inputs), 2 * ((2, 8, 8, 1), (2, 12, 6, 1), (2, 1)), strict=True):
        np.testing.assert_array_equal(output, np.zeros(shape))
    network.set_weights([w + 0.1 * RNG.normal(size=w.shape).astype(np.float32) for w in network.get_weights()])
    before = network(inputs)
    for i in range(4):
        changed = [x + 0.5 * (i == j) for j, x in enumerate(inputs)]
        for one, other in zip(before, network(changed), strict=True):
            assert np.abs(np.asarray(one) - np.asarray(other)).max() > 1e-4
    with pytest.raises(ValueError, match="no multiple of 5"):
        joint_transformer((8, 8, 1), 4, (12, 6, 1), 16, 1, 2, 32, 5, 0, "float32")


@pytest.mark.parametrize("way", WAYS)
def test_the_loss_of_a_network_that_predicts_0(way):
    """Numbers of 0 or 1 are -1 or 1 scaled, 1 from the prediction: at time 1/2 the squared error is 1 / (1/2)^2."""
    model = small(shares=only(way), time_mean=0.0, time_spread=1e-6)
    image_moves, sound_moves = (slope for _, slope in WAYS[way])
    sounds, images = np.ones((2, 48, 48, 1), np.float32), np.zeros((2, 3, 28, 28, 1), np.float32)
    terms = model.losses_of(sounds, images, sounds, np.full(2, 0.4 * np.exp(0.4), np.float32))
    expected = {"image": 4 * image_moves, "sound": 4 * sound_moves, "duration": 4 * sound_moves}
    expected["early"] = 4 * image_moves + 4 * sound_moves + 0.4 * sound_moves
    assert {name: float(value) for name, value in terms.items()} == pytest.approx(expected, rel=1e-4)


def test_internal_guidance_leaves_behind_what_is_predicted_early():
    model = small(blocks=2, early=1, early_weight=0.25)
    for name, value in (("pixels", 0.1), ("early_pixels", -0.5), ("bands", 0.2)):
        layer = model.transformer.get_layer(name)
        layer.bias.assign(value * np.ones(layer.bias.shape))
    state, times = np.zeros((1, model.pair.size), np.float32), np.array([0.5, 0.5], np.float32)
    for w, image, sound in ((0.0, -0.5, 0.0), (1.0, 0.1, 0.2), (1.5, 0.4, 0.3)):
        images, spectrograms, _ = model.pair.part(model.predicted(state, times, w))
        np.testing.assert_allclose(images, image, atol=1e-6)
        np.testing.assert_allclose(spectrograms, sound, atol=1e-6)
        model.internal_guidance = w
        np.testing.assert_allclose(model.imagine(1)[0], (1 + image) / 2, atol=1e-4)
    sounds, images = np.ones((1, 48, 48, 1), np.float32), np.full((1, 2, 28, 28, 1), 0.5, np.float32)
    terms = model.total_of((sounds, images))
    parts = terms["image"] + terms["sound"] + 0.1 * terms["duration"] + 0.25 * terms["early"]
    assert float(terms["loss"]) == pytest.approx(float(parts), rel=1e-5)
    assert JointFlow.from_config({k: v for k, v in model.get_config().items() if k != "early"}).early == 0


def test_what_is_heard_is_not_what_is_learned():
    """A given sound is the augmented one, without its duration; a sound that is learned is plain."""
    model, seen = small(shares=only("image of sound")), []
    model.transformer = lambda inputs, training: seen.append(inputs) or 2 * inputs[:3]
    heard, plain = np.full((2, 48, 48, 1), 0.25, np.float32), np.ones((2, 48, 48, 1), np.float32)
    images = np.zeros((2, 1, 28, 28, 1), np.float32)
    model.losses_of(heard, images, plain, np.full(2, 0.8, np.float32))
    model.shares = only("sound of image")
    model.losses_of(heard, images, plain, np.full(2, 0.8, np.float32))
    (_, given, duration, times), (image, noisy, _, other_times) = seen
    np.testing.assert_allclose(given, -0.5, atol=1e-6)
    np.testing.assert_array_equal(duration, 0)
    np.testing.assert_array_equal(times[:, 1], 1)
    np.testing.assert_array_equal(image, -1)
    np.testing.assert_array_equal(other_times[:, 0], 1)
    t = np.asarray(other_times)[:, 1]
    assert np.asarray(noisy).mean(axis=(1, 2, 3)) == pytest.approx(t, abs=0.05)  # t times 1 and noise


class Linear(JointFlow):
    """Predicts a number of each side by the time of the other: 0 if it is missing, else 0.2."""

    def predicted(self, state, times, internal=1.0):
        return tf.ones_like(state) * 0.2 * self.pair.per_number(tf.cast(times[None, ::-1] > 0, tf.float32))


@pytest.mark.parametrize("guidance", [0.0, 1.0, 3.0])
def test_guidance_goes_on_from_what_each_side_is_without_the_other(guidance):
    model = Linear(**SMALL, guidance=guidance)
    images, draws = model.generate(np.ones((1, 48, 48)), samples=2)
    spectrograms, durations_s = model.say(np.ones((1, 28, 28, 1)), samples=2)
    imagined, sounds, _ = model.imagine(2)
    for found in (images, draws, spectrograms, imagined, sounds):
        np.testing.assert_allclose(found, (1 + 0.2 * guidance) / 2, atol=1e-4)
    np.testing.assert_allclose(durations_s, 0.4 * np.exp(0.4 * 0.2 * guidance), rtol=1e-4)


def test_the_steps_are_a_dial(monkeypatch):
    """A drawing is what is predicted at the last step: of a prediction of t 1 - 1 / n."""
    model = JointFlow(**{**SMALL, "guidance": 1.0})
    monkeypatch.setattr(model, "predicted", lambda state, times, w=1.0: tf.ones_like(state) * times[0])
    for steps in (1, 2, 5):
        model.steps = steps
        np.testing.assert_allclose(model.generate(np.ones((1, 48, 48)))[0], 1 - 0.5 / steps, atol=1e-5)


class Forgetful(JointFlow):
    """Predicts the mean of a side that is given, and of two that move nothing but 0."""

    def predicted(self, state, times, internal=1.0):
        image, sound, _ = self.pair.part(state)
        means = [keras.ops.mean(side, axis=(1, 2, 3), keepdims=True) for side in (image, sound)]
        given = [mean * tf.cast(time == 1, tf.float32) for mean, time in zip(means, tf.unstack(times), strict=True)]
        return sum(given)[:, :, 0, 0] * tf.ones_like(state)


def test_what_is_imagined_passes_a_step_of_gibbs_sampling(monkeypatch):
    """Of two sides that come from noise apart, the image is made anew of the sound, and the sound of that image."""
    model, asked = Forgetful(**SMALL), []
    solved = model.solved
    apart = np.full((3, model.pair.size), 0.5, np.float32)
    apart[:, : model.pair.pixels] = -0.5

    def watched(start, way):
        asked.append(way)
        return model.pair.pairs(apart) if way == "both" else solved(start, way)

    monkeypatch.setattr(model, "solved", watched)
    images, sounds, durations_s = model.imagine(3, seed=1)
    assert asked == ["both", "image of sound", "sound of image"]
    np.testing.assert_allclose(images, 0.75, atol=1e-4)
    np.testing.assert_allclose(sounds, 0.75, atol=1e-4)
    assert durations_s.shape == (3,)


def test_draws_are_functions_of_the_seed_and_cut_without_a_trace(monkeypatch):
    model = small()
    model.transformer.set_weights([w + 0.05 * RNG.normal(size=w.shape) for w in model.transformer.get_weights()])
    sounds, images = RNG.random((3, 48, 48), np.float32), RNG.random((3, 28, 28, 1), np.float32)
    model.steps = 2
    whole = model.generate(sounds, 2, 5)[1], *model.say(images, 2, 5), *model.imagine(4, 5)
    monkeypatch.setattr("crossmodal.models.joint_flow.BATCH", 2)
    parts = model.generate(sounds, 2, 5)[1], *model.say(images, 2, 5), *model.imagine(4, 5)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert not np.allclose(whole[1][:, 0], whole[1][:, 1])
    assert not np.allclose(whole[1], model.say(images, 2, 6)[0])
    assert model.say(images[:0])[0].shape == (0, 1, 48, 48, 1)


def test_what_is_no_image_is_not_said():
    for wrong in (
        np.zeros((1, 28, 28)),
        np.zeros((1, 20, 28, 1)),
        np.full((1, 28, 28, 1), 1.5),
        np.full((1, 28, 28, 1), np.nan),
    ):
        with pytest.raises(DataError, match="do not fit this model"):
            small().say(wrong)


def test_it_learns_two_pairs_in_every_direction_and_is_saved(tmp_path):
    """Two sounds of 0.2 and 0.8 s, two images: after some steps each side brings its other, and both come together."""
    front_end = LogMel(n_frames=12, n_mels=12).get_config()
    sizes = {"width": 32, "hidden": 64, "frames_per_token": 3}
    model = small(image_shape=(8, 8, 1), front_end=front_end, **sizes)
    sounds = np.stack([np.zeros((12, 12, 1)), np.ones((12, 12, 1))]).astype(np.float32)
    images = np.zeros((2, 8, 8, 1), np.float32)
    images[0, :4], images[1, 4:] = 1, 1
    durations_s = np.array([0.2, 0.8], np.float32)
    batch = (sounds, np.tile(images[:, None], (1, 32, 1, 1, 1)), {"duration": durations_s, "plain": sounds})
    model.compile(keras.optimizers.Adam(4e-3), jit_compile=False)
    history = model.fit(tf.data.Dataset.from_tensors(batch).repeat(1000), epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"][0])
    drawn, draws = model.generate(sounds, samples=3, seed=0)
    assert np.abs(drawn - images).mean() < 0.1
    assert np.abs(draws - images[:, None]).mean() < 0.1
    said, lasting_s = model.say(images, samples=4, seed=0)
    assert np.abs(said - sounds[:, None]).mean() < 0.1
    np.testing.assert_allclose(lasting_s.mean(axis=1), durations_s, rtol=0.25)
    imagined, heard, _ = model.imagine(16, seed=0)
    which = imagined[:, 4:].mean(axis=(1, 2, 3)) > 0.5
    assert 2 <= which.sum() <= 14
    np.testing.assert_array_equal(heard.mean(axis=(1, 2, 3)) > 0.5, which)
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.say(images, samples=4, seed=0)[0], said, atol=1e-4)
    assert again.shares == model.shares
