"""Filter banks and texture statistics against closed forms, and their gradient."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from texture_sounds import SAMPLE_RATE, chirps, hiss, rain

from crossmodal.errors import AudioError
from evaluation.texture import filters, statistics

FRAMES = 1600  # 4 s of envelope
CHANNELS = 32


def flat(frames):
    return np.full(frames, 1 / frames)


def wave(frequency, phase=0.0):
    return np.cos(2 * np.pi * frequency * np.arange(FRAMES) / filters.ENVELOPE_RATE + phase)


def channels(*rows):
    """An envelope (32, frames) that repeats the rows."""
    return tf.constant(np.stack([rows[i % len(rows)] for i in range(CHANNELS)]))


@pytest.mark.parametrize("length", [20_000, 40_100, 80_000])
def test_squared_cochlear_responses_sum_to_one(length):
    bank = filters.cochlear_filters(length)
    assert bank.shape == (32, length // 2 + 1)
    np.testing.assert_allclose(np.sum(bank**2, axis=0), 1, atol=1e-12)


def test_cochlear_centres_are_evenly_spaced_on_the_erb_scale():
    centres = np.argmax(filters.cochlear_filters(80_000)[1:-1], axis=1) * SAMPLE_RATE / 80_000
    spacing = np.diff(filters.erb_from_hz(centres))
    np.testing.assert_allclose(spacing, filters.erb_from_hz(10_000) / 31, rtol=0.04)
    np.testing.assert_allclose(filters.hz_from_erb(filters.erb_from_hz(440.0)), 440.0)


def test_octave_bank_sums_to_one_and_doubles():
    bank = filters.octave_filters(FRAMES)
    frequency = np.fft.rfftfreq(FRAMES, 1 / 400)
    inside = (frequency >= 1.5625) & (frequency <= 100)
    assert bank.shape[0] == 7
    np.testing.assert_allclose(np.sum(bank[:, inside] ** 2, axis=0), 1, atol=1e-12)
    np.testing.assert_allclose(frequency[np.argmax(bank, axis=1)], 100 / 2.0 ** np.arange(6, -1, -1), atol=0.13)


def test_modulation_bank_has_twenty_bands_of_constant_q():
    bank = filters.modulation_filters(16_000)  # 0.025 Hz apart
    frequency = np.fft.rfftfreq(16_000, 1 / 400)
    centres = np.geomspace(0.5, 200, 20)
    for band, centre in zip(bank[:-1], centres[:-1], strict=True):
        reached = frequency[band > 0]
        assert reached[0] == pytest.approx(centre / 2, abs=0.03)
        assert reached[-1] == pytest.approx(min(centre * 1.5, 200), abs=0.03)
    middle = (frequency > centres[3]) & (frequency < centres[-4])
    assert np.mean(np.sum(bank[:, middle] ** 2, axis=0)) == pytest.approx(1, abs=0.01)


def test_window_fades_for_a_second_and_sums_to_one():
    window = filters.fade_window(FRAMES)
    assert window.sum() == pytest.approx(1)
    np.testing.assert_allclose(window, window[::-1])
    assert np.all(window[400:1200] == window.max())
    assert window[0] < 1e-4 * window.max()


@pytest.mark.parametrize(
    ("quantiles", "skew", "kurtosis"),
    [
        (scipy.stats.norm(5, 1).ppf, 0, 3),  # not excess
        (scipy.stats.uniform(1, 2).ppf, 0, 1.8),
        (scipy.stats.expon(1, 1).ppf, 2, 9),
        (lambda q: np.where(q < 0.5, 1.0, 3.0), 0, 1),
    ],
)
def test_marginals_of_known_distributions(quantiles, skew, kurtosis):
    envelope = quantiles((np.arange(200_000) + 0.5) / 200_000)
    found = statistics.marginals(tf.constant(envelope), tf.constant(flat(200_000)))
    found = {name: float(value) for name, value in found.items()}
    assert found["mean"] == pytest.approx(np.mean(envelope))
    assert found["sd/mean"] == pytest.approx(np.std(envelope) / np.mean(envelope))
    assert found["skew"] == pytest.approx(skew, abs=0.01)
    assert found["kurtosis"] == pytest.approx(kurtosis, rel=0.01)


def test_correlations_of_identical_opposite_and_unrelated_channels():
    # whole periods in a fade: then weighted and unweighted variance agree
    found = statistics.correlations(
        channels(wave(10), wave(10), -wave(10), wave(10, np.pi / 2)), filters.fade_window(FRAMES), (1, 2, 3, 4)
    ).numpy()
    np.testing.assert_allclose(found[0], [1, -1, 0, 1], atol=1e-6)  # channel 0 with channels 1, 2, 3, 4
    np.testing.assert_array_equal(found[-1], 0)  # the last channel has no neighbour


def test_correlations_sit_at_their_offsets():
    noise = np.random.default_rng(0).standard_normal((CHANNELS, FRAMES))
    found = statistics.correlations(tf.constant(noise), flat(FRAMES), statistics.C_OFFSETS).numpy()
    expected = np.corrcoef(noise)
    assert found.shape == (32, 8)
    for column, offset in enumerate(statistics.C_OFFSETS):
        np.testing.assert_allclose(found[: CHANNELS - offset, column], np.diag(expected, offset), atol=1e-6)


def test_modulation_power_of_a_sinusoid_is_the_squared_response():
    found = statistics.modulation_power(channels(1 + 0.3 * wave(20)), filters.fade_window(FRAMES)).numpy()
    expected = filters.modulation_filters(FRAMES)[:, 80] ** 2  # bin 80 of 0.25 Hz
    np.testing.assert_allclose(found[5], expected, atol=1e-6)


@pytest.mark.parametrize("phase", [0.0, 1.0, np.pi / 2, -2.5])
def test_c2_is_the_phase_between_octaves(phase):
    octaves = statistics._filter(channels(wave(12.5) + wave(25, phase)), filters.octave_filters(FRAMES))
    found = statistics.phase_correlations(octaves, filters.fade_window(FRAMES)).numpy()
    np.testing.assert_allclose(found[0, 3], [np.cos(phase), np.sin(phase)], atol=1e-4)  # 12.5 with 25 Hz


def test_c1_follows_the_octave():
    # channels agree at 50 Hz and are opposite at 6.25 Hz
    envelope = channels(wave(50) + wave(6.25), wave(50) - wave(6.25))
    octaves = tf.math.real(statistics._filter(envelope, filters.octave_filters(FRAMES))[..., 1:, :])
    found = statistics.modulation_correlations(octaves, filters.fade_window(FRAMES)).numpy()
    assert found.shape == (32, 2, 6)
    np.testing.assert_allclose(found[0, :, 1], [-1, 1], atol=0.02)  # 6.25 Hz
    np.testing.assert_allclose(found[0, :, 4], [1, 1], atol=0.02)  # 50 Hz


def test_envelope_of_a_tone_is_its_compressed_amplitude():
    centre = round(np.argmax(filters.cochlear_filters(40_000)[15]) / 2)  # whole periods in 2 s
    tone = np.sin(2 * np.pi * centre * np.arange(40_000) / SAMPLE_RATE)
    found = {name: value.numpy() for name, value in statistics.texture_statistics(tone).items()}
    assert found["mean"][15] == pytest.approx((0.01 * np.sqrt(2)) ** 0.3, rel=1e-3)
    assert found["power"][15] == pytest.approx(1e-4, rel=1e-3)
    assert found["sd/mean"][15] < 1e-3


def test_shapes_and_batches():
    batch = np.stack([rain(2.0), chirps(2.0)])
    found = statistics.texture_statistics(batch)
    shapes = {"mean": (), "sd/mean": (), "skew": (), "kurtosis": (), "power": ()}
    shapes |= {"C": (8,), "modulation power": (20,), "C1": (2, 6), "C2": (6, 2)}
    assert {name: tuple(value.shape) for name, value in found.items()} == {n: (2, 32, *s) for n, s in shapes.items()}
    for name, value in statistics.texture_statistics(batch[1]).items():
        np.testing.assert_allclose(found[name][1], value, rtol=1e-3, atol=1e-3)


def test_level_and_offset_do_not_matter():
    sound = np.float64(rain(2.0))
    expected = statistics.texture_statistics(sound)
    for other in (1e-3 * sound, -sound, sound + 0.5):
        for name, value in statistics.texture_statistics(other).items():
            np.testing.assert_allclose(value, expected[name], rtol=1e-6, atol=1e-6)


def test_sparse_sounds_have_larger_marginals_than_noise():
    sparse, noise = (statistics.texture_statistics(sound(4.0)) for sound in (chirps, hiss))
    for name in ("sd/mean", "kurtosis", "skew"):
        assert np.median(sparse[name][10:25]) > np.median(noise[name][10:25])


def test_gradient_matches_finite_differences():
    """Central differences in float64, of every class at once, each weighted at random."""
    rng = np.random.default_rng(0)
    sound = np.float64(rain(1.0))
    shapes = {name: value.shape for name, value in statistics.texture_statistics(sound).items()}
    weights = {name: rng.standard_normal(shape) for name, shape in shapes.items()}

    def objective(x):
        found = statistics.texture_statistics(x)
        return tf.add_n([tf.reduce_sum(weights[name][5:25] * found[name][5:25]) for name in statistics.CLASSES])

    x = tf.constant(sound)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = objective(x)
    gradient = tape.gradient(value, x).numpy()
    assert np.all(np.isfinite(gradient))
    step = 1e-7
    for sample in rng.integers(len(sound), size=4):
        nudge = step * (np.arange(len(sound)) == sample)
        difference = (objective(x + nudge) - objective(x - nudge)) / (2 * step)
        assert gradient[sample] == pytest.approx(float(difference), rel=1e-4, abs=1e-5 * np.abs(gradient).max())


def test_gradient_is_finite_where_a_sound_is_digitally_silent():
    x = tf.constant(np.concatenate([np.zeros(10_000, np.float32), rain(1.0)[:10_000]]))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.add_n([tf.reduce_sum(v) for v in statistics.texture_statistics(x).values()])
    assert np.all(np.isfinite(tape.gradient(value, x)))


@pytest.mark.parametrize("samples", [19_900, 40_050])
def test_lengths_that_cannot_be_measured(samples):
    with pytest.raises(AudioError, match="multiple of 100, at least 20000"):
        statistics.texture_statistics(np.zeros(samples))
