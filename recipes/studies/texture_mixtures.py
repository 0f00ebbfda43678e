"""Are both sources of a mixture heard, and as often as its weights say?

    python recipes/studies/texture_mixtures.py --results texture_mixtures.json     # recordings in CROSSMODAL_TEXTURES

A classifier that knows no cochlea and has heard both recordings hears windows of half a second of the draws, at weights
of 1:1, 1:3 and 3:1: of a model of the average of their statistics, and of two models that take turns (`how` of
`crossmodal.app.experiments.texture_mix`). As a ceiling a judge of one half of each recording hears the other halves.
Finished runs are not run again; `--processes N` runs N at once, `--shard I/N` one machine's share of them.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crossmodal.app.experiments import texture_mix
from crossmodal.app.options import command_of, option, run_recipe
from crossmodal.app.sweeps.judging import KINDS, draws_in
from crossmodal.app.sweeps.members import all_finished
from crossmodal.app.sweeps.results import add_results, keep
from crossmodal.app.sweeps.shards import ALONE, add_shares, share_out

RESULTS = Path(__file__).parents[1] / "results"
WEIGHTS = ((1.0, 1.0), (1.0, 3.0), (3.0, 1.0))
HOW = ("average", "turns")


@dataclass(frozen=True)
class Config:
    textures: tuple[str, ...] = option(("birds_forest", "dogs"), "names of two recordings")
    iterations: int | None = option(None, "training iterations, in place of the default's", least=0, most=99_999)
    draws: int = option(2, "draws of each mixture", least=1, most=1000)
    duration_s: float = option(4.0, "duration of a draw in seconds", least=1, most=3600)
    seed: int = option(0, "seed of training and draws", least=0, most=2_000_000_000)


def run(config: Config, workdir: Path, shares=ALONE) -> dict | None:
    """This process' share of the mixtures; the figures, None while some miss."""
    from crossmodal.training.runs import open_run

    open_run(workdir, config)
    folders = {(how, w): workdir / f"{how}_{w[0]:g}_{w[1]:g}" for how in HOW for w in WEIGHTS}
    jobs = {}
    for (how, weights), folder in folders.items():
        jobs[folder.name] = (folder, partial(texture_mix.run, mixture(config, how, weights), folder))
    share_out(jobs, shares)
    if not all_finished(jobs, workdir):
        return None
    figures = {how: {} for how in HOW}
    for (how, weights), folder in folders.items():
        found = hear(config, weights, folder)
        figures[how][f"{weights[0]:g}:{weights[1]:g}"] = found
        print(how, weights, found, flush=True)
    worst = {
        how: max(abs(f[kind] - f["weight"]) for f in rows.values() for kind in KINDS) for how, rows in figures.items()
    }
    command = command_of("python recipes/studies/texture_mixtures.py", config)
    return {"command": command, "other_halves": hear_halves(config), "worst": worst, "mixtures": figures}


def mixture(config: Config, how: str, weights: tuple) -> texture_mix.Config:
    names = tuple(f"recording:{name}" for name in config.textures)
    shared = dict(iterations=config.iterations, draws=config.draws, duration_s=config.duration_s, seed=config.seed)
    return texture_mix.Config(references=names, weights=weights, how=how, **shared)


def recordings(config: Config) -> dict:
    from crossmodal.data.textures import load_texture
    from evaluation.texture.filters import SAMPLE_RATE

    return {name: load_texture(f"recording:{name}", SAMPLE_RATE) for name in config.textures}


def hear(config: Config, weights: tuple, folder: Path) -> dict:
    """The weight of the first recording among both, and of each kind of draws the share of windows heard as it."""
    import numpy as np

    from evaluation.texture.filters import SAMPLE_RATE

    drawn = {f"{kind} {n}": x for kind in KINDS for n, x in enumerate(draws_in(folder, kind, SAMPLE_RATE))}
    shares = texture_mix.heard(recordings(config), drawn, SAMPLE_RATE)
    first = {
        kind: [share[config.textures[0]] for name, share in shares.items() if name.startswith(kind)] for kind in KINDS
    }
    return {"weight": weights[0] / sum(weights), **{kind: float(np.mean(found)) for kind, found in first.items()}}


def hear_halves(config: Config) -> dict:
    """Recording to the share of its windows that a judge of the other halves hears as it."""
    import numpy as np

    from evaluation.texture.identification import halves_of, heard_shares, train_judge

    halves = {name: halves_of(sound) for name, sound in recordings(config).items()}
    judges = [train_judge({name: [pair[known]] for name, pair in halves.items()}) for known in (0, 1)]
    return {
        name: float(np.mean([heard_shares(judges[known], pair[1 - known])[name] for known in (0, 1)]))
        for name, pair in halves.items()
    }


def work(config: Config, arguments) -> None:
    keep(run(config, arguments.workdir, arguments), RESULTS, arguments)


def main(argv=None) -> int:
    def extra(parser):
        add_shares(parser)
        add_results(parser)

    return run_recipe(work, Config, __doc__, argv, workdir="runs/texture-mixtures", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
