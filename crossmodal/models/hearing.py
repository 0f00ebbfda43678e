"""What every model that hears and draws does, whatever computes its network: nothing here needs Keras."""

import numpy as np

from crossmodal.errors import DataError
from crossmodal.sound.front_ends import front_end_from


class Hears:
    """For a model that has `front_end`, `image_shape` and `least_information`, see `AudioImageModel`, and `draw`."""

    light = False  # whether it is computed in NumPy, see `crossmodal.models.light`
    front_end: dict
    image_shape: tuple[int, int, int]
    least_information: float

    @property
    def spectrogram_shape(self):
        """(frames, mels, 1) of what it hears; (samples, 1, 1) of waveforms."""
        return *front_end_from(self.front_end).shape, 1

    def generate(self, spectrograms, samples=1, seed=0):
        """Drawings of each clip.

        Args:
            spectrograms: (clips, frames, mels) or (clips, frames, mels, 1), as `hear` makes them.
            samples: further drawings of each clip, at random; or 0.
            seed: these are a function of it.

        Returns:
            images: (clips, height, width, channels) float32 numpy array in [0, 1], the best drawing of each.
            draws: (clips, samples, height, width, channels).

        Raises:
            DataError: the spectrograms have another shape, or hold values that are not finite.
        """
        spectrograms = np.asarray(spectrograms, np.float32)
        shape = self.spectrogram_shape
        if spectrograms.shape[1:] not in (shape, shape[:2]):
            raise DataError(
                f"Spectrograms of shape {spectrograms.shape} do not fit this model: pass (clips, {shape[0]}, "
                f"{shape[1]}), made by log_mel or hear with the model's front_end."
            )
        if not np.isfinite(spectrograms).all():
            raise DataError("The spectrograms hold values that are NaN or infinite: make them anew.")
        images, draws = self.draw(spectrograms.reshape(-1, *shape), samples, seed)
        return images, draws

    def draw(self, spectrograms, samples, seed):
        """What `generate` returns, of spectrograms (clips, frames, mels, 1) that have been checked."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it draws.")

    def information(self, spectrograms):
        """How much each sound, of (clips, frames, mels) in [0, 1], tells of its image: (clips,) numpy array.

        A model that was trained with noise gets little from what it does not know. Infinity where a family cannot say.
        """
        return np.full(len(spectrograms), np.inf)

    def heard(self, spectrograms):
        """Whether each sound tells as much as the model's `least_information`: (clips,) bool."""
        if not self.least_information:
            return np.ones(len(spectrograms), bool)
        return self.information(spectrograms) >= self.least_information
