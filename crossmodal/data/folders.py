"""A folder per class as the source: `sounds/CLASS/*.wav` and `images/CLASS/*.png`."""

import warnings
from pathlib import Path

import numpy as np

from crossmodal.data.sources import Images, Speech
from crossmodal.errors import AudioError, DataError
from crossmodal.sound.audio import read_audio

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
PICTURES = (".png", ".jpg", ".jpeg", ".bmp")
FORMATS = ("PNG", "JPEG", "BMP")  # whatever a file is called: to read others Pillow may run other programs
SIZE = 28  # pixels, height and width
TEST_FRACTION = 0.1


def load_sounds(folder, sample_rate: int = 8000) -> Speech:
    """The sounds of `folder/CLASS/`, classes and files in the order of their names.

    A file named SPEAKER_anything counts as that speaker's: protocol "speaker" divides by it.

    Raises:
        DataError: there are no classes, a class has fewer than two sounds, or a file cannot be used.
    """
    classes, files = _list(folder, SOUNDS, "sounds")
    waveforms, speakers = [], []
    for path, _ in files:
        try:
            waveforms.append(read_audio(path, sample_rate))
        except AudioError as error:
            raise DataError(str(error)) from error
        speakers.append(path.stem.split("_")[0] if "_" in path.stem else "unnamed")
    labels = np.array([label for _, label in files], np.int64)
    return Speech(
        name=f"folder {Path(folder).name}",
        waveforms=waveforms,
        labels=labels,
        speakers=np.array(speakers),
        takes=np.concatenate([np.arange(n) for n in np.bincount(labels)]),
        sample_rate=sample_rate,
        classes=classes,
    )


def load_images(folder, *, seed: int = 0) -> Images:
    """The images of `folder/CLASS/` as 28x28 grey values, a tenth of each class (at least one) for testing.

    Raises:
        DataError: there are no classes, a class has fewer than two images, or a file is not an image.
    """
    classes, files = _list(folder, PICTURES, "images")
    images = np.stack([read_picture(path) for path, _ in files])
    labels = np.array([label for _, label in files], np.int64)
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(labels), bool)
    for label in range(len(classes)):
        members = rng.permutation(np.flatnonzero(labels == label))
        is_test[members[: max(round(len(members) * TEST_FRACTION), 1)]] = True
    return Images(
        f"folder {Path(folder).name}",
        images[~is_test],
        labels[~is_test],
        images[is_test],
        labels[is_test],
        classes,
    )


def read_picture(path: Path) -> np.ndarray:
    """An image file as 28x28 grey values, uint8.

    Raises:
        DataError: it is not a PNG, JPEG or BMP file, is damaged, or has more than 89 million pixels.
    """
    from PIL import Image

    if not path.is_file():  # reading a pipe could wait for ever
        raise DataError(f"{path.name} is not a regular file: replace or remove it.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                return np.asarray(image.convert("L").resize((SIZE, SIZE), Image.Resampling.LANCZOS))
    except Exception as error:  # Pillow raises a different class for each way in which a file can be wrong
        raise DataError(f"{path.name} cannot be read as an image: replace or remove it.") from error


def _list(folder, suffixes: tuple[str, ...], kind: str) -> tuple[tuple[str, ...], list[tuple[Path, int]]]:
    """The class names of a folder, and each of its files with its label."""
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"The folder of {kind} {folder} does not exist: pass one with a folder per class.")
    classes = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir()))
    if not classes:
        raise DataError(f"{folder} has no folders: put the {kind} of each class in a folder of its name.")
    files = []
    for label, name in enumerate(classes):
        found = sorted(path for path in (folder / name).iterdir() if path.suffix.lower() in suffixes)
        if len(found) < 2:
            raise DataError(f"{folder / name} holds {len(found)} {kind}: a class needs two, one to test with.")
        files += [(path, label) for path in found]
    return classes, files
