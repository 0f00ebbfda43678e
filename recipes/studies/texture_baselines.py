"""Every way to make a texture, held against the same recordings by the same measures: one table.

    python recipes/studies/texture_baselines.py --results texture_baselines.json    # recordings in CROSSMODAL_TEXTURES
    python recipes/studies/texture_baselines.py --textures made:rain made:chirps --methods coopnets statistics

Methods: coopnets (the default), coopnets-z (latents are revised too), descriptor, contrastive, generator, thesis,
wavegan (its networks against each other), adapted (the default before any training: its front end fitted, its chains
from noise), statistics (gradient descent onto the evaluator's own statistics), and peer:NAME, the folder of what
somebody else's method made, below --peers.
Of how the generator is taught: waveform (by regression of the revised draws), one-step (by energy, but one step an
iteration in place of ten), fitted (by energy of the descriptor as it was fitted to the recording, without chains):

    python recipes/studies/texture_baselines.py --methods waveform fitted coopnets --results texture_teaching.json

Of what separates the thesis' networks from the default ones, each with all of those before it: thesis; thesis-long
(5,000 iterations), which the others leave out again; whitened and hearing, see `texture_hybrids`; waveform, which has
the default's generator; coopnets:

    python recipes/studies/texture_baselines.py --methods thesis whitened hearing waveform coopnets
    python recipes/studies/texture_baselines.py --methods thesis-long --results texture_ladder_long.json

At a studio's rate, to which the recordings are resampled; what is drawn is scored at 20 kHz as ever:

    python recipes/studies/texture_baselines.py --methods coopnets --sample-rate 48000 --results texture_48khz.json

Each recording's folder has a picture waveforms.png: the recording and the first draw of each method.
Finished runs are not run again; `--processes N` runs N at once, `--shard I/N` one machine's share of them.
"""

import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import texture_hybrids

from crossmodal.app.experiments import texture_single
from crossmodal.app.options import command_of, option, run_recipe
from crossmodal.app.sweeps.results import add_results, keep
from crossmodal.app.sweeps.shards import ALONE, add_shares, share_out
from crossmodal.app.sweeps.textures import GATED, summary
from crossmodal.errors import AudioError, ModelError
from crossmodal.runtime.choices import check_choice

RESULTS = Path(__file__).parents[1] / "results"
TRAINED = {
    "coopnets": {},
    "coopnets-z": {"algorithm": "coopnets-z"},
    "descriptor": {"algorithm": "descriptor"},
    "contrastive": {"algorithm": "contrastive"},
    "generator": {"algorithm": "generator", "iterations": 100},
    "thesis": {"preset": "thesis"},
    "thesis-long": {"preset": "thesis", "iterations": 5000},
    "whitened": {"preset": "thesis"},
    "hearing": {},
    "wavegan": {"preset": "wavegan"},
    "adapted": {"iterations": 0},
    "waveform": {"generator_loss": "waveform"},
    "one-step": {"generator_steps": 1},
    "fitted": {"descriptor_rate": 0.0, "steps": 1},
}
PREPARED = {"whitened": texture_hybrids.whitened, "hearing": texture_hybrids.hearing}  # of networks of their own
METHODS = ("coopnets", "statistics", "adapted", "descriptor", "contrastive", "generator")


@dataclass(frozen=True)
class Config:
    textures: tuple[str, ...] = option(GATED, "names of recordings, or made:NAME")
    methods: tuple[str, ...] = option(METHODS, "see above")
    iterations: int | None = option(None, "training iterations, in place of each method's own", least=0, most=99_999)
    draws: int = option(2, "draws of each texture and method", least=1, most=1000)
    duration_s: float = option(4.0, "duration of a draw in seconds", least=0.01, most=3600)
    sample_rate: int = option(20_000, "sample rate in Hz of models and their draws", least=4000, most=192_000)
    statistics_steps: int = option(100, "steps of L-BFGS for the method statistics", least=1, most=100_000)
    seed: int = option(0, "seed of training and draws", least=0, most=2_000_000_000)
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")


def run(config: Config, workdir: Path, peers=None, shares=ALONE) -> dict | None:
    """This process' share of every method on every texture; returns the table's figures, None while some miss."""
    from crossmodal.training.runs import open_run, read_metrics

    check_methods(config.methods, peers)
    check_textures(config.textures)
    open_run(workdir, config, ignore=("textures", "methods"))
    jobs, folders = {}, {}
    for texture in config.textures:
        for method in config.methods:
            folder = workdir / texture.replace(":", "_") / method.replace(":", "_")
            folders[texture, method] = folder
            jobs[f"{texture}, {method}"] = (folder, partial(make, config, method, texture, folder, peers))
    share_out(jobs, shares)
    table: dict[str, dict] = {}
    for (texture, method), folder in folders.items():
        if not (metrics := read_metrics(folder)):
            print(f"not finished yet: {texture}, {method}")
            return None
        table.setdefault(method, {})[texture] = summary(metrics)
        print(line(method, texture, table[method][texture]), flush=True)
    for texture in config.textures:
        save_picture(config, texture, {method: folders[texture, method] for method in config.methods})
    means = {method: mean_score(rows) for method, rows in table.items()}
    return {
        "command": command_of("python recipes/studies/texture_baselines.py", config),
        "mean": means,
        "methods": table,
    }


def save_picture(config: Config, texture: str, folders: dict[str, Path]) -> None:
    """Beside the folders of the methods, the recording's waveform and those of their first draws that were written."""
    from crossmodal.app.pictures.sounds import save_waveforms
    from crossmodal.data.textures import load_texture

    rate = config.sample_rate
    drawn = {method: folder / "draw_1.wav" for method, folder in folders.items()}
    sounds = {"recording": load_texture(reference_of(texture), rate)[: round(config.duration_s * rate)]}
    sounds |= {method: load_texture(path, rate) for method, path in drawn.items() if path.exists()}
    save_waveforms(next(iter(folders.values())).parent / "waveforms.png", sounds, rate)


def reference_of(texture: str) -> str:
    """What a texture is called elsewhere: made:NAME or recording:NAME."""
    return texture if texture.startswith("made:") else f"recording:{texture}"


def check_methods(methods: tuple[str, ...], peers: Path | None) -> None:
    """ModelError, before anything is trained, for a method that is not known or cannot be found."""
    for method in methods:
        is_peer = method.startswith("peer:")
        check_choice("method", "peer:NAME" if is_peer else method, [*TRAINED, "statistics", "peer:NAME"])
        if is_peer and not peers:
            raise ModelError(f"The method {method!r} is what somebody else made: say where, with --peers.")


def check_textures(textures: tuple[str, ...]) -> None:
    """AudioError, before anything is trained, for a texture that is not known."""
    from crossmodal.data.textures import MADE, find_recordings

    made = [f"made:{name}" for name in MADE]
    named = [texture for texture in textures if texture not in made]
    known = find_recordings() if named else {}
    if unknown := [texture for texture in named if texture not in known]:
        raise AudioError(f"There is no texture {unknown[0]!r}: choose from {', '.join([*made, *known])}.")


def make(config: Config, method: str, texture: str, workdir: Path, peers) -> dict:
    """The metrics of one method on one texture, as `texture_single.scores` gives them."""
    reference = reference_of(texture)
    if method in TRAINED:
        options = dict(TRAINED[method])
        if config.iterations is not None and method != "adapted":
            options["iterations"] = config.iterations
        shared = dict(reference=reference, draws=config.draws, duration_s=config.duration_s, seed=config.seed)
        shared |= dict(sample_rate=config.sample_rate, deterministic=config.deterministic)
        prepare = PREPARED.get(method, texture_single.prepare)
        return texture_single.run(texture_single.Config(**shared, **options), workdir, prepare)
    from crossmodal.data.textures import load_texture
    from crossmodal.runtime.files import write_json
    from crossmodal.training.runs import read_metrics
    from evaluation.texture.filters import SAMPLE_RATE

    if metrics := read_metrics(workdir):
        return metrics
    began = time.time()
    sound = load_texture(reference, SAMPLE_RATE)
    if method == "statistics":
        sounds = matched(config, sound)
    else:
        path = Path(peers) / method.removeprefix("peer:") / f"{texture}.wav"
        sounds = {"draw_1": load_texture(path, SAMPLE_RATE)}
    metrics = {"seconds": time.time() - began, **texture_single.scores(sound, sounds, SAMPLE_RATE)}
    workdir.mkdir(parents=True, exist_ok=True)
    write_json(workdir / "metrics.json", metrics)
    return metrics


def matched(config: Config, sound) -> dict:
    from evaluation.texture.synthesis import match_statistics

    seeds = range(config.seed, config.seed + config.draws)
    return {
        f"draw_{n}": match_statistics(sound, config.duration_s, config.statistics_steps, seed)
        for n, seed in enumerate(seeds, 1)
    }


def mean_score(rows: dict[str, dict]) -> dict:
    """Over the gated textures among the rows, or over all if there are none of them; copies over all."""
    gated = [figures for texture, figures in rows.items() if texture in GATED] or list(rows.values())
    names = ("copied", "loops", "alike", "generator_suspect", "draws")
    counts = {name: sum(figures[name] for figures in rows.values()) for name in names}
    scores = {"score": sum(figures["score"] for figures in gated) / len(gated)}
    alone = [figures["generator_alone"] for figures in gated if figures["generator_alone"] is not None]
    by_windows = [figures["kernel_score"] for figures in gated if figures["kernel_score"] is not None]
    for name, found in (("generator_alone", alone), ("kernel_score", by_windows)):
        if found:
            scores[name] = sum(found) / len(found)
    return {**scores, "textures": len(rows), **counts}


def line(method: str, texture: str, figures: dict) -> str:
    verdicts = "  ".join(f"{name} {figures[name]}/{figures['draws']}" for name in ("copied", "loops"))
    alone = "" if figures["generator_alone"] is None else f"  generator alone {figures['generator_alone']:.2f}"
    windows = "" if figures["kernel_score"] is None else f"  by windows {figures['kernel_score']:.2f}"
    scores = f"score {figures['score']:.2f}{windows}{alone}"
    return f"{texture:<14}{method:<14} {scores}  {verdicts}  {figures['seconds']:.0f} s"


def work(config: Config, arguments) -> None:
    result = run(config, arguments.workdir, arguments.peers, arguments)
    keep(result, RESULTS, arguments)
    if not result:
        return
    for method, figures in result["mean"].items():
        print(f"mean {method:<14} " + "  ".join(f"{name} {value:.3g}" for name, value in figures.items()))


def main(argv=None) -> int:
    def extra(parser):
        parser.add_argument("--peers", type=Path, help="folder of folders with what other methods made")
        add_shares(parser)
        add_results(parser)

    return run_recipe(work, Config, __doc__, argv, workdir="runs/texture-baselines", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
