"""The table of all families of models that draw what they hear."""

from statistics import fmean

from cells import head, load, row

from crossmodal.app.sweeps.members import agreement_of
from evaluation.diversity_figures import DiversitySummary


def families() -> str:
    """A row per family, the mean over its runs; real images last."""
    if not (result := load("families")):
        return ""
    runs_of: dict[str, list] = {}
    for name, run in result["runs"].items():
        runs_of.setdefault(name.rsplit("-", 1)[0], []).append(run)
    heads = ("parameters", "best drawing", "random draws", "variety within a clip", "recall", "coverage", "FID", "CAS")
    lines = head("family", *heads)
    for name, runs in runs_of.items():
        measured = [agreement_of(run) for run in runs]
        summaries = [DiversitySummary.from_json(run["diversity"]) for run in runs]
        cells = [
            f"{runs[0]['parameters']:,}",
            f"{fmean(m.posterior_mean.accuracy for m in measured):.1%}",
            f"{fmean(m.sampled_z.accuracy for m in measured):.1%}",
            f"{fmean(d.within_clip for d in summaries):.2f}",
            f"{fmean(d.sampled_z.recall for d in summaries):.3f}",
            f"{fmean(d.sampled_z.coverage for d in summaries):.3f}",
            f"{fmean(d.sampled_z.fid for d in summaries):.2f}",
            f"{fmean((d.cas or {}).get('sampled_z', 0.0) for d in summaries):.1%}",
        ]
        lines.append(row(f"`{name}`", *cells))
    real, cas = summaries[-1].real_training_images, summaries[-1].cas or {}
    figures = (f"{real.recall:.3f}", f"{real.coverage:.3f}", f"{real.fid:.2f}")
    last = f"{cas.get('real_training_images', 0.0):.1%}"
    lines.append(row("real images", "-", "-", f"{measured[-1].real_test_images:.1%}", "1.00", *figures, last))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"
