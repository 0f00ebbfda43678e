"""A texture without an end, block by block in constant memory.

The generator draws chunk after chunk of one signal by overlap-save, from noise that is a function of the seed and the
number of the chunk. A filter with a state gives each block the recording's spectrum. Nothing is cross-faded.
"""

from collections.abc import Iterable, Iterator
from itertools import count, islice

import numpy as np
import scipy.fft
import tensorflow as tf

from crossmodal.errors import AudioError

BLOCK_S = 0.02
TAPS = 4096  # of the filter that colours a signal; half of them look ahead


def stream_blocks(model, block: int | None = None, seed: int = 0) -> Iterator[np.ndarray]:
    """The blocks of `CoopNets.stream`: see there."""
    block = max(1, round(BLOCK_S * model.sample_rate)) if block is None else block
    if block < 1:
        raise AudioError(f"A stream of blocks of {block} samples has none: ask for 1 or more.")
    signals = (signal.numpy()[0] for signal in model.generator.stream(stream_latents(model, seed)))
    return _finite(filter_blocks(blocks_of(signals, block), impulse_response(model.magnitude(TAPS))))


def stream_latents(model, seed: int, period: int | None = None) -> Iterator[tf.Tensor]:
    """z ~ N(0, I), one chunk (1, frames, ...) after the other, each a function of the seed and its number; the same
    again and again after `period` chunks."""
    shape = (1, *model.generator.latent_shape(model.generator.chunk_samples))
    for i in count():
        yield tf.random.stateless_normal(shape, (seed, i % period if period else i))


def draw_circle(model, period: int, seed: int) -> tf.Tensor:
    """A signal (1, samples) of so many chunks whose end runs into its start: one turn of a stream of periodic noise.

    All that the generator does is the same at each chunk, so what it makes of periodic noise is periodic.
    """
    signals = model.generator.stream(stream_latents(model, seed, period))
    return tf.concat(list(islice(signals, period)), axis=1)


def blocks_of(signals: Iterable[np.ndarray], block: int) -> Iterator[np.ndarray]:
    """Signals (samples,) of any lengths, one after the other, as blocks (block,)."""
    rest = np.zeros(0, np.float32)
    for signal in signals:
        rest = np.concatenate([rest, signal])
        whole = len(rest) // block * block
        yield from rest[:whole].reshape(-1, block)
        rest = rest[whole:]


def impulse_response(magnitude: np.ndarray) -> np.ndarray:
    """The response (taps,) of a filter with a magnitude (taps // 2 + 1,) and phase 0, delayed by taps // 2."""
    return np.fft.fftshift(np.fft.irfft(magnitude)).astype(np.float32)


def filter_blocks(blocks: Iterable[np.ndarray], response: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks (block,) of one signal, convolved with a response (taps,) by overlap-save.

    The filter's state is the last taps - 1 samples of the signal. Until it is full nothing comes out.
    """
    state, transform = np.zeros(0, np.float32), None
    for block in blocks:
        held = np.concatenate([state, block])
        state = held[-(len(response) - 1) :]
        if len(held) < len(response) - 1 + len(block):
            continue
        length = scipy.fft.next_fast_len(len(held), real=True)
        transform = scipy.fft.rfft(response, length) if transform is None else transform
        filtered = scipy.fft.irfft(scipy.fft.rfft(held, length) * transform, length)
        yield filtered[len(held) - len(block) : len(held)]


def _finite(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for block in blocks:
        if not np.all(np.isfinite(block)):
            raise AudioError("The stream is not finite: train anew with a lower learning rate.")
        yield block
