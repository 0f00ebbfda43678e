"""Learn a sound texture such as rain or fire from a recording of a few seconds, and play it for as long as you like.

  crossmodal texture learn rain.wav -o rain.keras
  crossmodal texture play rain.keras --seconds 60 -o new.wav
  crossmodal texture mix birds.wav rain.wav -o both.keras --weights 1 3
  crossmodal texture play texture_rain -o rain.wav              # a preset: nothing to learn

made:rain, made:insects and made:chirps in place of a recording are textures that the library makes itself.
"""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from crossmodal.app.options import a_path, number, whole_number
from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.runtime.files import check_output, replacing
from crossmodal.runtime.ranges import Range

MODEL, SOUND = (".keras",), (".wav",)
SEED = whole_number(0, 2_000_000_000)
SECONDS = number(float, Range(least=0.01, most=3600))
WEIGHT = number(float, Range(least=0, most=1e6))
WAV_HEADER, SAMPLE_BYTES = 44, 2
TOLD_EVERY_S = 10.0  # of the time that a long draw has left


def add_arguments(parser) -> None:
    subparsers = parser.add_subparsers(required=True, metavar="ACTION", title="actions")
    learn = subparsers.add_parser(
        "learn", help="a model of one recording", description="crossmodal texture learn rain.wav -o rain.keras"
    )
    learn.add_argument("recording", help="a sound file of 1 s to 10 min")
    add_learning_options(learn, run_learn)
    play = subparsers.add_parser(
        "play", help="new sound of a model", description="crossmodal texture play rain.keras --seconds 60 -o new.wav"
    )
    play.add_argument("model", help="what learn or mix wrote, the folder of a run, or a preset")
    play.add_argument("-o", "--output", type=Path, required=True, help="the sound, a WAV file")
    play.add_argument("--seconds", type=SECONDS, default=10.0, help="duration in seconds (%(default)s)")
    play.add_argument("--seed", type=SEED, default=0, help="another seed, another sound (%(default)s)")
    play.set_defaults(run=run_play, needs_tensorflow=False)  # imported where the model needs it
    mix = subparsers.add_parser(
        "mix",
        help="one model of several recordings",
        description="crossmodal texture mix birds.wav rain.wav -o both.keras --weights 1 3",
    )
    mix.add_argument("recordings", nargs="+", metavar="RECORDING", help="sound files of 1 s to 10 min")
    mix.add_argument("--weights", nargs="+", type=WEIGHT, metavar="W", help="a number for each recording (equal)")
    add_learning_options(mix, run_mix)


def add_learning_options(parser, run) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model, a .keras file")
    parser.add_argument("--iterations", type=whole_number(0, 99_999), help="updates of the networks (60)")
    parser.add_argument("--seed", type=SEED, default=0, help="seed of weights, training and draws (%(default)s)")
    parser.add_argument(
        "--deterministic", action="store_true", help="deterministic kernels of TensorFlow alone; slower on a GPU"
    )
    parser.add_argument(
        "--workdir", type=a_path, help="folder of the run, its draws, scores and pictures (the model's name)"
    )
    parser.set_defaults(run=run, stopped="Stopped: the same command continues where it was.")


def learning_options(arguments) -> dict:
    return {name: getattr(arguments, name) for name in ("iterations", "seed", "deterministic")}


def run_learn(arguments) -> None:
    from crossmodal.app.experiments import texture_single

    config = texture_single.Config(reference=arguments.recording, **learning_options(arguments))
    learn(texture_single.work, config, arguments)


def run_mix(arguments) -> None:
    from crossmodal.app.experiments import texture_mix

    config = texture_mix.Config(
        references=tuple(arguments.recordings),
        weights=tuple(arguments.weights or ()),
        **learning_options(arguments),
    )
    learn(texture_mix.work, config, arguments)


def learn(work, config, arguments) -> None:
    """Run an experiment in its folder, then put its model where it was asked for."""
    check_output(arguments.output, MODEL)
    arguments.workdir = arguments.workdir or arguments.output.with_suffix("")
    work(config, arguments)
    with replacing(arguments.output) as temporary:
        shutil.copyfile(arguments.workdir / "model.keras", temporary)
    print(f"model: {arguments.output}")


def run_play(arguments) -> None:
    from crossmodal.models.light.twin import kind_of
    from crossmodal.models.playing import Plays, check_draws
    from crossmodal.runtime.quiet import import_tensorflow
    from crossmodal.saving.light import has_twin, load_light
    from crossmodal.sound.audio import write_wav

    check_output(arguments.output, SOUND)
    check_draws(arguments.seconds)
    if not has_twin(arguments.model):
        import_tensorflow()
    model = load_light(arguments.model)
    if not isinstance(model, Plays):
        raise ModelError(f"{arguments.model} holds a {kind_of(model)}, not a sound texture: learn one first.")
    samples = round(arguments.seconds * model.sample_rate)
    size = WAV_HEADER + SAMPLE_BYTES * samples
    check_room(arguments.output, size)
    print(f"{samples:,} samples at {model.sample_rate:,} Hz, {size / 1e6:.1f} MB", flush=True)
    sound = model.draw(arguments.seconds, seed=arguments.seed, on_piece=tell_time_left())[0]
    write_wav(arguments.output, sound, model.sample_rate)
    print(f"{len(sound) / model.sample_rate:.1f} s: {arguments.output}")


def check_room(path: Path, size: int) -> None:
    """CrossmodalError unless the disk of a file to be written has room for so many bytes."""
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise CrossmodalError(
            f"{path} would take {size / 1e6:.1f} MB and its disk has {free / 1e6:.1f} MB left: make room, or ask for "
            "fewer seconds."
        )


def tell_time_left() -> Callable[[int, int], None]:
    """A callback (pieces done, pieces) that prints how long the others take, after the first and then now and then."""
    began = told = time.time()

    def on_piece(done: int, pieces: int) -> None:
        nonlocal told
        now = time.time()
        if done < pieces and (done == 1 or now - told > TOLD_EVERY_S):
            told = now
            print(f"piece {done} of {pieces}, about {(now - began) / done * (pieces - done):.0f} s left", flush=True)

    return on_piece
