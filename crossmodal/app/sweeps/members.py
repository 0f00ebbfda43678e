"""Runs that belong together: each in a folder of its own, finished ones not run again, their figures gathered.

Several processes and machines may share the work, see `shards`.
"""

import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from crossmodal.app.experiments.audio_to_image import LOCATIONS, TrainingConfig, load_sources
from crossmodal.app.options import as_options
from crossmodal.app.sweeps.shards import Jobs, share_out
from crossmodal.errors import DataError
from evaluation.cas import STEPS

T_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # Student's t, by number of values
KEPT = ("parameters", "epochs", "clips", "real_test_images", "controls", "posterior_mean", "sampled_z")


def splits_of(config: TrainingConfig, splits: int) -> dict[str, TrainingConfig]:
    """The runs by name: a seed each, or for protocol speaker a held-out speaker each."""
    if config.protocol == "speaker":
        speech, _ = load_sources(config)
        return {speaker: replace(config, held_out_speaker=str(speaker)) for speaker in sorted(set(speech.speakers))}
    return {f"seed{seed}": replace(config, seed=seed) for seed in range(splits)}


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
    from evaluation.agreement import protocol_split
    from evaluation.diversity import evaluate_diversity

    path = folder / "diversity.json"
    if not path.exists():
        model = load_model(folder)
        speech, images = load_sources(config)
        split = protocol_split(speech, model.provenance)
        report = evaluate_diversity(model, speech, images, split, cas_steps=cas_steps)
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


def read_members(names, workdir: Path, *, diversity: bool) -> dict[str, dict] | None:
    """What is kept of each run's figures; None, and a line that says so, while some have not finished."""
    from crossmodal.training.runs import read_metrics

    last = "diversity.json" if diversity else "metrics.json"
    missing = [name for name in names if not (workdir / name / last).exists()]
    if missing:
        print(f"not finished yet: {', '.join(missing)}")
        return None
    runs = {}
    for name in names:
        metrics = read_metrics(workdir / name) or {}
        if "clips" not in metrics:
            raise DataError(f"{workdir / name} has no agreement to gather: LeNet5 reads digits alone.")
        runs[name] = {key: metrics[key] for key in KEPT}
        if diversity:
            runs[name]["diversity"] = summary(json.loads((workdir / name / last).read_text()))
    return runs


def summary(report: dict) -> dict:
    """The figures of a diversity report that the results keep, drawings beside real training images."""
    columns = ("diversity_ratio", "precision", "recall", "density", "coverage", "FID-LeNet5", "KID-LeNet5")
    sets = {name: {c: report["sets"][name][c] for c in columns} for name in ("sampled_z", "real_training_images")}
    return {
        "lenet5_sha256": report["lenet5_sha256"],
        "within_clip": report["spread"]["within_clip"],
        "between_clips": report["spread"]["between_clips"],
        **sets,
        "coverage_to_real": sets["sampled_z"]["coverage"] / sets["real_training_images"]["coverage"],
        "cas": report.get("cas"),
        "nearest_training_image": report["nearest_training_image"],
    }


def mean_of(values: list[float]) -> dict:
    """Mean over runs with its Student-t interval."""
    mean = statistics.fmean(values)
    half = T_975[len(values)] * statistics.stdev(values) / len(values) ** 0.5 if len(values) in T_975 else None
    return {"mean": mean, "interval_95": half and [mean - half, mean + half]}


def means(runs: dict[str, dict]) -> dict:
    """Means over the runs of the figures that the README shows."""
    figures = {name: [run[name]["accuracy"] for run in runs.values()] for name in ("posterior_mean", "sampled_z")}
    if all("diversity" in run for run in runs.values()):
        diversities = [run["diversity"] for run in runs.values()]
        figures |= {name: [d[name] for d in diversities] for name in ("within_clip", "coverage_to_real")}
        figures["cas"] = [d["cas"]["sampled_z"] for d in diversities]
    return {name: mean_of(values) for name, values in figures.items()}


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
        d, accuracies = run["diversity"], (run["posterior_mean"]["accuracy"], run["sampled_z"]["accuracy"])
        cas, drawn, real = d["cas"] or {}, d["sampled_z"], d["real_training_images"]
        spread = (d["within_clip"], d["between_clips"])
        line(name, *accuracies, *spread, drawn["precision"], drawn["coverage"], cas.get("sampled_z"))
    ceiling = (run["real_test_images"], 1, 1, real["precision"], real["coverage"], cas.get("real_training_images"))
    line("real images", None, *ceiling)
    return "\n".join(lines)
