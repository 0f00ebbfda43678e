"""Agreement up to a permutation of the classes: for models that were not told which sound goes with which image.

Such a model may draw each seven as a two and each two as a seven, and has still found out what is alike. The best
permutation, what each class is drawn as, is chosen on validation clips: of all it has the largest sum of the confusion
matrix (H. Kuhn 1955, by SciPy). Test clips are scored by it, so a model that has found nothing has 10 % of ten classes.
"""

from dataclasses import asdict, dataclass

import numpy as np

from crossmodal.data.alignment import Split
from crossmodal.data.sources import Speech
from crossmodal.errors import DataError
from crossmodal.reader import Reader, default_reader
from crossmodal.sound.front_ends import front_end_from, hear
from evaluation.agreement import Accuracy, bootstrap, confusion_matrix, unseen_speakers
from evaluation.checks import check_drawings


@dataclass(frozen=True)
class PermutedAgreement:
    """What was measured of the best drawing of each clip.

    validation_clips, clips, people: by how many the permutation was chosen, and how many it was tested on; the number
        of people over whom the intervals are, None where they are over clips.
    permutation:          what each class is drawn as: (classes,) indices.
    agreement:            the share of test clips that are read as what was said.
    permuted:             the share that are read as what their class is drawn as.
    drawn:                (classes,) the share of test clips that are read as each class.
    confusion:            (classes, classes) counts on the test clips, row spoken, column read.
    confusion_validation: the same on the validation clips.
    """

    reader: dict
    seed: int
    validation_clips: int
    clips: int
    people: int | None
    permutation: list[int]
    agreement: Accuracy
    permuted: Accuracy
    drawn: list[float]
    confusion: list[list[int]]
    confusion_validation: list[list[int]]

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, figures: dict) -> "PermutedAgreement":
        known = {name: figures[name] for name in cls.__dataclass_fields__}
        known |= {name: Accuracy.from_json(known[name]) for name in ("agreement", "permuted")}
        return cls(**known)


def best_permutation(confusion) -> np.ndarray:
    """(classes,) the column of each row of (classes, classes) counts, each once, of which the sum is largest."""
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(np.asarray(confusion), maximize=True)[1]


def measure_permuted(
    model, speech: Speech, split: Split, *, reader: Reader | None = None, seed: int = 0
) -> PermutedAgreement:
    """Agreement of a model's drawings with what test clips say, as they are and by the best permutation.

    Args:
        model: an `AudioImageModel`.
        reader: who judges; LeNet5 on MNIST if None.

    Raises:
        DataError: there are no validation clips to choose the permutation by.
        ModelError: the model draws what is no image.
    """
    if not len(split.validation):
        raise DataError("There are no validation clips to choose a permutation by: take data with more clips.")
    reader = reader or default_reader()
    classes, people = len(reader.classes), unseen_speakers(speech, split)

    def read(clips):
        spectrograms = hear([speech.waveforms[i] for i in clips], front_end_from(model.front_end))
        images, _ = model.generate(spectrograms, samples=0, seed=seed)
        return speech.labels[clips], reader.labels(check_drawings(images, reader.image_shape))

    of_validation = confusion_matrix(*read(split.validation), classes)
    spoken, seen = read(split.test)
    permutation = best_permutation(of_validation)
    units = split.test if people is None else people
    return PermutedAgreement(
        reader=reader.to_json(),
        seed=seed,
        validation_clips=len(split.validation),
        clips=len(spoken),
        people=None if people is None else len(np.unique(people)),
        permutation=permutation.tolist(),
        agreement=bootstrap(seen == spoken, units, seed=seed),
        permuted=bootstrap(seen == permutation[spoken], units, seed=seed),
        drawn=(np.bincount(seen, minlength=classes) / len(seen)).tolist(),
        confusion=confusion_matrix(spoken, seen, classes).tolist(),
        confusion_validation=of_validation.tolist(),
    )


def as_table(measured: PermutedAgreement, classes) -> str:
    """The figures as text for a terminal."""
    units = f"{measured.people} people, none of whom trained" if measured.people else "clips"
    lines = [f"{measured.clips} test clips (95 % interval: bootstrap over {units}); chance is {1 / len(classes):.0%}"]
    of = f"by the best permutation of {measured.validation_clips} validation clips"
    for name, figure in (("read as what was said", measured.agreement), (of, measured.permuted)):
        low, high = figure.interval_95
        lines.append(f"  {name:<52}{figure.accuracy:7.1%}   {low:.1%} to {high:.1%}")
    pairs = (f"{classes[i]} as {classes[j]}" for i, j in enumerate(measured.permutation))
    return "\n".join([*lines, f"  drawn are {', '.join(pairs)}"])
