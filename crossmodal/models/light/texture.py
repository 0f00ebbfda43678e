"""The twin of a sound texture with the default networks: `SubbandGenerator` and `AuditoryDescriptor`."""

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.light.cochlea import Bands
from crossmodal.models.light.energy import LightEnergy
from crossmodal.models.light.network import Network, describe
from crossmodal.models.light.twin import Twin
from crossmodal.models.networks.auditory_bands import (
    DECIMATION,
    OLDER_FRAME,
    check_length,
    cochlear_bank,
    length_multiple,
)
from crossmodal.models.playing import Plays
from crossmodal.sampling.light_langevin import light_langevin
from crossmodal.sampling.philox import stateless_normal

NOISES = 16  # latents of a frame that drive the gains, beside its excitation
HIGHEST_GAIN = np.float32(4.0)  # in nepers, of the generator
WALK = ("sigma", "noise", "momentum", "most_drift", "cooling")


class LightGenerator:
    """z (frames, frame + noises) -> signal (frame * frames,), as `SubbandGenerator`."""

    def __init__(self, gains: Network, sample_rate: int, highest_hz: float, frame: int):
        self.gains, self.sample_rate, self.highest_hz, self.frame = gains, sample_rate, highest_hz, frame

    def __call__(self, z: np.ndarray) -> np.ndarray:
        excitation = z[:, : self.frame].ravel()
        bands = Bands(cochlear_bank(len(excitation), self.sample_rate, self.highest_hz))
        gain = np.exp(HIGHEST_GAIN * np.tanh(self.gains(z[None, :, self.frame :])[0] / HIGHEST_GAIN))
        gain /= np.sqrt(np.mean(np.square(gain), axis=0, keepdims=True))
        change = bands.split(excitation) * np.repeat((gain - 1).T, self.frame // DECIMATION, axis=1)
        return excitation + bands.join(change)


class LightTexture(Twin, Plays):
    """Plays as `CoopNets` does: the noise is that of TensorFlow with the same seed, so the sound is the same up to
    rounding."""

    def __init__(self, config: dict, networks: dict):
        generator, descriptor = (config[name]["config"] for name in ("generator", "descriptor"))
        self.sample_rate, self.draw_steps = config["sample_rate"], config["draw_steps"]
        self.provenance = dict(config["provenance"])
        self.walk = {"step_size": config["step"], **{name: config[name] for name in WALK}}
        sizes = [[it["sample_rate"], it["highest_hz"], it.get("frame", OLDER_FRAME)] for it in (generator, descriptor)]
        self.generator = LightGenerator(networks["gains"], *sizes[0])
        self.descriptor = networks["descriptor"], *sizes[1]
        self.spectrum = networks["model"]["spectrum"]

    @property
    def multiple(self) -> int:
        return length_multiple(self.generator.frame)

    @staticmethod
    def describe_networks(model) -> dict:
        kinds = type(model.generator).__name__, type(model.descriptor).__name__
        if kinds != ("SubbandGenerator", "AuditoryDescriptor"):
            raise ModelError(f"A texture of {' and '.join(kinds)} is not computed without Keras.")
        if model.channels != 1:
            raise ModelError("A texture of two channels is not computed without Keras.")
        places = {id(weight): i for i, weight in enumerate(model.weights)}
        return {
            "gains": describe(model.generator.gains, model.weights),
            "descriptor": {"arrays": {weight.name: places[id(weight)] for weight in model.descriptor.weights}},
            "model": {"arrays": {"spectrum": places[id(model.spectrum)]}},
        }

    def draw_piece(self, draws, samples, seed_z, seed_walk, steps):
        frame = self.generator.frame
        check_length(samples, frame)
        z = stateless_normal((draws, samples // frame, frame + NOISES), seed_z)
        signals = [self.generator(each) for each in z]
        if steps:
            energy = LightEnergy(*self.descriptor, samples)
            walk = {**self.walk, "steps": steps, "seed": seed_walk}
            signals = [
                light_langevin(signal[None], lambda y: energy(y[0])[1][None], first=i, **walk)[0]
                for i, signal in enumerate(signals)
            ]
        return np.stack(signals)

    def fixed_spectrum(self):
        return self.spectrum
