"""The pages: what stands in them, filled into the templates, which escape all text."""

import base64
from functools import lru_cache
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from crossmodal.app.pictures.curves import color_of, draw_curves
from crossmodal.app.pictures.images import row_percentages
from crossmodal.app.reports.diversity_tables import COLUMNS, SETS
from crossmodal.app.reports.figures import classes_of_statistics, figures_of, means_over_runs
from crossmodal.app.reports.reading import Run, find_runs, read_results, read_run
from crossmodal.app.reports.sounds import PLAYED_S, clips_of, recordings_of, sounds_of
from crossmodal.data.catalog import LOCATIONS
from crossmodal.errors import DataError
from crossmodal.runtime.files import replacing
from crossmodal.runtime.recipe import recipe_text
from crossmodal.training.runs import position_of

MOST_EPOCHS = 6  # pictures of epochs in a report, the first and the last among them
CONFUSIONS = {
    "confusion": "test images",
    "confusion_posterior_mean": "drawn at the posterior mean",
    "confusion_sampled_z": "drawn at sampled z",
}

LATENT = {  # pictures of a latent space
    "map": "a point for each test clip, coloured by class",
    "interpolation": "from one clip to another clip of the same person",
    "arithmetic": "what makes a drawing thick, carried over to other classes",
}


def write_report(workdir, path=None) -> Path:
    """Write the report of a run: of all that its folder holds.

    Args:
        workdir: the folder of a training, finished or not, or of an evaluation; or one of several runs, such as a
            sweep's, which are then put side by side.
        path: the file to write; report.html in the folder if None.

    Returns:
        the path.

    Raises:
        ModelError: the folder holds no run, or one of its files is damaged.
        DataError: the file cannot be written.
    """
    path = Path(path or Path(workdir) / "report.html")
    if find_runs(workdir) not in ([], [Path(workdir)]):
        return compare_runs([workdir], path)
    run = read_run(workdir)
    sounds = sounds_of(run)
    recordings_heard = sum(sound.recording for sound in sounds) == len(recordings_of(run.config))
    return _write(
        path,
        "run.html",
        title=run.name,
        run=run,
        facts=facts_of(run),
        figures=figures_of(run),
        curves=draw_curves([run.history]),
        drawings=_drawings(run.folder),
        clips=clips_of(run),
        examples=_picture(run.folder / "examples.png"),
        reliability=_picture(run.folder / "reliability.png"),
        latent={title: picture for name, title in LATENT.items() if (picture := _picture(run.folder / f"{name}.png"))},
        learned=pictures_of_learning(run.folder),
        epochs=pictures_of_epochs(run.folder),
        confusions=confusions_of(run),
        frontier=_picture(run.folder / "frontier.png") or _picture(run.folder.parent / "frontier.png"),
        sounds=sounds,
        played_s=PLAYED_S,
        spectrograms=None if recordings_heard else _picture(run.folder / "spectrograms.png"),
        classes=classes_of_statistics(run.metrics),
        diversity=run.diversity,
        sets=SETS,
        columns=COLUMNS,
        settings=settings_of(run),
    )


def compare_runs(folders, path) -> Path:
    """Write several runs side by side into one file.

    Args:
        folders: of runs, or of folders of runs, such as a sweep's.
        path: the file to write.

    Returns:
        the path.

    Raises:
        ModelError: a folder holds no run, or one of its files is damaged.
        DataError: the file cannot be written.
    """
    runs = [read_run(run) for folder in folders for run in find_runs(folder) or [folder]]
    names = names_of(runs)
    settings = {
        name: [run.config.get(name) for run in runs]
        for name in dict.fromkeys(name for run in runs for name in run.config)
        if name not in LOCATIONS
    }
    figures = [{figure.name: figure for figure in figures_of(run)} for run in runs]
    parents = dict.fromkeys(run.folder.parent for run in runs)
    results = read_results(folders[0]) if len(folders) == 1 else {}
    return _write(
        Path(path),
        "comparison.html",
        title=", ".join(names) if len(names) < 5 else f"{len(names)} runs",
        names=names,
        command=results.get("command"),
        means=means_over_runs(results),
        colors=[color_of(i) for i in range(len(runs))],
        commands={i: run.metrics["command"] for i, run in enumerate(runs) if "command" in run.metrics},
        facts=[facts_of(run) for run in runs],
        figure_names=list(dict.fromkeys(name for of_run in figures for name in of_run)),
        figures=figures,
        curves=draw_curves([run.history for run in runs]),
        drawings=[_drawings(run.folder) for run in runs],
        frontiers=[picture for folder in parents if (picture := _picture(folder / "frontier.png"))],
        sounds=[sounds_of(run) for run in runs],
        differing={name: values for name, values in settings.items() if any(value != values[0] for value in values)},
    )


def settings_of(run: Run) -> dict:
    """What a run was asked for. A training's report, which goes with its model, names no folder of the machine; that of
    an evaluation says which data were measured on."""
    return {name: value for name, value in run.config.items() if name not in LOCATIONS or "score" in run.config}


def facts_of(run: Run) -> list[str]:
    """What a run was, in a few words each."""
    found = []
    parameters = run.metrics.get("parameters")
    if isinstance(parameters, dict):
        found += [f"{name}: {count:,} parameters" for name, count in parameters.items()]
    elif parameters:
        found.append(f"{parameters:,} parameters")
    if run.history:
        unit, count = position_of(run.history[-1])
        found.append(f"{count} {unit}{'s' if count != 1 else ''}")
    if "seconds" in run.metrics:
        found.append(f"{run.metrics['seconds'] / 60:.1f} min")
    if "pairs" in run.metrics:
        found.append(f"{run.metrics['pairs']:,} test pairs of {run.metrics['clips']} clips")
    if not run.metrics:
        found.append("not finished")
    return found


def names_of(runs: list[Run]) -> list[str]:
    """The runs' names, with their folders' where two are called alike."""
    alike = [run.name for run in runs]
    return [run.name if alike.count(run.name) == 1 else f"{run.folder.parent.name}/{run.name}" for run in runs]


def pictures_of_epochs(folder: Path) -> dict[str, bytes]:
    """A few of the pictures after epochs, evenly spaced, by what they are called."""
    paths = sorted((folder / "epochs").glob("epoch-*.png"))
    chosen = sorted(set(np.linspace(0, len(paths) - 1, min(MOST_EPOCHS, len(paths))).round().astype(int)))
    return {f"epoch {int(paths[i].stem.rpartition('-')[2])}": paths[i].read_bytes() for i in chosen}


def pictures_of_learning(folder: Path) -> dict[str, bytes]:
    """The pictures of a model that learned without labels, by what they show; none of other runs."""
    found = {name: _picture(folder / f"{name}.png") for name in ("filters", "reconstructions", "samples")}
    return {name: picture for name, picture in found.items() if picture}


def confusions_of(run: Run) -> dict[str, dict[str, list[float]]]:
    """Percent of what was spoken that was read as each class: title -> class spoken -> (classes,)."""
    found = {}
    for name, title in CONFUSIONS.items():
        if name in run.metrics:
            found[title] = dict(zip(run.classes, row_percentages(run.metrics[name]).tolist(), strict=False))
    return found


def data_uri(content: bytes, kind: str) -> str:
    """A file inside a page; kind is such as image/png."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _picture(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _drawings(folder: Path) -> bytes | None:
    return _picture(folder / "drawings.png") or _picture(folder / "digits.png")  # as it was called before


@lru_cache(maxsize=1)
def _templates() -> Environment:
    loader = PackageLoader("crossmodal.app.reports")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters["data_uri"] = data_uri
    return templates


def _write(path: Path, template: str, **content) -> Path:
    text = _templates().get_template(template).render(recipe=recipe_text(path), **content)
    try:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}): choose a folder that takes files.") from error
    return path
