"""The folder of an evaluation: what it was asked, its figures, pictures and sounds, and the report on them.

folder/
    config.json     the score, what it was asked for, and the environment it ran in
    metrics.json    the figures, and the command that measures them again; diversity has its own in diversity.json
    report.html; of a model also drawings.png, confusion.png and clips/
"""

import json
import shlex
from pathlib import Path

from crossmodal.app.options import a_path, as_option
from crossmodal.data.catalog import LOCATIONS
from crossmodal.errors import ModelError
from crossmodal.runtime.files import check_folder, check_output
from evaluation.cas import STEPS
from evaluation.coherence import PAIRS
from evaluation.strings import STRINGS

# options that a command repeats where they were given, with their defaults
REPEATED = {
    **dict.fromkeys(LOCATIONS),
    **{
        "manifest": None,
        "data": None,
        "protocol": None,
        "split_seed": None,
        "held_out_speaker": None,
        "seed": 0,
        "guidance": None,
        "cas_steps": STEPS,
        "strings": STRINGS,
        "pairs": PAIRS,
        "listener": None,
    },
}


def add_outputs(parser, score: str) -> None:
    """The options that `check_outputs` reads."""
    parser.add_argument("--json", type=a_path, help="file to write the figures to, as JSON")
    parser.add_argument("--workdir", type=a_path, help=f"folder of figures, pictures and report (runs/{score}-NAME)")


def check_outputs(arguments, score: str, measured: Path) -> Path:
    """Find out before any work whether the results can be written; nothing is made yet.

    Args:
        score: agreement, diversity or texture.
        measured: the model or recording that names the folder if the arguments do not.

    Returns:
        the folder of the evaluation, to be made by `open_folder`.

    Raises:
        CrossmodalError: the JSON or the folder cannot be written.
        ModelError: the folder holds a training.
    """
    if arguments.json:
        check_output(arguments.json)
    folder = arguments.workdir or Path("runs") / f"{score}-{name_of(measured)}"
    check_folder(folder)
    if (folder / "config.json").exists() and "score" not in asked_of(folder):
        raise ModelError(f"{folder} holds a training: choose another --workdir.")
    arguments.workdir = folder
    return folder


def asked_of(folder: Path) -> dict:
    """What a run in a folder was asked for, by its config.json; empty if there is none to read."""
    try:
        config = json.loads((folder / "config.json").read_text())["config"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return config if isinstance(config, dict) else {}


def open_folder(folder: Path) -> Path:
    """Make or reopen the folder of an evaluation; an earlier evaluation in it is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tell(arguments, table: str, figures: dict) -> None:
    """Print the table, and write the figures into the file of `--json` if there is one."""
    from crossmodal.runtime.files import write_json

    print(table)
    if arguments.json:
        write_json(arguments.json, figures)


def repeated(arguments) -> dict:
    """The options that a command repeats, where they were given."""
    asked = {name: getattr(arguments, name, default) for name, default in REPEATED.items()}
    return {name: value for name, value in asked.items() if value != REPEATED[name]}


def close_folder(
    folder: Path, arguments, score: str, files: dict, figures: dict, locations: dict[str, str] | None = None
) -> None:
    """Write what was asked and the figures, then the report.

    Args:
        files: argument -> path, or list of paths, in the command's order.
        figures: the content of metrics.json.
        locations: option -> folder that the data were read from, for the table of settings.
    """
    from crossmodal.app.reports import write_report
    from crossmodal.runtime.files import write_json
    from crossmodal.training.runs import environment

    given = repeated(arguments)
    named = {name: list(map(str, of)) if isinstance(of, list) else str(of) for name, of in files.items()}
    words = ["crossmodal", "evaluate", score]
    for of in named.values():
        words += of if isinstance(of, list) else [of]
    command = shlex.join(words) + "".join(as_option(name, value) for name, value in given.items())
    tested = {name: figures[name] for name in ("data", "protocol", "held_out_speaker") if name in figures}
    config = {"score": score, **named, **tested, **(locations or {}), **given}
    write_json(folder / "config.json", {"config": config, "environment": environment()})
    write_json(folder / "metrics.json", {"command": command, **figures})
    print(f"report: {write_report(folder)}")


def name_of(path: Path) -> str:
    """What a model or a recording is called: its file's name, the name of its run, or of its preset."""
    path = Path(path).resolve()
    return path.parent.name if path.name == "model.keras" else path.stem
