"""Speed as ratios within one run: training, Langevin chains, log-mel and the input pipeline against rivals.

    python recipes/benchmarks/benchmark.py                        # all; with PyTorch installed, against it too
    python recipes/benchmarks/benchmark.py --only training start

Rivals take turns (A B A B ...), each one's fastest counts; let nothing else run meanwhile. Processors differ in
what they compute fast: keep the results of one without bfloat16 in a file of their own.

    python recipes/benchmarks/benchmark.py --results recipes/results/benchmark_avx2.json
    ONEDNN_MAX_CPU_ISA=AVX2 python recipes/benchmarks/benchmark.py ...    # oneDNN as if the processor had no bfloat16
    TF_ENABLE_ONEDNN_OPTS=0 ONEDNN_MAX_CPU_ISA=AVX2 python ...    # and TensorFlow as on such a processor: no oneDNN
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import data
import textures
import training

from crossmodal.app.options import a_path, as_options, option, run_recipe

RESULTS = Path(__file__).parents[1] / "results" / "benchmark.json"
LIMITS = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA")  # of what oneDNN does
SECTIONS = {
    "training": training.training,
    "langevin": textures.langevin,
    "textures": textures.textures,
    "spectrograms": data.spectrograms,
    "pipeline": data.pipeline,
    "generation": data.generation,
    "start": data.start,
}


@dataclass(frozen=True)
class Config:
    rounds: int = option(7, "turns that each rival takes", least=1, most=1000)
    steps: int = option(10, "training steps in a turn", least=1)
    batch_size: int = option(128, "pairs in a training step", least=1, most=65_536)
    clips: int = option(2500, "clips in a turn of the spectrograms; FSDD has 2,500", least=1, most=10**6)
    langevin_steps: int = option(30, "Langevin steps in a turn", least=1, most=10_000)
    thesis_iterations: int = option(500, "iterations of the thesis' training with 40 steps", least=1, most=99_999)


def run(config: Config, only: list[str] | None = None) -> dict:
    """The sections that `only` names, all if None."""
    from crossmodal.runtime.precision import instructions, machines_precision
    from crossmodal.training.runs import environment

    result = {"environment": environment()}
    result |= {"instructions": instructions(), "precision": machines_precision()}
    print(f"on {result['instructions']}, by default in {result['precision']}", flush=True)
    for name, section in SECTIONS.items():
        if only is None or name in only:
            print(f"{name}: {(section.__doc__ or '').splitlines()[0]}", flush=True)
            result[name] = section(config)
    return result


def work(config: Config, arguments) -> None:
    import json

    from crossmodal.runtime.files import write_json

    kept = json.loads(arguments.results.read_text()) if arguments.only and arguments.results.exists() else {}
    command = {"command": command_line(config, arguments)} | kept
    write_json(arguments.results, command | run(config, arguments.only))


def command_line(config: Config, arguments) -> str:
    """What measures it again, into the same file."""
    limits = "".join(f"{name}={os.environ[name]} " for name in LIMITS if name in os.environ)
    only = f" --only {' '.join(arguments.only)}" if arguments.only else ""
    place = f" --results {arguments.results}" if arguments.results != RESULTS else ""
    return f"{limits}python recipes/benchmarks/benchmark.py{as_options(config)}{only}{place}"


def main(argv=None) -> int:
    def extra(parser):
        parser.add_argument("--only", nargs="+", choices=SECTIONS, help="measure these anew, keep the others' results")
        parser.add_argument("--results", type=a_path, default=RESULTS, help="file to write (%(default)s)")

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
