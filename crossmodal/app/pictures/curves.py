"""The figures of each epoch or iteration, one panel per quantity: in a file, or one by one for a report."""

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure
from crossmodal.training.runs import position_of

COLORS = ("#1f6fb4", "#e07b16", "#2a9d50", "#c0392b", "#7d5ab5", "#8a5a44", "#d16ba5", "#5f6b73")  # of the runs
NOT_DRAWN = ("epoch", "iteration", "seconds", "stage")


def save_curves(path: Path, histories: dict[str, list[dict]], names: tuple[str, ...] | None = None) -> None:
    """All panels side by side in a PNG.

    Args:
        histories: the lines of each run's history, by the run's name.
        names: the quantities; all if None.
    """
    names = names or tuple(quantities(list(histories.values())))
    figure = Figure(figsize=(3.4 * len(names), 2.8), layout="constrained")
    for name, ax in zip(names, figure.subplots(1, len(names), squeeze=False)[0], strict=True):
        _panel(ax, name, list(histories.values()), list(histories))
        ax.set_title(name.replace("_", " "), fontsize=9)
    save_figure(figure, path, dpi=110)


def save_compared(path: Path, name: str, panels: dict[str, dict[str, list[list[dict]]]]) -> None:
    """One quantity, a panel per title: in each the histories of some runs by label, those of a label in one colour."""
    figure = Figure(figsize=(3.4 * len(panels), 2.8), layout="constrained")
    for ax, (title, runs) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
        for i, (label, histories) in enumerate(runs.items()):
            for k, history in enumerate(histories):
                points = [(position_of(line)[1], line[name]) for line in history if np.isfinite(line[name])]
                ax.plot(*np.transpose(points), color=color_of(i), label=None if k else label, lw=1)
        _finish(ax, name, [history for histories in runs.values() for history in histories])
        ax.legend(fontsize=7)
        ax.set_title(title, fontsize=9)
    save_figure(figure, path, dpi=110)


def draw_curves(histories: list[list[dict]]) -> dict[str, bytes]:
    """One PNG per quantity: a colour per run, solid in training and dashed in validation."""
    return {name.replace("_", " "): _draw(name, histories) for name in quantities(histories)}


def quantities(histories: list[list[dict]]) -> list[str]:
    """The names of what can be drawn of some histories."""
    names = [name for history in histories for line in history[-1:] for name in line if not name.startswith("val_")]
    return [name for name in dict.fromkeys(names) if name not in NOT_DRAWN]


def color_of(run: int) -> str:
    """The colour of a run by its position."""
    return COLORS[run % len(COLORS)]


def _draw(name: str, histories: list[list[dict]]) -> bytes:
    figure = Figure(figsize=(3.6, 2.3), layout="constrained")
    _panel(figure.subplots(), name, histories)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=150)
    return buffer.getvalue()


def _panel(ax, name: str, histories: list[list[dict]], labels: list[str] | None = None) -> None:
    """A quantity of each run, what is finite of it; with a legend if the runs have labels."""
    for run, history in enumerate(histories):
        for key, style in ((name, "-"), (f"val_{name}", "--")):
            points = [(position_of(line)[1], line[key]) for line in history if np.isfinite(line.get(key, np.nan))]
            if points:
                marker = "o" if len(points) == 1 else ""
                label = labels and " ".join([labels[run], *(["validation"] if key != name else [])])
                ax.plot(*zip(*points, strict=True), style, marker=marker, color=color_of(run), label=label, lw=1.6)
    if labels and ax.lines:
        ax.legend(fontsize=7)
    _finish(ax, name, histories)


def _finish(ax, name: str, histories: list[list[dict]]) -> None:
    """What runs along the panel's axis, and its grid."""
    units = sorted({position_of(line)[0] for history in histories for line in history if name in line})
    ax.set_xlabel(" or ".join(units), fontsize=9)
    ax.tick_params(labelsize=8)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
