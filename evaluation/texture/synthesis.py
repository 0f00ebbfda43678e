"""Texture synthesis by matching statistics: the classical baseline (McDermott & Simoncelli, Neuron 71, 2011).

Gaussian noise descends by L-BFGS on the squared distance of its statistics to those of a recording. The statistics
know neither phase nor order, so nothing can be copied. The variable is white noise z, the sound is z coloured with the
reference's long-term spectrum: quiet channels then move as easily as loud ones, and some 50 steps do what takes
several hundred on the waveform itself.
"""

import numpy as np
import scipy.optimize
import tensorflow as tf

from crossmodal.errors import AudioError
from crossmodal.sound.long_term import long_term_density
from evaluation.texture.filters import HOP, SAMPLE_RATE
from evaluation.texture.score import REFERENCE_S, check_measurable
from evaluation.texture.statistics import CLASSES, texture_statistics

LONGEST_S = 30.0
_MATCHED_DB = 40.0  # channels within this of the loudest are matched
_FLOOR_DB = -60.0  # of the noise's spectrum, below its maximum


def match_statistics(
    reference: np.ndarray, duration_s: float, steps: int = 100, seed: int = 0, callback=None
) -> np.ndarray:
    """Synthesise a texture from noise.

    Args:
        reference: waveform (samples,) at 20 kHz, of which up to 7 s count.
        duration_s: of the result, 1 to 30 s, rounded to 5 ms.
        steps: of L-BFGS; about 0.2 s each for 4 s of sound on one core.
        seed: of the noise; another seed gives another sound.
        callback: called with (step, loss) after each step, the loss as in `statistics_distance`.

    Returns:
        float32 (samples,) at 20 kHz, at the reference's level.

    Raises:
        AudioError: see `check_measurable`; a duration out of range; a descent that left the finite numbers.
    """
    reference = check_measurable(reference, name="the reference", min_duration_s=1.0)
    reference = reference[: round(REFERENCE_S * SAMPLE_RATE)]
    if not 1.0 <= duration_s <= LONGEST_S:
        raise AudioError(f"a duration of {duration_s} s was asked for: choose 1 to {LONGEST_S:.0f} s.")
    samples = round(duration_s * SAMPLE_RATE / (2 * HOP)) * (2 * HOP)
    target = texture_statistics(reference)
    colour = tf.constant(_long_term_magnitude(reference, samples), tf.complex64)

    @tf.function(autograph=False)
    def waveform(z):
        return tf.signal.irfft(tf.signal.rfft(z) * colour, [samples])

    @tf.function(autograph=False)
    def loss_and_gradient(z):
        with tf.GradientTape() as tape:
            tape.watch(z)
            loss = statistics_distance(target, texture_statistics(waveform(z)))
        return loss, tape.gradient(loss, z)

    def objective(z):
        loss, gradient = loss_and_gradient(tf.constant(z, tf.float32))
        return float(loss), gradient.numpy().astype(np.float64)

    step = 0

    def report(intermediate_result):
        nonlocal step
        step += 1
        if callback is not None:
            callback(step, float(intermediate_result.fun))

    z = np.random.default_rng(seed).standard_normal(samples)
    options = {"maxiter": steps, "maxfun": 10 * steps, "ftol": 0.0, "gtol": 0.0}
    z = scipy.optimize.minimize(objective, z, jac=True, method="L-BFGS-B", callback=report, options=options).x
    result = waveform(tf.constant(z, tf.float32)).numpy()
    if not np.all(np.isfinite(result)):
        raise AudioError("matching the statistics diverged: try another seed or a longer reference.")
    return (result - result.mean()) * (reference.std() / result.std())


def statistics_distance(target: dict, measured: dict) -> tf.Tensor:
    """Sum over classes of sum (T - S)^2 / sum T^2, over channels within 40 dB of the loudest: a scalar tensor.

    Each term is 10^(-SNR/10): the quantity that the score averages in dB.
    """
    power = target["power"]
    matched = tf.cast(power > tf.reduce_max(power) * 10 ** (-_MATCHED_DB / 10), power.dtype)
    distance = 0.0
    for name in CLASSES:
        t, s = target[name], measured[name]
        mask = tf.reshape(matched, matched.shape + (1,) * (len(t.shape) - 1))
        distance += tf.reduce_sum(mask * (t - s) ** 2) / tf.reduce_sum(mask * t**2)
    return distance


def _long_term_magnitude(reference, samples):
    frequency, density = long_term_density(reference, SAMPLE_RATE, _FLOOR_DB)
    return np.sqrt(np.interp(np.fft.rfftfreq(samples, 1 / SAMPLE_RATE), frequency, density))
