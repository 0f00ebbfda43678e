"""Fixtures for the whole suite: every sound that the tests use is made here."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported, as the commands do
if "PYTEST_XDIST_WORKER" in os.environ:  # each has a core, and threads of others would wait for it
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")

import gc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from crossmodal.data.sources import DIGITS, Images, Speech

gc.set_threshold(1_000_000, 1000, 1000)  # the graphs of a whole suite are many objects to look through again and again


@pytest.fixture
def eager():
    """Run functions of TensorFlow as they are written: of one that runs but a few times, making a graph takes most of
    the time."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def tone() -> Callable[..., np.ndarray]:
    """tone(frequency_hz, sample_rate, duration_s, amplitude): a float32 sine of shape (samples,)."""

    def make(
        frequency_hz: float = 440.0,
        sample_rate: int = 8000,
        duration_s: float = 0.5,
        amplitude: float = 0.5,
    ) -> np.ndarray:
        times_s = np.arange(round(duration_s * sample_rate)) / sample_rate
        return (amplitude * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)

    return make


@pytest.fixture
def write_sound(tmp_path: Path) -> Callable[..., Path]:
    """write_sound(name, waveform, sample_rate, subtype): a file in tmp_path, in the format of its suffix."""

    def write(name: str, waveform: np.ndarray, sample_rate: int = 8000, subtype: str | None = None) -> Path:
        path = tmp_path / name
        soundfile.write(path, waveform, sample_rate, subtype=subtype)
        return path

    return write


@pytest.fixture
def noise() -> Callable[[int], np.ndarray]:
    """noise(samples): float32 white noise of standard deviation 0.1, always the same."""

    def make(samples: int) -> np.ndarray:
        return (0.1 * np.random.default_rng(samples).standard_normal(samples)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def spoken_digits() -> tuple[np.ndarray, list[tuple[int, int]]]:
    """zero to nine by eSpeak NG in one waveform (samples,) at 8 kHz, 0.3 s apart, and where each begins and ends. A
    voice's second take, in which presets have not been trained."""
    from crossmodal.data.digits_tts import load_speech

    speech = load_speech(speakers=1, takes=2)
    pause = np.zeros(2400, np.float32)
    parts, bounds, end = [pause], [], len(pause)
    for i in np.flatnonzero(np.asarray(speech.takes) == 1):
        clip = speech.waveforms[i]
        parts += [clip, pause]
        bounds.append((end, end + len(clip)))
        end += len(clip) + len(pause)
    return np.concatenate(parts), bounds


@pytest.fixture(scope="session")
def fsdd_like() -> Speech:
    """The labels of FSDD (5 speakers, 10 digits, 50 takes) without its sound."""
    speakers = ("george", "jackson", "nicolas", "theo", "yweweler")
    rows = [(digit, speaker, take) for digit in range(10) for speaker in speakers for take in range(50)]
    digits, names, takes = zip(*rows, strict=True)
    silence = np.zeros(1, np.float32)
    return Speech("fsdd-like", [silence] * 2500, np.array(digits), np.array(names), np.array(takes), 8000)


@pytest.fixture(scope="session")
def class_folders(tmp_path_factory) -> tuple[Path, Path]:
    """Ten digits as folders of sounds and images: digit d is a tone that rises d octave-tenths, and a bar at d."""
    from PIL import Image

    root = tmp_path_factory.mktemp("folders")
    rng = np.random.default_rng(0)
    for label, name in enumerate(DIGITS):
        for kind in ("sounds", "images"):
            (root / kind / f"{label}_{name}").mkdir(parents=True)
        for take in range(12):
            times_s = np.arange(2400 + 200 * (take % 3)) / 8000
            tone = 0.3 * np.sin(2 * np.pi * 300 * 2 ** (label / 3) * times_s)
            path = root / "sounds" / f"{label}_{name}" / f"speaker{take % 3}_{take:02d}.wav"
            soundfile.write(path, tone + 0.01 * rng.standard_normal(len(times_s)), 8000)
        for take in range(40):
            image = np.zeros((28, 28), np.uint8)
            image[4:24, 3 + 2 * label : 6 + 2 * label] = 200 + rng.integers(50)
            Image.fromarray(image).save(root / "images" / f"{label}_{name}" / f"{take:02d}.png")
    return root / "sounds", root / "images"


@pytest.fixture(scope="session")
def real_data() -> tuple[Speech, Images]:
    """FSDD and MNIST as TFDS prepared them in TFDS_DATA_DIR; skips without."""
    from crossmodal.data.catalog import load_pair

    data_dir = os.environ.get("TFDS_DATA_DIR")
    if not data_dir:
        pytest.skip("TFDS_DATA_DIR is not set")
    return load_pair("fsdd-mnist", data_dir=data_dir)
