"""The README's table of results, written from the files in recipes/results and evaluation/weights.

python recipes/readme_table.py            # print it
python recipes/readme_table.py --write    # put it into the README
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "recipes" / "results"
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"


def percent(value: float, interval) -> str:
    return f"**{value:.1%}** ({interval[0]:.1%} to {interval[1]:.1%})"


def times(figure: dict) -> str:
    low, high = figure["ratio_min_max"]
    return f"**{figure['ratio']:.1f} x** (turns: {low:.1f} to {high:.1f})"


def load(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text())


def row(what: str, paper: str, here: str, command: str) -> str:
    return f"| {what} | {paper} | {here} | `{command}` |"


def table() -> str:
    """Each row: the figure, the paper's, ours with its 95 % interval, the command that made it."""
    lenet5 = json.loads((ROOT / "evaluation" / "weights" / "lenet5_mnist.json").read_text())
    lines = [
        "| figure | paper | here (95 % interval) | command |",
        "|---|---|---|---|",
        row(
            "LeNet5 on MNIST's test images",
            "98.7 %",
            percent(lenet5["accuracy"], lenet5["interval_95"]),
            lenet5["command"],
        ),
    ]
    for name, what, paper in (
        ("vae_paper_random", "VAE of 20,950,529 parameters, `random`", "93.7 %, one split"),
        ("vae_compact_random", "compact VAE, `random`", "-"),
        ("vae_compact_speaker", "compact VAE, `speaker` (never heard in training)", "-"),
    ):
        result = load(name)
        runs = f"mean of {len(result['runs'])}"
        epochs = next(iter(result["runs"].values()))["epochs"]
        for figure, label in (("posterior_mean", "posterior mean"), ("sampled_z", "sampled z")):
            command = result["command"] if figure == "posterior_mean" else "the same"
            here = percent(result[figure]["mean"], result[figure]["interval_95"])
            if name.endswith("speaker"):
                each = {speaker: run[figure]["accuracy"] for speaker, run in result["runs"].items()}
                here += "; " + ", ".join(f"{speaker} {accuracy:.1%}" for speaker, accuracy in each.items())
            title = f"{what}, {label}, {runs}, {epochs} epochs"
            lines.append(row(title, paper if figure == "posterior_mean" else "-", here, command))
    quickstart = load("quickstart")
    here = percent(quickstart["posterior_mean"]["accuracy"], quickstart["posterior_mean"]["interval_95"])
    minutes = quickstart["seconds"] / 60
    lines.append(
        row("quickstart, posterior mean, embedded data", "-", f"{here} in {minutes:.1f} min", quickstart["command"])
    )
    benchmark = load("benchmark")
    training, mels = benchmark["training"], benchmark["spectrograms"]["log_mel"]
    same, shared = list(training.values())[-2:]
    command = benchmark["command"]
    lines += [
        row(
            "training of the VAE, batch 128, against plain float32 Keras `fit`",
            "-",
            times(same),
            command,
        ),
        row("the same, four images sharing a clip", "-", times(shared), command),
        row("log-mel, against `librosa.feature.melspectrogram` clip by clip", "-", times(mels), command),
    ]
    return "\n".join(lines) + "\n"


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    arguments = parser.parse_args(argv)
    if arguments.write:
        readme = ROOT / "README.md"
        before, rest = readme.read_text().split(BEGIN)
        readme.write_text(before + BEGIN + table() + END + rest.split(END)[1])
    else:
        print(table(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
