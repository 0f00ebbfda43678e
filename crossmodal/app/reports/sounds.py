"""The sounds of a run: what can be played in a report, with spectrograms."""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from crossmodal.app.pictures.sounds import save_spectrograms
from crossmodal.app.reports.reading import Run
from crossmodal.data.textures import LONGEST_S, load_texture
from crossmodal.errors import AudioError
from crossmodal.sound.audio import read_audio

PLAYED_S = 20.0  # what a report holds of a longer sound: 0.8 MB at 20 kHz


@dataclass(frozen=True)
class Sound:
    """A sound as WAV and its spectrogram as PNG; `figures` are the evaluator's of it, if it was scored.

    `recording` tells what was learned from what was drawn.
    """

    name: str
    duration_s: float
    wav: bytes
    spectrogram: bytes
    figures: dict
    recording: bool = False


def sounds_of(run: Run) -> list[Sound]:
    """The recordings that the run learned from, then its WAV files, or those that an evaluation scored; what cannot be
    heard is left out."""
    sample_rate = run.config.get("sample_rate", 20_000)
    scored = run.metrics.get("sounds", {})
    sounds = []
    for reference in recordings_of(run.config):
        with contextlib.suppress(AudioError):
            waveform = load_texture(reference, sample_rate)
            sounds.append(_sound(f"recording: {Path(reference).name}", waveform, sample_rate, {}, recording=True))
    drawn = [(path, path.stem) for path in sorted(run.folder.glob("*.wav"))]
    for path, name in drawn + [(Path(name), name) for name in run.config.get("syntheses", [])]:
        with contextlib.suppress(AudioError):
            waveform = read_audio(path, sample_rate, max_duration_s=LONGEST_S)
            sounds.append(_sound(path.stem, waveform, sample_rate, scored.get(name, {})))
    return sounds


def clips_of(run: Run) -> list[Sound]:
    """The recordings that a model was tested with, one of each class, as
    `crossmodal.app.pictures.agreement.save_pictures` left them: WAV and what the model hears of it."""
    clips = []
    for path in sorted((run.folder / "clips").glob("*.wav")):
        if (heard := path.with_suffix(".png")).is_file():
            duration_s, name = soundfile.info(path).duration, path.stem.partition("_")[2]
            clips.append(Sound(name, duration_s, path.read_bytes(), heard.read_bytes(), {}))
    return clips


def recordings_of(options: dict) -> list[str]:
    """The recordings among the options of a training; earlier versions joined those of a mixture by commas."""
    several = options.get("references")
    if isinstance(several, str):
        return several.split(",")
    return list(several or filter(None, [options.get("reference")]))


def _sound(name: str, waveform: np.ndarray, sample_rate: int, figures: dict, recording: bool = False) -> Sound:
    played = waveform[: round(PLAYED_S * sample_rate)]
    wav, spectrogram = io.BytesIO(), io.BytesIO()
    soundfile.write(wav, np.clip(played, -1, 1), sample_rate, format="WAV", subtype="PCM_16")
    save_spectrograms(spectrogram, {"": played}, sample_rate)
    return Sound(name, len(waveform) / sample_rate, wav.getvalue(), spectrogram.getvalue(), figures, recording)
