"""Who trains and who tests: the division of a source's clips, a pure numpy function of its arguments and a seed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from crossmodal.data.hashed_parts import TEST, TRAINING, VALIDATION, parts_by_group, parts_by_key
from crossmodal.data.pairing import occurrence
from crossmodal.data.sources import Speech
from crossmodal.errors import DataError

Protocol = Literal["random", "official", "speaker", "speakers", "groups"]
PROTOCOLS = ("random", "official", "speaker", "speakers", "groups")
TEST_FRACTION = 0.1  # of the clips, protocol "random"; of the speakers, protocol "speakers"
TEST_TAKES = 5  # recordings 0-4 are FSDD's own test part, protocol "official"
MEASURED = 10_000  # rows of a table that validate, and that test, at most: more would sharpen no figure


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
            test, the others train), "speaker" (all clips of `held_out_speaker` test, those of the others train),
            "speakers" (nobody is in two parts: the publisher's validation speakers test and the testing speakers are
            left out where the source names them, else a tenth of the speakers test) or "groups" (what shares a group,
            such as a speaker, is in one part: 80/10/10 by a hash, see `hashed_parts`). The rows of a table are divided
            80/10/10 by a hash in protocol "random" too, each row by itself.
        seed: of the random division, of the hash and of the validation part.
        held_out_speaker: whom protocol "speaker" leaves out.
        speakers: use these speakers' clips alone, all if None. The paper's: `fsdd.PAPER_SPEAKERS`.
        validation_fraction: share of the training clips, or of the training speakers in protocol "speakers", set aside
            to choose models by.

    Raises:
        DataError: the protocol or a speaker does not exist, or a part would be empty.
    """
    if protocol not in PROTOCOLS:
        raise DataError(f"There is no protocol {protocol!r}: choose one of {', '.join(PROTOCOLS)}.")
    known = sorted(set(speech.speakers))
    for speaker in [*(speakers or ()), *([held_out_speaker] if protocol == "speaker" else [])]:
        if speaker not in known:
            raise DataError(f"{speech.name} has no speaker {speaker!r}: choose among {', '.join(known)}.")
    if protocol == "groups" or speech.keys is not None:
        return split_by_hash(speech, protocol, seed)
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
    elif protocol == "speaker":
        test = clips[speech.speakers[clips] == held_out_speaker]
    else:
        test, clips = speakers_who_test(speech, clips, rng)
    train = np.setdiff1d(clips, test)
    if protocol == "speakers":
        validation = clips_of_some_speakers(speech, train, validation_fraction, rng)
        train = np.setdiff1d(train, validation)
    else:
        train = rng.permutation(train)
        n_validation = round(len(train) * validation_fraction)
        train, validation = train[n_validation:], train[:n_validation]
        train, validation = keep_one_of_each(speech.labels, train, validation)
    if protocol == "random":
        train, test = keep_one_of_each(speech.labels, train, test, left=1)
    split = Split(train=np.sort(train), validation=np.sort(validation), test=np.sort(test))
    check_classes(speech, split)
    return split


def check_classes(speech: Speech, split: Split) -> None:
    """DataError if a part lacks clips of some class, where classes are known."""
    if speech.labels is None:
        return
    for name, part in (("training", split.train), ("test", split.test)):
        missing = set(range(len(speech.classes))) - set(speech.labels[part].tolist())
        if missing:
            absent = ", ".join(speech.classes[label] for label in sorted(missing))
            raise DataError(f"The {name} part of {speech.name} has no clip of {absent}: it needs one of each class.")


def split_by_hash(speech: Speech, protocol: Protocol, seed: int) -> Split:
    """The division of protocol "groups", and of the rows of a table; of these at most `MEASURED` are in each part that
    does not train, and the others are in none."""
    if protocol == "groups":
        parts = parts_by_group(speech.speakers, seed, speech.name)
    elif protocol == "random" and speech.keys is not None:
        parts = parts_by_key(speech.keys, seed, speech.name)
    else:
        raise DataError(f"{speech.name} is divided by protocol random or groups, not {protocol}: choose one of these.")
    rows = {part: np.flatnonzero(parts == part) for part in (TRAINING, VALIDATION, TEST)}
    if speech.keys is not None:
        rng = np.random.default_rng([seed, 0])
        for part in (VALIDATION, TEST):
            rows[part] = np.sort(rng.permutation(rows[part])[:MEASURED])
    split = Split(rows[TRAINING], rows[VALIDATION], rows[TEST])
    check_classes(speech, split)
    return split


def speakers_who_test(speech: Speech, clips: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(the clips of the speakers who test, all clips that may be used), as the publisher divides the speakers, else of
    a tenth of them at random."""
    if speech.parts is None:
        return clips_of_some_speakers(speech, clips, TEST_FRACTION, rng), clips
    parts = speech.parts[clips]
    return clips[parts == "validation"], clips[parts != "testing"]


def clips_of_some_speakers(speech: Speech, clips: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The clips of a share of their speakers, at least one, drawn at random."""
    speakers = rng.permutation(np.unique(speech.speakers[clips]))
    return clips[np.isin(speech.speakers[clips], speakers[: max(round(len(speakers) * share), 1)])]


def keep_one_of_each(labels, train, other, left: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(train, other) after `train` was given the first clip of each class that it lacks, as long as `left` of them stay
    in `other`. Of many clips nothing changes."""
    for label in np.setdiff1d(labels[other], labels[train]):
        members = other[labels[other] == label]
        if len(members) > left:
            train, other = np.append(train, members[:1]), other[other != members[0]]
    return train, other


def some_clips(speech: Speech, clips: np.ndarray, each: int, seed: int) -> np.ndarray:
    """Of some clips those that a seed draws, `each` of each class and speaker, or all where there are fewer.

    Args:
        clips: indices into the source's clips.

    Raises:
        DataError: nobody knows the classes.
    """
    if speech.labels is None:
        raise DataError("Clips of each class are chosen where classes are known: leave out --clips-per-speaker.")
    drawn = np.random.default_rng([seed, 4]).permutation(clips)
    _, speaker = np.unique(speech.speakers[drawn], return_inverse=True)
    return np.sort(drawn[occurrence(speaker * len(speech.classes) + speech.labels[drawn]) < each])


def split_of(speech: Speech, provenance: dict) -> Split:
    """The division of the clips that a model's provenance names."""
    return split_clips(
        speech,
        provenance["protocol"],
        seed=provenance["seed"],
        held_out_speaker=provenance["held_out_speaker"],
        speakers=tuple(provenance["speakers"]) or None,
    )
