"""Runs that belong together: each in a folder of its own, finished ones not run again, their figures gathered.

Several processes and machines may share the work, see `shards`.
"""

import json
import statistics
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from crossmodal.app.experiments.training_data import load_sources
from crossmodal.app.experiments.training_options import TrainingConfig
from crossmodal.app.options import as_options, whole_number
from crossmodal.app.sweeps.shards import Jobs, share_out
from crossmodal.data.alignment import split_of
from crossmodal.data.catalog import LOCATIONS
from crossmodal.errors import DataError
from crossmodal.reader import find_reader
from evaluation.agreement import Agreement
from evaluation.cas import STEPS
from evaluation.diversity_figures import Diversity, DiversitySummary

T_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # Student's t, by number of values
KEPT = ("parameters", "epochs", "seconds")  # of a run's metrics, beside its agreement


def splits_of(config: TrainingConfig, splits: int) -> dict[str, TrainingConfig]:
    """The runs by name: a seed each, or for protocol speaker a held-out speaker each."""
    if config.protocol == "speaker":
        speech, _ = load_sources(config)
        return {speaker: replace(config, held_out_speaker=str(speaker)) for speaker in sorted(set(speech.speakers))}
    return {f"seed{seed}": replace(config, seed=seed) for seed in range(splits)}


def add_splits(parser, default: int, least: int = 1) -> None:
    """The option --splits, see `splits_of`."""
    parser.add_argument(
        "--splits", type=whole_number(least, 100), default=default, help="random divisions (%(default)s)"
    )


def run_members(
    members: dict[str, tuple[Callable, TrainingConfig]],
    arguments,
    *,
    diversity: bool,
    cas_steps: int = STEPS,
) -> None:
    """Run this process' share of them, and measure their diversity if asked to, CAS by so many steps."""
    folders = {name: arguments.workdir / name for name in members}
    jobs: Jobs = {
        name: (folders[name], partial(run_member, run, config, folders[name], diversity, cas_steps))
        for name, (run, config) in members.items()
    }
    share_out(jobs, arguments)


def run_member(run: Callable, config: TrainingConfig, folder: Path, diversity: bool, cas_steps: int) -> None:
    run(config, folder)
    if diversity:
        measure_diversity(config, folder, cas_steps)


def measure_diversity(config: TrainingConfig, folder: Path, cas_steps: int) -> None:
    """Measure a finished run's diversity on its test clips, once, and keep it in diversity.json."""
    from crossmodal.app.reports import write_report
    from crossmodal.runtime.files import write_json
    from crossmodal.saving.keras_file import load_model
    from evaluation.diversity import measure_diversity as measure

    path = folder / "diversity.json"
    if not path.exists():
        model = load_model(folder)
        speech, images = load_sources(config)
        reader = find_reader(model.classes, model.image_shape, folder)
        report = measure(
            model, speech, images, split_of(speech, model.provenance), reader=reader, cas_steps=cas_steps
        ).to_json()
        (folder / "report.html").unlink(missing_ok=True)  # a kill from here on leaves none, and the next start makes it
        write_json(path, report)
        write_report(folder)


def sweep(
    recipe: str,
    members: dict,
    config: TrainingConfig,
    arguments,
    results: Path,
    cas_steps: int = STEPS,
    draw: Callable | None = None,
) -> None:
    """Run members with their diversity and, once all have finished, write and print their figures; draw(path, figures)
    makes a picture of them."""
    run_members(members, arguments, diversity=True, cas_steps=cas_steps)
    if figures := read_members(members, arguments.workdir, diversity=True):
        print(as_table(figures))
        if draw:
            draw(arguments.workdir / "frontier.png", figures)
        result = {"command": f"python recipes/studies/{recipe}{as_options(config, LOCATIONS)}", "runs": figures}
        publish(result, results, arguments.workdir)


def publish(result: dict, path: Path, workdir: Path) -> None:
    """Write the figures of several runs beside the runs, into recipes/results unless the file there holds those of
    another command, and a report on all of them."""
    from crossmodal.app.reports import write_report
    from crossmodal.runtime.files import write_json

    write_json(workdir / "results.json", result)
    if path.exists() and (other := json.loads(path.read_text())["command"]) != result["command"]:
        print(f"{path} stays as it is, it holds the figures of {other}: move it away and repeat the command.")
    else:
        write_json(path, result)
        print(f"written to {path}")
    print(f"report: {write_report(workdir)}")


def all_finished(names, workdir: Path, last: str = "metrics.json") -> bool:
    """Whether each run has its last file; a line that says which have not."""
    missing = [name for name in names if not (workdir / name / last).exists()]
    if missing:
        print(f"not finished yet: {', '.join(missing)}")
    return not missing


def read_members(names, workdir: Path, *, diversity: bool) -> dict[str, dict] | None:
    """What is kept of each run's figures; None, and a line that says so, while some have not finished."""
    from crossmodal.training.runs import read_metrics

    last = "diversity.json" if diversity else "metrics.json"
    if not all_finished(names, workdir, last):
        return None
    runs = {}
    for name in names:
        metrics = read_metrics(workdir / name) or {}
        measured = Agreement.from_json(metrics)
        if measured is None:
            raise DataError(f"{workdir / name} has no agreement to gather: nobody reads its classes.")
        runs[name] = {key: metrics[key] for key in KEPT} | measured.summary()
        if diversity:
            report = Diversity.from_json(json.loads((workdir / name / last).read_text()))
            runs[name]["diversity"] = DiversitySummary.of(report).to_json()
    return runs


def mean_of(values: list[float]) -> dict:
    """Mean over runs with its Student-t interval."""
    mean = statistics.fmean(values)
    half = T_975[len(values)] * statistics.stdev(values) / len(values) ** 0.5 if len(values) in T_975 else None
    return {"mean": mean, "interval_95": half and [mean - half, mean + half]}


def means(runs: Collection[dict]) -> dict:
    """Means over the runs of the figures that the tables show."""
    measured = [agreement_of(run) for run in runs]
    figures = {name: [getattr(each, name).accuracy for each in measured] for name in ("posterior_mean", "sampled_z")}
    if all("diversity" in run for run in runs):
        summaries = [DiversitySummary.from_json(run["diversity"]) for run in runs]
        names = ("within_clip", "coverage_to_real")
        figures |= {name: [getattr(each, name) for each in summaries] for name in names}
        figures["cas"] = [each.cas["sampled_z"] for each in summaries if each.cas]
    return {name: mean_of(values) for name, values in figures.items()}


def once(path: Path, measure):
    """What measure() returns, kept as JSON so that it is not measured again."""
    from crossmodal.runtime.files import write_json

    if not path.exists():
        write_json(path, measure())
    return json.loads(path.read_text())


def agreement_of(run: dict) -> Agreement:
    """The agreement in what is kept of a run."""
    measured = Agreement.from_json(run)
    assert measured is not None
    return measured


def as_text(figure: dict) -> str:
    low_high = figure["interval_95"]
    return f"{figure['mean']:.2%}" + (f" ({low_high[0]:.2%} to {low_high[1]:.2%})" if low_high else "")


def as_table(runs: dict[str, dict]) -> str:
    """Runs below one another, real images last."""
    width = max(map(len, runs)) + 2
    head = (f"{name:>10}" for name in ("mean", "sampled z", "within", "between", "precision", "coverage", "CAS"))
    lines = [" " * width + "".join(head)]

    def line(name, mean, sampled, within, between, precision, coverage, cas):
        percents = [" " * 10 if value is None else f"{value:10.2%}" for value in (mean, sampled, cas)]
        ratios = "".join(f"{value:10.3f}" for value in (within, between, precision, coverage))
        lines.append(f"{name:<{width}}{percents[0]}{percents[1]}{ratios}{percents[2]}")

    for name, run in runs.items():
        measured, summary = agreement_of(run), DiversitySummary.from_json(run["diversity"])
        accuracies = (measured.posterior_mean.accuracy, measured.sampled_z.accuracy)
        drawn, real, cas = summary.sampled_z, summary.real_training_images, summary.cas or {}
        spread = (summary.within_clip, summary.between_clips)
        line(name, *accuracies, *spread, drawn.precision, drawn.coverage, cas.get("sampled_z"))
    ceiling = (measured.real_test_images, 1, 1, real.precision, real.coverage, cas.get("real_training_images"))
    line("real images", None, *ceiling)
    return "\n".join(lines)
