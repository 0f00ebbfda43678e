"""The tables of all families of models that draw what they hear."""

from statistics import fmean

from cells import head, load, mean_share, percent, row

from crossmodal.app.sweeps.members import agreement_of, mean_of, means
from evaluation.coherence import Coherence
from evaluation.diversity_figures import DiversitySummary


def runs_of_families() -> dict[str, list[dict]]:
    """The runs of each family."""
    found: dict[str, list] = {}
    for name, run in load("families").get("runs", {}).items():
        found.setdefault(name.rsplit("-", 1)[0], []).append(run)
    return found


def summaries_of(runs: list[dict]) -> list[DiversitySummary]:
    return [DiversitySummary.from_json(run["diversity"]) for run in runs]


def share(values) -> str:
    """The mean over runs, with its interval where there are several."""
    return mean_share(mean_of(list(values)))


def number(values, digits: int) -> str:
    return f"{fmean(values):.{digits}f}"


def command_of(name: str) -> str:
    """That of a family, on as many divisions as it was trained on."""
    study, _ = load("families")["command"].split(" --splits")
    return f"{study} --families {name} --splits {len(runs_of_families()[name])}"


def of_family(name: str) -> dict:
    """The means of a family's figures over its runs, how many these are, and their command."""
    runs = runs_of_families()[name]
    fid = fmean(each.sampled_z.fid for each in summaries_of(runs))
    return {**means(runs), "fid": fid, "runs": len(runs), "command": command_of(name)}


def command() -> str:
    """That of all families, and those of families that were trained on further divisions."""
    several = {name: len(runs) for name, runs in runs_of_families().items() if len(runs) > 1}
    further = [f"`{name}`, mean of {n}: `{command_of(name)}`" for name, n in several.items()]
    return "; ".join([f"`{load('families')['command']}`", *further]) + "\n"


def families() -> str:
    """A row per family, the mean over its runs; real images last."""
    if not (found := runs_of_families()):
        return ""
    lines = head("family", "best drawing", "random draws", "variety within a clip", "coverage", "FID", "CAS")
    for name, runs in found.items():
        measured, summaries = [agreement_of(run) for run in runs], summaries_of(runs)
        cells = [
            share(each.posterior_mean.accuracy for each in measured),
            share(each.sampled_z.accuracy for each in measured),
            number((each.within_clip for each in summaries), 2),
            number((each.sampled_z.coverage for each in summaries), 3),
            number((each.sampled_z.fid for each in summaries), 2),
            share(each.cas["sampled_z"] for each in summaries if each.cas),
        ]
        lines.append(row(f"`{name}`", *cells))
    real, cas = summaries[-1].real_training_images, summaries[-1].cas or {}
    figures = (f"{real.coverage:.3f}", f"{real.fid:.2f}", f"{cas.get('real_training_images', 0.0):.1%}")
    lines.append(row("real images", "-", f"{measured[-1].real_test_images:.1%}", "1.00", *figures))
    return "\n".join([*lines, "", command()])


def families_in_detail() -> str:
    """The further figures of each family."""
    if not (found := runs_of_families()):
        return ""
    heads = ("parameters", "second reader, random draws", "variety between clips", "precision", "recall", "density")
    lines = head("family", *heads, "KID", "nearest training image", "training, min", "ms a drawing")
    for name, runs in found.items():
        summaries = summaries_of(runs)
        seconds = [each.second_reader["sampled_z"] for each in summaries if each.second_reader]
        nearest = [each.nearest_training_image["sampled_z"]["median_ratio_to_second"] for each in summaries]
        cells = [
            f"{runs[0]['parameters']:,}",
            share(seconds) if seconds else "-",
            number((each.between_clips for each in summaries), 2),
            *(figures_of(each.sampled_z for each in summaries)),
            number(nearest, 2),
            f"{fmean(run['seconds'] for run in runs) / 60:.0f}" if all("seconds" in run for run in runs) else "-",
            f"{runs[0]['milliseconds_a_drawing']:.2f}" if "milliseconds_a_drawing" in runs[0] else "-",
        ]
        lines.append(row(f"`{name}`", *cells))
    real, second = summaries[-1], summaries[-1].second_reader
    nearest = real.nearest_training_image["real_test_images"]["median_ratio_to_second"]
    read = f"{second['real_test_images']:.1%}" if second else "-"
    cells = ["-", read, "1.00", *figures_of([real.real_training_images]), f"{nearest:.2f}", "-", "-"]
    return "\n".join([*lines, row("real images", *cells), "", command()])


def figures_of(sets) -> list[str]:
    """Precision, recall, density and KID: means over `SetFigures`."""
    sets = list(sets)
    digits = {"precision": 3, "recall": 3, "density": 2, "kid": 3}
    return [number((getattr(each, name) for each in sets), places) for name, places in digits.items()]


def coherence() -> str:
    """A row per direction, a column per guidance and one of the preset."""
    names = {"coherence_guidance1": "g = 1", "coherence_guidance3": "g = 3", "coherence_joint_digits": "`joint_digits`"}
    results = {column: result for name, column in names.items() if (result := load(name))}
    measured = [Coherence.from_json(result) for result in results.values()]
    lines = head("coherence", *results)
    for way in measured[0].by_way if measured else ():
        figures = [each.by_way[way] for each in measured]
        lines.append(row(way, *(percent(figure.accuracy, figure.interval_95) for figure in figures)))
    commands = (f"`{result['command']}`" for result in results.values())
    return "\n".join([*lines, "", f"In the order of the columns: {', '.join(commands)}."]) + "\n"


def dial(results: str, name: str) -> str:
    """A row per value of a dial, of one of the results of recipes/studies/dials.py."""
    if not (result := load(results)):
        return ""
    lines = head(name, "agreement", "FID", "precision", "recall", "density", "coverage")
    for value, measured in result["values"].items():
        figures = (f"{measured[name]:.3f}" for name in ("precision", "recall", "density", "coverage"))
        lines.append(row(value, f"{measured['agreement']:.1%}", f"{measured['fid']:.2f}", *figures))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"
