"""The VAE-GAN: the paper's size and shapes, who learns from what, round trips, and that it draws what it hears."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.models.vae_gan import R1_INTERVAL, AudioImageVAEGAN
from crossmodal.saving.keras_file import load_model
from crossmodal.training.loop import train
from crossmodal.training.optimizers import FusedAdam

SMALL = {
    "latent_dim": 8,
    "encoder_filters": (4, 8, 8),
    "decoder_filters": (16, 8, 4),
    "discriminator_filters": (8, 8, 16),
}
WAYS = [
    {},
    {"alpha": 0.0},
    {"conditional": True},
    {"conditional": True, "mismatch": 1.0},
    {"free_dim": 4, "decoder_units": (8,), "discriminator_units": (8,)},
    {"reconstruction": "energy"},
    {"r1": 1.0, "batch_norm": False},
    {"whole_image": True},
]


def build(**options):
    keras.utils.set_random_seed(0)
    model = AudioImageVAEGAN(**{**SMALL, **options})
    model.compile(FusedAdam(2e-3, beta_1=0.5), jit_compile=False)
    return model


def pairs(clips=4, n=4):
    rng = np.random.default_rng(0)
    return rng.random((clips, 48, 48, 1), np.float32), rng.random((clips, n, 28, 28, 1), np.float32)


def count(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


def test_the_papers_model_has_7_909_382_trainable_parameters():
    assert count(AudioImageVAEGAN().trainable_variables) == 7_909_382


def test_maps_have_the_papers_sizes():
    model = AudioImageVAEGAN()
    sizes = {
        "encoder": {"conv1": 23, "conv2": 10, "conv3": 4},
        "decoder": {"upconv1": 3, "upconv2": 7, "upconv3": 14, "upconv4": 28},
        "discriminator": {"conv1": 13, "conv2": 5, "conv3": 1, "score": 1},
    }
    for part, expected in sizes.items():
        for name, size in expected.items():
            assert getattr(model, part).get_layer(name).output.shape[1:3] == (size, size), name
    assert not any(isinstance(layer, keras.layers.Dense) for layer in model._flatten_layers())


def test_the_discriminator_of_balanced_sees_the_whole_image_and_the_papers_22_rows_and_columns():
    image = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    for model, rows in ((build(batch_norm=False), 22), (AudioImageVAEGAN.balanced(**SMALL, free_dim=4), 28)):
        with tf.GradientTape() as tape:
            tape.watch(x := tf.constant(image))
            logits = model.discriminator(x)[0]
        seen = np.abs(tape.gradient(logits, x).numpy()[0, :, :, 0]) > 0
        assert np.argwhere(seen).max(axis=0).tolist() == [rows - 1, rows - 1]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_step_moves_each_player_by_its_own_loss(way, eager):
    model = build(**way)
    before = [variable.numpy() for variable in model.trainable_variables]
    logs = model.train_on_batch(*pairs(), return_dict=True)
    assert set(logs) == set(model.TRACKED)
    assert all(np.isfinite(value) for value in logs.values())
    assert logs["gradient_norm"] > 0
    assert logs["discriminator_gradient_norm"] > 0
    moved = [not np.array_equal(a, b.numpy()) for a, b in zip(before, model.trainable_variables, strict=True)]
    assert np.mean(moved) > 0.9  # a bias before batch normalisation has no gradient but rounding


def test_the_generators_loss_leaves_the_discriminator_alone_and_the_other_way_round():
    model = build(batch_norm=False, kl_warmup_steps=1)
    x, y = pairs()
    with tf.GradientTape(persistent=True) as tape:
        terms, _, _ = model.losses_of(x, y)
    total = terms["adversarial"] + model.alpha * terms["reconstruction"] + model.beta * terms["kl"]
    np.testing.assert_allclose(terms["loss"], total, rtol=1e-6)
    # what train_step does not take: that there is something to take shows that the choice matters
    assert tf.linalg.global_norm(tape.gradient(terms["loss"], model.discriminator.trainable_variables)) > 0
    assert tf.linalg.global_norm(tape.gradient(terms["discriminator_loss"], model.decoder.trainable_variables)) > 0
    conditional = build(batch_norm=False, conditional=True, alpha=0.0)
    with tf.GradientTape() as tape:
        terms, _, sounds = conditional.losses_of(x, y)
        total = tf.reduce_sum(sounds)
    assert all(g is None for g in tape.gradient(total, conditional.encoder.trainable_variables))


def test_r1_is_half_the_squared_slope_and_comes_every_sixteenth_step():
    model = build(batch_norm=False, r1=2.0, conditional=True)
    real = tf.constant(pairs()[1].reshape(-1, 28, 28, 1))
    sounds = tf.random.stateless_normal((len(real), 8), (0, 1))

    def scores_of(images):
        return model.judge(*model.discriminator(images), sounds)

    direction = np.random.default_rng(1).normal(size=real.shape).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(real)
        scores = scores_of(real)
    slope = tape.gradient(scores, real).numpy()
    step = 1e-3
    above, below = (scores_of(real + way * step * direction) for way in (1, -1))
    numeric = (above - below) / (2 * step)  # less exact where a LeakyReLU bends within the step
    assert np.corrcoef(np.sum(slope * direction, axis=(1, 2, 3)), numeric)[0, 1] > 0.99
    expected = R1_INTERVAL * np.mean(np.sum(slope.astype(np.float64) ** 2, axis=(1, 2, 3)))
    assert float(model.r1_penalty(real, sounds)) == pytest.approx(expected, rel=1e-3)
    model.optimizer.iterations.assign(1)
    assert float(model.r1_penalty(real, sounds)) == 0


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_clipping_shortens_the_step_of_the_discriminator_and_leaves_the_generators(precision):
    data = tuple(tf.constant(array) for array in pairs())
    steps = {}
    for clip_norm in (0.0, 0.01):
        model = build(batch_norm=False, clip_norm=clip_norm, dtype=precision)
        model.compile(keras.optimizers.SGD(1.0), jit_compile=False)
        before = model.discriminator.get_weights(), model.decoder.get_weights()
        norm = float(model.train_step(data)["discriminator_gradient_norm"])
        after = model.discriminator.get_weights(), model.decoder.get_weights()
        steps[clip_norm] = [[b - a for a, b in zip(*pair, strict=True)] for pair in zip(before, after, strict=True)]
        length = float(tf.linalg.global_norm(steps[clip_norm][0]))
        assert norm > 0.1
        assert length == pytest.approx(clip_norm or norm, rel=1e-3)
    for free, clipped in zip(steps[0.0][1], steps[0.01][1], strict=True):
        np.testing.assert_allclose(free, clipped, atol=1e-6)


@pytest.mark.parametrize("way", [{}, {"conditional": True, "reconstruction": "energy", "batch_norm": False}], ids=str)
def test_a_saved_model_draws_the_same(way, tmp_path):
    model = build(**way, provenance={"seed": 3}, classes=["a", "b"])
    x, _ = pairs()
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path)
    assert loaded.get_config() == model.get_config()
    images, draws = loaded.generate(x, samples=3, seed=4)
    assert images.shape == (4, 28, 28, 1)
    assert draws.shape == (4, 3, 28, 28, 1)
    np.testing.assert_array_equal(draws, model.generate(x, samples=3, seed=4)[1])


def test_free_dimensions_are_the_same_noise_for_every_sound():
    model = build(free_dim=3)
    z_mean, z_log_var = model.encoder(pairs()[0])
    assert z_mean.shape == (4, 8)
    np.testing.assert_array_equal(z_mean[:, 5:], 0)
    np.testing.assert_array_equal(z_log_var[:, 5:], 0)
    assert np.ptp(z_mean[:, :5], axis=0).min() > 0


def test_balanced_draws_what_it_hears_in_more_than_one_way():
    """Two sounds, shown by a bar at the top or at the bottom, which is wide in half of the images."""
    keras.utils.set_random_seed(0)
    model = AudioImageVAEGAN.balanced(**{**SMALL, "free_dim": 4})
    model.compile(FusedAdam(2e-3, beta_1=0.5, beta_2=0.99, use_ema=True, ema_momentum=0.99), jit_compile=False)
    x = np.random.default_rng(0).random((2, 48, 48, 1), np.float32)
    y = np.zeros((2, 8, 28, 28, 1), np.float32)
    y[0, :, :8, :14], y[1, :, 20:, :14] = 1, 1
    y[:, ::2, :, 14:] = y[:, ::2, :, :14]
    data = tf.data.Dataset.from_tensors((x, y)).repeat(400)
    model.fit(data, epochs=1, verbose=0)
    _, draws = model.generate(x, samples=64)
    upper, lower = draws[:, :, :8].mean(axis=(2, 3, 4)), draws[:, :, 20:].mean(axis=(2, 3, 4))
    assert np.mean(upper[0] > lower[0] + 0.3) > 0.9
    assert np.mean(lower[1] > upper[1] + 0.3) > 0.9
    right = draws[0, :, :8, 14:].mean(axis=(1, 2, 3))
    assert 0.1 < np.mean(right > 0.5) < 0.9


def test_a_stopped_run_ends_as_an_unbroken_one_average_and_all(tmp_path):
    def run(name, **options):
        (tmp_path / name).mkdir(exist_ok=True)
        keras.utils.set_random_seed(0)
        model = AudioImageVAEGAN.balanced(**SMALL, free_dim=4)
        average = {"use_ema": True, "ema_momentum": 0.9}
        model.compile(FusedAdam(1e-3, beta_1=0.5, **average), jit_compile=False)

        def batches(first_epoch):
            return tf.data.Dataset.from_tensors(pairs(2, 2)).repeat()

        train(model, batches, epochs=3, steps_per_epoch=2, workdir=tmp_path / name, seed=1, **options)
        return model.get_weights()

    def stop(epoch, logs):
        if epoch == 1:
            raise KeyboardInterrupt

    whole = run("whole")
    with pytest.raises(KeyboardInterrupt):
        run("stopped", on_epoch=stop)
    for resumed in (run("stopped"), run("stopped")):  # the second finds nothing left to train
        for a, b in zip(whole, resumed, strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_average_forgets_the_initial_weights():
    optimizer = FusedAdam(0.1, use_ema=True, ema_momentum=0.999)
    variable = keras.Variable([100.0])
    for _ in range(200):
        optimizer.apply([tf.constant([np.sign(float(variable[0]) - 1.0)])], [variable])
        if abs(float(variable[0]) - 1.0) > 50:
            variable.assign([1.0])
    optimizer.finalize_variable_values([variable])
    assert abs(float(variable[0]) - 1.0) < 1.0  # 0.999 alone would leave 80 % of the 100


def test_of_a_pair_with_one_image_the_energy_score_compares_two_draws():
    """E |y - G| - 1/2 E |G - G'| of one y needs no second image, but a second draw."""
    x, y = pairs(n=1)
    once, twice = (build(reconstruction="energy").losses_of(x, np.repeat(y, n, axis=1))[0] for n in (1, 2))
    for name in once:
        np.testing.assert_array_equal(once[name], twice[name])
    untrained = AudioImageVAEGAN(**SMALL, reconstruction="energy")  # not compiled, as a loaded one
    assert np.isfinite(float(untrained.test_step((x, y))["loss"]))
    logs = build(reconstruction="energy").train_step((x, y))
    assert all(np.isfinite(float(value)) for value in logs.values())
