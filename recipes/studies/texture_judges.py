"""What judges that are no relatives of the descriptor say of draws that exist: nothing is trained but the judges.

    python recipes/studies/texture_judges.py --runs runs/texture-baselines --results texture_judges.json
    python recipes/studies/texture_judges.py --methods coopnets peer:AN --peers peers

Three judges hear what runs of texture_baselines.py have left: which of the recordings in CROSSMODAL_TEXTURES a draw is
of (`evaluation.texture.identification`); how far its windows are from the recording's
(`evaluation.texture.kernel_score`, mean over the recordings that have a scale); and, for recordings of a class of
ESC-10 (in CROSSMODAL_NOISE, if it is there), whether it is recognised as that class: five classifiers, each of which
has heard four folds, hear draws, the recording, noise with its spectrum, and the takes of their own fifth fold.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from crossmodal.app.options import a_path, command_of, option, run_recipe
from crossmodal.app.sweeps.judging import KINDS, by_class, draws_of_runs, peers_of
from crossmodal.app.sweeps.results import add_results, keep

RESULTS = Path(__file__).parents[1] / "results"
CLASSES = {"rain": "rain", "fire": "fire_crackling", "dogs": "dog_bark"}  # recording: class of ESC-10
FOLDS = (1, 2, 3, 4, 5)
NOISES = 4  # with the spectrum of a recording


@dataclass(frozen=True)
class Config:
    methods: tuple[str, ...] = option(("coopnets",), "of texture_baselines.py, or peer:NAME")
    seed: int = option(0, "seed of the noise", least=0, most=2_000_000_000)


def run(config: Config, runs: list[Path], peers: Path | None) -> dict:
    """The figures of each method and kind of draws."""
    from crossmodal.data import noises
    from crossmodal.data.textures import find_recordings
    from crossmodal.sound.audio import read_audio
    from evaluation.texture.filters import SAMPLE_RATE

    references = {name: read_audio(path, SAMPLE_RATE) for name, path in find_recordings().items()}
    heard: dict[str, dict] = {}
    for method in config.methods:
        if method.startswith("peer:"):
            heard[method] = peers_of(peers, method.removeprefix("peer:"), references, SAMPLE_RATE)
            continue
        for kind in KINDS:
            if drawn := draws_of_runs(runs, method, kind, references, SAMPLE_RATE):
                heard[f"{method}, {KINDS[kind]}"] = drawn
    folds = {}
    if os.environ.get(noises.VARIABLE):
        folds = {fold: by_class(noises.load(None, SAMPLE_RATE, (fold,))) for fold in FOLDS}
    judges = class_judges(folds)
    figures = {}
    for title, drawn in heard.items():
        figures[title] = judge(references, drawn, judges, config.seed)
        print(line(title, figures[title]), flush=True)
    return {
        "command": command_of("python recipes/studies/texture_judges.py", config),
        "classes": takes_by_class(folds, judges, references),
        "methods": figures,
    }


def judge(references: dict, drawn: dict, judges: dict, seed: int) -> dict:
    """What the three judges say of draws by the name of their recording."""
    import numpy as np

    from evaluation.texture.identification import identify
    from evaluation.texture.kernel_score import kernel_scale, kernel_score

    by_windows = {}
    for name, draws in drawn.items():
        scale = kernel_scale(references[name], seed)
        score = float(np.mean([kernel_score(scale, draw)["kernel_score"] for draw in draws]))
        by_windows[name] = {"kernel_score": score, "ill_conditioned": scale.ill_conditioned}
    scored = [figures["kernel_score"] for figures in by_windows.values() if not figures["ill_conditioned"]]
    return {
        "identification": identify(references, drawn, seed),
        "windows": {"mean": float(np.mean(scored)) if scored else None, "by_reference": by_windows},
        "recognised": {
            name: heard_as(CLASSES[name], draws, judges) for name, draws in drawn.items() if name in CLASSES
        },
    }


def class_judges(folds: dict) -> dict:
    """Fold to a classifier that has heard the others."""
    from evaluation.texture.identification import train_judge

    known = {fold: [sounds for other, sounds in folds.items() if other != fold] for fold in folds}
    return {
        fold: train_judge({name: [sound for sounds in others for sound in sounds[name]] for name in others[0]})
        for fold, others in known.items()
    }


def heard_as(name: str, sounds: list, judges: dict) -> float | None:
    """How many sounds the judges recognise as a class; None without judges."""
    from evaluation.texture.identification import recognise, share_of

    heard = [recognise(judge, sound) for judge in judges.values() for sound in sounds]
    return share_of(name, heard) if heard else None


def takes_by_class(folds: dict, judges: dict, references: dict) -> dict:
    """Recording to what is recognised as its class: the class' takes, each by the judge that does not know it; the
    recording itself and noise with its spectrum, by all."""
    import numpy as np

    from evaluation.texture.score import spectral_noise

    rng = np.random.default_rng(0)
    found = {}
    for name in (name for name in CLASSES if name in references and judges):
        kind, recording = CLASSES[name], references[name]
        takes = [heard_as(kind, [take], {fold: judges[fold]}) for fold in judges for take in folds[fold][kind]]
        noises = [spectral_noise(recording, rng) for _ in range(NOISES)]
        heard = {"recording": heard_as(kind, [recording], judges), "noise": heard_as(kind, noises, judges)}
        found[name] = {"class": kind, "takes": float(np.mean(takes)), **heard}
    return found


def line(title: str, figures: dict) -> str:
    found, windows = figures["identification"], figures["windows"]["mean"]
    shares = "  ".join(f"{kind} {found[kind]:.2f}" for kind in ("draws", "halves", "noise"))
    return f"{title}: identified {shares}  by windows {windows}  recognised {figures['recognised']}"


def work(config: Config, arguments) -> None:
    result = run(config, arguments.runs, arguments.peers)
    for name, figures in result["classes"].items():
        print(f"{name}: {figures}")
    keep(result, RESULTS, arguments)


def main(argv=None) -> int:
    def extra(parser):
        default = Path("runs/texture-baselines")
        parser.add_argument("--runs", type=a_path, nargs="+", default=[default], help=f"folders of runs ({default})")
        parser.add_argument("--peers", type=a_path, help="folder of folders with what other methods made")
        add_results(parser)

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
