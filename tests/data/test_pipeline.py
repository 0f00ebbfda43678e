"""Batches: shapes, alignment, and that an epoch is the same however one got there."""

import numpy as np
import pytest
import tensorflow as tf

from crossmodal.data.augment import AUGMENTATIONS, Augmentation, augment, hz_to_mel
from crossmodal.data.pairing import ByClass, Given
from crossmodal.data.pipeline import RowFile, paired_batches, steps_per_epoch, training_batches
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel


@pytest.fixture(scope="module")
def source():
    """Spectrograms and images filled with their label, so that a pair shows whether it is aligned."""
    clip_labels, image_labels = np.arange(40) % 10, np.arange(320) % 10
    spectrograms = np.broadcast_to(clip_labels[:, None, None] / 10, (40, 48, 48)).astype(np.float32)
    images = np.broadcast_to(image_labels[:, None, None], (320, 28, 28)).astype(np.uint8)
    return spectrograms, clip_labels, images, image_labels


def collect(source, **options):
    return list(training_batches(*source, seed=0, **options).as_numpy_iterator())


def test_shapes_ranges_and_alignment(source):
    batches = collect(source, batch_size=32, epochs=2, images_per_clip=4)
    assert len(batches) == 2 * steps_per_epoch(ByClass(source[1], source[3], 4), 32) == 20
    for x, y in batches:
        assert x.shape == (8, 48, 48, 1)
        assert y.shape == (8, 4, 28, 28, 1)
        assert x.dtype == y.dtype == np.float32
        labels = np.rint(x[:, 0, 0, 0] * 10)
        np.testing.assert_allclose(y[:, :, 0, 0, 0] * 255, np.repeat(labels[:, None], 4, axis=1), atol=1e-4)


def test_a_later_start_gives_the_same_epochs(source):
    options = {"batch_size": 32, "epochs": 3, "augmentation": Augmentation()}
    whole, rest = collect(source, **options), collect(source, **options, first_epoch=2)
    assert len(rest) == 10
    for (x, y), (x2, y2) in zip(whole[-10:], rest, strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y, y2)
    assert not np.array_equal(whole[0][0], whole[10][0])


def test_files_give_the_batches_that_arrays_give(source, tmp_path):
    spectrograms, clip_labels, images, image_labels = source
    paths = tmp_path / "spectrograms.npy", tmp_path / "images.npy"
    for path, rows in zip(paths, (spectrograms, images), strict=True):
        np.save(path, rows)
    options = {"batch_size": 32, "epochs": 2, "images_per_clip": 4, "augmentation": Augmentation()}
    whole, read = collect(source, **options), collect((paths[0], clip_labels, paths[1], image_labels), **options)
    for (x, y), (x2, y2) in zip(whole, read, strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y, y2)


def test_a_file_that_is_no_array_of_rows_or_was_cut_is_refused(source, tmp_path):
    path = tmp_path / "images.npy"
    np.save(path, np.asfortranarray(source[2]))
    with pytest.raises(DataError, match=r"save it by np\.save in C order"):
        RowFile(path)
    np.save(path, source[2])
    rows = RowFile(path)
    np.testing.assert_array_equal(rows[np.array([[3, 5]])], source[2][[[3, 5]]])
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="shorter than it was"):
        rows[np.array([319])]


def test_batches_carry_the_clip_and_the_label_if_they_are_asked_for(source):
    spectrograms, clip_labels, images, image_labels = source
    pairing = ByClass(clip_labels, image_labels, 4)
    options = {"batch_size": 32, "epochs": 1, "seed": 0}
    plain = list(paired_batches(spectrograms, images, pairing, **options).as_numpy_iterator())
    both = paired_batches(spectrograms, images, pairing, needs=("clip", "label"), **options).as_numpy_iterator()
    for (x, y), (x2, y2, asked) in zip(plain, both, strict=True):
        np.testing.assert_array_equal(x, x2)
        np.testing.assert_array_equal(y, y2)
        assert asked["clip"].shape == asked["label"].shape == (8,)
        np.testing.assert_array_equal(clip_labels[asked["clip"]], asked["label"])
        np.testing.assert_array_equal(np.rint(x2[:, 0, 0, 0] * 10), asked["label"])
    with pytest.raises(DataError, match="duration, plain, not speaker"):
        paired_batches(spectrograms, images, pairing, needs=("speaker",), **options)


def test_batches_carry_durations_and_what_was_not_changed(source):
    """The clips from 20 on are variants of those before them, 20 places on."""
    spectrograms, clip_labels, images, image_labels = source
    durations_s, plain = np.linspace(0.1, 0.9, 40, dtype=np.float32), np.tile(np.arange(20), 2)
    options = {"batch_size": 32, "epochs": 1, "seed": 0, "augmentation": Augmentation()}
    options |= {"needs": ("clip", "duration", "plain"), "durations_s": durations_s}
    pairing = ByClass(clip_labels, image_labels, 4)
    for given, rows in ((None, np.arange(40)), (plain, plain)):
        for x, _, asked in paired_batches(spectrograms, images, pairing, plain=given, **options).as_numpy_iterator():
            np.testing.assert_array_equal(asked["plain"][..., 0], spectrograms[rows[asked["clip"]]])
            np.testing.assert_array_equal(asked["duration"], durations_s[asked["clip"]])
            assert np.abs(x - asked["plain"]).max() > 0.01
    with pytest.raises(DataError, match="asks for durations"):
        paired_batches(spectrograms, images, pairing, **{**options, "durations_s": None})


def test_given_pairs_in_colour_are_batched_as_they_are(source):
    spectrograms = source[0]
    images = np.random.default_rng(0).integers(0, 256, (40, 64, 48, 3), np.uint8)
    clips = np.random.default_rng(1).permutation(40)
    options = {"batch_size": 8, "epochs": 1, "seed": 0, "needs": ("clip",)}
    seen = 0
    for x, y, asked in paired_batches(spectrograms, images, Given(clips), **options).as_numpy_iterator():
        assert y.shape == (8, 1, 64, 48, 3)
        np.testing.assert_array_equal(x[..., 0], spectrograms[asked["clip"]])
        for image, clip in zip(y[:, 0], asked["clip"], strict=True):
            np.testing.assert_allclose(255 * image, images[np.flatnonzero(clips == clip)[0]], atol=1e-4)
            seen += 1
    assert seen == 40


def test_batches_must_hold_whole_groups(source):
    with pytest.raises(DataError, match="choose a multiple of 4"):
        collect(source, batch_size=30, epochs=1, images_per_clip=4)


def test_augmentation_is_a_function_of_the_seed_and_stays_in_range():
    x = tf.random.stateless_uniform((16, 48, 48), (1, 2))
    a, b, c = (augment(x, tf.constant(seed), LogMel(), Augmentation()) for seed in ((0, 1), (0, 1), (0, 2)))
    np.testing.assert_array_equal(a, b)
    assert np.abs(a - c).max() > 0.1
    assert np.abs(a - x).max() > 0.1
    assert a.numpy().min() >= 0
    assert a.numpy().max() <= 1


def test_augmentation_of_no_strength_changes_nothing():
    none = Augmentation(**dict.fromkeys(Augmentation.__dataclass_fields__, 0))
    x = tf.random.stateless_uniform((4, 48, 48), (1, 2))
    for ranges in (none, Augmentation().scaled(0)):
        np.testing.assert_allclose(augment(x, tf.constant((0, 1)), LogMel(), ranges), x, atol=1e-5)


def test_each_change_of_an_augmentation_changes_something_of_its_own():
    x = tf.random.stateless_uniform((8, 48, 48), (1, 2), 0.0, 0.3)
    zeros = dict.fromkeys(Augmentation.__dataclass_fields__, 0.0)
    for name, value in vars(Augmentation()).items():
        changed = augment(x, tf.constant((0, 1)), LogMel(), Augmentation(**{**zeros, name: value}))
        assert np.abs(changed - x).max() > 0.02, name


def test_padded_frames_stay_0_where_recordings_are_padded():
    """Not so where they are stretched: a noise floor lies below all of a clip."""
    x = tf.concat([tf.random.stateless_uniform((16, 30, 48), (1, 2), 0.1), tf.zeros((16, 18, 48))], axis=1)
    padded, stretched = (
        augment(x, tf.constant((0, 1)), LogMel(timing=timing), Augmentation()).numpy().max(axis=2)
        for timing in ("pad", "stretch")
    )
    assert (padded[:, 42:] == 0).all()  # a shift of 4 frames, a bend of 2 and a factor of 1.16 move no end so far
    assert (stretched[:, 42:] > 0).mean() > 0.5
    np.testing.assert_array_equal(padded[:, :18], stretched[:, :18])


def test_a_longer_vocal_tract_moves_a_formant_down_in_hertz():
    """The warp acts on hertz: a ridge at band b moves to where the mel scale puts its frequency times a factor."""
    import librosa

    centres = librosa.mel_frequencies(50, fmin=60, fmax=4000)[1:-1]
    np.testing.assert_allclose(hz_to_mel(tf.constant(centres, tf.float32)), librosa.hz_to_mel(centres), rtol=1e-5)
    x = np.zeros((64, 48, 48), np.float32)
    x[:, :, 24] = 1
    only = Augmentation(**{**dict.fromkeys(Augmentation.__dataclass_fields__, 0), "vocal_tract": 0.2})
    moved = augment(tf.constant(x), tf.constant((0, 5)), LogMel(), only).numpy().mean(axis=1).argmax(axis=1)
    expected = np.abs(centres[:, None] - centres[24] * np.exp([-0.2, 0.2])).argmin(axis=0)
    assert moved.min() >= expected[0]
    assert moved.max() <= expected[1]
    assert np.ptp(moved) >= 4


def test_changes_grow_with_the_frames_and_bands_of_a_front_end():
    assert Augmentation().at(LogMel()) == AUGMENTATIONS["speech"] == Augmentation()
    larger = Augmentation().at(LogMel(n_frames=120, n_mels=72))
    assert (larger.time_shift, larger.time_bend, larger.mask_frames) == (10.0, 5.0, 20.0)
    assert (larger.smear, larger.mask_mels) == (4.5, 12.0)
    assert (larger.vocal_tract, larger.gain_db) == (Augmentation.vocal_tract, Augmentation.gain_db)
