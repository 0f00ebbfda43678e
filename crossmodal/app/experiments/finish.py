"""How a run ends. A process may be killed between any two of its steps: the same command takes those that are left."""

from pathlib import Path


def finish(workdir: Path, metrics: dict) -> dict:
    """Mark a run as finished by its metrics.json, write its report, remove its checkpoints; returns the metrics.

    Also to be called for a run that was finished before: what is there already is left as it is.
    """
    from crossmodal.app.reports import write_report
    from crossmodal.runtime.files import write_json
    from crossmodal.training.checkpoints import clear_checkpoints
    from crossmodal.training.runs import read_metrics

    if read_metrics(workdir) is None:
        (workdir / "report.html").unlink(missing_ok=True)  # one that was asked for during training
        write_json(workdir / "metrics.json", metrics)
    if not (workdir / "report.html").exists():
        write_report(workdir)
    clear_checkpoints(workdir)
    return metrics
