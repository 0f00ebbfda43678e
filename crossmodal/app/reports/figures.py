"""The figures of a run, each with the floors and ceilings that it is to be read against."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

from crossmodal.app.reports.reading import Run
from evaluation.agreement import Accuracy, Agreement
from evaluation.coherence import Coherence
from evaluation.conditions import Conditions
from evaluation.diversity_figures import Diversity
from evaluation.latent.figures import LatentSpace
from evaluation.latent.report import rows_of
from evaluation.retrieval import Retrieval

RECORDINGS_HALVES, RECORDINGS_NOISE = {"its other half": 1.0}, {"noise of its spectrum": 0.0}


@dataclass(frozen=True)
class Figure:
    """A measured value.

    Args:
        name: what was measured.
        value: the figure.
        form: how it is written.
        interval: its 95 % interval.
        floors, ceilings: what controls and the real thing reach, by their names.
        full: the value that fills the figure's bar; None for no bar.
    """

    name: str
    value: float
    form: str = "{:.1%}"
    interval: tuple[float, float] | None = None
    floors: dict[str, float] = field(default_factory=dict)
    ceilings: dict[str, float] = field(default_factory=dict)
    full: float | None = 1.0

    def written(self, value: float) -> str:
        return self.form.format(value)

    def share(self, value: float) -> float:
        """Where a value lies on the bar, in percent of it."""
        return 100 * min(max(value / self.full, 0.0), 1.0) if self.full else 0.0


def figures_of(run: Run) -> list[Figure]:
    """All that was measured of a run."""
    found = [*agreement(run.agreement), *variety(run.diversity), *texture(run.metrics), *accuracy(run.metrics)]
    return [
        *found,
        *conditions(run.metrics),
        *confidence(run.metrics),
        *coherence(run.metrics),
        *heard(run.metrics),
        *retrieval(run.metrics),
        *latent_space(run.metrics),
        *images(run.metrics),
        *losses(run.metrics),
    ]


def agreement(measured: Agreement | None) -> list[Figure]:
    """How often the reader reads what was said; see `evaluation.agreement`."""
    if measured is None:
        return []
    floors = {"silent audio": measured.silent_audio, "wrong class": measured.wrong_class_audio}
    ceilings = {"real images": measured.real_test_images}
    return [
        Figure(f"agreement, {title}", figure.accuracy, "{:.1%}", figure.interval_95, floors, ceilings)
        for figure, title in ((measured.posterior_mean, "posterior mean"), (measured.sampled_z, "sampled z"))
    ]


def conditions(metrics: dict) -> list[Figure]:
    """How often the reader reads what was said, by condition; see `evaluation.conditions`."""
    if "by_condition" not in metrics:
        return []
    measured = Conditions.from_json(metrics)
    return [
        Figure(f"agreement, {name}", figure.accuracy, interval=figure.interval_95)
        for name, figure in measured.by_condition.items()
    ]


def confidence(metrics: dict) -> list[Figure]:
    """Whether it knows when it has not understood; see `evaluation.confidence`."""
    names = {
        "calibration_error": "expected calibration error",
        "refused": "clips refused",
        "drawn_anyway": "recordings of noise in which it hears a word",
        "words_drawn": "other words that it takes for its own",
    }
    found = {title: Accuracy.from_json(metrics[name]) for name, title in names.items() if metrics.get(name)}
    return [Figure(title, figure.accuracy, interval=figure.interval_95) for title, figure in found.items()]


def coherence(metrics: dict) -> list[Figure]:
    """Whether image and sound tell the same, in every direction; see `evaluation.coherence`."""
    if "coherence" not in metrics:
        return []
    measured = Coherence.from_json(metrics)
    ceilings = {"real images": measured.real_images.accuracy}
    if measured.inverted_clips:
        ceilings |= {"real clips, inverted": measured.inverted_clips.accuracy}
    return [
        Figure(f"coherence, {name}", figure.accuracy, interval=figure.interval_95, ceilings=ceilings)
        for name, figure in measured.by_way.items()
    ]


def heard(metrics: dict) -> list[Figure]:
    """How often a listener hears what was said, by source; see `evaluation.listening`."""
    return [
        Figure(f"heard rightly, {name}, {of['people']} strangers", of["accuracy"], interval=of["interval_95"])
        for name, of in metrics.get("heard", {}).items()
    ]


def retrieval(metrics: dict) -> list[Figure]:
    """How often images are found by sounds, and sounds by images; see `evaluation.retrieval`."""
    if "retrieval" not in metrics:
        return []
    return [
        Figure(f"{way}, {name}", figure.mean, interval=figure.interval_95)
        for way, figures in Retrieval.from_json(metrics).by_way.items()
        for name, figure in figures.items()
    ]


def latent_space(metrics: dict) -> list[Figure]:
    """What the latent space is good for; see `evaluation.latent.report`."""
    if "latent_space" not in metrics:
        return []
    found = []
    for name, figure, form in rows_of(LatentSpace.from_json(metrics["latent_space"])):
        value = getattr(figure, "accuracy", getattr(figure, "mean", figure))
        found.append(Figure(name, value, form, getattr(figure, "interval_95", None), full=None if value > 1 else 1.0))
    return found


def variety(measured: Diversity | None) -> list[Figure]:
    """How varied and how real the drawings are; see `evaluation.diversity`."""
    if measured is None:
        return []
    sets, spread = measured.sets, measured.spread
    found = [
        Figure(
            f"spread {title}, ratio to real images",
            spread[name],
            "{:.2f}",
            floors={"an archetype": 0.0},
            ceilings={"real images": 1.0},
        )
        for name, title in (("within_clip", "within a clip"), ("between_clips", "between clips"))
        if spread[name] is not None
    ]
    worst = {"precision": "silent_audio", "recall": "one_real_image_per_class", "coverage": "one_real_image_per_class"}
    for name, floor in (worst | {"fid": "one_real_image_per_class"}).items():
        is_fid = name == "fid"
        found.append(
            Figure(
                f"FID on {measured.reader['name']}'s features (less is better)" if is_fid else name,
                getattr(sets["sampled_z"], name),
                "{:.2f}" if is_fid else "{:.3f}",
                floors={floor.replace("_", " "): getattr(sets[floor], name)} if floor in sets else {},
                ceilings={"real images": getattr(sets["real_training_images"], name)},
                full=None if is_fid else 1.0,
            )
        )
    if cas := measured.cas:
        ceilings = {"real images": cas["real_training_images"]}
        found.append(Figure("CAS, a classifier trained on drawings", cas["sampled_z"], ceilings=ceilings))
    return found


def texture(metrics: dict) -> list[Figure]:
    """How near draws come to the recording, and whether they copy it; see `evaluation.texture`."""
    found = []
    sounds = metrics.get("sounds", {})
    alone = {name: figures for name, figures in sounds.items() if name.startswith("generator")}
    drawn = {name: figures for name, figures in sounds.items() if name not in alone}
    for title, group in (("draws", drawn), ("generator alone", alone)):
        if group:
            found.append(_score(f"score, {title}", statistics.mean(figures["score"] for figures in group.values())))
        by_windows = [figures["kernel_score"] for figures in group.values() if "kernel_score" in figures]
        if by_windows:
            found.append(_score(f"score by windows, {title}", statistics.mean(by_windows)))
    for name, figures in metrics.get("against", {}).items():
        found.append(_score(f"score against {name}", figures["score"]))
    for verb in ("copied", "loops"):
        if drawn:
            title = "draws that copy the recording" if verb == "copied" else "draws that repeat themselves"
            count = sum(figures[verb] for figures in drawn.values())
            found.append(Figure(title, count, f"{{}} of {len(drawn)}", full=None))
    return found


def images(metrics: dict) -> list[Figure]:
    """Whether draws of a texture copy the picture and are like it, and what is read in patterns of objects;
    see `evaluation.image_texture` and `evaluation.object_pattern`."""
    found = []
    for kind, title in (("draws", "draws"), ("generator", "generator alone")):
        of = metrics.get(kind)
        if isinstance(of, dict) and "copied" in of:
            found.append(Figure(f"{title} that copy the picture", of["copied"], "{}", full=None))
            for name in ("precision", "recall"):
                ceilings = {"the picture itself": of[f"learned_{name}"]}
                found.append(Figure(f"{name} of patches, {title}", of[name], "{:.2f}", ceilings=ceilings))
        elif isinstance(of, dict) and "drawn" in of:
            ceilings = {"real images": of["real"]["confidence"]}
            found.append(Figure(f"confidence, {title}", of["drawn"]["confidence"], "{:.2f}", ceilings=ceilings))
            ceilings = {"real images": of["expected_coverage"]}
            found.append(Figure(f"coverage, {title}", of["coverage"], "{:.2f}", ceilings=ceilings))
    return found


def losses(metrics: dict) -> list[Figure]:
    """The terms of a model's loss on held-out pairs, where pairs are given."""
    terms = metrics.get("test_loss", {})
    return [
        Figure(f"{name.replace('_', ' ')} on test pairs", value, "{:.3g}", full=None) for name, value in terms.items()
    ]


def accuracy(metrics: dict) -> list[Figure]:
    """How often a classifier is right."""
    if "accuracy" not in metrics:
        return []
    floors, interval = {"chance": 1 / len(metrics["confusion"])}, metrics.get("interval_95")
    return [Figure("accuracy on test images", metrics["accuracy"], "{:.1%}", interval, floors)]


def classes_of_statistics(metrics: dict) -> dict[str, dict[str, float]]:
    """Decibels of each class of statistics, for the floor, each scored sound and the ceiling: title -> class -> dB."""
    rows = {"noise of its spectrum": metrics.get("noise_db", {})}
    rows |= {Path(name).stem: figures.get("snr_db", {}) for name, figures in metrics.get("sounds", {}).items()}
    rows |= {"its other half": metrics.get("halves_db", {})}
    return {title: row for title, row in rows.items() if row}


def means_over_runs(results: dict) -> dict[str, tuple]:
    """What the results of several runs say of them together: title -> (mean, its 95 % interval or None)."""
    return {
        name.replace("_", " "): (figures["mean"], figures.get("interval_95"))
        for name, figures in results.items()
        if isinstance(figures, dict) and "mean" in figures
    }


def _score(name: str, value: float) -> Figure:
    return Figure(name, value, "{:.2f}", floors=RECORDINGS_NOISE, ceilings=RECORDINGS_HALVES)
