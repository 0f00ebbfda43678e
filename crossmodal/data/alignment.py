"""Who trains, who tests, and which sound goes with which image.

The alignment of two labelled sources is the only supervision: a pair is a spectrogram and an image of the
same class. Everything here is a pure numpy function of its arguments and a seed.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from crossmodal.data.sources import Speech
from crossmodal.errors import DataError

Protocol = Literal["random", "official", "speaker"]
PROTOCOLS = ("random", "official", "speaker")
TEST_FRACTION = 0.1  # of the clips, protocol "random"
TEST_TAKES = 5  # recordings 0-4 are FSDD's own test part, protocol "official"


@dataclass(frozen=True)
class Split:
    """Indices into a source's clips, disjoint. `validation` is cut from the training clips."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split_clips(
    speech: Speech,
    protocol: Protocol = "random",
    *,
    seed: int = 0,
    held_out_speaker: str | None = None,
    speakers: tuple[str, ...] | None = None,
    validation_fraction: float = 0.05,
) -> Split:
    """Divide the clips of a source.

    Args:
        speech: the source.
        protocol: "random" (clips at random, 90/10, at least one of each class to test), "official" (takes 0-4
            test, the others train) or "speaker" (all clips of `held_out_speaker` test, those of the others train).
        seed: of the random division and of the validation part.
        held_out_speaker: whom protocol "speaker" leaves out.
        speakers: use these speakers' clips alone, all if None. The paper's: `fsdd.PAPER_SPEAKERS`.
        validation_fraction: share of the training clips set aside to choose models by.

    Raises:
        DataError: the protocol or a speaker does not exist, or a part would be empty.
    """
    if protocol not in PROTOCOLS:
        raise DataError(f"There is no protocol {protocol!r}: choose one of {', '.join(PROTOCOLS)}.")
    known = sorted(set(speech.speakers))
    for speaker in [*(speakers or ()), *([held_out_speaker] if protocol == "speaker" else [])]:
        if speaker not in known:
            raise DataError(f"{speech.name} has no speaker {speaker!r}: choose among {', '.join(known)}.")
    rng = np.random.default_rng([seed, 0])
    clips = np.arange(len(speech.labels))
    if speakers:
        clips = clips[np.isin(speech.speakers, speakers)]
    if protocol == "random":
        order = rng.permutation(clips)
        test = order[: round(len(clips) * TEST_FRACTION)]
        # a class that a small set's draw has missed gets its first clip in the same order
        missed = np.setdiff1d(speech.labels[clips], speech.labels[test])
        test = np.append(test, [order[speech.labels[order] == label][0] for label in missed]).astype(np.int64)
    elif protocol == "official":
        test = clips[speech.takes[clips] < TEST_TAKES]
    else:
        test = clips[speech.speakers[clips] == held_out_speaker]
    train = rng.permutation(np.setdiff1d(clips, test))
    n_validation = round(len(train) * validation_fraction)
    split = Split(train=np.sort(train[n_validation:]), validation=np.sort(train[:n_validation]), test=np.sort(test))
    for name, part in (("training", split.train), ("test", split.test)):
        missing = set(range(len(speech.classes))) - set(speech.labels[part].tolist())
        if missing:
            absent = ", ".join(speech.classes[label] for label in sorted(missing))
            raise DataError(f"The {name} part of {speech.name} has no clip of {absent}: it needs one of each class.")
    return split


def draw_clips(image_labels: np.ndarray, clip_labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each image a clip of the same class, with replacement: (images,) indices into `clip_labels`."""
    by_class = np.argsort(clip_labels, kind="stable")
    counts = np.bincount(clip_labels, minlength=image_labels.max() + 1)
    first = np.cumsum(counts) - counts
    if (counts[np.unique(image_labels)] == 0).any():
        raise DataError("An image's class has no clip: both sources need the same classes.")
    drawn = (rng.random(len(image_labels)) * counts[image_labels]).astype(np.int64)
    return by_class[first[image_labels] + drawn]


def pair_epoch(
    image_labels: np.ndarray,
    clip_labels: np.ndarray,
    *,
    seed: int,
    epoch: int,
    images_per_clip: int = 1,
    redraw: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of one epoch, in training order.

    Each image occurs once; `images_per_clip` images of a class share one clip, so that the encoder runs
    once for all of them. Up to `images_per_clip - 1` images of a class sit out an epoch, other ones in
    the next.

    Args:
        image_labels: (images,) class of each image.
        clip_labels: (clips,) class of each clip.
        seed, epoch: the pairing is a function of these two.
        redraw: draw the pairing anew each epoch; False fixes the first epoch's clip for each image, as in
            the paper, and only the order changes (this needs `images_per_clip` = 1).

    Returns:
        clips: (groups,) index of each group's clip.
        images: (groups, images_per_clip) indices of its images.
    """
    if not redraw and images_per_clip > 1:
        raise DataError("A fixed pairing gives each image a clip of its own: set images_per_clip to 1.")
    rng = np.random.default_rng([seed, 1, epoch])
    order = rng.permutation(len(image_labels))
    if images_per_clip > 1:
        by_class = order[np.argsort(image_labels[order], kind="stable")]
        counts = np.bincount(image_labels)
        position = np.arange(len(by_class)) - np.repeat(np.cumsum(counts) - counts, counts)
        whole = position < np.repeat(counts - counts % images_per_clip, counts)
        images = rng.permutation(by_class[whole].reshape(-1, images_per_clip))
    else:
        images = order[:, None]
    if redraw:
        clips = draw_clips(image_labels[images[:, 0]], clip_labels, rng)
    else:
        clips = draw_clips(image_labels, clip_labels, np.random.default_rng([seed, 1]))[images[:, 0]]
    return clips, images
