"""What every model of a texture does that plays it, whatever computes its networks: nothing here needs Keras."""

from collections.abc import Callable

import numpy as np

from crossmodal.errors import AudioError
from crossmodal.sound.long_term import BINS

PIECE_S, UNREVISED_PIECE_S = 10.0, 60.0  # a longer draw is made in such pieces,
FADE_S = 0.5  # each of which fades into the next
LONGEST_S = 3600.0  # of all draws of a call together: they are held in memory


def check_draws(duration_s: float, draws: int = 1) -> None:
    """AudioError unless so many draws of so many seconds can be made."""
    if not (duration_s > 0 and draws >= 1 and draws * duration_s <= LONGEST_S):
        raise AudioError(
            f"{draws} draw{'s' * (draws != 1)} of {duration_s:g} s: choose a positive number and duration, together "
            f"{LONGEST_S:.0f} s at most."
        )


def cross_fade(pieces: list[np.ndarray], fade: int) -> np.ndarray:
    """Signals (draws, samples), equally long, one after the other, each fading into the next over `fade` samples. For
    signals that have nothing to do with each other the power stays what it is."""
    angle = np.linspace(0, np.pi / 2, fade, dtype=np.float32)
    draws, length = pieces[0].shape
    hop = length - fade
    joined = np.empty((draws, hop * len(pieces) + fade), np.float32)
    for i, piece in enumerate(pieces):
        start = i * hop
        if i:
            piece = piece.copy()
            piece[:, :fade] = joined[:, start : start + fade] * np.cos(angle) + piece[:, :fade] * np.sin(angle)
        joined[:, start : start + length] = piece
    return joined


class Texture:
    """A model of sounds that can be played: it has `draw`, see `Plays.draw`."""

    light = False  # whether it is computed in NumPy, see `crossmodal.models.light`
    channels = 1
    sample_rate: int
    draw_steps: int


class Plays(Texture):
    """For a texture that says how it makes a piece, `draw_piece`, and what spectrum it has, `fixed_spectrum`."""

    @property
    def multiple(self) -> int:
        """Pieces have multiples of so many samples."""
        raise NotImplementedError(f"{type(self).__name__} does not say of how many samples it draws multiples.")

    def draw(
        self,
        duration_s: float,
        draws: int = 1,
        seed: int = 0,
        steps: int | None = None,
        on_piece: Callable[[int, int], None] | None = None,
    ) -> np.ndarray:
        """New sound of the texture.

        Args:
            duration_s: of each draw, in seconds; of all together an hour at most.
            draws: how many.
            seed: the draws are a function of it.
            steps: Langevin steps by which the descriptor revises what the generator drew; 0 leaves it, None stands for
                the model's `draw_steps`.
            on_piece: called as on_piece(pieces done, pieces) after each of the pieces in which long draws are made.

        Returns:
            (draws, samples) float32, or (draws, samples, 2), at the recording's level.

        Raises:
            AudioError: less than one sample or too much was asked for, or the chains left the finite numbers.
        """
        check_draws(duration_s, draws)
        wanted = round(duration_s * self.sample_rate)
        if wanted < 1:
            raise AudioError(
                f"A draw of {duration_s:g} s has no samples at {self.sample_rate} Hz: choose a longer one."
            )
        samples = self._up_to_multiple(max(wanted, self.sample_rate))
        steps = self.draw_steps if steps is None else steps
        x = self._draw_in_pieces(draws * self.channels, samples, seed, steps, on_piece)
        sounds = self.sounds_of(x)[:, :wanted]
        if not np.all(np.isfinite(sounds)):
            raise AudioError("The draws are not finite: train anew with a lower learning rate.")
        return sounds

    def _up_to_multiple(self, samples: int) -> int:
        return -(-samples // self.multiple) * self.multiple

    def _draw_in_pieces(self, draws, samples, seed, steps, on_piece) -> np.ndarray:
        """Signals (draws, samples or a little more), in bounded memory."""
        longest_s = PIECE_S if steps else UNREVISED_PIECE_S
        piece, fade = (self._up_to_multiple(round(seconds * self.sample_rate)) for seconds in (longest_s, FADE_S))
        count = 1 if samples <= piece else -(-(samples - fade) // (piece - fade))
        length = min(samples, piece)
        pieces = []
        for i in range(count):
            pieces.append(self.draw_piece(draws, length, (seed, 2 * i), (seed, 2 * i + 1), steps))
            if on_piece:
                on_piece(i + 1, count)
        return cross_fade(pieces, fade)

    def draw_piece(self, draws: int, samples: int, seed_z, seed_walk, steps: int) -> np.ndarray:
        """Signals (draws, samples), a function of two seeds of two integers each."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it draws.")

    def whiten(self, sound: np.ndarray) -> np.ndarray:
        """Sound (..., samples) -> signal (..., samples)."""
        return self._filter(sound, lambda magnitude: 1 / magnitude)

    def colour(self, signal: np.ndarray) -> np.ndarray:
        """Signal (..., samples) -> sound (..., samples): the inverse of `whiten`."""
        return self._filter(signal, lambda magnitude: magnitude)

    def sounds_of(self, signals: np.ndarray) -> np.ndarray:
        """Signals (draws * channels, samples) -> sounds (draws, samples), or (draws, samples, 2)."""
        if self.channels == 1:
            return self.colour(signals)
        samples = signals.shape[1]
        spectra = np.einsum("cjf,djf->dcf", self.response(samples), np.fft.rfft(signals.reshape(-1, 2, samples)))
        return np.fft.irfft(spectra, samples).astype(np.float32).transpose(0, 2, 1)

    def response(self, samples: int) -> np.ndarray:
        """Of each channel the filter of each signal, (channels, channels, samples // 2 + 1), at such frequencies."""
        return self.magnitude(samples)[None, None]

    def magnitude(self, samples: int) -> np.ndarray:
        """The fixed spectrum at the frequencies of a Fourier transform of so many samples, (samples // 2 + 1,)."""
        bins = np.linspace(0, BINS - 1, samples // 2 + 1)
        return np.interp(bins, np.arange(BINS), self.fixed_spectrum())

    def fixed_spectrum(self) -> np.ndarray:
        """(BINS,) magnitudes."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its spectrum is.")

    def _filter(self, x, gain):
        samples = x.shape[-1]
        return np.fft.irfft(np.fft.rfft(x) * gain(self.magnitude(samples)), samples).astype(np.float32)
