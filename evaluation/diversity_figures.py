"""What `evaluation.diversity` measures, as records that JSON can hold."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SetFigures:
    """A set of images against the real test images; figures but the last are means over the classes or over all.

    agreement:           the share that the reader reads as what was spoken.
    diversity_ratio:     mean distance of two images of a class over that of two real ones.
    precision, recall, density, coverage: see `evaluation.distances.prdc`.
    fid, fid_extrapolated, kid: on the reader's features.
    label_kl_to_uniform: of what the reader reads, in nats.
    by_class:            name -> (classes,) of those that are measured within a class.
    """

    agreement: float
    diversity_ratio: float
    precision: float
    recall: float
    density: float
    coverage: float
    fid: float
    fid_extrapolated: float
    kid: float
    label_kl_to_uniform: float
    by_class: dict[str, list[float]]

    @classmethod
    def from_json(cls, figures: dict) -> "SetFigures":
        renamed: dict[str, Any] = {OLD_NAMES.get(name, name): value for name, value in figures.items()}
        known: dict[str, Any] = {name: renamed.get(name) for name in cls.__dataclass_fields__}
        return cls(**known)


OLD_NAMES = {  # in files of earlier versions
    "FID-LeNet5": "fid",
    "FID-LeNet5-extrapolated": "fid_extrapolated",
    "KID-LeNet5": "kid",
    "by_digit": "by_class",
}


@dataclass(frozen=True)
class Diversity:
    """What was measured of a model's variety and realism on the test part of a protocol.

    reader:                 the name and the SHA-256 of the classifier whose features are compared, and their number.
    neighbours:             k of precision, recall, density and coverage.
    expected_coverage:      of two sets of one distribution.
    pairs, clips:           drawings, and the distinct clips among them.
    real_test_images:       `agreement` and `label_kl_to_uniform` of the real images themselves.
    sets:                   by name; real_training_images is the ceiling, one_real_image_per_class the floor.
    spread:                 see `clip_spread`.
    nearest_training_image: see `nearness`, of drawings and of real test images.
    cas:                    see `measure_cas`; None where it was left out.
    second_reader:          `name` and `sha256` of another classifier, and the share of its readings that are right in
                            `real_test_images`, `posterior_mean` and `sampled_z`; None where there is no such.
    """

    seed: int
    reader: dict
    neighbours: int
    expected_coverage: float
    pairs: int
    clips: int
    real_test_images: dict[str, float]
    sets: dict[str, SetFigures]
    spread: dict
    nearest_training_image: dict[str, dict]
    cas: dict | None = None
    second_reader: dict | None = None

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, report: dict) -> "Diversity":
        """The record that `to_json` gave, or that an earlier version wrote."""
        sets = {name.replace("digit", "class"): SetFigures.from_json(of) for name, of in report["sets"].items()}
        reader = report.get("reader") or {"name": "LeNet5", "sha256": report["lenet5_sha256"], "features": 84}
        names = [name for name in cls.__dataclass_fields__ if name in report]
        return cls(**{name: report[name] for name in names} | {"reader": reader, "sets": sets})


@dataclass(frozen=True)
class DiversitySummary:
    """What results of many runs keep of a `Diversity`, drawings beside real training images."""

    reader: dict
    within_clip: float
    between_clips: float
    sampled_z: SetFigures
    real_training_images: SetFigures
    nearest_training_image: dict[str, dict]
    cas: dict | None = None
    second_reader: dict | None = None

    @property
    def coverage_to_real(self) -> float:
        return self.sampled_z.coverage / self.real_training_images.coverage

    @classmethod
    def of(cls, measured: Diversity) -> "DiversitySummary":
        return cls(
            reader=measured.reader,
            within_clip=measured.spread["within_clip"],
            between_clips=measured.spread["between_clips"],
            sampled_z=measured.sets["sampled_z"],
            real_training_images=measured.sets["real_training_images"],
            nearest_training_image=measured.nearest_training_image,
            cas=measured.cas,
            second_reader=measured.second_reader,
        )

    def to_json(self) -> dict:
        record = asdict(self)
        for name in ("sampled_z", "real_training_images"):
            record[name] = {key: value for key, value in record[name].items() if key != "by_class"}
        return record | {"coverage_to_real": self.coverage_to_real}

    @classmethod
    def from_json(cls, summary: dict) -> "DiversitySummary":
        sets = {name: SetFigures.from_json(summary[name]) for name in ("sampled_z", "real_training_images")}
        reader = summary.get("reader") or {"name": "LeNet5", "sha256": summary.get("lenet5_sha256", "")}
        names = [name for name in cls.__dataclass_fields__ if name in summary]
        return cls(**{name: summary[name] for name in names} | {"reader": reader, **sets})
