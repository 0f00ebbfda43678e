"""Clips as a model hears them, and the model with the reader of its drawings."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from crossmodal.reader import Reader
from crossmodal.sound import front_ends
from evaluation.checks import check_drawings


@dataclass(frozen=True)
class Heard:
    """Clips: spectrograms (n, frames, mels), latents (n, d), labels (n,), speakers (n,), and which clip or person each
    counts as in an interval (n,)."""

    spectrograms: np.ndarray
    latents: np.ndarray
    labels: np.ndarray
    speakers: np.ndarray
    units: np.ndarray

    @property
    def flat(self) -> np.ndarray:
        """(n, values) the spectrograms as rows."""
        return self.spectrograms.reshape(len(self.spectrograms), -1)


@dataclass(frozen=True)
class Judge:
    """A model and its reader."""

    model: Any
    reader: Reader

    def draw(self, latents, hands=None) -> np.ndarray:
        return check_drawings(self.model.draw_at(latents, hands), self.reader.image_shape)

    def read(self, images) -> np.ndarray:
        return self.reader.labels(images)


def hear(model, speech, clips, units) -> Heard:
    """Some clips of a source, by their indices."""
    spectrograms = front_ends.hear([speech.waveforms[i] for i in clips], front_ends.front_end_from(model.front_end))
    return Heard(spectrograms, model.latents_of(spectrograms), speech.labels[clips], speech.speakers[clips], units)
