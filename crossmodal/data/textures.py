"""Recordings of sound textures, and textures that the library makes itself for users without a recording.

A texture is sound whose statistics do not change with time: rain, fire, insects. The made ones are deterministic,
float32 (samples,), peak 0.9; any other take of the same texture has another seed.
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio, read_channels, validate_audio
from crossmodal.sound.long_term import occupied_hz
from crossmodal.sound.turning import check_weights

SHORTEST_S = 1.0
LONGEST_S = 600.0
PEAK = 0.9
_FRAME_S = 0.05
_SILENT_DB, _LEAST_SOUNDING = -60.0, 0.25  # relative to the loudest frame; share of the frames
_NARROWEST_HZ, _POWER = 50.0, 0.99  # width of this share of the power; the narrowest of 400 recordings has 155 Hz


def rain(duration_s: float = 4.0, sample_rate: int = 20_000, seed: int = 0) -> np.ndarray:
    """Drops, 60 a second, over hiss: bursts of noise that decay within 2 to 20 ms, all filtered to 1 to 6 kHz."""
    rng = np.random.default_rng(seed)

    def drop(t):
        return rng.standard_normal(len(t)) * np.exp(-t / rng.uniform(0.002, 0.02))

    drops = _scatter(rng, duration_s, sample_rate, 60, drop)
    noise = drops + 0.05 * rng.standard_normal(len(drops))
    frequency = np.fft.rfftfreq(len(noise), 1 / sample_rate)
    response = 1 / (1 + (1000 / np.maximum(frequency, 1)) ** 2) / (1 + (frequency / 6000) ** 4)
    return _to_peak(np.fft.irfft(np.fft.rfft(noise) * response, len(noise)))


def insects(duration_s: float = 4.0, sample_rate: int = 20_000, seed: int = 0) -> np.ndarray:
    """Three insects, each a train of clicks that ring at 4 to 6 kHz, 20 to 40 a second, swelling and fading."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(duration_s * sample_rate)) / sample_rate
    sound = 0.01 * rng.standard_normal(len(t))
    for _ in range(3):
        rate, ring = rng.uniform(20, 40), rng.uniform(4000, 6000)
        since = np.mod(t + rng.uniform(0, 1 / rate) + 0.001 * np.sin(2 * np.pi * 3 * t), 1 / rate)
        swell = 1 + 0.8 * np.sin(2 * np.pi * (rng.uniform(0.5, 2) * t + rng.uniform()))
        sound += swell * np.exp(-since / 0.003) * np.sin(2 * np.pi * ring * since)
    return _to_peak(sound)


def chirps(duration_s: float = 4.0, sample_rate: int = 20_000, seed: int = 0) -> np.ndarray:
    """Birds, 20 calls a second, each of 100 ms and gliding up by 0.5 to 2 kHz from 1 to 4 kHz, over faint noise."""
    rng = np.random.default_rng(seed)

    def chirp(t):
        start, glide = rng.uniform(1000, 4000), rng.uniform(2.5e3, 1e4)
        return np.sin(2 * np.pi * (start + glide * t) * t) * np.sin(np.pi * t / t[-1]) ** 2

    sound = _scatter(rng, duration_s, sample_rate, 20, chirp)
    return _to_peak(sound + 0.01 * rng.standard_normal(len(sound)))


MADE: dict[str, Callable[..., np.ndarray]] = {"rain": rain, "insects": insects, "chirps": chirps}


def load_texture(name, sample_rate: int = 20_000) -> np.ndarray:
    """A texture to train on, float32 (samples,) at `sample_rate`.

    Args:
        name: path of a recording of 1 s to 10 min; recording:NAME for one that `find_recordings` knows; made:rain,
            made:insects or made:chirps (4 s each).

    Raises:
        AudioError: what `read_audio` and `check_texture` refuse; no such recording or made texture.
    """
    if str(name).startswith("made:"):
        kind = str(name).removeprefix("made:")
        if kind not in MADE:
            raise AudioError(f"There is no made texture {kind!r}: choose one of {', '.join(MADE)}.")
        return MADE[kind](sample_rate=sample_rate)
    name = recording_path(name)
    return check_texture(read_audio(name, sample_rate, max_duration_s=LONGEST_S), sample_rate, repr(str(name)))


def recording_path(name):
    """The path of a recording: that which recording:NAME stands for, any other name as it is."""
    if not str(name).startswith("recording:"):
        return name
    known, wanted = find_recordings(), str(name).removeprefix("recording:")
    if wanted not in known:
        raise AudioError(f"There is no recording {wanted!r}: choose from {', '.join(known)}.")
    return known[wanted]


def load_recording(name) -> tuple[np.ndarray, int]:
    """A texture as it was recorded, and its sample rate in Hz: float32 (samples,), or (samples, 2) of a stereo
    recording whose channels differ; more than two channels are mixed down.

    Args:
        name: see `load_texture`; made textures have 20,000 Hz.

    Raises:
        AudioError: see `load_texture`; the louder channel has to be a texture.
    """
    if str(name).startswith("made:"):
        return load_texture(name), 20_000
    sound, sample_rate = read_channels(recording_path(name), max_duration_s=LONGEST_S)
    if sound.shape[1] > 2 or np.array_equal(sound[:, 0], sound[:, -1]):
        sound = sound.mean(axis=1, keepdims=True)
    check_texture(sound[:, louder_channel(sound)], sample_rate, repr(str(name)))
    return (sound[:, 0] if sound.shape[1] == 1 else sound), sample_rate


def load_stereo(name, sample_rate: int) -> np.ndarray:
    """Both channels (samples, 2) of a stereo recording, at `sample_rate`; AudioError if there are not two that differ,
    see also `load_recording`."""
    sound, recorded_rate = load_recording(name)
    if sound.ndim == 1:
        raise AudioError(f"{str(name)!r} has no two channels that differ: learn it with --channels 1.")
    if recorded_rate == sample_rate:
        return sound
    import librosa

    return librosa.resample(sound, orig_sr=recorded_rate, target_sr=sample_rate, axis=0)


def louder_channel(sound: np.ndarray) -> int:
    """Which channel of a sound (samples, channels) has the most power."""
    return int(np.argmax(sound.var(axis=0)))


def check_texture(waveform: np.ndarray, sample_rate: int, name: str = "the recording") -> np.ndarray:
    """A waveform (samples,) as float32 that can be learned; AudioError if it is short, silent, mostly silent, or a tone
    or hum."""
    waveform = validate_audio(waveform, sample_rate, name=name, min_duration_s=SHORTEST_S)
    frame = round(_FRAME_S * sample_rate)
    frames = waveform[: len(waveform) // frame * frame].reshape(-1, frame)
    level = np.sqrt(np.mean(np.square(frames - frames.mean(axis=1, keepdims=True)), axis=1))
    sounding = np.mean(level > level.max() * 10 ** (_SILENT_DB / 20))
    if sounding < _LEAST_SOUNDING:
        raise AudioError(
            f"{name} is silent for {1 - sounding:.0%} of its length: a texture sounds throughout, cut the silence."
        )
    if (width := occupied_hz(waveform, sample_rate, _POWER)) < _NARROWEST_HZ:
        raise AudioError(
            f"{name} is a tone or a hum, {_POWER:.0%} of its power lies within {width:.1f} Hz: a texture has many "
            "frequencies, use a recording such as rain, fire or a crowd."
        )
    return waveform


def find_recordings() -> dict[str, Path]:
    """Name to path of the recordings in the folder that CROSSMODAL_TEXTURES names, or in its references/.

    Raises:
        AudioError: the variable is not set, or there are no recordings.
    """
    if "CROSSMODAL_TEXTURES" not in os.environ:
        raise AudioError("No recordings are known by name: set CROSSMODAL_TEXTURES to their folder.")
    folder = Path(os.environ["CROSSMODAL_TEXTURES"])
    folder = folder / "references" if (folder / "references").is_dir() else folder
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in (".wav", ".flac", ".ogg", ".mp3"))
    if not paths:
        raise AudioError(f"{str(folder)!r} holds no recordings: put WAV or FLAC files there.")
    return {path.stem: path for path in paths}


def join_textures(waveforms: list[np.ndarray], weights: list[float], sample_rate: int) -> np.ndarray:
    """One recording (samples,) of several, each at the same RMS and for its weight's share of the time.

    A recording that is too short for its share is repeated. What is learned from this has the weighted average of
    their statistics.

    Raises:
        AudioError: weights that are not one positive number per waveform.
    """
    check_weights(weights, len(waveforms))
    waveforms = [check_texture(w, sample_rate) for w in waveforms]
    total = sum(len(w) for w in waveforms)
    level = np.mean([np.std(w) for w in waveforms])
    parts = []
    for waveform, weight in zip(waveforms, weights, strict=True):
        samples = max(round(total * weight / sum(weights)), 1)
        parts.append(np.resize(waveform * (level / np.std(waveform)), samples))
    return np.concatenate(parts).astype(np.float32)


def _scatter(rng, duration_s, sample_rate, events_per_s, event):
    length = round(0.1 * sample_rate)
    samples = round(duration_s * sample_rate)
    sound = np.zeros(samples + 2 * length)
    t = np.arange(length) / sample_rate
    for start in rng.integers(samples + length, size=round((duration_s + 0.1) * events_per_s)):
        sound[start : start + length] += rng.uniform(0.3, 1.0) * event(t)
    return sound[length : length + samples]


def _to_peak(sound):
    return (PEAK * sound / np.abs(sound).max()).astype(np.float32)
