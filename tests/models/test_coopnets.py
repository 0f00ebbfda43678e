"""The networks: sizes, receptive fields, any length, a file that gives back the same sound."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.textures import chirps, rain
from crossmodal.errors import AudioError, ModelError
from crossmodal.models import cooperative, playing
from crossmodal.models.coopnets import CoopNets, bandwidth
from crossmodal.models.networks.auditory import AuditoryDescriptor, join_subbands, subbands
from crossmodal.models.networks.auditory_bands import cochlear_bank, frame_of, modulation_bank
from crossmodal.models.networks.subbands import SubbandGenerator
from crossmodal.models.networks.waveform import WaveformDescriptor, WaveformGenerator, receptive_field
from crossmodal.models.playing import cross_fade
from crossmodal.sound.resampling import resample


@pytest.fixture(scope="module")
def thesis():
    keras.utils.set_random_seed(0)
    return CoopNets.thesis()


@pytest.fixture(scope="module")
def auditory():
    """The default's networks, fitted to chirps, not trained."""
    keras.utils.set_random_seed(0)
    sound = chirps()
    model = CoopNets.auditory(highest_hz=8000.0)
    model.set_spectrum(sound)
    model.descriptor.adapt(model.whiten(sound))
    return model


def test_parameters_of_the_thesis_networks(thesis):
    assert thesis.generator.count_params() == 829_185
    assert thesis.descriptor.count_params() == 300_170


@pytest.mark.parametrize(("stride", "samples"), [(20, 12_780), (40, 25_360), (60, 37_940)])
def test_receptive_field_is_what_changes_the_output(stride, samples):
    """One output of the descriptor, by its gradient: the formula gives the first and the last sample it reads."""
    assert receptive_field(strides=(stride, 20, 1)) == samples
    descriptor = WaveformDescriptor(strides=(stride, 20, 1), activation="linear")
    x = tf.ones((1, samples))
    with tf.GradientTape() as tape:
        tape.watch(x)
        f = descriptor(x)
    read = np.flatnonzero(tape.gradient(f, x)[0])
    assert (read[0], read[-1]) == (0, samples - 1)
    with pytest.raises(AudioError, match=f"use at least {samples}"):
        descriptor(x[:, 1:])


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_f_is_the_sum_of_the_last_map(dtype):
    descriptor = WaveformDescriptor(dtype=dtype)
    descriptor.network.layers[-1].bias.assign(np.linspace(-1, 1, 20) + 0.5)
    signal = tf.random.stateless_normal((2, 30_000), (0, 0))
    f = descriptor(signal)
    assert f.dtype == tf.float32
    last_map = tf.cast(descriptor.network(signal[..., None]), tf.float32)
    np.testing.assert_allclose(f, tf.reduce_sum(last_map, (1, 2)), rtol=1e-4 if dtype == "float32" else 0.05)


def test_the_descriptor_is_the_sum_of_its_last_map(thesis):
    x = 0.1 * tf.random.stateless_normal((2, 60_000), (0, 0))
    maps = thesis.descriptor.network(x[..., None])
    assert maps.shape == (2, thesis.descriptor.positions(60_000)[-1], 20)
    np.testing.assert_allclose(thesis.descriptor(x), tf.reduce_sum(maps, (1, 2)), rtol=1e-4, atol=1e-4)


def test_f_is_the_sum_of_a_last_map_with_a_stride_and_has_the_kernels_gradient():
    keras.utils.set_random_seed(0)
    descriptor = WaveformDescriptor(filters=(6, 5, 4), kernels=(9, 7, 5), strides=(4, 3, 2))
    signal = tf.random.stateless_normal((2, 500), (0, 0))
    with tf.GradientTape(persistent=True) as tape:
        f = tf.reduce_sum(descriptor(signal))
        summed = tf.reduce_sum(descriptor.network(signal[..., None]))
    np.testing.assert_allclose(f, summed, rtol=1e-5)
    variables = descriptor.trainable_variables
    for ours, plain in zip(tape.gradient(f, variables), tape.gradient(summed, variables), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4)


def test_the_published_descriptor_is_the_sum_of_its_rectified_last_map():
    descriptor = WaveformDescriptor((6, 5, 4), (9, 7, 5), (4, 3, 2), published=True)
    x = tf.random.stateless_normal((2, 2000), (0, 1))
    maps = descriptor.network(x[..., None])
    assert float(tf.reduce_min(maps)) == 0
    np.testing.assert_allclose(descriptor(x), tf.reduce_sum(maps, (1, 2)), rtol=1e-4)
    assert np.std(descriptor.network.layers[1].kernel) == pytest.approx(0.01, rel=0.3)


def test_the_published_generator_normalises_each_signal_alone_over_time():
    generator = WaveformGenerator(published=True)
    assert generator.count_params() == 829_185 + 2 * (256 + 128)
    assert np.std(generator.network.get_layer("upconv1").kernel) == pytest.approx(0.005, rel=0.1)
    z = tf.random.stateless_normal((3, 20, 1), (0, 1))
    np.testing.assert_allclose(generator(z)[:1], generator(z[:1]), atol=1e-6)
    normalised = keras.Model(generator.network.input, generator.network.get_layer("norm1").output)(z)
    np.testing.assert_allclose(tf.reduce_mean(normalised, 1), 0, atol=1e-4)
    again = WaveformGenerator.from_config(generator.get_config())
    assert again.published


def test_chains_on_processors_of_their_own_walk_as_together(thesis, monkeypatch):
    signal = 0.1 * tf.random.stateless_normal((3, 26_000), (0, 0))
    together = thesis.revise(signal, (1, 2), 3)
    monkeypatch.setattr(cooperative, "parallel_operations", lambda: 2)
    apart = thesis.revise(signal, (1, 2), 3)
    for a, b in zip(together, apart, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_the_generator_is_fully_convolutional(thesis):
    """60 latents make 60,000 samples; away from the ends a longer draw is made of the same filters."""
    z = tf.random.stateless_normal((1, 80, 1), (0, 0))
    assert thesis.generator(z[:, :60]).shape == (1, 60_000)
    np.testing.assert_allclose(
        thesis.generator(z)[0, :57_000], thesis.generator(z[:, :60])[0, :57_000], rtol=1e-4, atol=1e-5
    )


def test_cochlear_bands_keep_the_power_and_join_to_the_signal():
    bank = cochlear_bank(20_000, 20_000, 6000.0)
    x = np.random.default_rng(0).standard_normal((1, 20_000)).astype(np.float32)
    frequency = np.fft.rfftfreq(20_000, 1 / 20_000)[:-1]
    inside = (frequency > 60) & (frequency < 5000)
    np.testing.assert_allclose(np.sum(bank[:, inside] ** 2, axis=0), 1.0, rtol=1e-4)
    spectrum = np.fft.rfft(x) * np.append(inside, False)
    banded = np.fft.irfft(spectrum).astype(np.float32)
    np.testing.assert_allclose(join_subbands(subbands(banded, bank), bank, 20_000), banded, atol=0.02)


def test_modulation_bands_cover_a_hertz_to_half_the_frame_rate():
    total = np.sum(modulation_bank(800, 400.0) ** 2, axis=0)
    frequency = np.fft.rfftfreq(800, 1 / 400)
    assert np.all(total[(frequency >= 1) & (frequency <= 160)] > 0.99)


def test_the_descriptor_prefers_its_texture(auditory):
    """Another take of the chirps has more of f than rain or noise of the same spectrum; f is at most 0."""
    noise = np.random.default_rng(0).standard_normal(80_000).astype(np.float32)
    take, other = auditory.whiten(chirps(seed=1)), auditory.whiten(rain())
    f = auditory.descriptor(np.stack([take, other, noise])).numpy()
    assert np.all(f <= 0)
    assert f[0] > 0.1 * f[1:].max()


def test_the_gradient_of_silence_and_of_a_click_is_finite(auditory):
    for x in (np.zeros((1, 20_000)), np.eye(1, 20_000, 1000), 1e4 * np.ones((1, 20_000))):
        x = tf.constant(x, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            f = auditory.descriptor(x)
        assert np.all(np.isfinite(tape.gradient(f, x)))


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000])
def test_the_default_hears_the_same_at_any_sample_rate(sample_rate):
    """Chirps up to 6 kHz and noise below 7 kHz, heard by the same bands: frames of 2.5 ms, modulations in Hz."""
    noise = resample(np.random.default_rng(0).standard_normal(28_000), 14_000, 20_000).astype(np.float32)
    for sound in (0.1 * noise, chirps(2.0)):
        features = []
        for rate in (20_000, sample_rate):
            descriptor = AuditoryDescriptor(rate, 7000.0)
            at_rate = resample(sound, 20_000, rate)[None]
            at_rate = at_rate[:, : at_rate.shape[1] // (20 * descriptor.frame) * 20 * descriptor.frame]
            features.append(descriptor.features(tf.constant(at_rate, tf.float32)).numpy()[0])
        difference = np.sqrt(np.mean(np.square(features[1] - features[0])))
        assert difference < 0.03 * np.std(features[0])


def test_frames_of_older_files_have_50_samples_at_any_rate():
    assert [frame_of(rate) for rate in (4000, 8000, 20_000, 44_100, 48_000, 192_000)] == [10, 20, 50, 110, 120, 480]
    for network in (AuditoryDescriptor(48_000), SubbandGenerator(48_000)):
        config = network.get_config()
        assert type(network).from_config(config).frame == 120
        del config["frame"]
        assert type(network).from_config(config).frame == 50


@pytest.mark.parametrize("sample_rate", [8000, 44_100])
def test_the_default_tells_a_texture_from_noise_at_any_sample_rate(sample_rate):
    sound = chirps(2.0, sample_rate)
    model = CoopNets.auditory(sample_rate, 0.4 * sample_rate)
    model.set_spectrum(sound)
    signal = model.whiten(sound)
    model.descriptor.adapt(signal)
    data, noise = (
        model.descriptor(x[None, : sample_rate // model.multiple * model.multiple]).numpy()[0]
        for x in (signal, model.whiten(model.draw(2.0, steps=0)[0]))
    )
    assert noise < 2 * data < 0
    assert model.draw(0.3, steps=1).shape == (1, round(0.3 * sample_rate))  # a signal of a second does


def test_an_untrained_generator_draws_noise_with_the_recordings_spectrum(auditory):
    sound = chirps()
    draws = auditory.draw(4.0, draws=2, seed=1, steps=0)
    assert draws.shape == (2, 80_000)
    np.testing.assert_allclose(draws.std(axis=1), sound.std(), rtol=0.1)
    assert abs(np.corrcoef(draws)[0, 1]) < 0.05


def test_a_long_recording_is_heard_in_pieces_as_at_once(monkeypatch):
    beats = 1 + 0.8 * np.sin(2 * np.pi * 7 * np.arange(80_000) / 20_000)
    signal = (beats * np.random.default_rng(0).standard_normal(80_000)).astype(np.float32)
    at_once, pieces = (AuditoryDescriptor(20_000, 8000.0) for _ in range(2))
    at_once.adapt(signal)
    monkeypatch.setattr("crossmodal.models.networks.auditory.LONGEST_PIECE", 30_000)
    pieces.adapt(signal)
    for name in ("band_gain", "envelope_mean", "envelope_sd", "modulation_sd"):
        one, other = (np.asarray(getattr(descriptor, name).value) for descriptor in (at_once, pieces))
        if name == "modulation_sd":  # of the slower ones a piece of 1.3 s says little
            one, other = one[:, :8], other[:, :8]
        np.testing.assert_allclose(other, one, rtol=0.15, atol=0.02)


def test_a_recording_of_a_second_leaves_the_descriptor_as_much_room_as_a_longer_one(auditory):
    """Crops that are all the same would have no variance, and f would allow nothing but them."""
    short, longer = (AuditoryDescriptor(20_000, 8000.0) for _ in range(2))
    short.adapt(auditory.whiten(chirps(1.0)))
    longer.adapt(auditory.whiten(chirps(4.0)))
    ratio = np.asarray(short.h_sd.value) / np.asarray(longer.h_sd.value)
    assert 0.3 < np.median(ratio) < 3


def test_chains_raise_f(auditory):
    before, after = (auditory.whiten(auditory.draw(1.0, seed=2, steps=steps)) for steps in (0, 15))
    f = auditory.descriptor(np.concatenate([before, after])).numpy()
    assert f[1] > 0.5 * f[0]
    np.testing.assert_array_equal(auditory.draw(1.0, seed=2, steps=15), auditory.draw(1.0, seed=2, steps=15))


@pytest.mark.parametrize("samples", [1, 20_001, 33_333])
def test_draws_of_any_length(auditory, thesis, samples):
    for model in (auditory, thesis):
        assert model.draw(samples / 20_000, steps=0).shape == (1, samples)


def test_a_long_draw_is_revised_in_pieces_that_cannot_be_heard(auditory, monkeypatch):
    monkeypatch.setattr("crossmodal.models.playing.PIECE_S", 1.0)
    monkeypatch.setattr("crossmodal.models.playing.FADE_S", 0.1)
    signal = auditory.whiten(auditory.draw(3.5, seed=1, steps=1)[0])
    assert signal.shape == (70_000,)
    tenths = signal.reshape(-1, 2000).std(axis=1)  # the joints are at 0.9 to 1.0 s, 1.8 to 1.9 s and 2.7 to 2.8 s
    np.testing.assert_allclose(tenths, signal.std(), rtol=0.25)
    assert abs(np.corrcoef(signal[:18_000], signal[18_000:36_000])[0, 1]) < 0.05


def test_a_cross_fade_keeps_the_power_of_independent_signals():
    pieces = list(np.random.default_rng(0).standard_normal((3, 1, 30_000), np.float32))
    joined = cross_fade(pieces, 10_000)
    assert joined.shape == (1, 70_000)
    np.testing.assert_allclose(joined.reshape(7, 10_000).std(axis=1), pieces[0].std(), rtol=0.05)
    np.testing.assert_array_equal(joined[0, :20_000], pieces[0][0, :20_000])


@pytest.mark.parametrize("duration_s", [0.0, -1.0, np.nan, np.inf])
def test_durations_that_cannot_be_drawn(thesis, duration_s):
    with pytest.raises(AudioError, match="choose a positive"):
        thesis.draw(duration_s)


def test_a_nan_never_leaves_as_sound():
    model = CoopNets.thesis()
    model.set_spectrum(None, float("nan"))
    with pytest.raises(AudioError, match="not finite"):
        model.draw(1.0, steps=0)


def test_whitening_is_undone_by_colouring_and_makes_white(auditory):
    sound = chirps()
    white = auditory.whiten(sound)
    np.testing.assert_allclose(auditory.colour(white), sound, atol=1e-5)
    assert white.std() == pytest.approx(1.0, abs=0.2)


def test_bandwidth_ends_where_a_recording_of_a_lower_rate_does():
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(80_000))
    spectrum[32_000:] = 0
    assert bandwidth(np.fft.irfft(spectrum), 20_000) == pytest.approx(8000, abs=100)  # the window's side lobes


@pytest.mark.parametrize("name", ["thesis", "auditory"])
def test_a_file_gives_back_the_same_model(name, tmp_path, request):
    model = request.getfixturevalue(name)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert isinstance(loaded, CoopNets)
    np.testing.assert_array_equal(loaded.draw(1.5, seed=3, steps=0), model.draw(1.5, seed=3, steps=0))
    x = model.whiten(rain(2.0))[None]
    np.testing.assert_allclose(loaded.descriptor(x), model.descriptor(x), rtol=1e-6)
    assert (loaded.walk, loaded.draw_steps) == (model.walk, model.draw_steps)


def test_a_model_knows_by_how_many_steps_its_draws_are_revised(thesis, auditory):
    assert (auditory.draw_steps, thesis.draw_steps) == (60, 40)
    assert CoopNets.thesis(steps=7).draw_steps == 7
    assert CoopNets.thesis(steps=7, draw_steps=0).draw_steps == 0
    auditory.draw_steps = 2
    try:
        asked, told, alone = (auditory.draw(1.0, seed=4, steps=steps) for steps in (None, 2, 0))
    finally:
        auditory.draw_steps = 60
    np.testing.assert_array_equal(asked, told)
    assert not np.array_equal(asked, alone)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *(("draw_steps", value) for value in (-1, 1.5, True, None, "60")),
        *(("steps", -1), ("step", float("nan")), ("noise", -0.1), ("momentum", 1.0), ("sigma", 0.0), ("sigma", "x")),
        ("most_drift", float("inf")),
    ],
)
def test_chains_that_cannot_walk_are_refused(setting, value):
    with pytest.raises(ModelError, match=f"{setting} is|{setting} {value}"):
        CoopNets.thesis(**{setting: value})


def test_a_draw_tells_of_its_pieces_and_stays_in_bounded_memory(thesis, monkeypatch):
    monkeypatch.setattr(playing, "UNREVISED_PIECE_S", 1.0)
    monkeypatch.setattr(playing, "FADE_S", 0.1)
    told = []
    assert thesis.draw(2.5, steps=0, on_piece=lambda *done: told.append(done)).shape == (1, 50_000)
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(AudioError, match="together 3600 s at most"):
        thesis.draw(1000.0, draws=4)


def test_the_networks_name_their_tables_of_the_thesis():
    assert "table 4.2" in WaveformGenerator.__doc__
    assert "table 4.3" in WaveformDescriptor.__doc__
