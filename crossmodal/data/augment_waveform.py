"""Augmentation of a batch of waveforms inside the tf.data graph, a pure function of a seed.

What an encoder of waveforms hears may be faster or slower, which moves its tones too, begin later, and be in noise.
The masks and warps of `crossmodal.data.augment` belong to spectrograms; rooms and microphones are those of
`crossmodal.data.variants`.
"""

from dataclasses import asdict, dataclass

import tensorflow as tf

from crossmodal.sound.waveform import Waveform


@dataclass(frozen=True)
class WaveformAugmentation:
    """Ranges of the random changes; each clip draws its own values."""

    speed: float = 0.2  # log of the factor on time and all frequencies, to both sides
    shift_s: float = 0.1  # by which it begins later, at most
    noise: float = 0.1  # root mean square of white noise beside a voice of 1, at most

    def scaled(self, strength: float) -> "WaveformAugmentation":
        """All ranges times `strength`."""
        return WaveformAugmentation(**{name: strength * value for name, value in asdict(self).items()})


def augment_waveforms(
    waveforms: tf.Tensor,
    seed: tf.Tensor,
    config: Waveform,
    ranges: WaveformAugmentation,
    parts: int = 1,
    part: int | tf.Tensor = 0,
) -> tf.Tensor:
    """Augmented waveforms: what lies at time t lay at (t - shift) / speed, between two samples on a straight line.

    Args:
        waveforms: (clips, samples, 1) float32: a batch, or the part of it that this replica sees.
        seed: (2,) int32 or int64; the result is a function of it.
        config: the front end that made them.
        ranges: how strong each change may be.
        parts, part: into how many parts the batch is cut, and which this is; it is changed as in the whole batch.

    Returns:
        (clips, samples, 1) float32; what moves beyond the end is lost.
    """
    clips, samples = tf.shape(waveforms)[0], config.shape[0]
    seeds = iter(tf.unstack(tf.random.experimental.stateless_split(seed, 4)))

    def own(draw, *shape):
        """The rows of this part among those of the whole batch."""
        drawn = draw((parts * clips, *shape), next(seeds))
        return drawn[part * clips : (part + 1) * clips]

    speed = tf.exp(ranges.speed * (2 * own(tf.random.stateless_uniform, 1) - 1))
    shift = ranges.shift_s * config.sample_rate * own(tf.random.stateless_uniform, 1)
    level = ranges.noise * own(tf.random.stateless_uniform, 1, 1)
    place = (tf.range(samples, dtype=tf.float32) - shift) / speed + 1  # one 0 is put before the first sample
    place = tf.clip_by_value(place, 0.0, samples + 1.0)
    before = tf.cast(place, tf.int32)
    share = (place - tf.floor(place))[..., None]
    padded = tf.pad(waveforms, ((0, 0), (1, 2), (0, 0)))
    moved = (1 - share) * tf.gather(padded, before, batch_dims=1) + share * tf.gather(padded, before + 1, batch_dims=1)
    return moved + level * own(tf.random.stateless_normal, samples, 1)
