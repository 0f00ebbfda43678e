"""Does a model know when it has not understood: calibration of its confidence, what it draws of noise and other words.

The confidence is that of `crossmodal.drawing`. It is calibrated where of all clips with a confidence of 90 % nine in
ten are read as what was said: the expected calibration error is the mean distance from that, over bins of equal width
(Guo et al. 2017).
"""

from dataclasses import asdict, dataclass

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Speech
from crossmodal.drawing import DRAWS, confidences, draw_speech, words_in
from crossmodal.errors import DataError
from crossmodal.reader import Reader, default_reader
from evaluation.agreement import Accuracy, bootstrap, spectrograms_to_test, unseen_speakers

BINS = 15  # as in the paper
REPLICATES = 1000


@dataclass(frozen=True)
class Confidence:
    """What was measured on the test clips, on recordings of noise and on words that the model does not know.

    clips, people:     how many were tested, and how many people say them; None where people trained too.
    least_information: the model's, in nats, under which it says that nothing was heard.
    calibration_error: expected calibration error, with its 95 % interval from a bootstrap over clips or people.
    refused:           share of the test clips of which it says so.
    bins:              (mean confidence, share that is right, share of the clips) of each bin that is not empty.
    noise:             how many recordings without speech were tried.
    drawn_anyway:      share of these in which it hears a word at least once; None where there are none.
    other_words:       how many clips of other words were tried, and
    words_drawn:       share of these that it takes for its own, interval over speakers; None where there are none.
    """

    reader: dict
    seed: int
    clips: int
    people: int | None
    least_information: float
    calibration_error: Accuracy
    refused: Accuracy
    bins: list[tuple[float, float, float]]
    noise: int
    drawn_anyway: Accuracy | None
    other_words: int = 0
    words_drawn: Accuracy | None = None

    def to_json(self) -> dict:
        return asdict(self)


def measure_confidence(
    model,
    speech: Speech,
    split: Split,
    *,
    reader: Reader | None = None,
    noises: dict[str, np.ndarray] | None = None,
    others: Speech | None = None,
    seed: int = 0,
) -> Confidence:
    """How well a model's confidence is calibrated on the test clips, and what it refuses.

    Args:
        model: an `AudioImageModel`.
        reader: who judges; LeNet5 on MNIST if None.
        noises: recordings without speech by name, at the model's sample rate; each is cut and drawn as any recording.
        others: clips of words that are none of the model's classes.

    Raises:
        DataError: there are no test clips.
    """
    if not len(split.test):
        raise DataError("The division has no clips to test on: divide them anew.")
    reader = reader or default_reader()
    rate = model.front_end["sample_rate"]
    spectrograms = spectrograms_to_test(model, speech, split)
    read, sure = confidences(reader, *model.generate(spectrograms, samples=DRAWS, seed=seed))
    right = read == speech.labels[split.test]
    people = unseen_speakers(speech, split)
    units = split.test if people is None else people
    heard = model.heard(spectrograms)
    if not model.least_information:
        heard &= np.array([words_in(speech.waveforms[i], rate, model.classes)[1] for i in split.test])

    def hears_a_word(waveform, rate) -> bool:
        return any(drawing.heard for drawing in draw_speech(waveform, rate, model, seed=seed, reader=reader))

    drawn = [hears_a_word(noise, rate) for noise in (noises or {}).values()]
    taken = [hears_a_word(clip, others.sample_rate) for clip in others.waveforms] if others else []
    return Confidence(
        reader=reader.to_json(),
        seed=seed,
        clips=len(split.test),
        people=None if people is None else len(np.unique(people)),
        least_information=model.least_information,
        calibration_error=with_interval(sure, right, units, seed),
        refused=bootstrap(~heard, units, seed=seed),
        bins=reliability(sure, right),
        noise=len(drawn),
        drawn_anyway=bootstrap(np.array(drawn), np.arange(len(drawn)), seed=seed) if drawn else None,
        other_words=len(taken),
        words_drawn=bootstrap(np.array(taken), others.speakers, seed=seed) if others else None,
    )


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> list[tuple[float, float, float]]:
    """(mean confidence, share that is right, share of all) of each bin of confidence that is not empty."""
    index = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    found = []
    for i in np.unique(index):
        members = index == i
        found.append((float(confidence[members].mean()), float(right[members].mean()), float(members.mean())))
    return found


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """The expected calibration error of (n,) confidences in [0, 1] and (n,) bool."""
    return sum(share * abs(sure - accuracy) for sure, accuracy, share in reliability(confidence, right, bins))


def with_interval(confidence: np.ndarray, right: np.ndarray, units: np.ndarray, seed: int) -> Accuracy:
    """The expected calibration error and its percentile interval, units as clusters."""
    rng = np.random.default_rng(seed)
    names, cluster = np.unique(units, return_inverse=True)
    order = np.argsort(cluster, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(cluster))[:-1])
    drawn = []
    for _ in range(REPLICATES):
        rows = np.concatenate([members[i] for i in rng.integers(len(names), size=len(names))])
        drawn.append(calibration_error(confidence[rows], right[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Accuracy(calibration_error(confidence, right), (float(low), float(high)))


def as_table(measured: Confidence) -> str:
    """The figures as text for a terminal."""
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    figures = {"expected calibration error": measured.calibration_error, "clips refused": measured.refused}
    if measured.drawn_anyway:
        figures[f"of {measured.noise} recordings of noise drawn"] = measured.drawn_anyway
    if measured.words_drawn:
        figures[f"of {measured.other_words} other words drawn"] = measured.words_drawn
    lines = [f"confidence on {measured.clips} test clips (95 % interval: bootstrap over {units})"]
    for name, figure in figures.items():
        low, high = figure.interval_95
        lines.append(f"  {name:<36}{figure.accuracy:7.2%}   {low:.2%} to {high:.2%}")
    return "\n".join(lines)
