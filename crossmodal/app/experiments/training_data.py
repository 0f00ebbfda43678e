"""The data of an audio-to-image experiment: sources by their options, training and validation batches."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from crossmodal.app.experiments.hearing import chosen_front_end
from crossmodal.app.experiments.training_sounds import training_sounds
from crossmodal.data.alignment import Split
from crossmodal.data.amounts import check_amounts
from crossmodal.data.catalog import HOW_READ, PLACES, load_pair
from crossmodal.data.pairing import ByClass, Given, Pairing, Unpaired
from crossmodal.data.sources import Images, Speech
from crossmodal.data.stored import StoredRows
from crossmodal.errors import DataError

VALIDATION_BATCHES = 20  # at most


def load_sources(config, say: Callable = print) -> tuple[Speech, Images]:
    """The sources that the options name."""
    places = {name: getattr(config, name) for name in (*PLACES, *HOW_READ)}
    size, channels = config.image_size, 3 if config.colour else 1
    sample_rate = chosen_front_end(config).sample_rate
    divided = {"protocol": config.protocol, "seed": config.seed, "cache_mb": config.cache_mb}
    return load_pair(
        config.data, sample_rate=sample_rate, image_shape=(size, size, channels), say=say, **places, **divided
    )


@dataclass(frozen=True)
class TrainingData:
    """What a model is trained on.

    training:   first epoch -> the batches from that epoch on, see `crossmodal.data.pipeline.paired_batches`.
    validation: batches of the validation clips; None where there are too few.
    steps:      training steps in an epoch.
    """

    training: Callable
    validation: Any
    steps: int


def training_data(
    config,
    speech: Speech,
    images: Images,
    split: Split,
    front_end,
    *,
    needs: tuple[str, ...] = (),
    paired: bool = True,
    parts: int = 1,
    own: range = range(1),
) -> TrainingData:
    """The batches of an experiment.

    Args:
        config: a `TrainingConfig` with nothing left open.
        speech, images: arrays, or those of natural pairs that stay on the disk, see `crossmodal.data.stored`.
        front_end: the `LogMel` or `Waveform` that makes the spectrograms.
        needs: what the model asks for beside the arrays.
        paired: whether an image stands beside a sound that it goes with; else beside any.
        parts, own: of batches that are cut into `parts`, the parts to read.

    Raises:
        DataError: there is too little data for the batch size.
    """
    from crossmodal.data.augment import AUGMENTATIONS
    from crossmodal.data.augment_waveform import WaveformAugmentation
    from crossmodal.data.pipeline import paired_batches, steps_per_epoch
    from crossmodal.sound.front_ends import hear_and_durations
    from crossmodal.sound.spectrogram import LogMel

    if images.paired and (config.variants or config.noise_share or config.train_also or config.tts_takes):
        raise DataError(
            "Given pairs have a clip each: leave out --variants, --noise-share, --train-also and --tts-takes."
        )
    sounds = training_sounds(config, speech, split.train, front_end, "duration" in needs)
    pictures, pairing = pairs_of(config, images, split.train, sounds.labels)
    if sounds.noises and isinstance(pairing, ByClass):
        pairing = replace(pairing, noises=sounds.noises, noise_share=config.noise_share)
    if not paired:
        pairing = Unpaired(len(sounds.spectrograms), len(pictures), config.images_per_clip)
    check_enough(config, images, sounds.labels, parts, speech.classes)
    steps = steps_per_epoch(pairing, config.batch_size)
    shared = {
        "batch_size": config.batch_size,
        "seed": config.seed,
        "needs": needs,
        "front_end": front_end,
        "parts": parts,
        "own": own,
    }

    def validation():
        """A small set may have no validation clips of some classes, or none at all."""
        clip_labels = None if speech.labels is None else speech.labels[split.validation]
        held_pictures, held = pairs_of(config, images, split.validation, clip_labels)
        if not paired:
            held = Unpaired(len(split.validation), len(held_pictures), config.images_per_clip)
        n = min(VALIDATION_BATCHES, steps_per_epoch(held, config.batch_size))
        if n == 0:
            return None
        clips, durations_s = hear_and_durations([speech.waveforms[i] for i in split.validation], front_end)
        options = {"epochs": 1, "durations_s": durations_s}
        return paired_batches(clips, held_pictures, held, **options, **shared).take(n * len(own)).cache()

    is_log_mel = isinstance(front_end, LogMel)
    changes = AUGMENTATIONS[config.sounds].at(front_end) if is_log_mel else WaveformAugmentation()
    augmentation = changes.scaled(config.augment) if config.augment else None

    def training(first_epoch):
        options = {"first_epoch": first_epoch, "epochs": config.epochs, "augmentation": augmentation}
        options |= {"durations_s": sounds.durations_s, "plain": sounds.plain}
        return paired_batches(sounds.spectrograms, pictures, pairing, **options, **shared)

    return TrainingData(training, validation(), steps)


def check_enough(config, images: Images, clip_labels: np.ndarray | None, parts: int, classes: tuple[str, ...]) -> None:
    """DataError where there is too little data for a batch, with what to pass instead; notes are printed."""
    if images.train_clips is not None:  # of given pairs each counts alone
        image_labels, clip_labels, classes = np.zeros(len(images.train_images)), np.zeros(1), ()
    else:
        assert clip_labels is not None
        image_labels = images.train_labels
    sizes = {"passes": config.passes, "parts": parts, "classes": classes}
    for note in check_amounts(image_labels, clip_labels, config.batch_size, config.images_per_clip, **sizes).notes:
        print(note, flush=True)


def test_loss(model, speech: Speech, images: Images, split: Split, front_end) -> dict[str, float]:
    """The terms of a model's loss on pairs that are given and were held out, each the mean over all of them."""
    import tensorflow as tf

    from crossmodal.data.pipeline import paired_batches
    from crossmodal.sound.front_ends import hear_and_durations

    assert images.test_clips is not None
    spectrograms, durations_s = hear_and_durations([speech.waveforms[i] for i in split.test], front_end)
    labels = None if speech.labels is None else speech.labels[split.test]
    pairing = Given(np.searchsorted(split.test, images.test_clips), labels)
    model.reset_metrics()
    options = {"batch_size": 1, "epochs": 1, "seed": 0, "needs": model.NEEDS, "durations_s": durations_s}
    step = tf.function(model.test_step, reduce_retracing=True, autograph=False)
    for batch in paired_batches(spectrograms, images.test_images, pairing, **options):
        terms = step(batch)
    return {name: float(value) for name, value in terms.items()}


def pairs_of(
    config, images: Images, clips: np.ndarray, clip_labels: np.ndarray | None
) -> tuple[np.ndarray | StoredRows, Pairing]:
    """The training images that can go with some clips, each `passes` times, and which of the clips they go with.

    Args:
        clips: indices into the source's clips.
        clip_labels: the classes of the clips that are to be paired, these first; None where nobody knows.
    """
    if images.train_clips is not None:
        wanted = np.flatnonzero(np.isin(images.train_clips, clips))
        order = np.argsort(clips)
        given = order[np.searchsorted(clips[order], images.train_clips[wanted])]
        blocks = images.train_images.blocks if isinstance(images.train_images, StoredRows) else None
        blocks = None if blocks is None else np.tile(blocks[wanted], config.passes)
        pairing: Pairing = Given(np.tile(given, config.passes), clip_labels, blocks=blocks)
    elif clip_labels is None:
        raise DataError("Sounds without labels need pairs that are given: name the classes, or give a table of pairs.")
    else:
        wanted = np.flatnonzero(np.isin(images.train_labels, clip_labels))
        image_labels = np.tile(images.train_labels[wanted], config.passes)
        pairing = ByClass(clip_labels, image_labels, config.images_per_clip, not config.fixed_pairing)
    wanted = np.tile(wanted, config.passes)
    pictures: Any = images.train_images
    return pictures.at(wanted) if isinstance(pictures, StoredRows) else pictures[wanted], pairing
