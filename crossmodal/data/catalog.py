"""The pairs of sources by name: which speech goes with which images."""

from collections.abc import Callable
from typing import Any, Literal

from crossmodal.data.sources import DIGITS, Images, Speech
from crossmodal.errors import DataError
from crossmodal.runtime.choices import check_choice

NAMES = (
    *("fsdd-mnist", "speech-commands-mnist", "digits-tts"),
    *("fsdd-folders", "speech-commands-folders", "digits-tts-folders", "folders", "manifest"),
)
FURTHER = {"fsdd": "FSDD", "speech-commands": "Speech Commands"}  # sources of speech that may join another's training
SOURCES: dict[str, tuple[str, ...]] = {
    "fsdd-mnist": ("FSDD", "MNIST"),
    "speech-commands-mnist": ("Speech Commands", "MNIST"),
    "digits-tts": ("eSpeak NG", "Optical Recognition of Handwritten Digits"),
    "fsdd-folders": ("FSDD", "your folders"),
    "speech-commands-folders": ("Speech Commands", "your folders"),
    "digits-tts-folders": ("eSpeak NG", "your folders"),
    "folders": ("your folders",),
    "manifest": ("your pairs",),
}
SAMPLE_RATE = 8000  # Hz, of the known recordings
HOW_READ = ("fit", "background", "skip_bad", "group_of")  # options that say how files in folders become data
PLACES = (*("data_dir", "archives", "speech_commands_dir", "sounds_dir", "images_dir"), "pairs")  # see `load_pair`
LOCATIONS = (*PLACES, "noise_dir")  # options that say where the data lie


def load_pair(
    name: str,
    *,
    data_dir: str | None = None,
    archives: str | None = None,
    speech_commands_dir: str | None = None,
    sounds_dir: str | None = None,
    images_dir: str | None = None,
    pairs: str | None = None,
    sample_rate: int = SAMPLE_RATE,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    fit: Literal["stretch", "pad", "crop"] = "stretch",
    background: Literal["white", "black"] = "white",
    skip_bad: float = 0.0,
    group_of: str | None = None,
    cache_mb: float = 512,
    protocol: str = "random",
    seed: int = 0,
    say: Callable[[str], object] = print,
) -> tuple[Speech, Images]:
    """Speech and images of the same classes.

    Args:
        name: "fsdd-mnist" (real recordings, real digits), "speech-commands-mnist" (those of many people),
            "digits-tts" (embedded: eSpeak NG and scikit-learn's digits), the same speech with "-folders" (your own
            pictures of the ten digits), "folders" (your own sounds and pictures) or "manifest" (a table of pairs or its
            shards: nothing but the alignment is known).
        data_dir, archives: of FSDD and MNIST, see `tfds_source.open_dataset`.
        speech_commands_dir: see `speech_commands.load`.
        sample_rate: of your own sounds, in Hz; that of the others is `SAMPLE_RATE`.
        sounds_dir, images_dir: what lies in folders, see `folders`.
        image_shape, fit, background, skip_bad, group_of, say: of pictures in folders, see `folders.load_images`; the
            images of the others are 28x28x1.
        pairs, cache_mb, protocol, seed: of "manifest", see `natural_pairs.load_manifest`. Protocol and seed are of the
            division, in which no test row may share a sound, an image or a group with another part.

    Raises:
        DataError: a source is absent or damaged, the two have different classes, or the images another shape, or the
            sounds another rate.
    """
    check_choice("data named", name, NAMES, DataError)
    if not in_folders(name) and tuple(image_shape) != (28, 28, 1):
        raise DataError(
            f"The images of {name} are 28x28 pixels in grey: another size or colour needs pictures of your own, "
            "--data folders or another name that ends in it."
        )
    if not has_own_sounds(name) and sample_rate != SAMPLE_RATE:
        raise DataError(f"The recordings of {name} are at {SAMPLE_RATE:,} Hz: another rate needs sounds of your own.")
    spoken, _, drawn = name.rpartition("-")
    places = {"data_dir": data_dir, "archives": archives}
    pictures: dict[str, Any] = {"image_shape": image_shape, "fit": fit, "background": background}
    pictures |= {"skip_bad": skip_bad, "group_of": group_of, "say": say}
    if drawn == "mnist":
        from crossmodal.data import mnist

        speech = load_speech(spoken, **places, speech_commands_dir=speech_commands_dir, say=say)
        return speech, mnist.load(**places)
    if name == "manifest":
        from crossmodal.data.natural_pairs import load_manifest

        if not pairs:
            raise DataError("Data of a manifest need their table: pass --pairs pairs.csv, or the folder of its shards.")
        divided: dict[str, Any] = {"protocol": protocol, "seed": seed, "cache_mb": cache_mb}
        return load_manifest(pairs, sample_rate=sample_rate, **divided, **pictures)
    from crossmodal.data import digits_tts, folders

    if name == "digits-tts":
        return digits_tts.load_speech(), digits_tts.load_images()
    if not images_dir or (name == "folders" and not sounds_dir):
        needed = "both: pass --sounds-dir and --images-dir" if name == "folders" else "their place: pass --images-dir"
        raise DataError(f"Data from folders needs {needed}.")
    if name == "folders":
        return folders.load_folders(sounds_dir, images_dir, sample_rate=sample_rate, **pictures)
    images = folders.of_classes(folders.load_images(images_dir, **pictures), DIGITS, images_dir)
    if spoken == "digits-tts":
        return digits_tts.load_speech(), images
    return load_speech(spoken, **places, speech_commands_dir=speech_commands_dir, say=say), images


def in_folders(name: str) -> bool:
    """Whether the images of the data of that name are files of the user's."""
    return name.endswith("folders") or name == "manifest"


def has_own_sounds(name: str) -> bool:
    """Whether the sounds of the data of that name are files of the user's, which are read at any rate."""
    return name in ("folders", "manifest")


def load_speech(
    name: str,
    *,
    data_dir: str | None = None,
    archives: str | None = None,
    speech_commands_dir: str | None = None,
    say: Callable[[str], object] = print,
) -> Speech:
    """The ten digits of one of `FURTHER`; see `load_pair`.

    Raises:
        DataError: there is no such source, or it is absent or damaged.
    """
    from crossmodal.data import fsdd, speech_commands

    check_choice("speech named", name, FURTHER, DataError)
    if name == "fsdd":
        return fsdd.load(data_dir, archives)
    return speech_commands.load(speech_commands_dir, data_dir=data_dir, say=say)


def licences_of(recipe: dict) -> dict[str, str]:
    """The licence of each source that a model was trained on, by the options of its training. Its data are the name of
    pairs, or of speech alone."""
    from crossmodal.data import digits_tts, fsdd, mnist, speech_commands

    licences = {
        "FSDD": fsdd.LICENCE,
        "Speech Commands": f"{speech_commands.LICENCE}, resampled to 8 kHz",
        "MNIST": mnist.LICENCE,
        "Optical Recognition of Handwritten Digits": digits_tts.IMAGES_LICENCE,
        "eSpeak NG": "speech synthesised by a program under GPL-3.0",
        "your folders": "yours",
        "your pairs": "yours",
        "recorded noise": "that of its folder",
    }
    data = recipe["data"]
    names = [
        *(SOURCES[data] if data in SOURCES else (FURTHER[data],)),
        *(FURTHER[name] for name in recipe.get("train_also", ())),
    ]
    names += ["eSpeak NG"] if recipe.get("tts_takes") else []
    names += ["recorded noise"] if recipe.get("noise") == "recorded" else []
    return {name: licences[name] for name in names}
