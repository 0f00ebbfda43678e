"""Loops: the seam is as any other place, by the jump, by the spectrum and by construction."""

from itertools import islice

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.errors import AudioError
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.streaming import blocks_of, stream_latents

CHUNK, WINDOW = 16_000, 512


@pytest.fixture(scope="module")
def rumble():
    """A model, not trained, of a rumble: its samples change little from one to the next, so that jumps stand out."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = CoopNets.auditory(highest_hz=8000.0)
    layer = model.generator.gains.get_layer("log_gain")
    layer.kernel.assign(rng.normal(0, 0.8, layer.kernel.shape))
    spectrum = np.fft.rfft(rng.standard_normal(80_000))
    sound = np.fft.irfft(spectrum / (1 + (np.arange(40_001) / 1200) ** 4)).astype(np.float32)
    model.set_spectrum(sound)
    model.descriptor.adapt(model.whiten(sound))
    return model


def seam_against_inside(sound):
    """Of a sound (samples,): the second difference at the seam, and its treble in dB there, both as the share of the
    places inside that have less."""
    jumps = np.abs(np.diff(np.concatenate([sound[-2:], sound, sound[:2]]), 2))
    turned = np.roll(sound, WINDOW // 2)
    hops = np.arange(0, len(sound) - WINDOW, WINDOW // 2)
    spectra = np.abs(np.fft.rfft([turned[h : h + WINDOW] * np.hanning(WINDOW) for h in hops])) ** 2
    treble = np.log(spectra[:, WINDOW // 4 :].sum(axis=1))  # above 5 kHz
    return np.mean(jumps[4:-4] < max(jumps[:3])), np.mean(treble[2:] < treble[0])


@pytest.mark.parametrize("steps", [0, 2])
def test_the_seam_is_as_any_other_place(rumble, steps):
    loop = rumble.loop(2.0, seed=1, steps=steps)
    assert len(loop) == round(2.0 * 20_000 / CHUNK) * CHUNK
    jump, treble = seam_against_inside(loop)
    assert jump < 0.99
    assert treble < 0.99
    cut = rumble.draw(3.0, seed=1, steps=0)[0][7_000 : 7_000 + len(loop)]
    assert seam_against_inside(cut) == (1.0, 1.0)


def test_periodic_noise_makes_a_periodic_stream(rumble):
    """Of three chunks of noise the fourth to sixth chunk of sound are the first to third, to the bit."""
    signals = (signal.numpy() for signal in rumble.generator.stream(stream_latents(rumble, 0, period=3)))
    first, again = islice(blocks_of(signals, 3 * CHUNK), 2)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first[:, :CHUNK], first[:, CHUNK : 2 * CHUNK], atol=0.1)


def test_the_descriptor_hears_no_ends(rumble):
    x = tf.random.stateless_normal((1, 32_000), (0, 0))
    f = [float(rumble.descriptor(tf.roll(x, turn, axis=1))[0]) for turn in (0, 200, 7_000)]
    np.testing.assert_allclose(f, f[0], rtol=1e-4)


def test_loops_that_cannot_be_drawn(rumble):
    with pytest.raises(AudioError, match="too long to be revised"):
        rumble.loop(61.0)
    with pytest.raises(AudioError, match="hears where a sound ends"):
        CoopNets.thesis().loop(2.0)
    assert len(rumble.loop(0.1, steps=0)) == CHUNK
