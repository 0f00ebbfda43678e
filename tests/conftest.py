"""Fixtures for the whole suite: every sound that the tests use is made here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


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
