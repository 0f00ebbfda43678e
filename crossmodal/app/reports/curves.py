"""The figures of each epoch or iteration as small pictures, those of several runs in one."""

import io

import numpy as np
from matplotlib.figure import Figure

from crossmodal.training.runs import position_of

COLORS = ("#1f6fb4", "#e07b16", "#2a9d50", "#c0392b", "#7d5ab5", "#8a5a44", "#d16ba5", "#5f6b73")  # of the runs
NOT_DRAWN = ("epoch", "iteration", "seconds")


def draw_curves(histories: list[list[dict]]) -> dict[str, bytes]:
    """One PNG per quantity: a colour per run, solid in training and dashed in validation."""
    names = [name for history in histories for line in history[-1:] for name in line if not name.startswith("val_")]
    return {name.replace("_", " "): _draw(name, histories) for name in dict.fromkeys(names) if name not in NOT_DRAWN}


def color_of(run: int) -> str:
    """The colour of a run by its position."""
    return COLORS[run % len(COLORS)]


def _draw(name: str, histories: list[list[dict]]) -> bytes:
    figure = Figure(figsize=(3.6, 2.3), layout="constrained")
    ax = figure.subplots()
    units = sorted({position_of(line)[0] for history in histories for line in history if name in line})
    for run, history in enumerate(histories):
        for key, style in ((name, "-"), (f"val_{name}", "--")):
            points = [(position_of(line)[1], line[key]) for line in history if np.isfinite(line.get(key, np.nan))]
            if points:
                marker = "o" if len(points) == 1 else ""
                ax.plot(*zip(*points, strict=True), style, marker=marker, color=color_of(run), linewidth=1.6)
    ax.set_xlabel(" or ".join(units), fontsize=9)
    ax.tick_params(labelsize=8)
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=150)
    return buffer.getvalue()
