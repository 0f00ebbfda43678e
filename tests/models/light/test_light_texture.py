"""Textures in NumPy against TensorFlow's: bands, the energy and its slope, the walk, and what is played."""

import numpy as np
import pytest
import tensorflow as tf

from crossmodal import CoopNets, load_light, load_model
from crossmodal.data.textures import rain
from crossmodal.errors import AudioError, ModelError
from crossmodal.models.light.cochlea import Bands
from crossmodal.models.light.energy import LightEnergy
from crossmodal.models.light.texture import LightTexture
from crossmodal.models.networks.auditory import AuditoryDescriptor, join_subbands, subbands
from crossmodal.models.networks.auditory_bands import cochlear_bank
from crossmodal.models.networks.subbands import SubbandGenerator
from crossmodal.sampling import langevin as by_tensorflow
from crossmodal.sampling.light_langevin import light_langevin, standard_normal
from crossmodal.saving.light import part_of

SAMPLES = 20_000
CHAIN = {"step": 0.2, "sigma": None, "noise": 0.1, "momentum": 0.9}


@pytest.fixture(scope="module")
def model():
    return load_model("texture_rain")


@pytest.fixture(scope="module")
def twin():
    return load_light("texture_rain")


@pytest.fixture(scope="module")
def signal():
    return np.random.default_rng(0).standard_normal(SAMPLES).astype(np.float32)


def relative(found, expected) -> float:
    """The RMS of what differs over that of what was expected."""
    return float(np.sqrt(np.mean(np.square(np.abs(found - expected))) / np.mean(np.square(np.abs(expected)))))


@pytest.mark.parametrize("highest_hz", [2000.0, 9300.0])
def test_bands_are_those_of_tensorflow_there_and_back(signal, highest_hz):
    bank = cochlear_bank(SAMPLES, 20_000, highest_hz)
    bands = Bands(bank)
    found, expected = bands.split(signal), subbands(tf.constant(signal[None]), bank).numpy()[0]
    assert found.dtype == np.complex64
    assert relative(found, expected) < 1e-5
    assert relative(bands.join(found), join_subbands(tf.constant(found[None]), bank, SAMPLES).numpy()[0]) < 1e-5


def test_the_slope_of_bands_is_the_transposed_filter(signal):
    """<split(x), g> = <x, split_gradient(g)> for all x and g, real and imaginary parts being numbers of their own."""
    bands = Bands(cochlear_bank(SAMPLES, 20_000, 9300.0))
    rng = np.random.default_rng(1)
    x, g = bands.split(signal), rng.standard_normal((2, 30, SAMPLES // 10)).astype(np.float32)
    left = float(np.sum(x.real * g[0], dtype=np.float64) + np.sum(x.imag * g[1], dtype=np.float64))
    right = float(np.sum(signal * bands.split_gradient((g[0] + 1j * g[1]).astype(np.complex64)), dtype=np.float64))
    assert left == pytest.approx(right, rel=1e-4)


@pytest.fixture(scope="module")
def energy(model):
    weights = {weight.name: np.asarray(weight) for weight in model.descriptor.weights}
    return LightEnergy(weights, model.sample_rate, model.descriptor.highest_hz, model.descriptor.frame, SAMPLES)


def test_the_energy_and_its_slope_are_those_of_the_descriptor(model, energy, signal):
    for x in (signal, 0.1 * signal, model.whiten(model.draw(1.0, seed=3, steps=0))[0]):
        with tf.GradientTape() as tape:
            start = tf.constant(x[None])
            tape.watch(start)
            f = model.descriptor(start)
        found, slope = energy(x)
        assert found == pytest.approx(float(f[0]), rel=1e-4)
        assert slope.dtype == np.float32
        assert relative(slope, tape.gradient(f, start).numpy()[0]) < 1e-4


def test_the_slope_is_what_the_energy_gains(energy, signal):
    """f(x + h v) - f(x - h v) = 2 h <df/dx, v> as h goes to 0."""
    x = 0.1 * signal
    _, slope = energy(x)
    direction = slope / np.linalg.norm(slope)
    step = 1e-2 * np.linalg.norm(x)
    gained = (energy(x + step * direction)[0] - energy(x - step * direction)[0]) / (2 * step)
    assert gained == pytest.approx(float(slope @ direction), rel=0.02)


def test_a_length_that_bands_cannot_divide_is_refused(twin):
    with pytest.raises(AudioError, match="1500 samples cannot be heard"):
        twin.draw_piece(1, 1500, (0, 0), (0, 1), 0)


@pytest.mark.parametrize(
    "settings", [{"sigma": 0.7}, {"sigma": None, "momentum": 0.8, "noise": 0.3, "most_drift": 0.2, "cooling": 0.3}]
)
def test_a_walk_is_that_of_tensorflow(settings):
    """On f(y) = -sum y^4 / 4, two chains."""
    start = np.random.default_rng(2).standard_normal((2, 7)).astype(np.float32)
    walk = {"steps": 40, "step_size": 0.2, **settings}

    def log_density(y):
        return -tf.reduce_sum(y**4, axis=1) / 4

    expected = tf.function(lambda: by_tensorflow.langevin(start, log_density, seed=[3, 1], **walk).state)().numpy()
    both = light_langevin(start, lambda y: -(y**3), seed=(3, 1), **walk)
    np.testing.assert_allclose(both, expected, rtol=1e-3, atol=1e-4)
    second = light_langevin(start[1:], lambda y: -(y**3), seed=(3, 1), first=1, **walk)
    np.testing.assert_allclose(second, expected[1:], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_noise_of_a_chain_is_that_of_tensorflow(size):
    expected = by_tensorflow.standard_normal(tf.constant([3, size]), tf.constant([5, 6])).numpy()
    found = np.concatenate([standard_normal((1, size), (5, 6), chain) for chain in range(3)])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(standard_normal((2, size), (5, 6), 1), expected[1:], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("steps", "differing"), [(0, 1e-5), (1, 1e-5), (5, 1e-3)])
def test_a_twin_plays_the_same(model, twin, steps, differing):
    """Where it is the same: a chain moves apart from itself if its start is moved by rounding, a hundredfold in ten
    steps."""
    found, expected = (m.draw(1.5, draws=2, seed=4, steps=steps) for m in (twin, model))
    assert found.shape == expected.shape == (2, 30_000)
    assert relative(found, expected) < differing
    assert relative(twin.draw(1.5, draws=2, seed=5, steps=steps), expected) > 0.5


def test_a_twin_at_another_rate_plays_the_same():
    """Frames of 110 samples, and of 50 as in older files."""
    sound = rain(1.5, 44_100)
    for frame in (110, 50):
        model = CoopNets.auditory(44_100)
        if frame == 50:
            model = CoopNets(SubbandGenerator(44_100, frame=50), AuditoryDescriptor(44_100, frame=50), 44_100, **CHAIN)
        model.set_spectrum(sound)
        model.descriptor.adapt(model.whiten(sound))
        weights = model.get_weights()
        networks = {name: part_of(told, weights) for name, told in LightTexture.describe_networks(model).items()}
        twin = LightTexture(model.get_config(), networks)
        for steps in (0, 1):
            assert relative(twin.draw(1.2, seed=4, steps=steps), model.draw(1.2, seed=4, steps=steps)) < 1e-4


def test_pieces_of_a_long_draw_are_the_same(model, twin, monkeypatch):
    monkeypatch.setattr("crossmodal.models.playing.UNREVISED_PIECE_S", 1.0)
    monkeypatch.setattr("crossmodal.models.playing.FADE_S", 0.1)
    told = []
    found = twin.draw(2.5, seed=6, steps=0, on_piece=lambda done, count: told.append((done, count)))
    assert relative(found, model.draw(2.5, seed=6, steps=0)) < 1e-5
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_revised_draws_are_a_function_of_the_seed_and_sound_as_good(twin):
    from evaluation.texture.report import evaluate_textures

    (draw,) = twin.draw(2.0, seed=7)
    np.testing.assert_array_equal(twin.draw(2.0, seed=7)[0], draw)
    figures = evaluate_textures(rain(), [draw])["syntheses"][0]
    assert figures["score"] > 0.6
    assert not figures["copied"]


def test_other_networks_are_not_computed_here():
    with pytest.raises(ModelError, match="WaveformGenerator and WaveformDescriptor"):
        LightTexture.describe_networks(CoopNets.thesis())
