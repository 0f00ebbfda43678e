"""A texture without an end, block by block in constant memory.

The generator draws chunk after chunk of one signal by overlap-save, from noise that is a function of the seed and the
number of the chunk. A filter with a state gives each block the recording's spectrum. Nothing is cross-faded.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice

import numpy as np
import scipy.fft
import tensorflow as tf

from crossmodal.errors import AudioError, ModelError
from crossmodal.models.knobs import Knobs, turned

BLOCK_S = 0.02
TAPS = 4096  # of the filter that colours a signal; half of them look ahead


def stream_blocks(model, block: int | None, seed: int, knobs: Knobs | None, other) -> Iterator[np.ndarray]:
    """The blocks of `CoopNets.stream`: see there."""
    block = max(1, round(BLOCK_S * model.sample_rate)) if block is None else block
    if block < 1:
        raise AudioError(f"A stream of blocks of {block} samples has none: ask for 1 or more.")
    latents, knobs = stream_latents(model, seed), knobs or Knobs()
    if other is not None:
        check_alike(model, other)
    if has_gains(model):
        there = None if other is None else other.generator
        drawn = model.generator.stream(latents, there, lambda: (knobs.density, knobs.morph))
    else:
        drawn = model.generator.stream(latents)
    signals = (signal.numpy() for signal in drawn)
    sounds = filter_blocks(blocks_of(signals, block), FilterOfKnobs(model, other, knobs))
    return _finite(sound[0] if model.channels == 1 else sound.T for sound in sounds)


def has_gains(model) -> bool:
    """Whether a model's generator shapes noise by gains, as the default's does."""
    return hasattr(model.generator, "gains")


def check_alike(model, other) -> None:
    """ModelError unless one texture can turn into another."""
    if not (has_gains(model) and has_gains(other)):
        raise ModelError("Only textures of the default networks turn into each other: learn both with these.")
    if (model.sample_rate, model.channels) != (other.sample_rate, other.channels) or model.channels != 1:
        raise ModelError(
            f"Textures that turn into each other have one channel and the same rate: these have {model.channels} at "
            f"{model.sample_rate:,} Hz and {other.channels} at {other.sample_rate:,} Hz."
        )


class FilterOfKnobs:
    """The impulse responses (channels, channels, TAPS) that knobs ask for now; the same array while nothing changes."""

    def __init__(self, model, other, knobs: Knobs):
        self.model, self.other, self.knobs = model, other, knobs
        self.position: tuple | None = None

    def __call__(self) -> np.ndarray:
        knobs = self.knobs
        if knobs.density != 1 and not has_gains(self.model):
            raise ModelError("This texture has no gains to be made denser: leave density at 1.")
        if (position := (knobs.level, knobs.brightness, knobs.morph)) != self.position:
            response = self.model.response(TAPS)
            if self.other is not None:
                response = response ** (1 - knobs.morph) * self.other.response(TAPS) ** knobs.morph
            self.responses = impulse_responses(turned(response, self.model.sample_rate, knobs))
            self.position = position
        return self.responses


def stream_latents(model, seed: int, period: int | None = None) -> Iterator[tf.Tensor]:
    """z ~ N(0, I), one chunk (channels, frames, ...) after the other, each a function of the seed and its number; the
    same again and again after `period` chunks."""
    shape = (model.channels, *model.generator.latent_shape(model.generator.chunk_samples))
    for i in count():
        yield tf.random.stateless_normal(shape, (seed, i % period if period else i))


def draw_circle(model, period: int, seed: int) -> tf.Tensor:
    """Signals (channels, samples) of so many chunks whose end runs into their start: a stream's turn of periodic noise.

    All that the generator does is the same at each chunk, so what it makes of periodic noise is periodic.
    """
    signals = (signal.numpy() for signal in model.generator.stream(stream_latents(model, seed, period)))
    return tf.concat(list(islice(blocks_of(signals, model.generator.chunk_samples), period)), axis=1)


def blocks_of(signals: Iterable[np.ndarray], block: int) -> Iterator[np.ndarray]:
    """Signals (channels, samples) of any lengths, one after the other, as blocks (channels, block)."""
    rest: np.ndarray | None = None
    for signal in signals:
        rest = signal if rest is None else np.concatenate([rest, signal], axis=1)
        whole = rest.shape[1] // block * block
        for start in range(0, whole, block):
            yield rest[:, start : start + block]
        rest = rest[:, whole:]


def impulse_responses(response: np.ndarray) -> np.ndarray:
    """Responses to frequencies (..., taps // 2 + 1) as impulse responses (..., taps), delayed by taps // 2."""
    return np.fft.fftshift(np.fft.irfft(response), axes=-1).astype(np.float32)


def filter_blocks(blocks: Iterable[np.ndarray], responses: Callable[[], np.ndarray]) -> Iterator[np.ndarray]:
    """Blocks (n, block) of n signals by impulse responses (channels, n, taps), overlap-save: blocks (channels, block).

    The filter's state is the last taps - 1 samples of the signals. Until it is full nothing comes out. `responses` is
    asked before each block; another filter is reached within the block.
    """
    state: np.ndarray | None = None
    now: np.ndarray | None = None
    transform: np.ndarray | None = None
    for block in blocks:
        held = block if state is None else np.concatenate([state, block], axis=1)
        before, now = now, responses()
        taps, samples = now.shape[-1], held.shape[1]
        state = held[:, -(taps - 1) :]
        first = samples - block.shape[1]
        if first < taps - 1:
            continue
        length = scipy.fft.next_fast_len(samples, real=True)
        spectra, last = scipy.fft.rfft(held, length), transform
        if transform is None or now is not before:
            transform = scipy.fft.rfft(now, length)
        sound = _convolved(transform, spectra, length)[:, first:samples]
        if last is not None and last is not transform:
            left = np.linspace(1, 0, block.shape[1], dtype=np.float32)
            sound = sound + left * (_convolved(last, spectra, length)[:, first:samples] - sound)
        yield sound


def _convolved(transform: np.ndarray, spectra: np.ndarray, length: int) -> np.ndarray:
    return scipy.fft.irfft(np.einsum("cjf,jf->cf", transform, spectra), length)


def _finite(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for block in blocks:
        if not np.all(np.isfinite(block)):
            raise AudioError("The stream is not finite: train anew with a lower learning rate.")
        yield block
