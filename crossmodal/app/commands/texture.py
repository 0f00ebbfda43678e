"""Learn a sound texture such as rain or fire from a recording of a few seconds, and play it for as long as you like.

  crossmodal texture learn rain.wav -o rain.keras
  crossmodal texture play rain.keras --seconds 60 -o new.wav
  crossmodal texture mix birds.wav rain.wav -o both.keras --weights 1 3
  crossmodal texture play texture_rain -o rain.wav              # a preset: nothing to learn
  crossmodal texture play rain.keras --steps 0 --seconds 3600 -o hour.flac

made:rain, made:insects and made:chirps in place of a recording are textures that the library makes itself.
"""

import argparse
import shutil
from pathlib import Path

from crossmodal.app.options import a_path, number, whole_number
from crossmodal.app.playing import KNOBS, SECONDS, run_play
from crossmodal.runtime.files import check_output, replacing
from crossmodal.runtime.ranges import Range

MODEL = (".keras",)
SEED = whole_number(0, 2_000_000_000)
WEIGHT = number(float, Range(least=0, most=1e6))
PLAY = """crossmodal texture play rain.keras --seconds 60 -o new.wav

The generator draws, then the descriptor revises the draw by Langevin steps, in pieces of 10 s that fade into each other
and are held in memory: an hour at most. With --steps 0 nothing is revised, which may sound less like the recording.
Then the sound is a stream: one draw without joints, made and written block by block in the same memory however long it
is. Ctrl-C keeps what was written.

  crossmodal texture play rain.keras --steps 0 --seconds 3600 -o hour.flac
  crossmodal texture play rain.keras --steps 0 --seconds 86400 -o - | aplay -f S16_LE -r 20000
  crossmodal texture play rain.keras --steps 0 --brightness -2 --density 0.5 --live -o - | aplay -f S16_LE -r 20000
"""


def add_arguments(parser) -> None:
    subparsers = parser.add_subparsers(required=True, metavar="ACTION", title="actions")
    learn = subparsers.add_parser(
        "learn", help="a model of one recording", description="crossmodal texture learn rain.wav -o rain.keras"
    )
    learn.add_argument("recording", help="a sound file of 1 s to 10 min, mono or stereo")
    learn.add_argument(
        "--sample-rate", type=whole_number(4000, 192_000), metavar="HZ", help="of the new sound (that of the recording)"
    )
    learn.add_argument("--mono", action="store_true", help="mix the channels of a recording down")
    add_learning_options(learn, run_learn)
    play = subparsers.add_parser(
        "play",
        help="new sound of a model",
        description=PLAY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    play.add_argument("model", help="what learn or mix wrote, the folder of a run, or a preset")
    play.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help="the sound, by its suffix a WAV, FLAC or OGG file; - is the standard output, 16 bit without a header, "
        "low byte first (with --steps 0)",
    )
    play.add_argument("--seconds", type=SECONDS, default=10.0, help="duration in seconds (%(default)s)")
    play.add_argument(
        "--steps",
        type=whole_number(0, 10_000),
        metavar="N",
        help="Langevin steps that revise the draw (the model's own); 0 streams what the generator draws",
    )
    play.add_argument(
        "--seamless",
        action="store_true",
        help="a sound to be repeated, whose end runs into its start; its duration is rounded to whole chunks of 0.8 s, "
        "revised it lasts 60 s at most",
    )
    play.add_argument(
        "--subtype", choices=("16", "24", "float", "vorbis"), help="bits of a sample (16; OGG is always vorbis)"
    )
    play.add_argument("--seed", type=SEED, default=0, help="another seed, another sound (%(default)s)")
    add_knobs(play)
    play.set_defaults(run=run_play, needs_tensorflow=False)  # imported where the model needs it
    mix = subparsers.add_parser(
        "mix",
        help="one model of several recordings",
        description="crossmodal texture mix birds.wav rain.wav -o both.keras --weights 1 3",
    )
    mix.add_argument("recordings", nargs="+", metavar="RECORDING", help="sound files of 1 s to 10 min")
    mix.add_argument("--weights", nargs="+", type=WEIGHT, metavar="W", help="a number for each recording (equal)")
    mix.add_argument(
        "--how",
        choices=("turns", "average"),
        default="turns",
        help="the recordings take turns, each for its weight's share of the time, or the average of their statistics "
        "is learned, a sound between them (%(default)s)",
    )
    add_learning_options(mix, run_mix)


def add_knobs(play) -> None:
    """The options of streams; their ranges are those of `crossmodal.models.knobs`."""
    knobs = play.add_argument_group("knobs of a stream, with --steps 0")
    for name, least, most, help in (
        ("level", -60, 20, "in dB"),
        ("brightness", -12, 12, "tilt of the spectrum in dB per octave"),
        ("density", 0.1, 10, "how often events come: 2 closer to noise, 0.5 rarer and louder ones"),
        ("morph", 0, 1, "from this texture (0) to that of --morph-to (1)"),
    ):
        read = number(float, Range(least=least, most=most))
        knobs.add_argument(f"--{name}", type=read, default=KNOBS[name], metavar="X", help=f"{help} (%(default)g)")
    knobs.add_argument("--morph-to", metavar="MODEL", help="another texture of one channel and the same rate")
    knobs.add_argument(
        "--live", action="store_true", help='turn knobs while it plays, by lines such as "brightness -3" that are typed'
    )


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
    from crossmodal.data.textures import load_recording

    check_output(arguments.output, MODEL)
    sound, sample_rate = load_recording(arguments.recording)
    config = texture_single.Config(
        reference=arguments.recording,
        channels=1 if arguments.mono else sound.ndim,
        sample_rate=arguments.sample_rate or sample_rate,
        **learning_options(arguments),
    )
    learn(texture_single.work, config, arguments)


def run_mix(arguments) -> None:
    from crossmodal.app.experiments import texture_mix

    config = texture_mix.Config(
        references=tuple(arguments.recordings),
        weights=tuple(arguments.weights or ()),
        how=arguments.how,
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
