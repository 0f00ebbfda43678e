"""Hear spoken words and draw them, an image each, with what the reader (LeNet5 for digits) reads and how sure it is.

  crossmodal draw seven.wav
  crossmodal draw number.wav another.mp3 -o drawing.png --samples 4
  crossmodal draw number.wav --model runs/vae --json

Several digits in a recording need no pause between them; words of other classes do. WAV, FLAC, OGG, MP3 and others of
any rate and number of channels.
"""

import json
import sys
import warnings
from pathlib import Path

from crossmodal.app.options import a_name, a_path, add_guidance, seed_number, whole_number
from crossmodal.presets import DEFAULT

PICTURES = (".png", ".jpg", ".pdf", ".svg")


def add_arguments(parser) -> None:
    parser.add_argument(
        "recordings", nargs="+", type=a_name, metavar="RECORDING", help="a sound file of at most a minute"
    )
    parser.add_argument(
        "-o", "--output", type=a_path, default=Path("drawing.png"), help="picture to write (%(default)s)"
    )
    parser.add_argument(
        "--samples",
        type=whole_number(0, 1000),
        default=0,
        metavar="N",
        help="further drawings of each word (%(default)s)",
    )
    parser.add_argument(
        "--model",
        type=a_name,
        default=DEFAULT,
        help="a preset, a .keras file or the folder of a run (%(default)s)",
    )
    parser.add_argument(
        "--reader", type=a_name, help="classifier that reads the drawings, a .keras file or a run (by the model)"
    )
    add_guidance(parser)
    parser.add_argument("--seed", type=seed_number, default=0, help="seed of the further drawings (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print what was drawn as JSON")
    parser.set_defaults(run=run, needs_tensorflow=False)  # imported where the model needs it


def run(arguments) -> int:
    """Draw all recordings that can be used; 2 if there were others."""
    from crossmodal.app.pictures.images import save_strips
    from crossmodal.drawing import draw_speech, front_end_of, set_guidance
    from crossmodal.errors import AudioError
    from crossmodal.reader import find_reader, load_reader, reader_file
    from crossmodal.runtime.files import check_output
    from crossmodal.runtime.quiet import import_tensorflow
    from crossmodal.saving.light import has_twin, load_light
    from crossmodal.sound.audio import read_audio

    check_output(arguments.output, PICTURES)
    if not has_twin(arguments.model) or arguments.reader or reader_file(arguments.model).is_file():
        import_tensorflow()
    model = load_light(arguments.model)
    front_end = front_end_of(model)
    set_guidance(model, arguments.guidance)
    fitting = (model.classes, model.image_shape, arguments.model)
    reader = load_reader(arguments.reader) if arguments.reader else find_reader(*fitting, light=model.light)
    sample_rate = front_end.sample_rate
    drawn, failed = {}, {}
    for path in arguments.recordings:
        try:
            waveform = read_audio(path, sample_rate)
            options = {"samples": arguments.samples, "seed": arguments.seed, "reader": reader}
            drawn[path] = draw_speech(waveform, sample_rate, model, **options)
        except AudioError as error:
            failed[path] = str(error)
            print(error, file=sys.stderr)
    if drawn:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # a name in letters that the font does not have
            save_strips(arguments.output, [as_strip(Path(path).name, drawings) for path, drawings in drawn.items()])
    if arguments.json:
        print(json.dumps(as_json(arguments, drawn, failed), indent=1))
    elif drawn:
        print("\n".join(line for path, drawings in drawn.items() for line in as_lines(path, drawings)))
        print(f"picture: {arguments.output}")
    return 2 if failed else 0


def as_strip(title: str, drawings: list) -> tuple:
    """What `save_strips` takes: the mean above the draws, the reading below."""
    import numpy as np

    columns = [np.concatenate([drawing.image[None], drawing.draws]) * drawing.heard for drawing in drawings]
    captions = [drawing.caption for drawing in drawings]
    title = title.encode(errors="replace").decode()  # a name that is not text
    return title.replace("$", r"\$"), columns, captions  # between two $ Matplotlib would read a formula


def as_lines(path: str, drawings: list) -> list[str]:
    """A line per digit for a terminal."""
    readings = [drawing.caption or "drawn" for drawing in drawings]
    times = [f"  {d.start_s:6.2f} to {d.end_s:.2f} s  " for d in drawings]
    return [
        path if path.isprintable() else repr(path),
        *(time + reading for time, reading in zip(times, readings, strict=True)),
    ]


def as_json(arguments, drawn: dict, failed: dict) -> dict:
    """The same for machines, in the order of the recordings."""
    names = ("start_s", "end_s", "reading", "confidence", "heard")
    recordings = [
        {"recording": path, "error": failed[path]}
        if path in failed
        else {"recording": path, "digits": [{name: getattr(d, name) for name in names} for d in drawn[path]]}
        for path in arguments.recordings
    ]
    picture = str(arguments.output) if drawn else None
    return {"model": arguments.model, "picture": picture, "recordings": recordings}
