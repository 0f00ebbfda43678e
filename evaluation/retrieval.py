"""Retrieval: test images are found by a sound, test clips by an image.

All images, or clips, of the test part are ordered by the model's score, the highest first; those of the asking one's
class are right. Precision at k is the share of right ones among the first k; the average precision of an order is the
mean, over the right ones, of the share of right ones up to there (Manning, Raghavan & Schütze 2008, section 8.4).

Where several people test of whom nobody trained, they are the sampling unit: whole people are drawn with replacement,
with all their clips. Where sounds ask, the mean is over the queries of those drawn; where images ask, the clips of
those drawn are what is found, each as often as its speaker was drawn, and the images that ask are drawn too. Else the
clips are the unit.
"""

from dataclasses import asdict, dataclass

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Images, Speech, as_input
from crossmodal.errors import DataError
from crossmodal.sound.spectrogram import LogMel, log_mel
from evaluation.agreement import unseen_speakers
from evaluation.intervals import Mean, mean_of

FIGURES = ("precision at 1", "precision at 10", "mean average precision")
IMAGES = 1000  # test images that ask
REPLICATES = 200  # of the bootstrap where images ask: each ranks all clips anew
BLOCK = 64  # queries whose scores are held at once


@dataclass(frozen=True)
class Retrieval:
    """What was measured.

    seed:   of the images that ask, and of the bootstrap.
    clips, images: how many test clips and test images there are.
    asked:  how many of the images ask.
    people: the number of people over whom the intervals are; None where they are over clips.
    by_way: "sound -> images" and "image -> sounds": each of `FIGURES` by its name.
    by_class: precision at 1 of the sounds of each class.
    """

    seed: int
    clips: int
    images: int
    asked: int
    people: int | None
    by_way: dict[str, dict[str, Mean]]
    by_class: dict[str, float]

    def to_json(self) -> dict:
        return {"retrieval": asdict(self)}

    @classmethod
    def from_json(cls, figures: dict) -> "Retrieval":
        record = dict(figures["retrieval"])
        by_way = {
            way: {name: Mean.from_json(figure) for name, figure in of.items()}
            for way, of in record.pop("by_way").items()
        }
        return cls(**record, by_way=by_way)


def precisions(right, times=None) -> np.ndarray:
    """The figures of ordered answers.

    Args:
        right: (queries, n) bool, the best answer first.
        times: (queries, n) how often each answer is there, whole numbers; once if None.

    Returns:
        (queries, 3) precision at 1, precision at 10, average precision; nan for a query without a right answer.
    """
    right = np.asarray(right, bool)
    times = np.ones(right.shape, np.int64) if times is None else np.asarray(times)
    there = np.cumsum(times, axis=1)
    hits = np.where(right, times, 0)
    found = np.cumsum(hits, axis=1)

    def at(k):
        """Of answers that are there several times as many count as reach the k-th place."""
        counted = np.minimum(there, k) - np.minimum(there - times, k)
        return np.sum(right * counted, axis=1) / np.minimum(there[:, -1], k)

    with np.errstate(invalid="ignore", divide="ignore"):
        # copies of an answer lie side by side: the i-th of `times` has found - times + i right ones up to there
        before, places = found - hits, there - times
        steps = [np.where(right & (times >= i), (before + i) / (places + i), 0) for i in range(1, times.max() + 1)]
        average = np.sum(steps, axis=(0, 2)) / found[:, -1]
    some = found[:, -1] > 0
    return np.where(some[:, None], np.stack([at(1), at(10), average], axis=1), np.nan)


def ordered(scores) -> np.ndarray:
    """Scores (queries, n) -> (queries, n) indices, the highest first; of equals the first one."""
    return np.argsort(-np.asarray(scores), axis=1, kind="stable")


def resampled_people(right, speakers, seed: int) -> np.ndarray:
    """(replicates, 3) means of `precisions` over the queries, as queries and people are drawn with replacement; draws
    in which no right answer is left do not count.

    Args:
        right: (queries, n) bool, ordered.
        speakers: (queries, n) who said each answer, numbers from 0 on.
    """
    rng, people = np.random.default_rng(seed), int(speakers.max()) + 1
    means = []
    for _ in range(REPLICATES):
        times = np.bincount(rng.integers(people, size=people), minlength=people)
        figures = precisions(right, times[speakers])[rng.integers(len(right), size=len(right))]
        if len(asked := figures[~np.isnan(figures[:, 0])]):
            means.append(asked.mean(axis=0))
    return np.array(means)


def measure_retrieval(model, speech: Speech, images: Images, split: Split, *, seed: int = 0) -> Retrieval:
    """Retrieval of test images by test clips, and of test clips by test images.

    Args:
        model: a `crossmodal.models.correspondence.Correspondence`.

    Raises:
        DataError: the data have no labels, or no test clips.
    """
    if speech.labels is None or images.test_labels is None:
        raise DataError("These pairs have no labels: retrieval cannot be measured here.")
    if not len(split.test):
        raise DataError("The division has no clips to test on: divide them anew.")
    labels, people = speech.labels[split.test], unseen_speakers(speech, split)
    spectrograms = log_mel([speech.waveforms[i] for i in split.test], LogMel(**model.front_end))
    sounds, pictures = model.embed_sounds(spectrograms), model.embed_images(as_input(images.test_images))
    _, unit = np.unique(split.test if people is None else people, return_inverse=True)
    chosen = np.sort(np.random.default_rng([seed, 7]).permutation(len(pictures))[:IMAGES])

    by_sound = []
    for start in range(0, len(sounds), BLOCK):
        rows = slice(start, start + BLOCK)
        order = ordered(model.scores(sounds[rows], pictures))
        by_sound.append(precisions(images.test_labels[order] == labels[rows, None]))
    of_sounds = np.concatenate(by_sound)
    order = ordered(model.scores(sounds, pictures[chosen]).T)
    right = labels[order] == images.test_labels[chosen][:, None]
    of_images = precisions(right).mean(axis=0)
    bounds = np.quantile(resampled_people(right, unit[order], seed), [0.025, 0.975], axis=0).T
    by_way = {
        "sound -> images": {name: mean_of(of_sounds[:, i], unit, seed) for i, name in enumerate(FIGURES)},
        "image -> sounds": {
            name: Mean(float(of_images[i]), (float(bounds[i, 0]), float(bounds[i, 1])))
            for i, name in enumerate(FIGURES)
        },
    }
    return Retrieval(
        seed=seed,
        clips=len(sounds),
        images=len(pictures),
        asked=len(chosen),
        people=None if people is None else int(unit.max()) + 1,
        by_way=by_way,
        by_class={speech.classes[k]: float(np.mean(of_sounds[labels == k, 0])) for k in np.unique(labels)},
    )


def as_table(measured: Retrieval) -> str:
    """The figures as text for a terminal."""
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    lines = [
        f"{measured.clips} test clips among {measured.images} test images, {measured.asked} of these the other way"
    ]
    lines += [f"  (95 % interval: bootstrap over {units})"]
    for way, figures in measured.by_way.items():
        for name, figure in figures.items():
            low, high = figure.interval_95
            lines.append(f"  {way + ', ' + name:<42}{figure.mean:7.2%}   {low:.2%} to {high:.2%}")
    worst = min(measured.by_class, key=lambda name: measured.by_class[name])
    return "\n".join([*lines, f"  {'hardest sound: ' + worst + ', precision at 1':<42}{measured.by_class[worst]:7.2%}"])
