"""The tables of image textures and of object patterns."""

from cells import head, load, row

KINDS = {"draws": "revised", "generator": "generator alone"}


def image_textures() -> str:
    """Of each texture and algorithm: copies, nearest patches, precision and recall of patches."""
    heads = ("texture", "algorithm", "draws", "copies", "nearest patch", "of the other part", "precision", "recall")
    lines = head(*heads, "min", "command")
    for run in runs_of("copied"):
        for kind, title in KINDS.items():
            if figures := run.get(kind):
                cells = (run["texture"], run["algorithm"], title, str(figures["copied"]))
                cells += tuple(f"{figures[name]:.2f}" for name in ("nearest", "held_nearest"))
                cells += tuple(f"{figures[n]:.2f} ({figures[f'learned_{n}']:.2f})" for n in ("precision", "recall"))
                lines.append(row(*cells, f"{run['seconds'] / 60:.0f}", f"`{run['command']}`"))
    return "\n".join(lines) + "\n"


def object_patterns() -> str:
    """Of MNIST's digits by algorithm: what LeNet5 reads in draws and in real images."""
    heads = ("images", "digits read", "label entropy, nats", "confidence", "precision", "coverage")
    lines = head(*heads, "nearest to second nearest", "command")
    for run in runs_of("drawn"):
        for kind, title in KINDS.items():
            if figures := run.get(kind):
                drawn = (f"{figures['precision']:.2f}", f"{figures['coverage']:.2f}")
                title = f"{run['texture']}, {run['algorithm']}, {title}"
                lines.append(row(title, *read(figures["drawn"], *drawn), f"`{run['command']}`"))
        real = next(run[kind] for kind in KINDS if kind in run)
        expected = f"{real['expected_coverage']:.2f}"
        lines.append(row(f"{run['texture']}, real test images", *read(real["real"], "-", expected), "-"))
    return "\n".join(lines) + "\n"


def runs_of(figure: str) -> list[dict]:
    """The runs whose draws have a figure, in the order in which they were measured."""
    runs = load("image_texture").values()
    return [run for run in runs if any(figure in run.get(kind, {}) for kind in KINDS)]


def read(figures: dict, precision: str, coverage: str) -> tuple[str, ...]:
    """Cells of what was read."""
    cells = (f"{figures['classes']}", f"{figures['label_entropy']:.2f}", f"{figures['confidence']:.2f}")
    return (*cells, precision, coverage, f"{figures['ratio_to_second']:.2f}")
