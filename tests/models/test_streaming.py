"""Textures without an end: equal to one long draw, whatever the blocks, in constant memory."""

import gc
import itertools
import tracemalloc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.textures import chirps
from crossmodal.errors import AudioError
from crossmodal.models import streaming
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.networks import subbands
from crossmodal.models.networks.overlap import overlap_save
from crossmodal.models.networks.subbands import SubbandGenerator

CHUNK = 16_000  # samples
PIECE = 2_000
FIRST = CHUNK + PIECE + streaming.TAPS // 2  # sample of the long draw with which a stream of blocks of 256 begins


def varied(model):
    """Gains that vary, as those of a trained generator do."""
    layer = model.generator.gains.get_layer("log_gain")
    layer.kernel.assign(np.random.default_rng(0).normal(0, 0.8, layer.kernel.shape))
    return model


@pytest.fixture(scope="module")
def auditory():
    keras.utils.set_random_seed(0)
    model = varied(CoopNets.auditory(highest_hz=8000.0))
    model.set_spectrum(chirps())
    return model


def taken(stream, samples):
    blocks = []
    while sum(map(len, blocks)) < samples:
        blocks.append(next(stream))
    return np.concatenate(blocks)[:samples]


def long_draw(model, seed, chunks):
    """Sound (samples,) of so many chunks of the stream's noise, drawn at once."""
    z = tf.concat(list(itertools.islice(streaming.stream_latents(model, seed), chunks)), axis=1)
    reference = tf.random.stateless_normal((1, subbands.REFERENCE, subbands.NOISES), (0, 0))
    level = np.sqrt(np.mean(model.generator.gain(reference).numpy() ** 2, axis=1, keepdims=True))
    frame = model.generator.frame
    gain = model.generator.gain(z[..., frame:]) / level
    return model.colour(model.generator.shape_noise(z[..., :frame], gain).numpy()[0])


def test_a_stream_is_one_long_draw(auditory):
    """Across joints of its chunks and pieces, to 52 dB: what is left is the ringing of the narrowest bands beyond a
    piece."""
    streamed = taken(auditory.stream(block=256, seed=3), 3 * CHUNK)
    expected = long_draw(auditory, 3, 8)[FIRST : FIRST + 3 * CHUNK]
    assert np.std(streamed - expected) < 2.5e-3 * np.std(expected)
    assert abs(np.corrcoef(streamed, taken(auditory.stream(block=256, seed=4), 3 * CHUNK))[0, 1]) < 0.05


def test_a_stream_of_the_thesis_is_one_long_draw():
    keras.utils.set_random_seed(0)
    model = CoopNets.thesis(kernel=30)
    model.set_spectrum(None, 0.5)
    z = tf.concat(list(itertools.islice(streaming.stream_latents(model, 1), 5)), axis=1)
    first = CHUNK + streaming.TAPS // 2
    expected = 0.5 * model.generator(z).numpy()[0, first : first + 30_000]
    np.testing.assert_allclose(taken(model.stream(block=256, seed=1), 30_000), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kernel", [25, 200])
def test_nothing_beyond_the_next_chunk_is_heard(auditory, kernel):
    """What is drawn, or the gains, of the middle of five chunks, whatever the first and the last hold."""
    thesis = CoopNets.thesis(kernel=kernel).generator
    for operation, frames, latents in (
        (thesis, thesis.chunk_samples // 1000, 1),
        (auditory.generator.gain, auditory.generator.chunk_samples // auditory.generator.frame, 16),
    ):
        z = np.zeros((1, 5 * frames, latents), np.float32)
        quiet = operation(z).numpy()
        z[:, :frames] = z[:, -frames:] = 10.0
        touched = operation(z).numpy()
        middle = slice(quiet.shape[1] // 5 * 2, quiet.shape[1] // 5 * 3)
        np.testing.assert_array_equal(touched[:, middle], quiet[:, middle])
        assert not np.allclose(touched, quiet)


def test_overlap_save_is_the_filter_of_the_whole():
    kernel = tf.constant(np.random.default_rng(0).standard_normal((7, 1, 1)), tf.float32)
    x = tf.random.stateless_normal((1, 60, 1), (0, 0))

    def operation(x):
        return tf.nn.conv1d(x, kernel, 1, "SAME")

    pieces = overlap_save(operation, tf.split(x, 6, axis=1), 10)
    np.testing.assert_allclose(tf.concat(list(pieces), axis=1), operation(x)[:, 10:50], rtol=1e-6)


def test_a_filter_with_a_state_is_the_convolution_of_the_whole():
    rng = np.random.default_rng(0)
    x, response = rng.standard_normal(1000).astype(np.float32), rng.standard_normal(33).astype(np.float32)
    blocks = streaming.filter_blocks(streaming.blocks_of([x[None]], 10), lambda: response[None, None])
    filtered = np.concatenate(list(blocks), axis=1)[0]
    expected = np.convolve(x, response)[: len(x)][-len(filtered) :]
    np.testing.assert_allclose(filtered, expected, atol=1e-4)
    assert len(filtered) == 960


def test_blocks_do_not_change_the_sound(auditory):
    """A filter begins with the first whole block: a stream of other blocks begins some samples later."""
    one, other = taken(auditory.stream(block=256), 20_000), taken(auditory.stream(block=100), 20_000)
    later = -(-(streaming.TAPS - 1) // 100) * 100 - (streaming.TAPS - 1) // 256 * 256 - 256
    np.testing.assert_allclose(other[: 20_000 - later], one[later:], atol=1e-5)
    assert len(next(auditory.stream())) == 400
    with pytest.raises(AudioError, match="blocks of 0 samples"):
        auditory.stream(block=0)


def test_a_streams_memory_does_not_grow(monkeypatch):
    """Of 60 chunks of noise no more than four are alive, and Python's memory is that of the tenth chunk."""
    model, drawn = CoopNets(SubbandGenerator(filters=2), CoopNets.auditory().descriptor), []

    def noted(model, seed):
        for z in latents(model, seed):
            drawn.append(weakref.ref(z))
            yield z

    latents = streaming.stream_latents
    monkeypatch.setattr(streaming, "stream_latents", noted)
    monkeypatch.setattr("crossmodal.models.networks.subbands.REFERENCE", 320)
    stream = model.stream(block=16_000)
    taken(stream, 10 * CHUNK)
    tracemalloc.start()
    taken(stream, CHUNK)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(48):
        next(stream)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(drawn) >= 60
    assert sum(z() is not None for z in drawn) <= 4
    assert after - before < 100_000  # bytes; a chunk has 64,000


def test_a_stream_has_the_level_of_draws(auditory):
    streamed = taken(auditory.stream(seed=1), 10 * CHUNK)
    assert streamed.std() == pytest.approx(auditory.draw(8.0, seed=1, steps=0).std(), rel=0.2)


def test_a_nan_never_leaves_as_a_stream(auditory):
    model = CoopNets.thesis()
    model.set_spectrum(None, float("nan"))
    with pytest.raises(AudioError, match="not finite"):
        next(model.stream())
