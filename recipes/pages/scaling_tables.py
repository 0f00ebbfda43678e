"""The tables of docs/scaling.md, written from recipes/results/scaling.json.

python recipes/pages/scaling_tables.py            # print them
python recipes/pages/scaling_tables.py --write    # put them into the page
"""

import sys

from cells import ROOT, VAES, head, load, print_or_write, row, times


def batch() -> str:
    """Images per second against the batch size, a row for each model."""
    if not (result := load("scaling")):
        return ""
    sizes = list(next(iter(result["batch"].values())))
    lines = head("images/s at batch", *sizes)
    lines += [row(VAES[name], *(f"{speeds[n]:,.0f}" for n in sizes)) for name, speeds in result["batch"].items()]
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


def workers() -> str:
    """Images per second of one worker and of more, with the ratio, for each batch."""
    if not (result := load("scaling")):
        return ""
    heads = ("model", "images of each worker's step", "workers", "images/s", "against one")
    lines = head(*heads)
    for name, sizes in result["workers"].items():
        for size, counts in sizes.items():
            for count, figures in counts.items():
                ratio = times(figures, 2) if count != "1" else "1"
                lines.append(row(VAES[name], size, count, f"{figures['images/s']:,.0f}", ratio))
    return "\n".join([*lines, "", f"One core for each worker. `{result['command']}`"]) + "\n"


def data() -> str:
    """Memory and speed of the pipeline against the number of pairs."""
    if not (result := load("scaling")):
        return ""
    heads = ("pairs in an epoch", "their images", "peak memory of the process", "until the first batch", "pairs/s")
    lines = head(*heads)
    for size, figures in result["data"].items():
        cells = (f"{figures['images_mib']:,.0f} MiB", f"{figures['peak_mib']:,.0f} MiB")
        speed = (f"{figures['first_batch_s']:.1f} s", f"{figures['pairs/s']:,.0f}")
        lines.append(row(f"{int(size):,}", *cells, *speed))
    return "\n".join([*lines, "", f"`{result['command']}`"]) + "\n"


TABLES = {"batch": batch, "workers": workers, "data": data}


def main(argv=None) -> int:
    return print_or_write(dict.fromkeys(TABLES, ROOT / "docs" / "scaling.md"), TABLES, argv, __doc__)


if __name__ == "__main__":
    sys.exit(main())
