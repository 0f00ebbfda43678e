"""Reports on runs: one HTML file each, with pictures and sounds inside, that asks nothing of a network.

`write_report(workdir)` is what each training, sweep and evaluation ends in; `compare_runs(folders, path)` puts runs
side by side. Both read what a run's folder holds (see `crossmodal.training.runs` and
`crossmodal.app.commands.evaluate.folder`), and leave out what it does not.
"""

from crossmodal.app.reports.pages import compare_runs, write_report

__all__ = ["compare_runs", "write_report"]
