"""Ways to hear: each encoder against an explicit loop or sum in NumPy, and what its kind promises."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_sources import bars, tones

from crossmodal import AudioImageVAE, LogMel, load_model, log_mel
from crossmodal.app.experiments.training_options import Encoder
from crossmodal.models.networks.cells import JordanCell, MinimalGatedCell
from crossmodal.models.networks.encoders import ENCODERS, build_encoder
from crossmodal.models.networks.recurrent import LAYERS, RECURRENT
from crossmodal.saving.keras_file import save_model
from crossmodal.training.optimizers import FusedAdam

SHAPE = (12, 5, 1)
SMALL = {
    "convolutional": {"filters": (4, 8), "units": (16,)},
    "residual": {"filters": (4, 8), "blocks": (1, 1)},
    "linear": {"filters": 8},
    "time-delay": {"filters": (8, 8, 8)},
    **{kind: {"units": (16,)} for kind in LAYERS},
    "convolutional-gru": {"filters": (4, 8), "units": (16,)},
}
RNG = np.random.default_rng(0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def built(kind, input_shape=SHAPE, **options):
    """An encoder whose biases are not 0."""
    keras.utils.set_random_seed(0)
    encoder = build_encoder(kind, input_shape, 3, -5.0, "float32", **options)
    encoder.set_weights([w + 0.1 * RNG.normal(size=w.shape) if w.ndim == 1 else w for w in encoder.get_weights()])
    return encoder


def heads_of(encoder, features):
    """[z_mean, z_log_var] of features (clips, n)."""
    return [
        features @ kernel + bias
        for kernel, bias in (encoder.get_layer(name).get_weights() for name in ("z_mean", "z_log_var"))
    ]


def heard(encoder, x):
    return [np.asarray(head) for head in encoder(x, training=False)]


def standardised(x):
    return (x[..., 0] - 0.4) / 0.3


def spectrograms(*shape):
    return RNG.uniform(0.1, 1, shape).astype(np.float32)


def fir(x, kernel, stride=1, dilation=1):
    """sum_k W_k x(stride t + dilation k) of x (clips, frames, inputs) and W (taps, inputs, filters)."""
    taps = len(kernel)
    times = (x.shape[1] - dilation * (taps - 1) - 1) // stride + 1
    return np.stack(
        [sum(x[:, stride * t + dilation * k] @ kernel[k] for k in range(taps)) for t in range(times)], axis=1
    )


def test_the_command_line_offers_every_encoder_but_that_of_the_vae_gan():
    assert {*get_args(Encoder), "fully convolutional"} == set(ENCODERS)


def test_a_linear_encoder_is_linear():
    encoder = built("linear", taps=4, stride=2)
    a, b = spectrograms(2, *SHAPE), spectrograms(2, *SHAPE)
    for together, one, other, none in zip(*(heard(encoder, x) for x in (a + b, a, b, 0 * a)), strict=True):
        np.testing.assert_allclose(together - one - other + none, 0, atol=1e-5)
    kernel, bias = encoder.get_layer("fir").get_weights()
    features = (fir(standardised(a), kernel, 2) + bias).reshape(2, -1)
    np.testing.assert_allclose(heard(encoder, a)[0], heads_of(encoder, features)[0], atol=1e-5)


@pytest.mark.parametrize("read_out", ["mean", "statistics", "all"])
def test_a_time_delay_network_is_sums_over_delays(read_out):
    options = {"filters": (4, 6), "taps": (3, 2), "strides": (2, 1), "dilations": (1, 3), "groups": (1, 2)}
    encoder = built("time-delay", batch_norm=False, read_out=read_out, **options)
    x = spectrograms(2, *SHAPE)
    kernel, bias = encoder.get_layer("fir1").get_weights()
    y = np.maximum(fir(standardised(x), kernel, stride=2) + bias, 0)
    kernel, bias = encoder.get_layer("fir2").get_weights()
    assert kernel.shape == (2, 2, 6)  # each of the two groups hears two of the four filters before
    parts = [fir(y[..., 2 * g : 2 * g + 2], kernel[..., 3 * g : 3 * g + 3], dilation=3) for g in range(2)]
    y = np.maximum(np.concatenate(parts, axis=-1) + bias, 0)
    spread = np.sqrt(y.var(axis=1) + 1e-4)
    by_name = {"mean": y.mean(axis=1), "all": y.reshape(2, -1)}
    features = (by_name | {"statistics": np.concatenate([y.mean(axis=1), spread], axis=1)})[read_out]
    for ours, theirs in zip(heard(encoder, x), heads_of(encoder, features), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def elman(x, w, u, b):
    h, states = np.zeros((len(x), len(u))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w + h @ u + b)
        states.append(h)
    return np.stack(states, axis=1)


def jordan(x, w, u, b, v, c):
    y, outputs = np.zeros((len(x), len(u))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ w + y @ u + b)
        y = np.tanh(h @ v + c)
        outputs.append(y)
    return np.stack(outputs, axis=1)


def minimal_gated(x, w, u_f, u_g, b):
    n = len(u_f)
    h, states = np.zeros((len(x), n)), []
    for t in range(x.shape[1]):
        f = sigmoid(x[:, t] @ w[:, :n] + b[:n] + h @ u_f)
        g = np.tanh(x[:, t] @ w[:, n:] + b[n:] + (f * h) @ u_g)
        h = (1 - f) * h + f * g
        states.append(h)
    return np.stack(states, axis=1)


@pytest.mark.parametrize(
    ("kind", "loop"), [("elman", elman), ("jordan", jordan), ("minimal-gated-unit", minimal_gated)]
)
@pytest.mark.parametrize("read_out", ["last", "mean"])
def test_a_recurrent_encoder_is_a_loop_over_frames(kind, loop, read_out):
    encoder = built(kind, units=(4, 6), read_out=read_out)
    x = spectrograms(2, *SHAPE)
    states = standardised(x)
    for name in ("recurrent1", "recurrent2"):
        states = loop(states, *encoder.get_layer(name).get_weights())
    features = states[:, -1] if read_out == "last" else states.mean(axis=1)
    for ours, theirs in zip(heard(encoder, x), heads_of(encoder, features), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_jordan_network_may_have_fewer_outputs_than_hidden_units():
    layer = keras.layers.RNN(JordanCell(5, outputs=2), return_sequences=True)
    x = spectrograms(2, 7, 3)
    y = np.asarray(layer(x))
    assert y.shape == (2, 7, 2)
    np.testing.assert_allclose(y, jordan(x, *layer.get_weights()), atol=1e-6)


def test_a_closed_gate_skips_a_step():
    layer = keras.layers.RNN(MinimalGatedCell(3), return_sequences=True)
    layer.build((None, 6, 2))
    w, u_f, u_g, b = (np.zeros(w.shape, np.float32) for w in layer.get_weights())
    w[0, :3], w[1, 3:], b[:3] = 200, 1, -100  # the first input opens the gate, the second is what there is to remember
    layer.set_weights([w, u_f, u_g, b])
    x = np.array([[[1, 0.5], [0, 9], [0, -9], [1, -0.2], [0, 5], [0, 1]]], np.float32)
    remembered = np.tanh([0.5, 0.5, 0.5, -0.2, -0.2, -0.2])
    np.testing.assert_allclose(layer(x)[0], np.repeat(remembered[:, None], 3, axis=1), atol=1e-6)


def test_a_recurrent_network_remembers_three_steps_exactly():
    """y(t) = x(t) + x(t-3): four linear units hand x on from one to the next, and y is the sum of the first and last.
    An FIR of four taps does as well; one of three cannot."""
    layer = keras.layers.SimpleRNN(4, activation="linear", return_sequences=True)
    layer.build((None, 50, 1))
    layer.set_weights([np.eye(4)[:1], np.eye(4, k=1), np.zeros(4)])
    x = RNG.normal(size=(1, 50, 1)).astype(np.float32)
    read = np.array([1, 0, 0, 1], np.float32)
    wanted = x[0, :, 0] + np.concatenate([np.zeros(3, np.float32), x[0, :-3, 0]])
    np.testing.assert_array_equal(np.asarray(layer(x))[0] @ read, wanted)
    cell = JordanCell(4, activation="linear")  # the same where the outputs are the units
    jordans = keras.layers.RNN(cell, return_sequences=True)
    jordans.build((None, 50, 1))
    jordans.set_weights([np.eye(4)[:1], np.eye(4, k=1), np.zeros(4), np.eye(4), np.zeros(4)])
    np.testing.assert_array_equal(np.asarray(jordans(x))[0] @ read, wanted)
    delayed = np.stack([np.concatenate([np.zeros(k), x[0, : 50 - k, 0]]) for k in range(4)], axis=1)
    residual = {taps: np.linalg.lstsq(delayed[:, :taps], wanted, rcond=None)[1].sum() for taps in (3, 4)}
    assert residual[4] < 1e-10
    assert residual[3] > 1


@pytest.mark.parametrize("kind", RECURRENT)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}, {"read_out": "mean", "units": (4, 4)}], ids=str)
def test_a_recurrent_encoder_hears_the_same_however_much_is_padded(kind, options):
    """A clip of half a second, with a pause, over 48 frames of 16 ms and over 64."""
    rng = np.random.default_rng(1)
    clip = 0.1 * rng.standard_normal(4000)
    clip[2600:3600] = 0
    fronts = [LogMel(timing="pad", n_frames=n, pad_duration_s=(256 + 128 * (n - 1)) / 8000) for n in (48, 64)]
    few, many = (log_mel([clip], front)[..., None] for front in fronts)
    assert (many[:, 48:] == 0).all()
    assert (few.max(axis=(2, 3)) == 0).sum() >= 20  # the pause and the end
    encoder = built(kind, (48, 48, 1), **options)
    longer = built(kind, (64, 48, 1), **options)
    longer.set_weights(encoder.get_weights())
    for ours, theirs in zip(heard(encoder, few), heard(longer, many), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    pause = few.max(axis=(0, 2, 3)) == 0
    pause[clip.size // 128 :] = False
    without_pause = few[:, ~pause]
    shorter = built(kind, (without_pause.shape[1], 48, 1), **options)
    shorter.set_weights(encoder.get_weights())
    assert np.abs(heard(shorter, without_pause)[0] - heard(encoder, few)[0]).max() > 1e-4  # the pause is heard
    assert np.isfinite(heard(encoder, 0 * few)[0]).all()


def test_max_pooling_keeps_the_largest():
    encoder = built("convolutional", (48, 48, 1), filters=(3, 4), units=(5,), max_pooling=True)
    assert [encoder.get_layer(f"pool{i}").output.shape[1:] for i in (1, 2)] == [(22, 22, 3), (9, 9, 4)]
    before = keras.Model(encoder.input, [encoder.get_layer(name).output for name in ("relu1", "pool1")])
    maps, pooled = (np.asarray(y) for y in before(spectrograms(1, 48, 48, 1)))
    np.testing.assert_array_equal(maps[:, :44, :44].reshape(1, 22, 2, 22, 2, 3).max(axis=(2, 4)), pooled)


@pytest.mark.parametrize("kind", SMALL)
def test_an_encoder_leaves_free_dimensions_alone(kind):
    z_mean, z_log_var = heard(built(kind, (48, 48, 1), free_dim=1, **SMALL[kind]), spectrograms(2, 48, 48, 1))
    assert (z_mean[:, 2] == 0).all()
    assert (z_log_var[:, 2] == 0).all()
    assert (z_mean[0, :2] != z_mean[1, :2]).all()


@pytest.mark.parametrize("kind", ["time-delay", "gru"])
def test_an_unknown_read_out_is_refused(kind):
    with pytest.raises(ValueError, match="no read-out 'first'"):
        built(kind, read_out="first")


@pytest.mark.parametrize("kind", SMALL)
def test_a_vae_learns_by_each_encoder_and_is_loaded_again(kind, tmp_path):
    keras.utils.set_random_seed(0)
    speech, images = tones(), bars()
    clips, targets = (
        [np.flatnonzero(labels == label)[:2] for label in range(3)] for labels in (speech.labels, images.train_labels)
    )
    x = log_mel([speech.waveforms[i] for i in np.ravel(clips)])[..., None]
    y = images.train_images[np.ravel(targets), None, ..., None] / np.float32(255)
    model = AudioImageVAE(4, (), (), (32,), (8, 8), encoder_kind=kind, encoder_options=SMALL[kind], kl_warmup_steps=50)
    model.compile(FusedAdam(5e-3), jit_compile=False)
    model.fit(tf.data.Dataset.from_tensors((x, y)).repeat(150), verbose=0)
    drawn, _ = model.generate(x, samples=0)
    assert ((drawn > 0.5) == (y[:, 0] > 0.5)).mean() > 0.95
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path)
    np.testing.assert_array_equal(again.generate(x, samples=2)[1], model.generate(x, samples=2)[1])


@pytest.mark.parametrize("kind", SMALL)
@pytest.mark.parametrize("shape", [(24, 24, 1), (150, 64, 1), (50, 96, 1)])
def test_an_encoder_takes_any_number_of_frames_and_bands(kind, shape):
    z_mean, z_log_var = heard(built(kind, shape), spectrograms(2, *shape))
    assert z_mean.shape == z_log_var.shape == (2, 3)
