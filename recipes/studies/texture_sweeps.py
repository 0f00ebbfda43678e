"""Figures 4.1 to 4.4 of the thesis: how its training depends on stride, learning rate and number of Langevin steps.

    python recipes/studies/texture_sweeps.py --reference birds.wav --seeds 3 --results texture_sweeps.json

The thesis' measure is the error |Y' - g(z)| between the generator's draws and what the descriptor's chains make of
them; it says whether training is stable, not whether the sound is good: it goes to 0 when the descriptor dies too. The
stabiliser is off: an explosion is a result here, the first iteration at which the chains are four times as loud as the
recording or not finite. Every run has a folder of its own below --workdir; `--processes N` runs N at once,
`--shard I/N` one machine's share of them.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments import texture_single
from crossmodal.app.options import command_of, option, run_recipe
from crossmodal.app.sweeps.results import add_results, keep
from crossmodal.app.sweeps.shards import ALONE, add_shares, share_out
from crossmodal.runtime.choices import check_choice

RESULTS = Path(__file__).parents[1] / "results"
SWEPT = {  # the rate of 0.1 in each reading of table 4.1
    "published": "descriptor_rate",
    "swapped": "descriptor_rate",
    "printed": "generator_rate",
}
LAST = 50  # iterations over which the last error and the last level of the chains are means
STRIDES, RATES, STEPS = (20, 40, 60), (0.1, 0.2, 0.3), (30, 40, 50)


@dataclass(frozen=True)
class Config:
    reference: str = option("made:chirps", "a recording, or made:rain, made:insects, made:chirps")
    reading: Literal["published", "swapped", "printed"] = option("published", "how the thesis' table 4.1 is read")
    iterations: int = option(500, "updates of the networks", least=1, most=99_999)
    samples: int = option(60_000, "samples of a signal", least=1000, most=10**8)
    seeds: int = option(3, "trainings of each kind, with other seeds of weights and chains", least=1, most=100)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")


def members(config: Config) -> dict[str, texture_single.Config]:
    """The runs by name, all with one seed before the next: three strides at the lowest rate, rates with steps. The
    stride 40 is also the lowest rate with 40 steps."""
    shared = dict(reference=config.reference, preset="thesis", reading=config.reading, stabilise=False)
    shared |= dict(iterations=config.iterations, samples=config.samples, deterministic=config.deterministic)
    check_choice("reading", config.reading, SWEPT)
    rate = SWEPT[config.reading]
    kinds = {f"stride {s}": {"stride": s, "steps": 40, rate: 0.1} for s in STRIDES}
    kinds |= {f"rate {r} steps {steps}": {"steps": steps, rate: r} for r in RATES for steps in STEPS}
    return {
        f"{kind} seed {seed}": texture_single.Config(**shared, **options, seed=seed)
        for seed in range(config.seeds)
        for kind, options in kinds.items()
    }


def run(config: Config, workdir: Path, only: list[str] | None = None, shares=ALONE) -> dict:
    """This process' share of the runs that are not finished, then the curves and figures of all that are."""
    from crossmodal.app.pictures.curves import save_compared
    from crossmodal.training.runs import open_run, read_metrics

    for name in only or []:
        check_choice("run", name, members(config))
    open_run(workdir, config)
    runs, folders = members(config), {}
    for name, member in runs.items():
        folders.setdefault(member, workdir / name.replace(" ", "_"))  # runs that are the same are one
    asked = {member for name, member in runs.items() if not only or name in only}
    jobs = {
        folder.name: (folder, partial(train, member, folder)) for member, folder in folders.items() if member in asked
    }
    share_out(jobs, shares)
    figures, histories = {}, {}
    for name, member in runs.items():
        if metrics := read_metrics(folders[member]):
            histories[name] = metrics.pop("history")
            figures[name] = metrics
    if panels := by_panel(histories):
        save_compared(workdir / "sweeps.png", "error", panels)
    return {"command": command_of("python recipes/studies/texture_sweeps.py", config), "runs": figures}


def by_panel(histories: dict[str, list[dict]]) -> dict[str, dict[str, list[list[dict]]]]:
    """The histories by panel as in the thesis: of strides, then of each rate by its steps; all seeds of a kind."""
    panels: dict = {}
    for name, history in histories.items():
        kind = name.split(" seed ")[0]
        title, label = ("strides", kind) if kind.startswith("stride") else kind.split(" steps ")
        panels.setdefault(title, {}).setdefault(label if title == "strides" else f"{label} steps", []).append(history)
    return panels


def train(config: texture_single.Config, workdir: Path) -> None:
    """One run, without draws: when it exploded, if it did, its first, highest and last error, the chains' last level.

    The level is a ratio to the recording's. The figures after each iteration are kept beside these.
    """
    import numpy as np

    from crossmodal.data.textures import load_texture
    from crossmodal.runtime.files import write_json
    from crossmodal.training.cooperative import train_texture
    from crossmodal.training.runs import open_run

    if open_run(workdir, config):
        return
    model, signal, settings = texture_single.prepare(config, load_texture(config.reference, config.sample_rate))
    history = train_texture(model, signal, settings)
    errors, levels = (np.array([line[name] for line in history]) for name in ("error", "rms"))
    finite = np.isfinite(errors)
    level = np.sqrt(np.mean(np.square(signal)))
    metrics = {
        "iterations": len(history),
        "exploded_at": exploded_at(levels, settings.most_rms * level),
        "first_error": float(errors[0]),
        "highest_error": float(errors[finite].max()),
        "last_error": float(errors[finite][-LAST:].mean()),
        "last_level": float(levels[finite][-LAST:].mean() / level),
    }
    kept = [{name: value if np.isfinite(value) else None for name, value in line.items()} for line in history]
    write_json(workdir / "metrics.json", {**metrics, "history": [line for line in kept if None not in line.values()]})
    print(metrics, flush=True)


def exploded_at(levels, highest: float) -> int | None:
    """The first iteration, counted from 1, after which the chains' RMS is above `highest` or not finite."""
    calm = levels < highest
    return None if calm.all() else int(calm.argmin()) + 1


def work(config: Config, arguments) -> None:
    from crossmodal.runtime.processors import set_one_thread_per_operation

    set_one_thread_per_operation()  # a chain each
    result = run(config, arguments.workdir, arguments.only, arguments)
    keep(result, RESULTS, arguments)
    for name, figures in result["runs"].items():
        print(f"{name:<20} " + "  ".join(f"{key} {value}" for key, value in figures.items()))


def main(argv=None) -> int:
    def extra(parser):
        parser.add_argument("--only", nargs="+", help="names of runs, such as 'stride 20 seed 0'")
        add_shares(parser)
        add_results(parser)

    return run_recipe(work, Config, __doc__, argv, workdir="runs/texture-sweeps", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
