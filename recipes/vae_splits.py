"""One VAE per division of the clips: the mean over random splits, or over the speakers left out in turn.

    python recipes/vae_splits.py --data fsdd-mnist --protocol random --splits 5 --results compact_random.json
    python recipes/vae_splits.py --data fsdd-mnist --protocol speaker --results compact_speaker.json

Takes the options of train_vae.py. Each run has a folder of its own below --workdir; finished runs are not
run again, so the same command continues where it was stopped. `--only N` runs member N alone, for several
processes at once; the last one to finish, or the command without it, gathers the results.
"""

import os
import statistics
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from train_vae import LOCATIONS, Config, load_sources, run

from crossmodal.config import as_options, run_recipe

T_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # Student's t, by number of values
RESULTS = Path(__file__).parent / "results"
FIGURES = ("posterior_mean", "sampled_z")


def members(config: Config, splits: int) -> dict[str, Config]:
    """The runs by name: a seed each, or for protocol speaker a held-out speaker each."""
    if config.protocol == "speaker":
        speech, _ = load_sources(config)
        return {speaker: replace(config, held_out_speaker=str(speaker)) for speaker in sorted(set(speech.speakers))}
    return {f"seed{seed}": replace(config, seed=seed) for seed in range(splits)}


def gather(runs: dict[str, dict], command: str) -> dict:
    """Mean over runs with its Student-t interval; each run's own figures beside it."""
    result = {"command": command, "runs": {}}
    for name, metrics in runs.items():
        kept = ("parameters", "epochs", "clips", "real_test_images", "controls", *FIGURES)
        result["runs"][name] = {key: metrics[key] for key in kept}
    for figure in FIGURES:
        values = [metrics[figure]["accuracy"] for metrics in runs.values()]
        mean = statistics.fmean(values)
        half = T_975[len(values)] * statistics.stdev(values) / len(values) ** 0.5 if len(values) in T_975 else None
        result[figure] = {"mean": mean, "interval_95": half and [mean - half, min(mean + half, 1.0)]}
    return result


def work(config: Config, arguments) -> None:
    from crossmodal.runs import read_metrics, write_json

    configs = members(config, arguments.splits)
    for i, (name, member) in enumerate(configs.items()):
        if arguments.only is None or i in arguments.only:
            print(f"--- {name}", flush=True)
            run(member, arguments.workdir / name)
    runs = {name: read_metrics(arguments.workdir / name) for name in configs}
    if missing := [name for name, metrics in runs.items() if metrics is None]:
        print(f"not finished yet: {', '.join(missing)}")
        return
    splits = "" if config.protocol == "speaker" else f" --splits {arguments.splits}"
    result = gather(
        runs, f"python recipes/vae_splits.py{as_options(config, LOCATIONS)}{splits} --results {arguments.results}"
    )
    path = RESULTS / arguments.results
    path.parent.mkdir(exist_ok=True)
    write_json(path, result)
    for figure in FIGURES:
        mean, interval = result[figure]["mean"], result[figure]["interval_95"]
        print(f"{figure}: {mean:.2%}" + (f" ({interval[0]:.2%} to {interval[1]:.2%})" if interval else ""))
    print(f"written to {path}")


def main(argv=None) -> int:
    def extra(parser):
        parser.add_argument("--splits", type=int, default=5, help="random divisions (%(default)s)")
        parser.add_argument("--only", type=int, nargs="*", help="run these members alone, counted from 0")
        parser.add_argument("--results", default="vae_splits.json", help="name of the file in recipes/results")

    return run_recipe(work, Config, __doc__, argv, workdir="runs/splits", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
