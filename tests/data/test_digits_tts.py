"""The embedded data: as many clips and images as promised, the same in every process, and a cache one can trust."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from crossmodal.data import digits_tts
from crossmodal.data.sources import DIGITS, Images, Speech
from crossmodal.errors import DataError


@pytest.fixture(scope="module")
def espeak():
    return pytest.importorskip("espeakng_loader")


@pytest.fixture(scope="module")
def images() -> Images:
    return digits_tts.load_images()


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def speech(espeak, cache) -> Speech:
    """6 speakers x 2 takes, made anew into `cache`."""
    return digits_tts.load_speech(cache, speakers=6, takes=2)


def assert_same(a: Speech, b: Speech) -> None:
    assert len(a.waveforms) == len(b.waveforms)
    assert all(np.array_equal(x, y) for x, y in zip(a.waveforms, b.waveforms, strict=True))
    for field in ("labels", "speakers", "takes"):
        np.testing.assert_array_equal(getattr(a, field), getattr(b, field))


def test_images_have_the_promised_counts_and_types(images):
    assert images.train_images.shape == (1437, 28, 28)
    assert images.test_images.shape == (360, 28, 28)
    assert images.train_images.dtype == images.test_images.dtype == np.uint8
    assert images.train_labels.shape == (1437,)
    assert images.train_labels.dtype == images.test_labels.dtype == np.int64
    assert images.classes == DIGITS
    assert np.bincount(images.test_labels).tolist() == [36] * 10
    assert np.bincount(images.train_labels).min() >= 130


def test_images_are_framed_like_mnist(images):
    every = np.concatenate([images.train_images, images.test_images])
    assert (every.max(axis=(1, 2)) > 200).all()
    assert np.abs(every.mean() - 33.3) < 2
    assert np.abs((every > 127).mean() - 0.132) < 0.01
    border = np.concatenate([every[:, :2].ravel(), every[:, -2:].ravel(), every[:, :, :2].ravel()])
    assert (border == 0).mean() > 0.99  # white on black
    for axis in (1, 2):
        mass = every.sum(axis=3 - axis, dtype=float)
        assert np.abs(mass @ np.arange(28) / mass.sum(axis=1) - 13.5).max() < 1
        extent = (every > 127).any(axis=3 - axis).sum(axis=1)
        assert extent.max() <= 20


def test_images_are_divided_once_and_for_all(images):
    again = digits_tts.load_images()
    np.testing.assert_array_equal(images.test_images, again.test_images)
    train = {image.tobytes() for image in images.train_images}
    assert not any(image.tobytes() in train for image in images.test_images)


def test_plan_is_fixed_and_grows_at_its_end():
    short, long = digits_tts.plan("f1", 2), digits_tts.plan("f1", 5)
    assert short == long[:20]
    assert short != digits_tts.plan("m1", 2)
    assert len({(u.rate_wpm, u.pitch, u.pitch_range) for u in long}) > 40
    assert {u.accent for u in long} == set(digits_tts.ACCENTS)


def test_speakers_are_listed_once():
    assert len(set(digits_tts.SPEAKERS)) == len(digits_tts.SPEAKERS) == 59


def test_speech_has_every_speaker_take_and_digit_once(speech):
    assert len(speech.waveforms) == 120
    triples = set(zip(speech.speakers.tolist(), speech.takes.tolist(), speech.labels.tolist(), strict=True))
    names = {f"espeak-{speaker}" for speaker in digits_tts.SPEAKERS[:6]}
    assert triples == {(name, take, digit) for name in names for take in (0, 1) for digit in range(10)}
    assert speech.labels.dtype == speech.takes.dtype == np.int64
    assert speech.sample_rate == 8000
    assert speech.classes == DIGITS


def test_speech_is_loud_trimmed_and_of_word_length(speech):
    for waveform in speech.waveforms:
        assert waveform.dtype == np.float32
        assert waveform.ndim == 1
        assert 0.1 < len(waveform) / speech.sample_rate < 1.25
        assert np.abs(waveform).max() == pytest.approx(0.9, abs=1e-4)
        assert np.sqrt(np.mean(waveform**2)) > 0.05
        assert np.abs(waveform[:200]).max() > 0.009
        assert np.abs(waveform[-200:]).max() > 0.009


def test_every_variant_is_applied(espeak):
    """At one accent, rate, pitch and range, all 59 speakers sound unlike each other."""
    library, voices, _ = digits_tts._find_espeak()
    utterances = [digits_tts.Utterance(name, 0, 7, "en-us", 160, 50, 50) for name in digits_tts.SPEAKERS]
    spectra = []
    for raw, rate in digits_tts._speak_apart(utterances, library, voices):
        bands = np.array_split(np.abs(np.fft.rfft(raw, 2 * rate))[: 2 * 4000], 60)
        spectra.append(np.log([np.sqrt((band**2).mean()) for band in bands]))
    table = np.stack(spectra)
    table -= table.mean(axis=1, keepdims=True)
    distance = np.sqrt(((table[:, None] - table[None]) ** 2).mean(axis=2))
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > 0.05
    assert np.median(distance) > 0.3


def test_unknown_variant_is_an_error(espeak):
    library, voices, _ = digits_tts._find_espeak()
    with pytest.raises(DataError, match="no voice variant nobody"):
        digits_tts._speak_apart([digits_tts.Utterance("nobody", 0, 7, "en", 160, 50, 50)], library, voices)


def test_speech_is_the_same_in_every_process(speech, cache, tmp_path):
    program = "import sys; from crossmodal.data.digits_tts import load_speech as l; l(sys.argv[1], speakers=6, takes=2)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    (here,), (there,) = cache.glob("*.npz"), tmp_path.glob("*.npz")
    assert here.name == there.name
    with np.load(here) as a, np.load(there) as b:
        assert str(a["sha256"]) == str(b["sha256"])
        np.testing.assert_array_equal(a["samples"], b["samples"])


def test_a_clip_does_not_depend_on_how_many_are_asked_for(speech, tmp_path):
    few = digits_tts.load_speech(tmp_path, speakers=2, takes=1)
    chosen = [i for i in range(40) if speech.takes[i] == 0]
    assert [speech.speakers[i] for i in chosen] == few.speakers.tolist()
    assert all(np.array_equal(speech.waveforms[i], clip) for i, clip in zip(chosen, few.waveforms, strict=True))


def test_other_words_are_said_too(speech, tmp_path):
    said = digits_tts.load_speech(tmp_path, speakers=2, takes=1, words=("one", "yes"))
    assert (said.classes, said.labels.tolist()) == (("one", "yes"), [0, 1, 0, 1])
    assert not set(digits_tts.OTHER_WORDS) & set(speech.classes)
    assert not np.array_equal(said.waveforms[0], said.waveforms[1])
    assert speech.classes == DIGITS


def test_cache_gives_what_was_made(speech, cache, monkeypatch):
    monkeypatch.setattr(digits_tts, "_speak_apart", None)  # would fail if called
    assert_same(digits_tts.load_speech(cache, speakers=6, takes=2), speech)
    assert len(list(cache.iterdir())) == 1  # and nothing else lies about


@pytest.mark.parametrize("damage", ["truncated", "text", "empty", "bit", "other"])
def test_damaged_cache_is_made_anew(damage, espeak, tmp_path):
    good = digits_tts.load_speech(tmp_path, speakers=1, takes=1)
    (path,) = tmp_path.glob("*.npz")
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-500])
    elif damage == "text":
        path.write_text("not a cache")
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        with np.load(path) as kept:
            arrays = dict(kept)
        if damage == "bit":
            arrays["samples"][1000] ^= 1
        else:
            del arrays["sha256"]
        np.savez(path, **arrays)
    with pytest.warns(UserWarning, match="damaged"):
        assert_same(digits_tts.load_speech(tmp_path, speakers=1, takes=1), good)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same(digits_tts.load_speech(tmp_path, speakers=1, takes=1), good)


def test_a_cache_that_cannot_be_written_does_not_stop(espeak, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="cannot be kept"):
        speech = digits_tts.load_speech(tmp_path / "file", speakers=1, takes=1)
    assert len(speech.waveforms) == 10


def test_user_cache(monkeypatch):
    monkeypatch.setenv("CROSSMODAL_CACHE", "a")
    monkeypatch.setenv("XDG_CACHE_HOME", "b")
    assert digits_tts.user_cache() == Path("a")
    monkeypatch.delenv("CROSSMODAL_CACHE")
    assert digits_tts.user_cache() == Path("b", "crossmodal")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert digits_tts.user_cache() == Path.home() / ".cache" / "crossmodal"


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_it_speaks_from_a_long_path_with_spaces(espeak, tmp_path, monkeypatch):
    deep = tmp_path.joinpath(*["a rather löng folder name " + "x" * 40] * 4)
    deep.mkdir(parents=True)
    library, voices, _ = digits_tts._find_espeak()
    shutil.copy(library, deep / library.name)
    os.symlink(voices, deep / voices.name)
    utterances = digits_tts.plan("f1", 1)[:2]
    usual = digits_tts._speak_apart(utterances, library, voices)
    far = digits_tts._speak_apart(utterances, deep / library.name, deep / voices.name)
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(usual, far, strict=True))


def test_without_espeak_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(DataError) as caught:
        digits_tts.load_speech(tmp_path)
    assert str(caught.value) == ('The embedded digits-tts data needs eSpeak NG: pip install "crossmodal-toolkit[tts]".')


@pytest.mark.parametrize("wrong", [{"speakers": 0}, {"speakers": 60}, {"takes": 0}])
def test_impossible_numbers_are_errors(wrong, tmp_path):
    with pytest.raises(DataError, match="ask for 1"):
        digits_tts.load_speech(tmp_path, **wrong)


def test_import_is_light():
    program = (
        "import sys, crossmodal.data.digits_tts; "
        "print({'tensorflow', 'keras', 'sklearn', 'librosa', 'scipy', 'espeakng_loader'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
