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
    signals = (signal.numpy() for signal in model.generator.stream(stream_latents(model, seed)))
    sounds = filter_blocks(blocks_of(signals, block), impulse_responses(model.response(TAPS)))
    return _finite(sound[0] if model.channels == 1 else sound.T for sound in sounds)


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
    signals = model.generator.stream(stream_latents(model, seed, period))
    return tf.concat(list(islice(signals, period)), axis=1)


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


def filter_blocks(blocks: Iterable[np.ndarray], responses: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks (n, block) of n signals by impulse responses (channels, n, taps), overlap-save: blocks (channels, block).

    The filter's state is the last taps - 1 samples of the signals. Until it is full nothing comes out.
    """
    n, taps = responses.shape[1:]
    state, transform = np.zeros((n, 0), np.float32), None
    for block in blocks:
        held = np.concatenate([state, block], axis=1)
        state = held[:, -(taps - 1) :]
        samples = held.shape[1]
        if samples < taps - 1 + block.shape[1]:
            continue
        length = scipy.fft.next_fast_len(samples, real=True)
        transform = scipy.fft.rfft(responses, length) if transform is None else transform
        spectra = np.einsum("cjf,jf->cf", transform, scipy.fft.rfft(held, length))
        yield scipy.fft.irfft(spectra, length)[:, samples - block.shape[1] : samples]


def _finite(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for block in blocks:
        if not np.all(np.isfinite(block)):
            raise AudioError("The stream is not finite: train anew with a lower learning rate.")
        yield block
