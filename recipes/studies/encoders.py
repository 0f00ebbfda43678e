"""Ways to hear, measured alike: every encoder under the same decoder, on the same data, for as many epochs.

    python recipes/studies/encoders.py --data fsdd-mnist --find-word

Takes the options of `crossmodal train vae`, whose compact decoder draws. A way to hear is an encoder; some also hear
recordings unstretched, or by filters of their own. Each is trained twice: on a random division of the clips, and on all
speakers but one, who tests: the one of --held-out-speaker, or the first. The former is measured on the people of Speech
Commands' validation list too, where its folder is known. Each run has a folder of its own below --workdir; finished
runs are not run again, so the same command continues where it was stopped. Writes results/encoders.json, and beside the
runs encoders.png, the agreement of each encoder on both, and a report.html on all of them.

An interval is that of a run's test clips: one person who is left out says little of the next. splits.py with the same
--encoder leaves out each in turn.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

from crossmodal.app.experiments import train_vae
from crossmodal.app.experiments.training_data import load_sources
from crossmodal.app.experiments.training_options import Encoder
from crossmodal.app.options import as_options, run_recipe
from crossmodal.app.sweeps.drawings import drawing_seconds
from crossmodal.app.sweeps.members import agreement_of, once, publish, read_members, run_members
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data import speech_commands
from crossmodal.data.alignment import split_of
from crossmodal.data.catalog import LOCATIONS
from crossmodal.data.sources import Speech
from crossmodal.errors import CrossmodalError
from crossmodal.saving.keras_file import load_model
from evaluation.agreement import measure_agreement, spectrograms_to_test

RESULTS = Path(__file__).parents[1] / "results" / "encoders.json"
UNSTRETCHED = ("convolutional", "gru", "lstm", "convolutional-gru")
WAYS: dict[str, dict] = {
    **{name: {"encoder": name} for name in get_args(Encoder)},
    **{f"{name}-unstretched": {"encoder": name, "timing": "pad"} for name in UNSTRETCHED},
    "fourier-filters": {"encoder": "convolutional", "front_end": "waveform"},
    "random-filters": {"encoder": "convolutional", "front_end": "waveform", "filters": "random"},
}
PROTOCOLS = ("random", "speaker")
TIMED = 64  # test clips by which drawing is timed


def members(config: train_vae.Config, names, speaker: str) -> dict:
    """The runs by name, such as gru-random and gru-speaker, each with the function that runs it."""
    held_out = {"random": None, "speaker": speaker}
    return {
        f"{name}-{protocol}": (
            train_vae.run,
            replace(config, **WAYS[name], protocol=protocol, held_out_speaker=held_out[protocol]),
        )
        for name in names
        for protocol in PROTOCOLS
    }


def measure_strangers(config: train_vae.Config, runs: dict[str, dict], workdir: Path) -> None:
    """Add to each run of a random division its agreement on Speech Commands' validation list."""
    if not (config.speech_commands_dir or os.environ.get(speech_commands.VARIABLE)):
        print("strangers are not measured: pass --speech-commands-dir to have the table whole")
        return
    speech, images = load_sources(replace(config, data="speech-commands-mnist"))
    split = split_of(speech, {"protocol": "speakers", "seed": config.seed, "held_out_speaker": None, "speakers": []})
    for name in (name for name in runs if name.endswith("-random")):
        folder = workdir / name
        runs[name]["strangers"] = once(
            folder / "strangers.json",
            lambda folder=folder: measure_agreement(load_model(folder), speech, images, split).summary(),
        )


def time_drawings(speech: Speech, runs: dict[str, dict], workdir: Path) -> None:
    """Add to each run of a random division the milliseconds that hearing a spectrogram and drawing takes."""
    models = {name: load_model(workdir / name) for name in runs if name.endswith("-random")}
    for kind in {str(model.front_end) for model in models.values()}:  # each hears what its front end makes
        alike = {name: model for name, model in models.items() if str(model.front_end) == kind}
        one = next(iter(alike.values()))
        split = split_of(speech, one.provenance)
        spectrograms = spectrograms_to_test(one, speech, replace(split, test=split.test[:TIMED]))
        for name, seconds in drawing_seconds(alike, spectrograms).items():
            runs[name]["milliseconds_a_drawing"] = 1000 * seconds


def save_picture(path: Path, runs: dict[str, dict], names) -> None:
    """Agreement at the posterior mean of each encoder with its interval, a colour for each protocol, and how many
    parameters it has under the decoder."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.8, 0.6 + 0.45 * len(names)), layout="constrained")
    ax = figure.subplots()
    for i, protocol in enumerate(PROTOCOLS):
        found = [agreement_of(runs[f"{name}-{protocol}"]).posterior_mean for name in names]
        rows = [row + 0.25 * i for row in range(len(names))]
        for row, each in zip(rows, found, strict=True):
            ax.plot(each.interval_95, [row, row], color=f"C{i}", linewidth=1)
        label = {"random": "random division", "speaker": "a speaker left out"}[protocol]
        ax.plot([each.accuracy for each in found], rows, "o", color=f"C{i}", markersize=5, label=label)
    labels = [f"{name}\n{runs[f'{name}-random']['parameters'] / 1e6:.2f} M" for name in names]
    ax.set_yticks(range(len(names)), labels, fontsize=8)
    ax.invert_yaxis()
    ax.set(xlabel="agreement of the drawing at the posterior mean")
    ax.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def work(config: train_vae.Config, arguments) -> None:
    if config.encoder or config.protocol != "random":
        raise CrossmodalError("The study takes each of its --encoders by both protocols: leave out the other options.")
    speech, _ = load_sources(config)
    speaker = config.held_out_speaker or str(min(speech.speakers))
    runs = members(config, arguments.encoders, speaker)
    run_members(runs, arguments, diversity=False)
    if figures := read_members(runs, arguments.workdir, diversity=False):
        measure_strangers(config, figures, arguments.workdir)
        time_drawings(speech, figures, arguments.workdir)
        save_picture(arguments.workdir / "encoders.png", figures, arguments.encoders)
        chosen = "" if arguments.encoders == list(WAYS) else f" --encoders {' '.join(arguments.encoders)}"
        command = f"python recipes/studies/encoders.py{as_options(config, LOCATIONS)}{chosen}"
        publish({"command": command, "held_out_speaker": speaker, "runs": figures}, RESULTS, arguments.workdir)


def extra(parser) -> None:
    add_shares(parser)
    parser.add_argument("--encoders", nargs="+", choices=WAYS, default=list(WAYS), help="which ways to hear (all)")


def main(argv=None) -> int:
    return run_recipe(work, train_vae.Config, __doc__, argv, workdir="runs/encoders", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
