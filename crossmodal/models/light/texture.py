"""The twin of a sound texture with the default networks: `SubbandGenerator` and `AuditoryDescriptor`."""

import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.light.cochlea import Bands
from crossmodal.models.light.energy import FRAME, LightEnergy
from crossmodal.models.light.network import Network, describe
from crossmodal.models.light.twin import Twin
from crossmodal.models.networks.auditory_bands import check_length, cochlear_bank
from crossmodal.models.playing import Plays
from crossmodal.sampling.light_langevin import light_langevin
from crossmodal.sampling.philox import stateless_normal

LATENTS = FRAME + 16  # of a frame: its excitation, and what drives the gains
HIGHEST_GAIN = np.float32(4.0)  # in nepers, of the generator
GAINS_EVERY = 5  # samples of a band, at a tenth of the sample rate
WALK = ("sigma", "noise", "momentum", "most_drift", "cooling")


class LightGenerator:
    """z (frames, 50 + noises) -> signal (50 * frames,), as `SubbandGenerator`."""

    def __init__(self, gains: Network, sample_rate: int, highest_hz: float):
        self.gains, self.sample_rate, self.highest_hz = gains, sample_rate, highest_hz

    def __call__(self, z: np.ndarray) -> np.ndarray:
        excitation = z[:, :FRAME].ravel()
        bands = Bands(cochlear_bank(len(excitation), self.sample_rate, self.highest_hz))
        gain = np.exp(HIGHEST_GAIN * np.tanh(self.gains(z[None, :, FRAME:])[0] / HIGHEST_GAIN))
        gain /= np.sqrt(np.mean(np.square(gain), axis=0, keepdims=True))
        change = bands.split(excitation) * np.repeat((gain - 1).T, GAINS_EVERY, axis=1)
        return excitation + bands.join(change)


class LightTexture(Twin, Plays):
    """Plays as `CoopNets` does: the noise is that of TensorFlow with the same seed, so the sound is the same up to
    rounding."""

    def __init__(self, config: dict, networks: dict):
        generator, descriptor = (config[name]["config"] for name in ("generator", "descriptor"))
        self.sample_rate, self.draw_steps = config["sample_rate"], config["draw_steps"]
        self.provenance = dict(config["provenance"])
        self.walk = {"step_size": config["step"], **{name: config[name] for name in WALK}}
        self.generator = LightGenerator(networks["gains"], generator["sample_rate"], generator["highest_hz"])
        self.descriptor = networks["descriptor"], descriptor["sample_rate"], descriptor["highest_hz"]
        self.spectrum = networks["model"]["spectrum"]

    @staticmethod
    def describe_networks(model) -> dict:
        kinds = type(model.generator).__name__, type(model.descriptor).__name__
        if kinds != ("SubbandGenerator", "AuditoryDescriptor") or model.generator.latent_shape(1000)[1] != LATENTS:
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
        check_length(samples)
        z = stateless_normal((draws, samples // FRAME, LATENTS), seed_z)
        signals = [self.generator(each) for each in z]
        if steps:
            energy = LightEnergy(*self.descriptor, samples)
            walk = {**self.walk, "steps": steps, "seed": seed_walk}
            signals = [light_langevin(signal, energy, chain=i, **walk) for i, signal in enumerate(signals)]
        return np.stack(signals)

    def fixed_spectrum(self):
        return self.spectrum
