"""A pair of an image and a sound as one vector of numbers, the state of a flow over both.

(pixels, values of the spectrogram, duration): pixels and values in [-1, 1], the duration as (log d - log 0.4 s) / 0.4,
which of spoken digits has about zero mean and unit variance.
"""

from dataclasses import dataclass

import numpy as np
from keras import ops

MIDDLE_S, SPREAD = 0.4, 0.4
WIDEST = 4.0  # of a duration in these units: from 0.08 to 2 s


@dataclass(frozen=True)
class PairState:
    """How pairs become states (n, size) and states pairs.

    Args:
        image_shape: (height, width, channels).
        spectrogram_shape: (frames, mels, 1).
    """

    image_shape: tuple[int, int, int]
    spectrogram_shape: tuple[int, int, int]

    @property
    def pixels(self) -> int:
        return int(np.prod(self.image_shape))

    @property
    def values(self) -> int:
        return int(np.prod(self.spectrogram_shape))

    @property
    def size(self) -> int:
        return self.pixels + self.values + 1

    def join(self, images, spectrograms, durations):
        """Images (n, height, width, channels) and spectrograms (n, frames, mels, 1) in [0, 1] and durations (n,) in the
        state's units -> states."""
        pixels, values = (ops.reshape(images, (-1, self.pixels)), ops.reshape(spectrograms, (-1, self.values)))
        return ops.concatenate([2 * pixels - 1, 2 * values - 1, ops.reshape(durations, (-1, 1))], axis=-1)

    def part(self, states):
        """The numbers of images, of spectrograms and of durations (n, 1), in their shapes."""
        image, values, duration = ops.split(states, [self.pixels, self.size - 1], axis=-1)
        shapes = (-1, *self.image_shape), (-1, *self.spectrogram_shape)
        return ops.reshape(image, shapes[0]), ops.reshape(values, shapes[1]), duration

    def flat(self, image, values, duration):
        """The inverse of `part`, each number within its range."""
        limits = ((image, 1.0, self.pixels), (values, 1.0, self.values), (duration, WIDEST, 1))
        return ops.concatenate([ops.reshape(ops.clip(x, -m, m), (-1, size)) for x, m, size in limits], axis=-1)

    def per_number(self, sides):
        """Something of the image and of the sound, (n, 2) -> the same of each of their numbers, (n, size)."""
        image, sound = sides[:, :1], sides[:, 1:]
        each = [ops.repeat(image, self.pixels, axis=1), ops.repeat(sound, self.values + 1, axis=1)]
        return ops.concatenate(each, axis=1)

    def given(self, noise, images=None, spectrograms=None):
        """numpy states that are noise (n, size) but for the side that is given. A given sound has the duration 0."""
        start = np.array(noise)
        if images is not None:
            start[:, : self.pixels] = 2 * np.reshape(images, (len(start), self.pixels)) - 1
        if spectrograms is not None:
            start[:, self.pixels : -1] = 2 * np.reshape(spectrograms, (len(start), self.values)) - 1
            start[:, -1] = 0
        return start

    def pairs(self, states):
        """numpy images and spectrograms in [0, 1] and durations (n,) in seconds."""
        image, values, duration = (ops.convert_to_numpy(x) for x in self.part(states))
        image, values = (np.clip((x + 1) / 2, 0, 1) for x in (image, values))
        return image, values, seconds_of(duration[:, 0])


def units_of(durations_s):
    """Durations (n,) in seconds -> in the state's units."""
    return ops.clip(ops.log(ops.maximum(durations_s, 1e-3) / MIDDLE_S) / SPREAD, -WIDEST, WIDEST)


def seconds_of(durations):
    """The inverse of `units_of`, numpy arrays."""
    return MIDDLE_S * np.exp(SPREAD * durations)
