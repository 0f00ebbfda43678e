"""What is measured of a latent space, as a record that JSON can hold."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from evaluation.agreement import Accuracy
from evaluation.intervals import Mean


@dataclass(frozen=True)
class Path:
    """What is drawn on the way from one clip to another, see `evaluation.latent.paths`.

    length:       of the path in the reader's features, over the straight distance of its ends.
    longest_step: over the length of the path.
    read_as_ends: the share of drawings on the way that are read as one of the two ends is.
    """

    length: Mean
    longest_step: Mean
    read_as_ends: Mean


@dataclass(frozen=True)
class Carried:
    """A style that was carried over from one class to another, see `evaluation.latent.arithmetic`.

    share:             how much of it came over: 1 all of the contrast of the class that it is from, 0 nothing.
    share_at_random:   the same of a difference of hands that were chosen at random.
    read, read_before: the share of the drawings that is read as their class, afterwards and before.
    """

    share: Mean
    share_at_random: Mean
    read: float
    read_before: float


@dataclass(frozen=True)
class LatentSpace:
    """What was measured on the test clips of a protocol.

    seed, reader:        of all that is drawn at random; the name and SHA-256 of the classifier that reads drawings.
    clips, people:       how many were tested, and how many people say them; None where these people trained too.
    latent_dim, hand_dim: numbers of the latent of a sound, and of the hand that it is drawn in.
    class_probe:         analysis: the class, read from the latent by a linear probe.
    spectrogram_probe:   the same from as many principal components of the spectrogram: what the latent is to beat.
    drawn_style:         analysis, by style: R^2 of what the hand says of its drawing; None where there are no hands.
    seen_style:          the same of what a network finds in a test image; None where the family has no such network.
    at_clips:            synthesis: drawings at the clips' latents that are read as what was said.
    at_new:              the same of latents that no clip has, drawn from a Gaussian for each class.
    trustworthiness:     of the map in two dimensions, see `evaluation.latent.embedding`.
    path, fade:          interpolation: of latents, and pixel by pixel; None where nobody says two classes.
    retrieval:           indexing: mean average precision; None where one person alone tests.
    retrieval_of_spectrograms, retrieval_by_chance: of the spectrograms themselves, and of an order at random.
    arithmetic:          by style; None where there are no hands.
    map:                 (clips, 2) where each clip lies on the map; not in the JSON.
    """

    seed: int
    reader: dict
    clips: int
    people: int | None
    latent_dim: int
    hand_dim: int
    class_probe: Accuracy
    spectrogram_probe: Accuracy
    drawn_style: dict[str, Mean] | None
    seen_style: dict[str, Mean] | None
    at_clips: Accuracy
    at_new: Accuracy
    trustworthiness: float
    path: Path | None
    fade: Path | None
    retrieval: Mean | None
    retrieval_of_spectrograms: Mean | None
    retrieval_by_chance: float | None
    arithmetic: dict[str, Carried] | None
    map: np.ndarray | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict:
        record = asdict(self)
        del record["map"]
        return record

    @classmethod
    def from_json(cls, figures: dict) -> "LatentSpace":
        """The record that `to_json` gave."""
        known = {name: figures[name] for name in cls.__dataclass_fields__ if name in figures}
        readers: dict[Any, tuple[str, ...]] = {
            Accuracy: ("class_probe", "spectrogram_probe", "at_clips", "at_new"),
            Mean: ("retrieval", "retrieval_of_spectrograms"),
        }
        for kind, names in readers.items():
            known |= {name: kind.from_json(known[name]) for name in names if known[name]}
        for name in ("drawn_style", "seen_style"):
            if known[name]:
                known[name] = {style: Mean.from_json(figure) for style, figure in known[name].items()}
        for name in ("path", "fade"):
            if known[name]:
                known[name] = Path(**{of: Mean.from_json(figure) for of, figure in known[name].items()})
        if known["arithmetic"]:
            known["arithmetic"] = {name: _carried(figures) for name, figures in known["arithmetic"].items()}
        return cls(**known)


def _carried(figures: dict) -> Carried:
    shares = {name: Mean.from_json(figures[name]) for name in ("share", "share_at_random")}
    return Carried(**shares, read=figures["read"], read_before=figures["read_before"])
