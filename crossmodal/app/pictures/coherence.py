"""What a model that goes both ways says of test images, and what it draws of that."""

from pathlib import Path

import numpy as np

from crossmodal.app.pictures.images import save_grid, save_heard
from crossmodal.data.sources import Images, as_input
from crossmodal.saying import aloud
from crossmodal.sound.audio import write_wav
from crossmodal.sound.spectrogram import LogMel, log_mel

OF_EACH = 6  # test images of a class


def save_pairs(folder: Path, model, images: Images, *, seed: int = 0) -> None:
    """clips/: what is said of a test image of each class, and its spectrogram; drawings.png: test images, and what is
    drawn when that was said of each."""
    rng = np.random.default_rng([seed, 3])
    (folder / "clips").mkdir(exist_ok=True)
    rows = []
    for label, name in enumerate(images.classes):
        shown = as_input(images.test_images[rng.choice(np.flatnonzero(images.test_labels == label), OF_EACH)])
        spectrograms, durations_s = model.say(shown, 1, seed)
        said = aloud(model, spectrograms, durations_s)
        path = folder / "clips" / f"{label:02d}_{name}.wav"
        write_wav(path, said[0], model.front_end["sample_rate"])
        save_heard(path.with_suffix(".png"), spectrograms[0, 0, ..., 0])
        rows.append((name, [shown, model.generate(log_mel(said, LogMel(**model.front_end)), samples=0)[0]]))
    save_grid(folder / "drawings.png", rows, ["test images", "drawn of what was said of them"])
