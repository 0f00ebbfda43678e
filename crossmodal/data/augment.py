"""Augmentation of a batch of log-mel spectrograms inside the tf.data graph, a pure function of a seed.

Both axes are warped by one product with an interpolation matrix each, S' = T S F^T, which costs a
hundredth of a training step. Frequency is scaled in hertz, as another vocal tract length would (VTLP,
Jaitly & Hinton 2013), and smeared, which hides the harmonics of one voice's pitch; time is shifted, scaled
and bent; then come a random equaliser, a noise floor, and masks (SpecAugment, Park et al. 2019).
"""

from dataclasses import asdict, dataclass, replace

import numpy as np
import tensorflow as tf

from crossmodal.sound.spectrogram import LogMel

FLOOR_NOISE_DB = 1.5  # standard deviation of a noise floor


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; each clip draws its own values uniformly from -range to range.

    Frames and bands are those of 48 x 48, see `at`.
    """

    vocal_tract: float = 0.2  # log of the factor on all frequencies
    smear: float = 3.0  # mel bands to each side over which frequencies are averaged, at most
    time_scale: float = 0.15  # log of the factor on time
    time_shift: float = 4.0  # frames
    time_bend: float = 2.0  # frames, amplitude of a slow sine added to the time axis
    gain_db: float = 6.0  # equaliser: a random smooth curve over frequency
    floor_db: float = 25.0  # how far a noise floor may rise above the bottom of the range
    noise_db: float = 3.0  # standard deviation of independent noise on each value, at most
    mask_frames: float = 8.0  # widest of two masks over time
    mask_mels: float = 8.0  # widest of two masks over frequency

    def at(self, config: LogMel) -> "Augmentation":
        """The same changes to spectrograms of a front end: what is counted in frames and bands grows with them."""
        frames, mels = config.n_frames / LogMel.n_frames, config.n_mels / LogMel.n_mels
        counted = {"time_shift": frames, "time_bend": frames, "mask_frames": frames, "smear": mels, "mask_mels": mels}
        return replace(self, **{name: factor * getattr(self, name) for name, factor in counted.items()})

    def scaled(self, strength: float) -> "Augmentation":
        """All ranges times `strength`."""
        return Augmentation(**{name: strength * value for name, value in asdict(self).items()})


AUGMENTATIONS = {
    "speech": Augmentation(),
    # what tells rain from a chainsaw is their spectra: these are left alone, but for a little
    "environment": Augmentation(
        vocal_tract=0.1, smear=0.0, gain_db=4.0, floor_db=0.0, noise_db=2.0, mask_frames=0.0, mask_mels=0.0
    ),
}


def hz_to_mel(hz):
    """Slaney's mel scale: linear below 1 kHz, logarithmic above (as librosa's default)."""
    return tf.where(hz < 1000.0, hz * 3 / 200, 15 + tf.math.log(tf.maximum(hz, 1.0) / 1000) / (np.log(6.4) / 27))


def mel_centres_hz(config: LogMel) -> np.ndarray:
    """(n_mels,) centre frequency of each band."""
    import librosa

    return librosa.mel_frequencies(config.n_mels + 2, fmin=config.fmin, fmax=config.fmax)[1:-1].astype(np.float32)


def interpolation_matrix(source: tf.Tensor, size: int, width=1.0) -> tf.Tensor:
    """Weights of linear interpolation, ends held; a `width` over 1 averages more than two neighbours.

    Args:
        source: (batch, n) fractional positions.
        width: half the base of the triangle of weights, a number or (batch, 1, 1).

    Returns:
        (batch, n, size), each row of sum 1.
    """
    source = tf.clip_by_value(source, 0.0, size - 1.0)
    weights = tf.maximum(0.0, 1.0 - tf.abs(source[..., None] - tf.range(size, dtype=tf.float32)) / width)
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True)


def augment(
    spectrograms: tf.Tensor,
    seed: tf.Tensor,
    config: LogMel,
    ranges: Augmentation,
    parts: int = 1,
    part: int | tf.Tensor = 0,
) -> tf.Tensor:
    """Augmented spectrograms.

    Args:
        spectrograms: (clips, frames, mels) float32 in [0, 1]: a batch, or the part of it that this replica sees.
        seed: (2,) int32 or int64; the result is a function of it.
        config: the front end that made the spectrograms.
        ranges: how strong each change may be.
        parts, part: into how many parts the batch is cut, and which this is; it is changed as in the whole batch.

    Returns:
        (clips, frames, mels) float32 in [0, 1].
    """
    clips, frames, mels = tf.shape(spectrograms)[0], config.n_frames, config.n_mels
    seeds = iter(tf.unstack(tf.random.experimental.stateless_split(seed, 11)))

    def own(draws):
        return draws[part * clips : (part + 1) * clips] if parts > 1 else draws

    def uniform(limit, *shape):
        return own(tf.random.stateless_uniform((parts * clips, *shape), next(seeds), -limit, limit))

    # time: t' = centre + (t - centre) * scale + shift + bend * sin(2 pi t / frames + phase)
    t = tf.range(frames, dtype=tf.float32)
    centre = (frames - 1) / 2
    bend, phase = tf.unstack(uniform(1.0, 2), axis=1)
    source_frames = (
        centre
        + (t - centre) * tf.exp(uniform(ranges.time_scale, 1))
        + uniform(ranges.time_shift, 1)
        + ranges.time_bend * bend[:, None] * tf.sin(2 * np.pi * t / frames + np.pi * phase[:, None])
    )
    # frequency: the band centred on f takes what lies at f * factor
    low, high = hz_to_mel(config.fmin), hz_to_mel(config.fmax)
    source_hz = mel_centres_hz(config) * tf.exp(uniform(ranges.vocal_tract, 1))
    source_mels = (hz_to_mel(source_hz) - low) / (high - low) * (mels + 1) - 1
    warped = tf.matmul(interpolation_matrix(source_frames, frames), spectrograms)
    width = 1 + tf.abs(uniform(ranges.smear, 1, 1))
    warped = tf.matmul(warped, interpolation_matrix(source_mels, mels, width), transpose_b=True)

    # equaliser: six random gains, interpolated; not where the range ends in silence
    unit = 1 / config.dynamic_range_db
    knots = tf.linspace(0.0, 5.0, mels)[None]
    curve = tf.einsum("bk,zmk->bm", uniform(ranges.gain_db * unit, 6), interpolation_matrix(knots, 6))
    changed = warped + curve[:, None, :]
    noise = own(tf.random.stateless_normal((parts * clips, frames, mels), next(seeds)))
    changed += noise * tf.abs(uniform(ranges.noise_db * unit, 1, 1))
    floor = tf.abs(uniform(ranges.floor_db * unit, 1, 1))
    if ranges.floor_db:  # a rising floor: background noise louder than the quiet parts
        changed = tf.maximum(changed, floor + noise * FLOOR_NOISE_DB * unit)

    def mask(size, widest):
        where = (uniform(0.5, 2, 2) + 0.5) * [float(size), widest]
        start, width = where[:, :, :1], where[:, :, 1:]
        i = tf.range(size, dtype=tf.float32)
        return tf.reduce_any((i >= start) & (i < start + width), axis=1)

    changed = tf.where(mask(frames, ranges.mask_frames)[:, :, None], 0.0, changed)
    changed = tf.where(mask(mels, ranges.mask_mels)[:, None, :], 0.0, changed)
    if config.timing != "stretch":  # a padded frame stays one: it is 0, as are all that follow
        padded = tf.cumsum(tf.reduce_max(warped, axis=2), axis=1, reverse=True) <= 0
        changed = tf.where(padded[:, :, None], 0.0, changed)
    return tf.clip_by_value(changed, 0.0, 1.0)
