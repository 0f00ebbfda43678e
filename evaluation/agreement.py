"""Agreement: the share of drawings in which the reader reads what was spoken.

The 10,000 test pairs of a protocol hold few distinct clips, so the clips are the sampling unit of every
interval: whole clips are drawn with replacement, each with all of its pairs. Where several people test of
whom nobody trained, the people are: strangers differ more than the clips of one.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.pairing import draw_clips, occurrence
from crossmodal.data.sources import Images, Speech, as_input
from crossmodal.errors import DataError
from crossmodal.reader import Reader, default_reader
from crossmodal.sound.front_ends import front_end_from, hear
from evaluation.checks import check_drawings, check_tested
from evaluation.intervals import REPLICATES, ratio_of

SILENT_DRAWS = 1000  # drawings of silence in the control


@dataclass(frozen=True)
class Accuracy:
    """A share of pairs, and its 95 % interval from a bootstrap over clips or people."""

    accuracy: float
    interval_95: tuple[float, float]

    @classmethod
    def from_json(cls, figures: dict) -> "Accuracy":
        low, high = figures["interval_95"]
        return cls(figures["accuracy"], (low, high))


@dataclass(frozen=True)
class Agreement:
    """What was measured of a model on the test part of a protocol.

    seed:                     of the pairs, the draws, the controls and the bootstrap.
    reader:                   the name and the SHA-256 of the classifier that judged.
    pairs, clips:             how many were tested, and how many distinct clips are among them.
    people:                   the number of people over whom the intervals are; None where they are over clips.
    posterior_mean:           of the best drawing of each clip; a model without a posterior has one too.
    sampled_z:                of drawings at random.
    real_test_images:         the share of real images that the reader reads as their label: the ceiling.
    silent_audio:             of drawings of silence: chance, if the sound decides.
    wrong_class_audio:        of drawings of a clip of another class: 0, if the sound decides.
    confusion_posterior_mean, confusion_sampled_z: (classes, classes) counts, row spoken, column read.
    """

    seed: int
    reader: dict
    pairs: int
    clips: int
    posterior_mean: Accuracy
    sampled_z: Accuracy
    real_test_images: float
    silent_audio: float
    wrong_class_audio: float
    confusion_posterior_mean: list[list[int]]
    confusion_sampled_z: list[list[int]]
    people: int | None = None

    def to_json(self) -> dict:
        record = asdict(self)
        controls = {name: record.pop(name) for name in ("silent_audio", "wrong_class_audio")}
        return {**record, "controls": controls}

    def summary(self) -> dict:
        """What results of many runs keep of it; `from_json` reads it too."""
        names = ("reader", "clips", "people", "posterior_mean", "sampled_z", "real_test_images", "controls")
        record = self.to_json()
        return {name: record[name] for name in names}

    @classmethod
    def from_json(cls, figures: dict) -> "Agreement | None":
        """The record in the metrics of a run; None of metrics that hold none. Reads what earlier versions wrote."""
        if "posterior_mean" not in figures:
            return None
        controls = figures["controls"]
        return cls(
            seed=figures.get("seed", 0),
            reader=figures.get("reader") or {"name": "LeNet5", "sha256": figures.get("lenet5_sha256", "")},
            pairs=figures.get("pairs", 0),
            clips=figures["clips"],
            posterior_mean=Accuracy.from_json(figures["posterior_mean"]),
            sampled_z=Accuracy.from_json(figures["sampled_z"]),
            real_test_images=figures["real_test_images"],
            silent_audio=controls["silent_audio"],
            wrong_class_audio=controls.get("wrong_class_audio", controls.get("wrong_digit_audio")),
            confusion_posterior_mean=figures.get("confusion_posterior_mean", []),
            confusion_sampled_z=figures.get("confusion_sampled_z", []),
            people=figures.get("people"),
        )


def measure_agreement(
    model, speech: Speech, images: Images, split: Split, *, reader: Reader | None = None, seed: int = 0
) -> Agreement:
    """Agreement of a model's drawings with what the test clips say, with intervals and controls.

    For each test image a clip of its class is drawn from the test clips, or it has a given one; these are the pairs.

    Args:
        model: has `front_end` and `generate(spectrograms, samples, seed)`.
        reader: who judges; LeNet5 on MNIST if None.

    Raises:
        DataError: the classes are not the reader's, or the data do not fit.
        ModelError: the model draws what is no image.
    """
    reader = reader or default_reader()
    check_tested(speech, images, split, reader, "agreement")
    pair_clips = pairs_to_test(speech, images, split, np.random.default_rng([seed, 2]))
    split, pair_clips = without_unpaired(split, pair_clips)
    labels = speech.labels[split.test]
    spectrograms = spectrograms_to_test(model, speech, split)
    rng = np.random.default_rng(seed)
    spoken = labels[pair_clips]
    people = unseen_speakers(speech, split)
    units = pair_clips if people is None else people[pair_clips]

    at_mean, _ = model.generate(spectrograms, samples=0, seed=seed)
    clip_read = reader.labels(check_drawings(at_mean, reader.image_shape))
    # each pair has a draw of its own: as many per clip as its most frequent clip has pairs
    counts = np.bincount(pair_clips, minlength=len(spectrograms))
    _, draws = model.generate(spectrograms, samples=int(counts.max()), seed=seed)
    sampled_read = reader.labels(check_drawings(draws[pair_clips, occurrence(pair_clips)], reader.image_shape))

    _, silent = model.generate(np.zeros_like(spectrograms[:1]), samples=SILENT_DRAWS, seed=seed)
    silent_read = reader.labels(check_drawings(silent[0], reader.image_shape))
    silent_share = np.bincount(silent_read, minlength=len(reader.classes)) / SILENT_DRAWS
    wrong = another_class(spoken, labels, rng)
    real_read = reader.labels(as_input(images.test_images))
    return Agreement(
        seed=seed,
        reader=reader.to_json(),
        pairs=len(pair_clips),
        clips=int((counts > 0).sum()),
        posterior_mean=bootstrap(clip_read[pair_clips] == spoken, units, seed=seed),
        sampled_z=bootstrap(sampled_read == spoken, units, seed=seed),
        real_test_images=float(np.mean(real_read == images.test_labels)),
        silent_audio=float(silent_share[spoken].mean()),
        wrong_class_audio=float(np.mean(clip_read[wrong] == spoken)),
        confusion_posterior_mean=confusion_matrix(spoken, clip_read[pair_clips], len(reader.classes)).tolist(),
        confusion_sampled_z=confusion_matrix(spoken, sampled_read, len(reader.classes)).tolist(),
        people=None if people is None else len(np.unique(units)),
    )


def spectrograms_to_test(model, speech: Speech, split: Split) -> np.ndarray:
    """(clips, frames, mels) of the test clips, by the front end that the model was trained with."""
    return hear([speech.waveforms[i] for i in split.test], front_end_from(model.front_end))


def pairs_to_test(speech: Speech, images: Images, split: Split, rng: np.random.Generator) -> np.ndarray:
    """(test images,) for each an index into `split.test`: its given clip, else a clip of its class at random."""
    if images.test_clips is not None:
        return np.searchsorted(split.test, images.test_clips)
    return draw_clips(images.test_labels, speech.labels[split.test], rng)


def without_unpaired(split: Split, pair_clips: np.ndarray) -> tuple[Split, np.ndarray]:
    """The division without the test clips that no pair has, and the pairs' indices into what is left."""
    paired, pair_clips = np.unique(pair_clips, return_inverse=True)
    return replace(split, test=split.test[paired]), pair_clips


def unseen_speakers(speech: Speech, split: Split) -> np.ndarray | None:
    """(test clips,) who speaks each test clip, where they are several people and none of them trained; else None."""
    tested, trained = speech.speakers[split.test], speech.speakers[split.train]
    several = len(np.unique(tested)) > 1
    return tested if several and not np.isin(tested, trained).any() else None


def bootstrap(correct: np.ndarray, units: np.ndarray, *, seed: int = 0, replicates: int = REPLICATES) -> Accuracy:
    """Accuracy and its percentile interval (Efron & Tibshirani 1993, chapter 13), units as clusters.

    Where every unit agrees, or none, all replicates are alike and say nothing; the bound is then the exact
    binomial one for that many units (Clopper & Pearson 1934).

    Args:
        correct: (pairs,) bool.
        units: (pairs,) which clip, or which speaker, each pair belongs to.

    Raises:
        DataError: there are no pairs, or not as many units.
    """
    correct, units = np.asarray(correct), np.asarray(units)
    if correct.dtype != bool or correct.ndim != 1 or correct.shape != units.shape or not len(correct):
        raise DataError(
            f"Agreement is measured on one or more pairs: pass a bool and a clip for each, "
            f"not {correct.dtype} of shape {correct.shape} and clips of shape {units.shape}."
        )
    share = ratio_of(correct, np.ones(len(correct)), units, seed, replicates)
    (low, high), n = share.interval_95, len(np.unique(units))
    if np.all(correct):
        low = 0.025 ** (1 / n)
    if not np.any(correct):
        high = 1 - 0.025 ** (1 / n)
    return Accuracy(share.mean, (low, high))


def confusion_matrix(spoken: np.ndarray, read: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) counts: row spoken, column read."""
    return np.bincount(spoken * classes + read, minlength=classes * classes).reshape(classes, classes)


def another_class(labels: np.ndarray, clip_labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each label a clip of some other class, drawn at random: (n,) indices into `clip_labels`."""
    chosen = rng.integers(len(clip_labels), size=len(labels))
    while (same := clip_labels[chosen] == labels).any():
        chosen[same] = rng.integers(len(clip_labels), size=same.sum())
    return chosen


def as_table(measured: Agreement) -> str:
    """The figures as text for a terminal."""

    def line(name: str, accuracy: float, beside: str = "") -> str:
        return f"  {name:<34}{accuracy:7.2%}" + (f"   {beside}" if beside else "")

    def with_interval(name: str, figure: Accuracy) -> str:
        return line(name, figure.accuracy, "{:.2%} to {:.2%}".format(*figure.interval_95))

    chance = f"chance is {1 / len(measured.confusion_posterior_mean):.0%}"
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    return "\n".join(
        [
            f"{measured.reader['name']} agreement on {measured.pairs} pairs of {measured.clips} test clips"
            f" (95 % interval: bootstrap over {units})",
            with_interval("drawn at the posterior mean", measured.posterior_mean),
            with_interval("drawn at sampled z", measured.sampled_z),
            line("real test images", measured.real_test_images),
            line("control: silent audio", measured.silent_audio, chance),
            line("control: audio of a wrong class", measured.wrong_class_audio, "0 % if the sound decides"),
        ]
    )
