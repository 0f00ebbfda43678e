"""The reliability diagram: how often what is drawn is right, against how sure the model was."""

from pathlib import Path

from matplotlib.figure import Figure

from crossmodal.app.pictures.images import save_figure


def save_reliability(path: Path, bins: list[tuple[float, float, float]]) -> None:
    """A point for each bin, its area the share of the clips in it; on the diagonal confidence is calibrated.

    Args:
        path: the PNG to write.
        bins: (mean confidence, share that is right, share of the clips) of each, see `evaluation.confidence`.
    """
    figure = Figure(figsize=(3.6, 3.4), layout="constrained")
    ax = figure.subplots()
    ax.plot([0, 1], [0, 1], color="0.7", lw=1)
    sure, right, shares = zip(*bins, strict=True)
    ax.scatter(sure, right, s=[20 + 400 * share for share in shares], alpha=0.7, color="#1f6fb4")
    ax.set(xlim=(0, 1.05), ylim=(0, 1.05), xlabel="confidence", ylabel="share read as what was said")
    ax.grid(alpha=0.25)
    ax.spines[["top", "right"]].set_visible(False)
    save_figure(figure, path, dpi=150)
