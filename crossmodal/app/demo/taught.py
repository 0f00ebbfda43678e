"""What has been taught: the model of a lesson, how well it draws sounds that were kept aside, and how it is used."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from crossmodal.app.demo.hearing import Offered, hear
from crossmodal.app.demo.lesson import IMAGE_SHAPE, ONE_OF, SAMPLE_RATE
from crossmodal.app.demo.media import as_picture
from crossmodal.app.demo.teaching import run_of
from crossmodal.data.alignment import split_of
from crossmodal.data.folders import load_folders
from crossmodal.data.sources import as_input
from crossmodal.drawing import NOT_HEARD
from crossmodal.runtime.words import printable
from crossmodal.saving.keras_file import load_model
from crossmodal.sound.spectrogram import LogMel, log_mel

SAMPLES = 6  # further drawings of a sound
SNIPPET = """\
from PIL import Image
from crossmodal import LogMel, load_model, log_mel, read_audio

model = load_model("model.keras")  # draws {classes}
waveform = read_audio("sound.wav", sample_rate=model.front_end["sample_rate"])
images, draws = model.generate(log_mel([waveform], LogMel(**model.front_end)), samples=4, seed=0)
Image.fromarray((255 * images[0, :, :, 0]).astype("uint8")).save("drawing.png")
"""


@dataclass(frozen=True)
class Taught:
    """A model that was taught.

    file:    the model's.
    nearest: names the class of a drawing by the nearest of the pictures that taught it, (n, pixels) in [0, 1].
    right:   how many of the sounds that were kept aside are drawn as their class, by that name.
    of:      how many were kept aside: a tenth of them, at least one of each class.
    """

    file: Path
    model: Any
    nearest: KNeighborsClassifier
    right: int
    of: int

    @property
    def caption(self) -> str:
        """What the page says of it."""
        return f"It has learned. Of {self.of} sounds that were kept aside it draws {self.right} as their class."

    @property
    def snippet(self) -> str:
        """How it is used in Python."""
        return SNIPPET.format(classes=printable(", ".join(self.nearest.classes_)))


def taught_by(lesson: Path) -> Taught:
    """The model of a lesson's finished run; CrossmodalError if there is none."""
    file = run_of(lesson) / "model.keras"
    model = load_model(file)
    folders = [lesson / kind for kind in ONE_OF]
    speech, images = load_folders(*folders, sample_rate=SAMPLE_RATE, image_shape=IMAGE_SHAPE, say=lambda words: None)
    names = np.array(speech.classes)
    nearest = KNeighborsClassifier(n_neighbors=1).fit(flat(as_input(images.train_images)), names[images.train_labels])
    aside = split_of(speech, model.provenance).test
    heard = log_mel([speech.waveforms[i] for i in aside], LogMel(**model.front_end))
    drawn = nearest.predict(flat(model.generate(heard, samples=0, seed=0)[0]))
    return Taught(file, model, nearest, int(np.sum(drawn == names[speech.labels[aside]])), len(aside))


def draw(path, taught: Taught, seed: int = 0) -> tuple[list[tuple[np.ndarray, str]], np.ndarray]:
    """What a model draws when it hears a sound file.

    Returns:
        the best drawing of each stretch between pauses with its class's name; below one another, six further ones of
        each in other hands. All are uint8 pictures, see `as_picture`.

    Raises:
        AudioError: the file cannot be used.
    """
    drawings = hear(path, Offered(taught.model), SAMPLES, seed).drawings
    names = taught.nearest.predict(flat(np.stack([drawing.image for drawing in drawings])))
    captions = [str(name) if drawing.heard else NOT_HEARD for name, drawing in zip(names, drawings, strict=True)]
    pictures = [as_picture(drawing.image[None]) for drawing in drawings]
    others = np.vstack([as_picture(drawing.draws) for drawing in drawings])
    return list(zip(pictures, captions, strict=True)), others


def flat(images: np.ndarray) -> np.ndarray:
    """(n, height, width, channels) -> (n, numbers)."""
    return images.reshape(len(images), -1)
