"""Knobs of a stream: each does what it says, by numbers, and no turn jumps."""

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from crossmodal.data.textures import insects, rain
from crossmodal.errors import ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.knobs import Knobs, tilt
from crossmodal.models.networks import subbands
from crossmodal.models.networks.auditory_bands import band_centres
from crossmodal.models.networks.band_gains import BandGains, between_banks


@pytest.fixture(scope="module")
def textures():
    """Two, not trained, of rain and insects, whose gains vary."""
    keras.utils.set_random_seed(0)
    models = []
    for sound, highest_hz in ((rain(), 8000.0), (insects(), 6000.0)):
        model = CoopNets.auditory(highest_hz=highest_hz)
        model.set_spectrum(sound)
        layer = model.generator.gains.get_layer("log_gain")
        layer.kernel.assign(np.random.default_rng(len(models)).normal(0, 0.3, layer.kernel.shape))
        models.append(model)
    return models


@pytest.fixture(autouse=True)
def short_reference(monkeypatch):
    monkeypatch.setattr(subbands, "REFERENCE", 20 * subbands.CHUNK)


def sound_of(stream, blocks=400):
    return np.concatenate([next(stream) for _ in range(blocks)])


def spectrum_db(sound):
    _, density = scipy.signal.welch(sound, nperseg=1024)
    return 10 * np.log10(density[16:300])  # 300 Hz to 6 kHz


class LogNormal:
    """log g = 0.3 noise."""

    highest_hz = 8000.0

    def gain(self, noises):
        return tf.exp(0.3 * tf.repeat(noises[..., :1], 30, axis=-1))


@pytest.mark.parametrize("density", [0.5, 1.0, 4.0])
def test_density_changes_the_variation_of_power_as_that_of_shot_noise(density):
    noises = tf.random.stateless_normal((1, 60_000, 16), (1, 0))
    gains = BandGains(LogNormal(), None, noises)(noises, density, 0.0)
    power = gains[0, :, 0] ** 2
    assert power.mean() == pytest.approx(1.0, rel=0.03)
    assert power.var() / power.mean() ** 2 == pytest.approx(np.exp(4 * 0.3**2 / density) - 1, rel=0.1)


def test_a_turn_of_density_begins_where_the_gains_were():
    noises = tf.random.stateless_normal((1, 960, 16), (2, 0))
    turned, still = BandGains(LogNormal(), None, noises), BandGains(LogNormal(), None, noises)
    turned(noises), still(noises)
    ramp, before = turned(noises, 4.0), still(noises)
    np.testing.assert_allclose(ramp[:, 0], before[:, 0], rtol=1e-5)
    np.testing.assert_allclose(turned(noises, 4.0)[:, -1], ramp[:, -1], rtol=1e-5)
    assert not np.allclose(ramp[:, -1], before[:, -1], rtol=0.01)


def test_brightness_tilts_the_spectrum_and_keeps_the_power(textures):
    plain, bright = (sound_of(textures[0].stream(knobs=Knobs(brightness=b))) for b in (0.0, 3.0))
    octaves = np.log2(np.arange(16, 300))
    slope = np.polyfit(octaves, spectrum_db(bright) - spectrum_db(plain), 1)[0]
    assert slope == pytest.approx(3.0, abs=0.1)
    assert bright.std() == pytest.approx(plain.std(), rel=0.1)
    np.testing.assert_allclose(
        20 * np.log10(tilt(np.array([10, 20, 500, 2000.0]), 3.0)), [-16.93, -16.93, -3, 3], atol=0.1
    )


def test_level_reaches_its_value_within_a_block(textures):
    knobs = Knobs()
    stream, still = textures[0].stream(seed=1, knobs=knobs), textures[0].stream(seed=1)
    np.testing.assert_array_equal(next(stream), next(still))
    knobs.level = 20 * np.log10(0.5)
    ramp, before = next(stream), next(still)
    np.testing.assert_allclose(ramp, before * np.linspace(1, 0.5, 400), atol=1e-5)
    np.testing.assert_allclose(next(stream), 0.5 * next(still), atol=1e-5)


def test_a_morph_turns_spectra_and_gains_of_the_same_noise(textures):
    one, other = textures
    at = {m: sound_of(one.stream(seed=1, knobs=Knobs(morph=m), other=other)) for m in (0.0, 0.5, 1.0)}
    np.testing.assert_allclose(at[0.0], sound_of(one.stream(seed=1)), atol=1e-5)
    theirs = sound_of(other.stream(seed=1))
    np.testing.assert_allclose(spectrum_db(at[1.0]), spectrum_db(theirs), atol=4)
    middle = (spectrum_db(at[0.0]) + spectrum_db(at[1.0])) / 2
    faded = (at[0.0] + at[1.0]) / 2  # what a cross-fade of sounds would be
    half, cross_fade = (np.abs(spectrum_db(sound) - middle).mean() for sound in (at[0.5], faded))
    assert half < 0.5 * cross_fade


def test_gains_of_other_bands_are_read_at_the_same_frequencies():
    centres = band_centres(6000.0)
    np.testing.assert_allclose(centres @ between_banks(6000.0, 6000.0), centres)
    expected = np.minimum(band_centres(8000.0), centres[-1])  # linear between bands, the highest beyond
    np.testing.assert_allclose(centres @ between_banks(6000.0, 8000.0), expected)


def test_knobs_that_cannot_be_turned(textures):
    for name, value in (("density", 0.0), ("morph", 1.5), ("level", float("nan")), ("brightness", 13)):
        with pytest.raises(ModelError, match=f"{name} cannot be"):
            setattr(Knobs(), name, value)
    with pytest.raises(ModelError, match="no knob 'volume'"):
        Knobs().volume = 1
    thesis = CoopNets.thesis()
    with pytest.raises(ModelError, match="turn into each other"):
        textures[0].stream(other=thesis)
    with pytest.raises(ModelError, match="the same rate"):
        textures[0].stream(other=CoopNets.auditory(8000))
    with pytest.raises(ModelError, match="no gains"):
        next(thesis.stream(knobs=Knobs(density=2.0)))
