"""What tables are written with: cells, rows, the files of results, and the pages that the tables stand in."""

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "recipes" / "results"
VAES = {"compact": "compact VAE, float32", "paper": "VAE of 20,950,529 parameters, bfloat16"}


def percent(value: float, interval) -> str:
    return f"**{value:.1%}** ({interval[0]:.1%} to {min(interval[1], 1):.1%})"


def mean_share(figure: dict) -> str:
    """A mean of shares with its interval where there is one, see `mean_of`: "98.1% (97.9% to 98.3%)"."""
    if figure["interval_95"] is None:
        return f"{figure['mean']:.1%}"
    low, high = (min(max(each, 0), 1) for each in figure["interval_95"])
    return f"{figure['mean']:.1%} ({low:.1%} to {high:.1%})"


def ratio(value: float, interval) -> str:
    return f"**{value:.2f}** ({interval[0]:.2f} to {interval[1]:.2f})"


def times(figure: dict, digits: int = 1) -> str:
    value, low, high = (f"{number:.{digits}f}" for number in (figure["ratio"], *figure["ratio_min_max"]))
    return f"**{value} x** (turns: {low} to {high})"


def load(name: str) -> dict:
    """A file of results with the command that wrote it; empty as long as nobody has measured it."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {"command": found["recipe"]["command"], **found} if "recipe" in found else found


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def head(*cells: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*cells), "|---" * len(cells) + "|"]


def as_figure(figure: dict) -> dict:
    return {"value": figure["mean"], "interval": figure["interval_95"]}


def between(text: str, name: str) -> tuple[str, str, str]:
    """Before, in and after a table of a page."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, rest = text.split(begin)
    table, after = rest.split(end)
    return before + begin, table, end + after


def print_or_write(pages: dict[str, Path], tables: dict, argv=None, description: str | None = None) -> int:
    """The main of a script that makes the tables of some pages, by the table's name."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into their pages")
    arguments = parser.parse_args(argv)
    for name, table in tables.items():
        if arguments.write:
            before, _, after = between(pages[name].read_text(), name)
            pages[name].write_text(before + table() + after)
        else:
            print(table())
    return 0
