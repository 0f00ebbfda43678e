"""The pairs of sources by name: which speech goes with which images."""

from crossmodal.data.sources import Images, Speech
from crossmodal.errors import DataError

NAMES = ("fsdd-mnist", "digits-tts", "folders")
LOCATIONS = ("data_dir", "archives", "sounds_dir", "images_dir")  # options that say where the data lie


def load_pair(
    name: str,
    *,
    data_dir: str | None = None,
    archives: str | None = None,
    sounds_dir: str | None = None,
    images_dir: str | None = None,
) -> tuple[Speech, Images]:
    """Speech and images of the same classes.

    Args:
        name: "fsdd-mnist" (real recordings, real digits), "digits-tts" (embedded: eSpeak NG and
            scikit-learn's digits) or "folders" (your own).
        data_dir, archives: for "fsdd-mnist", see `tfds_source.open_dataset`.
        sounds_dir, images_dir: for "folders", see `folders`.

    Raises:
        DataError: a source is absent or damaged, or the two have different classes.
    """
    if name == "fsdd-mnist":
        from crossmodal.data import fsdd, mnist

        return fsdd.load(data_dir, archives), mnist.load(data_dir, archives)
    if name == "digits-tts":
        from crossmodal.data import digits_tts

        return digits_tts.load_speech(), digits_tts.load_images()
    if name == "folders":
        from crossmodal.data import folders

        if not sounds_dir or not images_dir:
            raise DataError("Data from folders needs both: pass --sounds-dir and --images-dir.")
        speech, images = folders.load_sounds(sounds_dir), folders.load_images(images_dir)
        if speech.classes != images.classes:
            differing = ", ".join(sorted(set(speech.classes) ^ set(images.classes)))
            raise DataError(f"Only one of the two folders has the class {differing}: name them alike.")
        return speech, images
    raise DataError(f"There is no data named {name!r}: choose one of {', '.join(NAMES)}.")
