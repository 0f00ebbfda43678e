"""How long the check of a table of pairs takes, and how much memory: rows that are generated and share few files.

  python recipes/benchmarks/check_pairs.py --rows 1000 100000 1000000

Each table is checked by `crossmodal data check` in a process of its own; its peak memory is what getrusage says.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

SOUNDS, IMAGES, GROUPS, LASTS_S = 200, 200, 50, 10.0
RUN = """
import json, resource, sys
from crossmodal.__main__ import main
code = main(sys.argv[1:])
unit = 2**20 if sys.platform == "darwin" else 2**10
print(json.dumps([code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit]))
"""


def write_files(folder: Path) -> None:
    """SOUNDS noises of LASTS_S seconds and IMAGES images of noise."""
    rng = np.random.default_rng(0)
    for i in range(SOUNDS):
        soundfile.write(folder / f"{i}.wav", 0.1 * rng.standard_normal(int(LASTS_S * 8000)), 8000)
    for i in range(IMAGES):
        Image.fromarray(rng.integers(0, 256, (28, 28), np.uint8)).save(folder / f"{i}.png")


def write_table(path: Path, rows: int) -> None:
    """Rows of half a second each, no two alike; files are shared within a group alone."""
    per_sound = -(-rows // SOUNDS)
    with open(path, "w") as file:
        file.write("sound,image,start,end,group,label\n")
        for row in range(rows):
            sound, start_s = row % SOUNDS, row // SOUNDS * (LASTS_S - 0.5) / per_sound
            image = sound % GROUPS + GROUPS * (row % (IMAGES // GROUPS))
            group = sound % GROUPS
            file.write(f"{sound}.wav,{image}.png,{start_s:.4f},{start_s + 0.5:.4f},g{group},{row % 10}\n")


def measure(folder: Path, rows: int) -> dict:
    """Seconds and peak MiB of the check of so many rows."""
    table = folder / f"pairs-{rows}.csv"
    write_table(table, rows)
    began, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [sys.executable, "-c", RUN, "data", "check", str(table), "--protocol", "groups"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    code, peak_mib = json.loads(said[-1])
    assert code in (0, None), said[-2]
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.time() - began, "processor_seconds": processor_s, "peak_mib": peak_mib}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 100_000, 1_000_000], help="sizes of the tables")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder)
        for rows in arguments.rows:
            found = measure(folder, rows)
            print(
                f"{rows:,} rows: {found['seconds']:.1f} s, {found['processor_seconds']:.1f} s of a processor, "
                f"{found['peak_mib']:.0f} MiB at most",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
