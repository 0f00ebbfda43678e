"""What a training hears: the front end that its options name."""

from dataclasses import replace
from typing import Any

from crossmodal.app.options import flag_of
from crossmodal.data.catalog import SAMPLE_RATE, has_own_sounds
from crossmodal.errors import CrossmodalError
from crossmodal.sound.front_ends import SOUNDS, FrontEnd
from crossmodal.sound.spectrogram import LARGEST, LogMel, mel_filterbank
from crossmodal.sound.waveform import Waveform

OF_SPECTROGRAMS = ("mels", "frames", "window_ms", "range_db", "timing")  # options that waveforms do not have
HEARING = ("sounds", "sample_rate", *OF_SPECTROGRAMS, "duration_s", "find_word")  # all options of a front end


def chosen_front_end(config) -> FrontEnd:
    """The front end of a `TrainingConfig`: that of its `sounds`, but for what other options ask.

    Raises:
        CrossmodalError: there can be no such front end, or the data have another rate; one sentence tells all of it.
    """
    find = waveform_of if config.front_end == "waveform" else log_mel_of
    front_end, faults = find(config)
    sample_rate = config.sample_rate or SOUNDS[config.sounds].sample_rate
    if sample_rate != SAMPLE_RATE and not has_own_sounds(config.data):
        faults.append(f"the recordings of {config.data} are at {SAMPLE_RATE:,} Hz, not at {sample_rate:,} Hz")
    if faults or not front_end:
        raise CrossmodalError(f"This cannot be heard: {'; '.join(faults)}.")
    return front_end


def log_mel_of(config) -> tuple[LogMel | None, list[str]]:
    """The spectrograms that a `TrainingConfig` asks for, None if there are none, and what is wrong with them."""
    usual = SOUNDS[config.sounds]
    sample_rate, timing = config.sample_rate or usual.sample_rate, config.timing or usual.timing
    window_ms = config.window_ms or 1000 * usual.n_fft / usual.sample_rate
    duration_s = config.duration_s or usual.pad_duration_s
    sizes: dict[str, Any] = {
        "sample_rate": sample_rate,
        "n_fft": round(window_ms * sample_rate / 1000),
        "n_frames": config.frames or usual.n_frames,
        "n_mels": config.mels or usual.n_mels,
        "fmax": sample_rate / 2,
    }
    faults = []
    if timing == "stretch" and config.duration_s:
        faults.append("what is stretched has no --duration-s: leave it out, or choose --timing pad or loudest")
    if timing != "stretch" and sizes["n_fft"] > int(duration_s * sample_rate):
        faults.append(f"a window of {window_ms:g} ms is longer than the {1000 * duration_s:g} ms that are heard")
    if not 2 <= sizes["n_fft"] <= LARGEST:
        faults.append(f"a window of {window_ms:g} ms is of {sizes['n_fft']:,} samples, not of 2 to {LARGEST:,}")
    elif empty := int((mel_filterbank(replace(usual, timing="stretch", **sizes)).sum(axis=0) == 0).sum()):
        faults.append(
            f"{empty} of {sizes['n_mels']} --mels lie between the frequencies of a window of {window_ms:g} ms"
        )
    if faults:
        return None, faults
    range_db = config.range_db or usual.dynamic_range_db
    how: dict[str, Any] = {
        "dynamic_range_db": range_db,
        "timing": timing,
        "pad_duration_s": duration_s,
        "find_word": config.find_word,
    }
    return replace(usual, **sizes, **how), []


def waveform_of(config) -> tuple[Waveform | None, list[str]]:
    """The waveforms that a `TrainingConfig` asks for, None if there are none, and what is wrong with them."""
    usual = SOUNDS[config.sounds]
    faults = []
    if given := [flag_of(name) for name in OF_SPECTROGRAMS if getattr(config, name) not in (None, "stretch")]:
        faults.append(f"waveforms are no spectrograms: leave out {', '.join(given)}")
    sample_rate, duration_s = config.sample_rate or usual.sample_rate, config.duration_s or usual.pad_duration_s
    try:
        return Waveform(sample_rate, duration_s, find_word=config.find_word), faults
    except ValueError as error:
        return None, [*faults, str(error).rstrip(".")]
