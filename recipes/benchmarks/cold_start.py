"""How long `crossmodal draw` and `crossmodal texture play` take from a cold start: a preset, and the same model in a
.keras file, which TensorFlow computes.

    python recipes/benchmarks/cold_start.py seven.wav
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from crossmodal.app.options import run_command, whole_number
from crossmodal.presets import DEFAULT

DRAWS, PLAYS = DEFAULT, "texture_rain"
SECONDS = (1, 10)  # of sound


def commands(recording: Path, folder: Path) -> dict[str, list[list[str]]]:
    """By what they do: the command with a preset, and with the file."""
    out = ["-o", str(folder / "out.png")]
    found = {"draw": [["draw", str(recording), *out, "--model", m] for m in (DRAWS, str(folder / f"{DRAWS}.keras"))]}
    for seconds in SECONDS:
        play = ["texture", "play"]
        rest = ["--seconds", str(seconds), "-o", str(folder / "out.wav")]
        found[f"play {seconds} s"] = [[*play, m, *rest] for m in (PLAYS, str(folder / f"{PLAYS}.keras"))]
    return found


def timed(words: list[str]) -> tuple[float, float]:
    """Seconds on the clock and of the processor that a process takes from its start to its end."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-m", "crossmodal", *words], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return time.perf_counter() - began, sum(after[2:4]) - sum(before[2:4])


def run(arguments) -> None:
    from crossmodal.saving.keras_file import load_model, save_model

    with tempfile.TemporaryDirectory() as folder:
        for name in (DRAWS, PLAYS):
            save_model(load_model(name), Path(folder) / f"{name}.keras")
        print(f"{'least of seconds':<18}{'preset':>8}{'CPU':>8}{'file':>8}{'CPU':>8}{'ratio':>8}{'CPU':>8}")
        for name, pair in commands(arguments.recording, Path(folder)).items():
            taken = np.array([[timed(words) for words in pair] for _ in range(arguments.rounds)])
            light, full = taken.min(axis=0)
            print(f"{name:<18}" + "".join(f"{value:8.2f}" for value in (*light, *full, *(full / light))), flush=True)


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, metavar="RECORDING", help="a sound file of a spoken digit")
    parser.add_argument("--rounds", type=whole_number(1), default=3, help="of which the fastest counts (%(default)s)")
    parser.set_defaults(run=run)
    return run_command(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
