"""The table of what latent spaces are good for."""

import re

from cells import head, load, row

from evaluation.agreement import Accuracy
from evaluation.intervals import Mean
from evaluation.latent.figures import LatentSpace
from evaluation.latent.report import rows_of

PARTS = ("analysis", "synthesis", "embedding", "interpolation", "indexing", "arithmetic")
MODELS = ("vae_compact", "coopnets_digits", "conditional_vae", "info_gan")


def cell(figure, form: str) -> str:
    """A figure with its interval where it has one."""
    if not isinstance(figure, Accuracy | Mean):
        return form.format(figure)
    value = figure.accuracy if isinstance(figure, Accuracy) else figure.mean
    low, high = figure.interval_95
    return f"**{form.format(value)}** ({form.format(low)} to {form.format(high)})"


def latent_spaces() -> str:
    """A row per figure, a column per model, the command of each column below."""
    results = {name: result for name in MODELS if (result := load(f"latent_{name}"))}
    rows: dict[str, dict[str, str]] = {}
    for name, result in results.items():
        for title, figure, form in rows_of(LatentSpace.from_json(result["latent_space"])):
            rows.setdefault(title, {})[name] = cell(figure, form)
    lines = head("figure", *(f"`{name}`" for name in results))
    ordered = sorted(rows, key=lambda title: PARTS.index(re.split(r"\W", title)[0]))
    lines += [row(title, *(rows[title].get(name, "-") for name in results)) for title in ordered]
    commands = (f"`{result['command']}`" for result in results.values())
    return "\n".join([*lines, "", f"In the order of the columns: {', '.join(commands)}."]) + "\n"
