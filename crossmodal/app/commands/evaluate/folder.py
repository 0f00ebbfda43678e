"""The folder of an evaluation: what it was asked, its figures, pictures and sounds, and the report on them.

folder/
    config.json     the score, what it was asked for, and the environment it ran in
    metrics.json    the figures, and the command that measures them again; diversity has its own in diversity.json
    report.html; of a model also digits.png, confusion.png and clips/
"""

import json
import shlex
from pathlib import Path

from crossmodal.errors import ModelError
from evaluation.cas import STEPS

# options that a command repeats where they were given, with their defaults
REPEATED = {"data": None, "protocol": None, "split_seed": None, "held_out_speaker": None, "seed": 0, "cas_steps": STEPS}


def add_workdir(parser, score: str) -> None:
    """The option that `open_folder` reads."""
    parser.add_argument("--workdir", type=Path, help=f"folder of figures, pictures and report (runs/{score}-NAME)")


def open_folder(arguments, score: str, measured: Path) -> Path:
    """Make or reopen the folder of an evaluation; an earlier evaluation in it is replaced.

    Args:
        score: agreement, diversity or texture.
        measured: the model or recording that names the folder if the arguments do not.

    Raises:
        ModelError: the folder holds a training.
    """
    folder = arguments.workdir or Path("runs") / f"{score}-{name_of(measured)}"
    config = folder / "config.json"
    if config.exists() and "score" not in json.loads(config.read_text()).get("config", {}):
        raise ModelError(f"{folder} holds a training: choose another --workdir.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def close_folder(folder: Path, arguments, score: str, files: dict, figures: dict) -> None:
    """Write what was asked and the figures, then the report.

    Args:
        files: argument -> path, or list of paths, in the command's order.
        figures: the content of metrics.json.
    """
    from crossmodal.app.reports import write_report
    from crossmodal.runtime.files import write_json
    from crossmodal.training.runs import environment

    asked = {name: getattr(arguments, name, default) for name, default in REPEATED.items()}
    given = {name: value for name, value in asked.items() if value != REPEATED[name]}
    named = {name: list(map(str, of)) if isinstance(of, list) else str(of) for name, of in files.items()}
    words = ["crossmodal", "evaluate", score]
    for of in named.values():
        words += of if isinstance(of, list) else [of]
    words += [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    tested = {name: figures[name] for name in ("data", "protocol", "held_out_speaker") if name in figures}
    config = {"score": score, **named, **tested, **given}
    write_json(folder / "config.json", {"config": config, "environment": environment()})
    write_json(folder / "metrics.json", {"command": shlex.join(words), **figures})
    print(f"report: {write_report(folder)}")


def name_of(path: Path) -> str:
    """What a model or a recording is called: its file's name, the name of its run, or of its preset."""
    path = Path(path).resolve()
    return path.parent.name if path.name == "model.keras" else path.stem
