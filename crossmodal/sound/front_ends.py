"""What a model hears of a recording, by its front end: a log-mel spectrogram, or the waveform.

    front_end = front_end_from(model.front_end)
    heard = hear([waveform], front_end)          # (1, *front_end.shape)

A front end is a frozen dataclass with `sample_rate`, `find_word`, `shape` and `get_config()`. Models, data and
evaluation know no more of it. Further down, "spectrogram" means what a front end gives, (frames, mels): a waveform is
one of a frame for each sample and of one number a frame.
"""

from collections.abc import Sequence

import numpy as np

from crossmodal.runtime.choices import check_choice
from crossmodal.sound.spectrogram import LogMel, log_mel_and_durations
from crossmodal.sound.waveform import Waveform, waveforms_and_durations

FrontEnd = LogMel | Waveform
SOUNDS = {  # log-mel spectrograms that suit kinds of sound
    "speech": LogMel(),
    "environment": LogMel(
        sample_rate=16_000,
        n_fft=1024,
        n_frames=64,
        n_mels=64,
        fmin=30.0,
        fmax=8000.0,
        dynamic_range_db=60.0,
        timing="loudest",
        pad_duration_s=5.0,
    ),
}
FRONT_ENDS: dict[str, type[LogMel] | type[Waveform]] = {"log-mel": LogMel, "waveform": Waveform}


def front_end_from(config: dict) -> FrontEnd:
    """The front end of a configuration, as `get_config` gave it and a model carries it; one without a kind is log-mel.

    Raises:
        ValueError: there is no such kind, or a parameter is out of its range.
        TypeError: it has no such parameter.
    """
    options = dict(config)
    kind = options.pop("kind", "log-mel")
    check_choice("front end", kind, FRONT_ENDS, ValueError)
    return FRONT_ENDS[kind](**options)


def hear(waveforms: Sequence[np.ndarray], front_end: FrontEnd) -> np.ndarray:
    """What a front end makes of clips, each (samples,) at its sample rate: (clips, *front_end.shape) float32.

    Raises:
        AudioError: a clip is empty or holds a value that is not finite.
    """
    return hear_and_durations(waveforms, front_end)[0]


def hear_and_durations(waveforms: Sequence[np.ndarray], front_end: FrontEnd) -> tuple[np.ndarray, np.ndarray]:
    """What `hear` returns, and how long each clip is that it spans: (clips,) float32, in seconds."""
    if isinstance(front_end, Waveform):
        return waveforms_and_durations(waveforms, front_end)
    return log_mel_and_durations(waveforms, front_end)


def to_look_at(heard: np.ndarray, front_end: FrontEnd) -> np.ndarray:
    """A spectrogram (n, frames, mels) in [0, 1] of each sound that a front end gave, (n, *front_end.shape)."""
    if isinstance(front_end, LogMel):
        return heard
    rate = front_end.sample_rate
    return log_mel_and_durations(list(heard[..., 0]), LogMel(sample_rate=rate, fmax=min(LogMel.fmax, rate / 2)))[0]
