"""See pictures and say what they show, one after another, with what the listener hears and how sure it is.

  crossmodal say seven.png -o seven.wav
  crossmodal say four.png two.jpg -o number.wav --samples 2
  crossmodal say seven.png --model runs/joint-flow

Digits are handwritten, dark on light or light on dark, one in each picture. PNG, JPEG, BMP, GIF, WebP or TIFF. The
model is one that says what it sees: a preset, or one of crossmodal train joint-flow.
"""

from pathlib import Path

from crossmodal.app.options import a_name, a_path, add_guidance, seed_number, whole_number
from crossmodal.presets import SAYING


def add_arguments(parser) -> None:
    parser.add_argument("pictures", nargs="+", type=a_name, metavar="PICTURE", help="a picture of one digit")
    parser.add_argument(
        "-o", "--output", type=a_path, default=Path("speech.wav"), help="WAV file to write (%(default)s)"
    )
    parser.add_argument(
        "--model", type=a_name, default=SAYING, help="a preset, a .keras file or the folder of a run (%(default)s)"
    )
    parser.add_argument(
        "--samples", type=whole_number(1, 1000), default=1, metavar="N", help="sounds of each picture (%(default)s)"
    )
    parser.add_argument("--background", choices=("white", "black"), default="white", help="behind what is transparent")
    add_guidance(parser)
    parser.add_argument("--seed", type=seed_number, default=0, help="seed of the sounds (%(default)s)")
    parser.set_defaults(run=run)


def run(arguments) -> None:
    import numpy as np

    from crossmodal.app.gallery import read_image
    from crossmodal.drawing import set_guidance
    from crossmodal.runtime.files import check_output
    from crossmodal.runtime.words import printable
    from crossmodal.saving.keras_file import load_model
    from crossmodal.saying import check_says, one_after_another, say_images
    from crossmodal.sound.audio import write_wav

    check_output(arguments.output, (".wav",))
    model = check_says(load_model(arguments.model))
    set_guidance(model, arguments.guidance)
    images = np.stack([read_image(path, model, arguments.background) for path in arguments.pictures])
    said = say_images(images, model, arguments.samples, arguments.seed)
    sample_rate = model.front_end["sample_rate"]
    write_wav(arguments.output, one_after_another([each for of in said for each in of], sample_rate), sample_rate)
    for path, sayings in zip(arguments.pictures, said, strict=True):
        captions = ", ".join(saying.caption for saying in sayings) if sayings[0].reading else "said"
        print(f"{printable(path)}: {captions}")
    print(f"sound: {arguments.output}")
