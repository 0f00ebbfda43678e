"""Cooperative networks for sound textures (R. Zhong, "Cooperative Learning of Deep Generative Models with Application
in Sound Synthesis", UCLA 2017), see `crossmodal.models.cooperative`.

A signal (samples,) is the recording divided by a fixed spectrum: by its peak in the thesis, by its long-term magnitude
in the default. There the reference distribution N(0, I) is noise with the recording's spectrum, and all that f has to
learn is in what the texture differs from that noise.
"""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from crossmodal.errors import AudioError, ModelError
from crossmodal.models.cooperative import Cooperative
from crossmodal.models.knobs import Knobs
from crossmodal.models.networks.auditory import AuditoryDescriptor
from crossmodal.models.networks.subbands import SubbandGenerator
from crossmodal.models.networks.waveform import STRIDES, WaveformDescriptor, WaveformGenerator
from crossmodal.models.networks.wavegan import WaveGANCritic, WaveGANGenerator
from crossmodal.models.playing import Plays, check_draws
from crossmodal.models.streaming import draw_circle, stream_blocks
from crossmodal.presets import from_preset
from crossmodal.runtime.surroundings import check_keras
from crossmodal.sound.long_term import BINS, long_term_density, stereo_response

SPECTRUM_FLOOR_DB = -60.0  # of the fixed spectrum, below its maximum
DRAW_STEPS = 60  # Langevin steps that revise a draw of the default
LONGEST_REVISED_LOOP_S = 60.0  # of a loop, which is revised in one piece


def bandwidth(sound: np.ndarray, sample_rate: int) -> float:
    """The highest frequency in Hz at which a sound (samples,) is above the floor of its fixed spectrum; a recording
    of another sample rate has nothing above half of it."""
    frequency, density = long_term_density(sound, 1.0, SPECTRUM_FLOOR_DB)
    return float(frequency[density > 2 * density.min()][-1]) * sample_rate


@keras.saving.register_keras_serializable("crossmodal")
class CoopNets(Plays, Cooperative):
    """A generator and a descriptor of one texture, its fixed spectrum, and how chains walk.

    Args:
        generator, descriptor: of signals (samples,).
        sample_rate: of the sound, in Hz.
        channels: of the sounds, 1 or 2. The networks know the louder one. Two signals with nothing in common make a
            stereo sound, filtered and mixed so that its channels have the recording's spectra and their correlation.
        **kwargs: see `Cooperative`.

    Raises:
        ModelError: see `Cooperative`, or another number of channels.

    Example:
        model = CoopNets.auditory(20_000)
        sounds = model.draw(duration_s=10.0, draws=2, seed=0)
    """

    from_preset = classmethod(from_preset)

    def __init__(self, generator, descriptor, sample_rate=20_000, channels=1, **kwargs):
        super().__init__(generator, descriptor, **kwargs)
        self.sample_rate = sample_rate
        self.spectrum = self.add_weight(shape=(BINS,), initializer="ones", trainable=False, name="spectrum")
        if channels not in (1, 2):
            raise ModelError(f"channels is {channels!r}: a texture has 1 or 2 channels.")
        self.channels = channels
        if channels == 2:
            shape = (2, 2, BINS, 2)  # channel, signal, frequency, real and imaginary part
            self.stereo = self.add_weight(shape=shape, initializer="zeros", trainable=False, name="stereo")

    @classmethod
    def auditory(cls, sample_rate=20_000, highest_hz=None, **kwargs):
        """The default: a descriptor of cochlear features, a generator of shaped noise, whitened signals."""
        check_keras()
        settings = dict(sample_rate=sample_rate, steps=30, step=0.2, sigma=None, noise=0.1, momentum=0.9)
        settings |= dict(most_drift=0.2, cooling=0.1, draw_steps=DRAW_STEPS)
        networks = (SubbandGenerator(sample_rate, highest_hz), AuditoryDescriptor(sample_rate, highest_hz))
        return cls(*networks, **{**settings, **kwargs})

    @classmethod
    def thesis(cls, sample_rate=20_000, stride=40, kernel=25, activation="relu", published=False, **kwargs):
        """The thesis' networks; signals are divided by their peak. A draw is revised by as many steps as in training,
        unless `draw_steps` says otherwise. `published`: as in the code that the thesis builds on, see
        `crossmodal.models.networks.waveform`; there sigma is step / 0.3, here 0.03."""
        check_keras()
        settings = {**dict(sample_rate=sample_rate, steps=40, step=0.001), **kwargs}
        settings = {"draw_steps": settings["steps"], "sigma": settings["step"] / 0.3 if published else 0.03, **settings}
        descriptor = WaveformDescriptor(strides=(stride, *STRIDES[1:]), activation=activation, published=published)
        return cls(WaveformGenerator(kernel=kernel, published=published), descriptor, **settings)

    @classmethod
    def wavegan(cls, sample_rate=20_000, filters=8, **kwargs):
        """WaveGAN's networks, see `crossmodal.models.networks.wavegan`; signals are whitened, draws are not revised."""
        check_keras()
        return cls(WaveGANGenerator(filters), WaveGANCritic(filters), **{"sample_rate": sample_rate, **kwargs})

    @property
    def multiple(self) -> int:
        """Samples of which the generator draws multiples."""
        return getattr(self.generator, "multiple", 1000)

    def draw_piece(self, draws, samples, seed_z, seed_walk, steps):
        seed_z, seed_walk = tf.constant(seed_z), tf.constant(seed_walk)
        if steps:
            return self._draw_revised(draws, samples, seed_z, seed_walk, tf.constant(steps)).numpy()
        z = self.latents(draws, samples, seed_z)
        return tf.concat([self.generator(z[row : row + 1]) for row in range(draws)], axis=0).numpy()

    def stream(
        self, block: int | None = None, seed: int = 0, knobs: Knobs | None = None, other: "CoopNets | None" = None
    ) -> Iterator[np.ndarray]:
        """New sound of the texture for ever, in constant memory: what the generator draws, not revised by Langevin
        steps, as one long draw of it, without joints.

        Args:
            block: samples of each block; 20 ms of them if None.
            seed: the sound is a function of it, whatever the blocks.
            knobs: level, brightness, density and morph, which may be turned while the stream goes on.
            other: the texture to which knobs.morph turns: spectra and gains between both shape the same noise.

        Returns:
            an iterator of blocks (block,), float32, or (block, 2), at the recording's level.

        Raises:
            AudioError: a block without a sample; while it runs, sound that is not finite.
            ModelError: `other` has another rate or other networks; while it runs, a density of networks without gains.

        Example:
            for samples in model.stream(seed=1):
                loudspeaker.write(samples)
        """
        return stream_blocks(self, block, seed, knobs, other)

    def loop(self, duration_s: float, seed: int = 0, steps: int | None = None) -> np.ndarray:
        """New sound that can be repeated without a seam: its end runs into its start.

        The noise is periodic, and so is all that is made of it: the generator's windows go round, the descriptor and
        the spectrum's filter work on circular Fourier transforms.

        Args:
            duration_s: in seconds, an hour at most, 60 s if it is revised; rounded to whole chunks of the generator,
                0.8 s of the default.
            seed: the sound is a function of it.
            steps: Langevin steps, see `draw`.

        Returns:
            (samples,) float32, or (samples, 2), at the recording's level.

        Raises:
            AudioError: too much was asked for, the descriptor has ends, or the sound is not finite.
        """
        check_draws(duration_s)
        steps = self.draw_steps if steps is None else steps
        if steps and not getattr(self.descriptor, "circular", False):
            raise AudioError("This texture's descriptor hears where a sound ends: draw a loop with 0 steps.")
        if steps and duration_s > LONGEST_REVISED_LOOP_S:
            raise AudioError(
                f"A loop of {duration_s:g} s is too long to be revised: ask for {LONGEST_REVISED_LOOP_S:.0f} s at "
                "most, or for 0 steps."
            )
        x = draw_circle(self, max(1, round(duration_s * self.sample_rate / self.generator.chunk_samples)), seed)
        if steps:
            revised = tf.function(lambda x, steps: self.revise(x, (seed, 0), steps).state, autograph=False)
            x = revised(x, tf.constant(steps))
        sound = self.sounds_of(x.numpy())[0]
        if not np.all(np.isfinite(sound)):
            raise AudioError("The loop is not finite: train anew with a lower learning rate.")
        return sound

    @tf.function(autograph=False)
    def _draw_revised(self, draws, samples, seed_z, seed_walk, steps):
        return self.revise(self.generator(self.latents(draws, samples, seed_z)), seed_walk, steps).state

    def fixed_spectrum(self):
        return keras.ops.convert_to_numpy(self.spectrum)

    def set_spectrum(self, sound: np.ndarray | None, peak: float = 1.0) -> None:
        """Let signals be a sound (samples,) divided by its long-term magnitude, or divided by `peak` if None."""
        if sound is None:
            self.spectrum.assign(np.full(BINS, peak, np.float32))
            return
        _, density = long_term_density(sound, 1.0, SPECTRUM_FLOOR_DB)
        self.spectrum.assign(np.sqrt(density / 2))

    def set_stereo(self, sound: np.ndarray) -> None:
        """Let a model of two channels have the spectra of a stereo sound (samples, 2) and their correlation."""
        response = stereo_response(sound, SPECTRUM_FLOOR_DB)
        self.stereo.assign(np.stack([response.real, response.imag], axis=-1))

    def response(self, samples: int) -> np.ndarray:
        if self.channels == 1:
            return super().response(samples)
        parts = keras.ops.convert_to_numpy(self.stereo)
        bins = np.linspace(0, BINS - 1, samples // 2 + 1)
        rows = (parts[..., 0] + 1j * parts[..., 1]).reshape(4, BINS)
        return np.stack([np.interp(bins, np.arange(BINS), row) for row in rows]).reshape(2, 2, -1)

    def get_config(self):
        return {**super().get_config(), "sample_rate": self.sample_rate, "channels": self.channels}

    @classmethod
    def from_config(cls, config):
        """Older files do not name the Langevin steps of a draw, see `older_draw_steps`."""
        named = {} if "draw_steps" in config else {"draw_steps": older_draw_steps(config)}
        return super().from_config({**config, **named})


def older_draw_steps(config: dict) -> int:
    """What followed from the options of the training, which the provenance repeats."""
    recipe = (config.get("provenance") or {}).get("recipe")
    options = recipe if isinstance(recipe, dict) else {}
    if options.get("algorithm") == "generator":
        return 0
    if options.get("revise_steps") is not None:
        return options["revise_steps"]
    return config["steps"] if options.get("preset") == "thesis" else DRAW_STEPS
