"""Speed as ratios within one run: training, Langevin chains, log-mel and the input pipeline against rivals.

    python recipes/benchmark.py                        # all; with PyTorch installed, against it too
    python recipes/benchmark.py --only training start

Rivals take turns (A B A B ...), the ratio is that of the medians; let nothing else run meanwhile. Processors differ in
what they compute fast: keep the results of one without bfloat16 in a file of their own.

    python recipes/benchmark.py --results recipes/results/benchmark_avx2.json
    ONEDNN_MAX_CPU_ISA=AVX2 python recipes/benchmark.py ...    # oneDNN as if the processor had no bfloat16
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data, textures, training

from crossmodal.config import as_options, option, run_recipe

RESULTS = Path(__file__).parent / "results" / "benchmark.json"
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
    rounds: int = option(5, "turns that each rival takes")
    steps: int = option(10, "training steps in a turn")
    batch_size: int = option(128, "pairs in a training step")
    clips: int = option(2500, "clips in a turn of the spectrograms; FSDD has 2,500")
    langevin_steps: int = option(30, "Langevin steps in a turn")
    thesis_iterations: int = option(500, "of the thesis' training with 40 steps")


def run(config: Config, only: list[str] | None = None) -> dict:
    """The sections that `only` names, all if None."""
    from crossmodal.precision import instructions, machines_precision
    from crossmodal.runs import environment

    result = {"command": f"python recipes/benchmark.py{as_options(config)}", "environment": environment()}
    result |= {"instructions": instructions(), "precision": machines_precision()}
    print(f"on {result['instructions']}, by default in {result['precision']}", flush=True)
    for name, section in SECTIONS.items():
        if only is None or name in only:
            print(f"{name}: {(section.__doc__ or '').splitlines()[0]}", flush=True)
            result[name] = section(config)
    return result


def work(config: Config, arguments) -> None:
    import json

    from crossmodal.files import write_json

    kept = json.loads(arguments.results.read_text()) if arguments.only and arguments.results.exists() else {}
    write_json(arguments.results, kept | run(config, arguments.only))


def main(argv=None) -> int:
    def extra(parser):
        parser.add_argument("--only", nargs="+", choices=SECTIONS, help="measure these anew, keep the others' results")
        parser.add_argument("--results", type=Path, default=RESULTS, help="file to write (%(default)s)")

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
