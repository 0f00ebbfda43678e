"""The own layers and the optimizer under what Keras lets a user do with its own: the numbers must be Keras'."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.models.networks import layers as own
from crossmodal.training.optimizers import FusedAdam

SHAPE = (8, 8, 3)
POLICIES = {"float32": 1e-5, "mixed_bfloat16": 0.05, "mixed_float16": 0.03}


def network(layers, dtype="float32"):
    """Each kind of layer once, of the toolkit's (`own`) or of Keras' (`keras.layers`)."""
    x = inputs = keras.Input(SHAPE)
    x = layers.Conv2D(12, 4, 2, "same", use_bias=False, dtype=dtype, name="conv")(x)
    x = layers.BatchNormalization(dtype=dtype, name="norm")(x)
    x = layers.Conv2DTranspose(4, 4, 2, "same", activation="relu", dtype=dtype, name="upconv")(x)
    x = keras.layers.Reshape((16, 16), dtype=dtype, name="rows")(x)
    x = layers.Conv1D(6, 5, 2, dtype=dtype, name="conv1d")(x)
    x = keras.layers.Flatten(dtype=dtype, name="flat")(x)
    x = layers.Dense(5, "tanh", dtype=dtype, name="dense")(x)
    return keras.Model(inputs, keras.layers.Dense(2, dtype="float32", name="out")(x))


def pair(dtype="float32"):
    """(the toolkit's network, Keras' with the same weights)."""
    keras.utils.set_random_seed(0)
    ours, theirs = network(own, dtype), network(keras.layers, dtype)
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def batch():
    rng = np.random.default_rng(0)
    return rng.normal(1, 2, (16, *SHAPE)).astype(np.float32), rng.normal(size=(16, 2)).astype(np.float32)


def fitted(model, optimizer=None, steps=4):
    """What a model and its optimizer hold after some steps of `fit`."""
    x, y = batch()
    model.compile(optimizer or keras.optimizers.SGD(0.05), "mse", jit_compile=False)
    model.fit(x, y, batch_size=len(x), epochs=steps, shuffle=False, verbose=0)
    return model.get_weights()


def assert_close(ours, theirs, tolerance=1e-5):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        scale = max(np.abs(np.float32(b)).max(), 1e-3)
        np.testing.assert_allclose(np.float32(a) / scale, np.float32(b) / scale, atol=tolerance)


@pytest.mark.parametrize("dtype", POLICIES)
@pytest.mark.parametrize("training", [True, False])
def test_calls(dtype, training):
    ours, theirs = pair(dtype)
    x, _ = batch()
    for model in (ours, theirs):
        model.get_layer("norm").moving_mean.assign(np.linspace(-1, 1, 12))
    assert_close([ours(x, training=training)], [theirs(x, training=training)], POLICIES[dtype])
    assert_close(ours.get_weights(), theirs.get_weights(), POLICIES[dtype])


@pytest.mark.parametrize("dtype", POLICIES)
def test_training(dtype):
    ours, theirs = (fitted(model) for model in pair(dtype))
    assert_close(ours, theirs, POLICIES[dtype])


@pytest.mark.parametrize("name", ["conv", "norm", "upconv", "conv1d", "dense"])
def test_a_frozen_layer_stays_still(name):
    models = pair()
    for model in models:
        model.get_layer(name).trainable = False
    before = models[0].get_layer(name).get_weights()
    ours, theirs = (fitted(model) for model in models)
    for a, b in zip(before, models[0].get_layer(name).get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert_close(ours, theirs)


def test_a_frozen_network_stays_still_and_is_thawed():
    models = pair()
    before = models[0].get_weights()
    for model in models:
        model.trainable = False
        model(batch()[0], training=True)
    assert_close(models[0].get_weights(), before, 0)
    for model in models:
        model.trainable = True
    ours, theirs = (fitted(model) for model in models)
    assert np.abs(ours[2] - before[2]).max() > 0
    assert_close(ours, theirs)


def test_a_frozen_encoder_stays_still():
    """As who trains a decoder alone does; batch normalisation is the layer that would move."""
    from crossmodal.models.vae import AudioImageVAE

    model = AudioImageVAE(4, (4, 8), (16,), (16,), (8, 4), batch_norm=True)
    model.encoder.trainable = False
    before = model.encoder.get_weights()
    decoder = model.decoder.get_weights()
    rng = np.random.default_rng(0)
    data = tf.data.Dataset.from_tensors(
        (rng.random((4, 48, 48, 1), np.float32), rng.random((4, 1, 28, 28, 1), np.float32))
    )
    model.compile(FusedAdam(1e-2), jit_compile=False)
    model.fit(data, epochs=3, verbose=0, shuffle=False)
    for a, b in zip(before, model.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(np.abs(a - b).max() > 0 for a, b in zip(decoder, model.decoder.get_weights(), strict=True))


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_clones(dtype):
    ours, _ = pair(dtype)
    fitted(ours)
    for copy in (keras.models.clone_model(ours), keras.Model.from_config(ours.get_config())):
        copy.set_weights(ours.get_weights())
        assert [type(layer) for layer in copy.layers] == [type(layer) for layer in ours.layers]
        assert [layer.dtype_policy.name for layer in copy.layers] == [layer.dtype_policy.name for layer in ours.layers]
        np.testing.assert_array_equal(copy(batch()[0]), ours(batch()[0]))


@pytest.mark.parametrize(
    "options",
    [
        *({"axis": 1}, {"scale": False}, {"center": False}, {"scale": False, "center": False}, {"momentum": 0.5}),
        *({"epsilon": 0.1}, {"renorm": True}),
    ],
)
def test_batch_normalisation_with_its_options(options):
    x = tf.random.stateless_normal((6, 4, 4, 5), (0, 0))
    layers = own.BatchNormalization(**options), keras.layers.BatchNormalization(**options)
    for _ in range(3):
        ours, theirs = (layer(x, training=True) for layer in layers)
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert_close(layers[0].get_weights(), layers[1].get_weights())


OPTIONS = {
    "plain": {},
    "betas": {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
    "weight decay": {"weight_decay": 0.1},
    "clipnorm": {"clipnorm": 0.01},
    "global clipnorm": {"global_clipnorm": 0.01},
    "clipvalue": {"clipvalue": 1e-3},
    "amsgrad": {"amsgrad": True},
    "accumulation": {"gradient_accumulation_steps": 2},
    "schedule": {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.01, 1, 0.5)},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_adam_is_keras(name):
    options = {"learning_rate": 0.01, "epsilon": 1e-3, **OPTIONS[name]}  # small gradients count little
    ours, theirs = (
        fitted(model, kind(**options)) for model, kind in zip(pair(), (FusedAdam, keras.optimizers.Adam), strict=True)
    )
    assert_close(ours, theirs, 1e-3)


def gradients(steps):
    rng = np.random.default_rng(0)
    return [[rng.normal(size=shape).astype(np.float32) for shape in ((3, 2), (2,))] for _ in range(steps)]


def moved(optimizer, steps=5, frozen=0):
    """The variables and the state after the same gradients."""
    variables = [keras.Variable(np.full(shape, 0.5, np.float32)) for shape in ((3, 2), (2,))][frozen:]
    optimizer.build(variables)
    for step in gradients(steps):
        optimizer.apply([tf.constant(g) for g in step[frozen:]], variables)
    return [v.numpy() for v in variables], [v.numpy() for v in optimizer.variables if v.dtype == "float32"]


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("frozen", [0, 1])
def test_adams_steps_and_state_are_keras(name, frozen):
    options = {"learning_rate": 0.1, **OPTIONS[name]}
    ours, theirs = moved(FusedAdam(**options), frozen=frozen), moved(keras.optimizers.Adam(**options), frozen=frozen)
    for a, b in zip(ours, theirs, strict=True):
        assert_close(a, b, 5e-5)  # TensorFlow's kernel takes 1 - beta_2 of a rounded beta_2


def test_weight_decay_leaves_out_what_keras_leaves_out():
    results = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        optimizer = kind(0.1, weight_decay=0.5)
        weight, bias = (keras.Variable(np.ones(2, np.float32), name=name) for name in ("weight", "bias"))
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build([weight, bias])
        optimizer.apply([tf.zeros(2), tf.zeros(2)], [weight, bias])
        results.append([weight.numpy(), bias.numpy()])
    assert_close(*results)
    assert results[0][0][0] == pytest.approx(0.95)
    assert results[0][1][0] == 1


@pytest.mark.parametrize("momentum", [0.05, 0.999])
def test_the_moving_average_is_of_keras_weights(momentum):
    """From 0 its momentum rises as (1 + step) / (10 + step); the weights themselves are those of Keras' Adam."""
    optimizer, theirs = FusedAdam(0.1, use_ema=True, ema_momentum=momentum), keras.optimizers.Adam(0.1)
    ours, other = (keras.Variable(np.full((3, 2), 0.5, np.float32)) for _ in range(2))
    optimizer.build([ours])
    theirs.build([other])
    average = np.zeros((3, 2))
    for step, (gradient, _) in enumerate(gradients(6)):
        optimizer.apply([tf.constant(gradient)], [ours])
        theirs.apply([tf.constant(gradient)], [other])
        keep = min(momentum, (1 + step) / (10 + step))
        average = keep * average + (1 - keep) * other.numpy()
    np.testing.assert_allclose(ours.numpy(), other.numpy(), atol=1e-5)
    optimizer.finalize_variable_values([ours])
    np.testing.assert_allclose(ours.numpy(), average, atol=1e-5)


def test_adam_under_loss_scaling_is_keras():
    """As mixed_float16 does: the scale halves where a gradient is not finite, and that step is left out."""
    results = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        optimizer = keras.optimizers.LossScaleOptimizer(kind(0.1), initial_scale=8.0)
        variable = keras.Variable(np.ones(2, np.float32))
        optimizer.build([variable])
        for value in (0.5, np.inf, -0.25):
            optimizer.apply([tf.constant([value, 1.0]) * optimizer.dynamic_scale.value], [variable])
        results.append([variable.numpy(), optimizer.dynamic_scale.numpy()])
    assert_close(*results)


def small_vae(**options):
    from crossmodal.models.vae import AudioImageVAE

    return AudioImageVAE(4, (4, 8), (16,), (16,), (8, 4), kl_warmup_steps=1, **options)


def small_gan(**options):
    from crossmodal.models.vae_gan import AudioImageVAEGAN

    widths = {"encoder_filters": (4, 4, 8), "decoder_filters": (8, 4, 4), "discriminator_filters": (4, 4, 8)}
    return AudioImageVAEGAN(4, alpha=1.0, kl_warmup_steps=1, **widths, **options)


@pytest.mark.parametrize("family", [small_vae, small_gan])
@pytest.mark.parametrize("dtype", POLICIES)
def test_models_learn_in_every_precision(family, dtype):
    """In mixed_float16 the loss must be scaled, for Keras' optimizer takes the scale back; it leaves steps out until
    the scale is small enough for gradients to be finite."""
    keras.utils.set_random_seed(0)
    model = family(dtype=dtype)
    model.compile(keras.optimizers.SGD(1e-5), jit_compile=False)
    before = model.encoder.get_weights()
    rng = np.random.default_rng(0)
    data = tf.data.Dataset.from_tensors(
        (rng.random((4, 48, 48, 1), np.float32), rng.random((4, 1, 28, 28, 1), np.float32))
    )
    logs = model.fit(data, epochs=12, verbose=0, shuffle=False).history
    assert 1 < logs.get("gradient_norm", [2.0])[-1] < 1e4
    change = np.sqrt(sum(np.square(a - b).sum() for a, b in zip(before, model.encoder.get_weights(), strict=True)))
    assert 1e-4 < change < 1
