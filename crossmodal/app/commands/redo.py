"""Make again what a command wrote, by the recipe that the file holds, and say whether the two are the same.

  crossmodal redo drawing.png
  crossmodal redo drawing.png -o again.png --input moved/seven.wav
  crossmodal redo runs/vae                                      # the model of a training

PNG, WAV, FLAC, OGG, JSON, HTML, .keras and ONNX. What is there stays as it is. Known data lie where the environment
says, by TFDS_DATA_DIR and the like.
"""

import shutil
from pathlib import Path

from crossmodal.app.options import a_path


def add_arguments(parser) -> None:
    parser.add_argument("file", type=a_path, help="what a command wrote, or the folder of a run: its model")
    parser.add_argument("-o", "--output", type=a_path, help="where to put what is made again (it is only compared)")
    parser.add_argument(
        "--input", nargs="+", type=a_path, default=[], help="files and folders that were read and are elsewhere now"
    )
    parser.add_argument(
        "--other-versions", action="store_true", help="make it although Python or a package has another version now"
    )
    parser.set_defaults(run=run, needs_tensorflow=False, stopped="Stopped: nothing was changed.")


def run(arguments) -> int:
    """Repeat the command of a file; CrossmodalError if that cannot be done, or gives another result."""
    import tempfile

    from crossmodal.app.recipe.comparing import same_bytes, same_content
    from crossmodal.app.recipe.reading import read_recipe, result_file
    from crossmodal.app.recipe.repeating import changes, check_versions, repeat
    from crossmodal.errors import CrossmodalError
    from crossmodal.runtime.files import check_output, replacing
    from crossmodal.runtime.words import printable

    path = result_file(arguments.file).absolute()
    shown = printable(result_file(arguments.file))
    if arguments.output:
        check_output(arguments.output, (path.suffix.lower(),))
    recipe = read_recipe(path)
    if not arguments.other_versions:
        check_versions(shown, recipe["environment"])
    print(f"{printable(recipe['command'])}", flush=True)
    with tempfile.TemporaryDirectory(prefix="crossmodal-") as folder:
        made = repeat(recipe, path, [place.absolute() for place in arguments.input], Path(folder))
        if arguments.output:
            with replacing(arguments.output) as temporary:
                shutil.copyfile(made, temporary)
        differing = ", ".join(changes(recipe["environment"], read_recipe(made)["environment"]))
        if same_bytes(path, made):
            print(f"{shown}: made again, bit for bit the same")
        elif same_content(path, made):
            why = differing or "times or names in it are not"
            print(f"{shown}: made again, its content bit for bit the same ({why})")
        else:
            why = differing or "versions, processor and threads are the same, so chance or data that no recipe names"
            raise CrossmodalError(f"{shown}: made again, it differs ({why}).")
    return 0
