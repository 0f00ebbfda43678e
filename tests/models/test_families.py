"""Each family at its smallest: it learns, draws, is saved; its terms against closed forms; who learns from which."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import crossmodal
from crossmodal.app.experiments.families import FAMILIES
from crossmodal.errors import DataError, ModelError
from crossmodal.models.feature_vae import share_lost
from crossmodal.models.hand_inference import hand_at, kl_from_prior
from crossmodal.models.larsen import likeness
from crossmodal.models.losses import clip_cross_entropy
from crossmodal.saving.keras_file import load_model, save_model
from crossmodal.training.optimizers import FusedAdam, warm_cosine

ENCODER = {"encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)}}
DECODER = {"units": (8,), "filters": (8, 8, 8)}
LAYERS = {f"decoder_{name}": value for name, value in DECODER.items()}
DISCRIMINATOR = {"discriminator_filters": (4, 4, 4)}
GANS = ("conditional-gan", "wasserstein-gan", "info-gan")
SMALL = {
    "autoencoder": {"decoder_options": DECODER},
    "conditional-vae": {"decoder_options": DECODER, "recognition_filters": (4, 4), "recognition_units": 8},
    **{name: {"decoder_options": DECODER, **DISCRIMINATOR, "discriminator_units": ()} for name in GANS},
    **{name: {**LAYERS, **DISCRIMINATOR} for name in ("larsen-vae-gan", "vae-dis")},
    "coopnets": {"decoder_options": DECODER, "descriptor_filters": (4, 4, 4), "steps": 2, "draw_steps": 2},
    "joint-flow": {"width": 16, "blocks": 1, "heads": 2, "hidden": 32, "steps": 2, "frames_per_token": 12},
    "cycle-gan": {
        "decoder_options": DECODER,
        "discriminator_filters": (4, 4, 4),
        "encoder_options": {"filters": (4, 4, 4), "units": (8,)},
        "image_encoder_options": {"filters": (4, 4, 4), "units": (8,)},
        "sound_decoder_options": DECODER,
    },
    "flow": {"width": 16, "blocks": 1, "heads": 2, "hidden": 32, "steps": 2},
}
RNG = np.random.default_rng(0)
SOUNDS, IMAGES = RNG.random((4, 48, 48, 1), np.float32), RNG.random((4, 2, 28, 28, 1), np.float32)


def small(name, **options):
    keras.utils.set_random_seed(0)
    encoder = {} if name == "joint-flow" else ENCODER
    return getattr(crossmodal, FAMILIES[name].model)(**{**encoder, **SMALL[name], **options})


def stepped(model, steps=1):
    """The model after some steps; what the last one reported."""
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    for _ in range(steps):
        logs = model.train_step((tf.constant(SOUNDS), tf.constant(IMAGES)))
    return {name: float(value) for name, value in logs.items()}


def weights(network):
    return np.concatenate([w.ravel() for w in network.get_weights()])


def test_every_family_is_small_here():
    assert set(SMALL) == set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_takes_a_step_draws_and_is_saved(name, tmp_path, eager):
    model = small(name)
    logs = stepped(model)
    assert set(logs) <= set(model.TRACKED)
    assert np.isfinite(list(logs.values())).all()
    tested = model.test_step((tf.constant(SOUNDS), tf.constant(IMAGES)))
    assert np.isfinite([float(value) for value in tested.values()]).all()
    images, draws = model.generate(SOUNDS, samples=2, seed=1)
    assert (images.shape, draws.shape) == ((4, 28, 28, 1), (4, 2, 28, 28, 1))
    assert draws.min() >= 0
    assert draws.max() <= 1
    assert np.array_equal(draws[:, 0], draws[:, 1]) == (name in ("autoencoder", "cycle-gan"))
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.generate(SOUNDS, samples=2, seed=1)[1], draws, atol=1e-5)
    assert model.generate(SOUNDS, samples=0)[1].shape == (4, 0, 28, 28, 1)
    with pytest.raises(DataError, match="NaN"):
        model.generate(np.full_like(SOUNDS, np.nan))


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "joint-flow"])
def test_the_drawing_at_a_sounds_latent_is_the_sounds_own(name):
    model = small(name)
    latents = model.latents_of(SOUNDS)
    images, _ = model.generate(SOUNDS, samples=0, seed=0)
    np.testing.assert_allclose(model.draw_at(latents), images, atol=1e-5)
    middle = np.zeros((4, model.hand_dim), np.float32)
    np.testing.assert_allclose(model.draw_at(latents, middle), images, atol=1e-5)
    assert bool(model.hand_dim) == (name not in ("autoencoder", "cycle-gan", "larsen-vae-gan", "vae-dis"))
    if model.hand_dim:
        if name == "flow":  # which draws nothing before its first step
            stepped(model, 2)
        assert np.abs(model.draw_at(latents, middle + 3) - images).max() > 1e-4


def test_a_joint_flow_has_no_latent_to_draw_at():
    with pytest.raises(ModelError, match="has no latent"):
        small("joint-flow").latents_of(SOUNDS)


def test_a_recognition_network_says_in_which_hand_an_image_is():
    vae, gan = small("conditional-vae"), small("info-gan")
    assert vae.hands_of(IMAGES[:, 0], vae.latents_of(SOUNDS)).shape == (4, 16)
    assert gan.hands_of(IMAGES[:, 0], gan.latents_of(SOUNDS)).shape == (4, 3)
    assert small("autoencoder").hands_of(IMAGES[:, 0], SOUNDS) is None


def test_hands_lie_where_the_prior_network_says():
    """The KL between two Gaussians by its textbook form, and the way from u to the hand and back."""
    model = small("conditional-vae")
    model.prior.set_weights([w + 0.1 * RNG.standard_normal(w.shape) for w in model.prior.get_weights()])
    codes = RNG.standard_normal((4, 32)).astype(np.float32)
    prior = model.prior(codes)
    u_mean, u_log_var = (RNG.standard_normal((4, 16)).astype(np.float32) for _ in range(2))
    found = kl_from_prior(u_mean, u_log_var, *prior)
    for mean, log_var, mu, lower, kl in zip(u_mean, u_log_var, *(np.array(each) for each in prior), found, strict=True):
        assert (np.triu(lower, 1) == 0).all()
        sigma, away = lower @ lower.T, mean - mu
        twice = np.trace(np.linalg.solve(sigma, np.diag(np.exp(log_var)))) + away @ np.linalg.solve(sigma, away) - 16
        assert float(kl) == pytest.approx((twice + np.linalg.slogdet(sigma)[1] - log_var.sum()) / 2, rel=1e-3)
    np.testing.assert_allclose(model.placed(codes, hand_at(u_mean, *prior)), u_mean, atol=1e-4)
    np.testing.assert_allclose(model.placed(codes, np.zeros((4, 16), np.float32)), prior[0], atol=1e-6)


def test_without_a_prior_network_hands_are_what_was_recognised():
    """As in older files. A network starts as that prior, and learns."""
    learned, standard = (small("conditional-vae", learned_prior=learned) for learned in (True, False))
    older = {name: value for name, value in learned.get_config().items() if name != "learned_prior"}
    assert type(learned).from_config(older).prior is None
    for part in ("encoder", "decoder", "recognition"):
        getattr(standard, part).set_weights(getattr(learned, part).get_weights())
    hands = [model.hands_of(IMAGES[:, 0], model.latents_of(SOUNDS)) for model in (learned, standard)]
    np.testing.assert_allclose(*hands, atol=1e-6)
    before = weights(learned.prior)
    stepped(learned)
    assert np.abs(weights(learned.prior) - before).max() > 1e-4


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_lies_in_its_ranges(name):
    from crossmodal.runtime.ranges import check_config

    for data in ("digits-tts", "fsdd-mnist"):
        check_config(FAMILIES[name].with_defaults(FAMILIES[name].Config(data=data)))


def test_a_grey_autoencoder_loses_784_bits():
    model = small("autoencoder")
    model.decoder.set_weights([0 * w for w in model.decoder.get_weights()])
    assert float(model.loss_of(SOUNDS, IMAGES)) == pytest.approx(784 * np.log(2), rel=1e-5)


def test_the_conditional_vae_pays_for_what_the_hand_tells():
    model = small("conditional-vae")
    heads = [model.recognition.get_layer(name) for name in ("z_mean", "z_log_var")]
    for head, value in zip(heads, (2.0, 0.0), strict=True):
        head.set_weights([0 * head.get_weights()[0], np.full(16, value, np.float32)])
    terms = model.losses_of(SOUNDS, IMAGES)
    assert float(terms["kl"]) == pytest.approx(16 * 2.0**2 / 2)


@pytest.mark.parametrize("name", [*GANS, "coopnets"])
def test_a_generator_does_not_teach_the_ear(name):
    """No gradient of what the generator learns from reaches the encoder."""
    model = small(name)
    with tf.GradientTape() as tape:
        if name == "wasserstein-gan":
            loss = model.generator_loss(SOUNDS, tf.constant(IMAGES))
        else:
            terms = model.losses_of(SOUNDS, tf.constant(IMAGES))
            loss = terms["teaching"] + terms["bound"] if name == "coopnets" else terms["loss"]
    gradients = tape.gradient(loss, model.encoder.trainable_variables)
    assert all(gradient is None or not np.any(gradient) for gradient in gradients)


def test_the_slope_of_a_linear_critic_is_that_of_its_weights():
    model = small("wasserstein-gan")
    direction = RNG.normal(size=(28, 28, 1)).astype(np.float32)
    direction *= 3 / np.linalg.norm(direction)
    model.judge = lambda images, codes: tf.reduce_sum(images * direction, axis=(1, 2, 3))
    slope = model.slope(tf.constant(IMAGES[:, 0]), tf.constant(IMAGES[:, 1]), None)
    assert float(slope) == pytest.approx((3 - 1) ** 2, rel=1e-4)


def test_the_ear_of_a_critic_pays_for_the_slope():
    """The slope grows with |c|, which nothing else holds."""
    model = small("wasserstein-gan")
    with tf.GradientTape() as tape:
        slope = model.critic_losses(tf.constant(SOUNDS), tf.constant(IMAGES), training=True)["slope"]
    gradients = tape.gradient(slope, model.encoder.trainable_variables, unconnected_gradients="zero")
    assert any(np.any(gradient) for gradient in gradients)


def test_the_critic_takes_several_steps_for_one_of_the_generator():
    model = small("wasserstein-gan", critic_steps=4)
    stepped(model, steps=3)
    assert int(model.optimizer.iterations) == 12
    assert int(model.generator_optimizer.iterations) == 3


def test_critic_and_generator_share_a_schedule():
    """Else the critic's rate, which falls once a step, is 0 from a quarter of the training on."""
    model = small("wasserstein-gan", critic_steps=4)
    model.compile(FusedAdam(warm_cosine(1.0, 8, 0), use_ema=True, ema_momentum=0.9), jit_compile=False)
    for _ in range(3):
        model.train_step((tf.constant(SOUNDS), tf.constant(IMAGES)))
    generator, critic = model.generator_optimizer, model.optimizer
    expected = (1 + np.cos(np.pi * 3 / 8)) / 2
    assert float(generator.learning_rate) == pytest.approx(expected)
    assert float(critic.learning_rate) == pytest.approx(expected)
    again = type(critic).from_config(critic.get_config())
    again.build([])
    again.iterations.assign(12)
    assert float(again.learning_rate) == pytest.approx(expected)


def test_a_style_that_is_never_found_costs_its_variance():
    model = small("info-gan", style_dim=8)
    model.finder.set_weights([0 * w for w in model.finder.get_weights()])
    found = [float(model.losses_of(SOUNDS, IMAGES)["style"]) for _ in range(40)]
    assert np.mean(found) == pytest.approx(8 / 2, rel=0.15)
    assert model.style(IMAGES[:, 0]).shape == (4, 8)


def test_likeness_is_half_a_squared_distance():
    one, other = RNG.random((3, 2, 2, 4)), RNG.random((3, 2, 2, 4))
    np.testing.assert_allclose(likeness(one, other), 0.5 * np.square(one - other).sum((1, 2, 3)), rtol=1e-5)


def test_larsens_encoder_learns_nothing_from_the_gan():
    model = small("larsen-vae-gan", gamma=0.0, beta=0.0)
    before = [weights(network) for network in (model.encoder, model.decoder, model.discriminator)]
    stepped(model)
    after = [weights(network) for network in (model.encoder, model.decoder, model.discriminator)]
    assert not np.array_equal(before[1], after[1])
    assert not np.array_equal(before[2], after[2])
    untrained = small("larsen-vae-gan").encoder.trainable_variables  # batch normalisation's statistics move
    for variable, value in zip(untrained, model.encoder.trainable_variables, strict=True):
        np.testing.assert_array_equal(variable, value)


def test_vae_dis_compares_by_a_discriminator_that_stays():
    model = small("vae-dis")
    gan = model.gan()
    assert gan.discriminator is model.discriminator
    assert gan.get_config()["discriminator_filters"] == (4, 4, 4)
    stepped(gan)
    before = weights(model.discriminator)
    logs = stepped(model, steps=2)
    np.testing.assert_array_equal(weights(model.discriminator), before)
    assert logs["likeness"] > 0


def test_vae_dis_loses_all_of_a_layers_variance_by_the_mean_image():
    real = RNG.random((6, 4, 4, 3)).astype(np.float32)
    mean = np.broadcast_to(real.mean(0), real.shape)
    assert float(share_lost(real, mean)) == pytest.approx(1, rel=1e-5)
    assert float(share_lost(real, real)) == 0
    assert float(share_lost(7 * real, 7 * (real + mean) / 2)) == pytest.approx(1 / 4, rel=1e-5)
    names = [layer.shape[1:] for layer in small("vae-dis").similarity.outputs]
    assert names == [(28, 28, 1), (14, 14, 4), (7, 7, 4), (1, 1, 4)]


def test_chains_climb_the_descriptor():
    """f(y) = -|y - 0.7|^2 / 2 per pixel: chains without noise end at 0.7."""
    model = small("coopnets", steps=200, step=0.5, noise=0.0)
    model.f = lambda images, sounds: -0.5 * tf.reduce_sum(tf.square(images - 0.7), axis=(1, 2, 3))
    model.descriptor = lambda y: y
    revised = model.revise(tf.constant(IMAGES[:, 0]), tf.zeros((4, 32)), [0, 1], 200)
    np.testing.assert_allclose(revised, 0.7, atol=1e-3)


def test_a_cooperative_generator_learns_from_real_images_as_a_conditional_vae_does():
    shapes = {"recognition_filters": (4, 4), "recognition_units": 8}
    model, vae = small("coopnets", **shapes), small("conditional-vae")
    for network in ("encoder", "decoder", "recognition", "prior"):
        getattr(model, network).set_weights(getattr(vae, network).get_weights())
    for each in (model.recognition, vae.recognition):  # no spread, and so no noise
        head = each.get_layer("z_log_var")
        head.set_weights([0 * head.get_weights()[0], np.full(16, -30, np.float32)])
    terms = vae.losses_of(SOUNDS, tf.constant(IMAGES))
    found = model.losses_of(SOUNDS, tf.constant(IMAGES))["bound"]
    assert float(found) == pytest.approx(float(terms["reconstruction"] + terms["kl"]), rel=1e-4)
    assert model.hands_of(IMAGES[:, 0], model.latents_of(SOUNDS)).shape == (4, 16)


def test_a_cooperative_generator_can_learn_from_the_chains_alone():
    model = small("coopnets", likelihood=0.0)
    assert "bound" in stepped(model)
    assert model.hands_of(IMAGES[:, 0], model.latents_of(SOUNDS)) is None
    assert not model.prior
    newer = ("likelihood", "learned_prior", "inferred")
    older = {name: value for name, value in model.get_config().items() if name not in newer}
    found = crossmodal.ConditionalCoopNets.from_config(older)
    assert (found.recognition, found.prior) == (None, None)


@pytest.mark.parametrize("name", ["coopnets", "conditional-vae"])
def test_without_its_recognition_network_a_model_draws_the_same_and_does_not_learn(name, tmp_path):
    model = small(name)
    drawing = model.drawing_only()
    assert drawing.drawing_only() is drawing
    assert model.count_params() - drawing.count_params() == model.recognition.count_params()
    for one, other in zip(model.generate(SOUNDS, 2, 3), drawing.generate(SOUNDS, 2, 3), strict=True):
        np.testing.assert_array_equal(one, other)
    assert drawing.hands_of(IMAGES[:, 0], drawing.latents_of(SOUNDS)) is None
    with pytest.raises(ModelError, match="no recognition network, so it draws but does not learn"):
        stepped(drawing)
    save_model(drawing, tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").recognition is None
    assert small("autoencoder").drawing_only().count_params() == small("autoencoder").count_params()


def test_an_image_whose_clip_cannot_be_told_costs_the_log_of_their_number():
    model = small("coopnets")
    model.projection.set_weights([0 * w for w in model.projection.get_weights()])
    assert float(model.losses_of(SOUNDS, tf.constant(IMAGES))["wrong"]) == pytest.approx(np.log(4))


def test_a_clip_is_told_by_its_own_images():
    """f = 9 for an image with the code of its clip, 0 with another's: -log of e^9 among e^9 + 2."""
    codes = 3 * tf.eye(3)
    wrong = clip_cross_entropy(tf.repeat(codes, 2, axis=0), codes)
    np.testing.assert_allclose(wrong, np.full(6, np.log(1 + 2 * np.exp(-9))), atol=1e-5)


def test_the_slope_of_a_linear_descriptor_is_that_of_its_weights():
    model, w = small("coopnets"), RNG.standard_normal((28, 28, 1)).astype(np.float32)
    model.f = lambda images, codes: tf.reduce_sum(images * w, axis=(1, 2, 3))
    model.descriptor = lambda y: y
    slopes = model.slopes(tf.constant(IMAGES[:, 0]), tf.zeros((4, 32)))
    np.testing.assert_allclose(slopes, np.full(4, np.sum(w**2)), rtol=1e-5)


def test_without_steps_a_drawing_is_the_generators():
    model = small("coopnets", draw_steps=0)
    images, _ = model.generate(SOUNDS, samples=0)
    np.testing.assert_allclose(images, model(SOUNDS), atol=1e-6)
    model.draw_steps = 2
    assert np.abs(model.generate(SOUNDS, samples=0)[0] - images).max() > 1e-6
