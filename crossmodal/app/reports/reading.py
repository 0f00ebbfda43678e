"""What a run's folder holds, read for a report."""

import json
from dataclasses import dataclass
from pathlib import Path

from crossmodal.data.sources import DIGITS
from crossmodal.errors import ModelError
from crossmodal.training.runs import read_history
from evaluation.agreement import Agreement
from evaluation.diversity_figures import Diversity


@dataclass(frozen=True)
class Run:
    """A run: `metrics` is empty, and `diversity` None, until it has been measured."""

    name: str
    folder: Path
    config: dict
    environment: dict
    history: list[dict]
    metrics: dict
    diversity: Diversity | None

    @property
    def agreement(self) -> Agreement | None:
        return Agreement.from_json(self.metrics)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, of a run whose metrics say so; else the digits."""
        return self.metrics.get("classes") or list(DIGITS)

    @property
    def reader(self) -> str:
        """Who read the drawings, or the name of the classifier that was trained."""
        return self.agreement.reader["name"] if self.agreement else "LeNet5"


def read_run(folder) -> Run:
    """A run by its folder, finished or not; it is called by the folder's name.

    Raises:
        ModelError: the folder holds no run, or one of its files is damaged.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no run (no config.json): pass the --workdir of a training.")
    try:
        started = _read_json(folder / "config.json")
        return Run(
            folder.resolve().name,
            folder,
            started["config"],
            started["environment"],
            read_history(folder),
            _read_json(folder / "metrics.json"),
            Diversity.from_json(report) if (report := _read_json(folder / "diversity.json")) else None,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"A file of the run in {folder} is damaged ({error}): train it anew.") from error


def find_runs(folder) -> list[Path]:
    """The folder itself if it holds a run, else the folders in it that do, in the order of their names."""
    folder = Path(folder)
    if (folder / "config.json").is_file():
        return [folder]
    return sorted(path.parent for path in folder.glob("*/config.json"))


def read_results(folder) -> dict:
    """What the recipe that made several runs wrote into their folder; empty if there is nothing."""
    return _read_json(Path(folder) / "results.json")


def _read_json(path: Path) -> dict:
    return json.loads(path.read_text()) if path.is_file() else {}
