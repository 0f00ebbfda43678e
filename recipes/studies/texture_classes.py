"""Is new sound of a recording recognised as its class, as often as other recordings of that class are?

    python recipes/studies/texture_classes.py --results texture_classes.json     # ESC-10, in CROSSMODAL_NOISE

A classifier that knows no cochlea (`evaluation.texture.identification`) is trained on four folds of ESC-10. Of the
fifth, which it does not know, it hears every recording, and draws of CoopNets that learned the first ones of a class,
each alone: revised, of the generator alone, and, as a floor, noise with the recording's spectrum. Finished runs are not
run again; `--processes N` runs N at once, `--shard I/N` one machine's share of them.
"""

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from crossmodal.app.experiments import texture_single
from crossmodal.app.options import command_of, option, run_recipe
from crossmodal.app.sweeps.judging import KINDS, by_class, draws_in
from crossmodal.app.sweeps.results import add_results, keep
from crossmodal.app.sweeps.shards import ALONE, add_shares, share_out

RESULTS = Path(__file__).parents[1] / "results"
TEXTURES = ("rain", "sea_waves", "fire_crackling", "helicopter", "chainsaw", "clock_tick")
NOISES = 4  # of each recording


@dataclass(frozen=True)
class Config:
    classes: tuple[str, ...] = option(TEXTURES, "classes of which recordings are learned")
    clips: int = option(1, "recordings of each that are learned, the first by name", least=1, most=1000)
    iterations: int | None = option(None, "training iterations, in place of the default's", least=0, most=99_999)
    draws: int = option(2, "draws of each recording", least=1, most=1000)
    duration_s: float = option(4.0, "duration of a draw in seconds", least=1, most=3600)
    seed: int = option(0, "seed of training, draws and noise", least=0, most=2_000_000_000)


def run(config: Config, workdir: Path, shares=ALONE) -> dict | None:
    """This process' share of the recordings that are learned; the figures, None while some miss."""
    from crossmodal.data import noises
    from crossmodal.runtime.choices import check_choice
    from crossmodal.training.runs import open_run, read_metrics
    from evaluation.texture.filters import SAMPLE_RATE

    test = noises.load(None, SAMPLE_RATE, noises.TEST_FOLD)
    for name in config.classes:
        check_choice("class", name, by_class(test))
    open_run(workdir, config, ignore=("classes",))
    learned = {c: [name for name in test if name.startswith(f"{c}/")][: config.clips] for c in config.classes}
    folders = {name: workdir / Path(name).with_suffix("") for names in learned.values() for name in names}
    share_out({name: (folder, partial(learn, config, name, folder)) for name, folder in folders.items()}, shares)
    if missing := [name for name, folder in folders.items() if not read_metrics(folder)]:
        print(f"not finished yet: {', '.join(missing)}")
        return None
    figures = judge(config, test, learned, folders)
    return {"command": command_of("python recipes/studies/texture_classes.py", config), **figures}


def learn(config: Config, name: str, workdir: Path) -> dict:
    from crossmodal.data import noises

    shared = dict(draws=config.draws, duration_s=config.duration_s, seed=config.seed, iterations=config.iterations)
    path = noises.folder_of(None) / name
    return texture_single.run(texture_single.Config(reference=str(path), **shared), workdir)


def judge(config: Config, test: dict, learned: dict, folders: dict) -> dict:
    """Shares that are recognised as their class: of the test takes, of those that were learned, of their draws."""
    import numpy as np

    from crossmodal.data import noises
    from evaluation.texture.filters import SAMPLE_RATE
    from evaluation.texture.identification import recognise, share_of, train_judge
    from evaluation.texture.score import spectral_noise

    classifier = train_judge(by_class(noises.load(None, SAMPLE_RATE, noises.TRAINING_FOLDS)))
    rng = np.random.default_rng(config.seed)
    hear = partial(recognise, classifier)
    takes = {name: [hear(sound) for sound in sounds] for name, sounds in by_class(test).items()}
    rows = {}
    for name, clips in learned.items():
        heard = {
            kind: [hear(x) for clip in clips for x in draws_in(folders[clip], kind, SAMPLE_RATE)] for kind in KINDS
        }
        noise = [hear(spectral_noise(test[clip], rng)) for clip in clips for _ in range(NOISES)]
        heard = {"test_takes": takes[name], "learned": [hear(test[clip]) for clip in clips], **heard, "noise": noise}
        taken = heard["draw"]
        rows[name] = {kind: share_of(name, found) for kind, found in heard.items()}
        rows[name]["taken_for"] = {other: taken.count(other) for other in sorted(set(taken))}
        print(name, rows[name], flush=True)
    kinds = ("test_takes", "learned", *KINDS, "noise")
    all_takes = [name == other for name, found in takes.items() for other in found]
    means = {kind: float(np.mean([row[kind] for row in rows.values()])) for kind in kinds}
    return {"classes": len(takes), "accuracy": float(np.mean(all_takes)), "mean": means, "by_class": rows}


def work(config: Config, arguments) -> None:
    result = run(config, arguments.workdir, arguments)
    keep(result, RESULTS, arguments)
    if not result:
        return
    print(f"accuracy on test takes {result['accuracy']:.3f}  {result['mean']}")


def main(argv=None) -> int:
    def extra(parser):
        add_shares(parser)
        add_results(parser)

    return run_recipe(work, Config, __doc__, argv, workdir="runs/texture-classes", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
