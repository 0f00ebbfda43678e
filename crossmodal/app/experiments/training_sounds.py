"""The sounds of a training: the clips of the source, further voices, their variants, noise."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from crossmodal.data.catalog import load_speech
from crossmodal.data.sources import DIGITS, Speech
from crossmodal.data.stored import StoredRows, StoredSounds
from crossmodal.errors import DataError

NOISE_CLIPS = 4000


@dataclass(frozen=True)
class TrainingSounds:
    """What a model hears in training.

    spectrograms: (clips + noises, frames, mels) float32, or float16 where there are variants; a `StoredRows` of sounds
        that stay on the disk.
    labels:       (clips,) class of each clip; None where nobody knows.
    noises:       how many of the spectrograms, the last ones, are of noise.
    durations_s:  (clips + noises,) float32, of the recording that each is, or is a variant of; None of
        sounds on the disk whose durations nobody asks for.
    plain:        (clips + noises,) int64, which of the spectrograms that recording's own is.
    """

    spectrograms: np.ndarray | StoredRows
    labels: np.ndarray | None
    noises: int
    durations_s: np.ndarray | None
    plain: np.ndarray


def training_sounds(config, speech: Speech, clips: np.ndarray, front_end, durations: bool = True) -> TrainingSounds:
    """The sounds that the options of an experiment name.

    Args:
        config: a `TrainingConfig` with nothing left open.
        clips: those of `speech` that train.
        front_end: the `LogMel` or `Waveform` that makes the spectrograms.
        durations: whether the model asks for them.

    Raises:
        DataError: a source is absent or says other classes, a change has no such name, or the clips have no labels.
    """
    from crossmodal.data import noises
    from crossmodal.data.variants import Conditions, spectrograms_of_variants
    from crossmodal.sound.front_ends import hear_and_durations

    if isinstance(speech.waveforms, StoredSounds):  # natural pairs: nothing joins them, and labels train nothing
        stored = speech.waveforms
        lasting_s = stored.durations_s(clips, front_end) if durations else None
        return TrainingSounds(stored.spectrograms(clips, front_end), None, 0, lasting_s, np.arange(len(clips)))
    recorded = []
    if config.noise == "recorded":
        recorded = list(noises.load(config.noise_dir, front_end.sample_rate).values())
    waveforms = [speech.waveforms[i] for i in clips]
    labels: Any = None if speech.labels is None or speech.keys is not None else speech.labels[clips]
    if labels is None and (config.variants or config.noise_share):
        raise DataError("Sounds without labels have no variants and no noise: leave out --variants and --noise-share.")
    for other in further_speech(config, speech):
        trained = np.arange(len(other.labels)) if other.parts is None else np.flatnonzero(other.parts == "training")
        waveforms += [other.waveforms[i] for i in trained]
        labels = np.concatenate([labels, other.labels[trained]])
    spectrograms, durations_s = hear_and_durations(waveforms, front_end)
    plain = np.arange(len(waveforms))
    if config.variants:
        how = Conditions().without(*config.without)
        options = {"variants": config.variants, "seed": config.seed}
        made = spectrograms_of_variants(waveforms, front_end, how, recorded, **options)
        spectrograms = np.concatenate([spectrograms.astype(np.float16)[None], made]).reshape(-1, *made.shape[2:])
        labels, durations_s, plain = (np.tile(of, config.variants + 1) for of in (labels, durations_s, plain))
    if not config.noise_share:
        return TrainingSounds(spectrograms, labels, 0, durations_s, plain)
    rng = np.random.default_rng([config.seed, 5])
    found = noises.noise_clips(recorded, front_end.sample_rate, NOISE_CLIPS, rng)
    heard, lasting_s = hear_and_durations(found, replace(front_end, find_word=False))
    plain = np.append(plain, len(spectrograms) + np.arange(len(heard)))
    spectrograms = np.concatenate([spectrograms, heard.astype(spectrograms.dtype)])
    return TrainingSounds(spectrograms, labels, len(heard), np.append(durations_s, lasting_s), plain)


def further_speech(config, speech: Speech) -> list[Speech]:
    """The sources that join the training, beside that of the pairs."""
    if not config.tts_takes and not config.train_also:
        return []
    if speech.labels is None or speech.classes != DIGITS:
        raise DataError(
            "Further voices say the ten digits: --tts-takes and --train-also go with data of these classes alone."
        )
    if speech.name in config.train_also:
        raise DataError(f"{speech.name} has clips that test: leave it out of --train-also.")
    places = {name: getattr(config, name) for name in ("data_dir", "archives", "speech_commands_dir")}
    sources = [load_speech(name, **places) for name in config.train_also]
    if config.tts_takes:
        from crossmodal.data import digits_tts

        sources.append(digits_tts.load_speech(speakers=len(digits_tts.SPEAKERS), takes=config.tts_takes))
    return sources
