"""The pairs of sources by name: which speech goes with which images."""

from collections.abc import Callable
from typing import Literal

from crossmodal.data.sources import Images, Speech
from crossmodal.errors import DataError
from crossmodal.runtime.choices import check_choice

NAMES = ("fsdd-mnist", "digits-tts", "folders")
HOW_READ = ("fit", "background", "skip_bad")  # options that say how pictures in folders become images
LOCATIONS = ("data_dir", "archives", "sounds_dir", "images_dir")  # options that say where the data lie


def load_pair(
    name: str,
    *,
    data_dir: str | None = None,
    archives: str | None = None,
    sounds_dir: str | None = None,
    images_dir: str | None = None,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    fit: Literal["stretch", "pad", "crop"] = "stretch",
    background: Literal["white", "black"] = "white",
    skip_bad: float = 0.0,
    say: Callable[[str], object] = print,
) -> tuple[Speech, Images]:
    """Speech and images of the same classes.

    Args:
        name: "fsdd-mnist" (real recordings, real digits), "digits-tts" (embedded: eSpeak NG and
            scikit-learn's digits) or "folders" (your own).
        data_dir, archives: for "fsdd-mnist", see `tfds_source.open_dataset`.
        sounds_dir, images_dir: for "folders", see `folders`.
        image_shape, fit, background, skip_bad, say: for "folders", see `folders.load_images`; the images of the others
            are 28x28x1.

    Raises:
        DataError: a source is absent or damaged, the two have different classes, or the images another shape.
    """
    check_choice("data named", name, NAMES, DataError)
    if name != "folders" and tuple(image_shape) != (28, 28, 1):
        raise DataError(f"The images of {name} are 28x28 pixels in grey: another size or colour needs --data folders.")
    if name == "fsdd-mnist":
        from crossmodal.data import fsdd, mnist

        return fsdd.load(data_dir, archives), mnist.load(data_dir, archives)
    if name == "digits-tts":
        from crossmodal.data import digits_tts

        return digits_tts.load_speech(), digits_tts.load_images()
    from crossmodal.data import folders

    if not sounds_dir or not images_dir:
        raise DataError("Data from folders needs both: pass --sounds-dir and --images-dir.")
    return folders.load_folders(
        sounds_dir,
        images_dir,
        image_shape=image_shape,
        fit=fit,
        background=background,
        skip_bad=skip_bad,
        say=say,
    )
