"""Where a study keeps its figures: a file that is named by an option."""

from pathlib import Path


def add_results(parser) -> None:
    """The option that `keep` reads."""
    parser.add_argument("--results", help="name of a file in recipes/results")


def keep(result: dict | None, folder: Path, arguments) -> None:
    """Write the figures into the folder, if there are some and a file for them was named."""
    from crossmodal.runtime.files import write_json

    if result and arguments.results:
        write_json(folder / arguments.results, result)
