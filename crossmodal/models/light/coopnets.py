"""The twin of conditional cooperative networks: a generator draws, chains of a descriptor revise, both in NumPy."""

import numpy as np

from crossmodal.models.hands import DrawsInHands
from crossmodal.models.light.activations import sigmoid
from crossmodal.models.light.network import describe
from crossmodal.models.light.slopes import Slopes
from crossmodal.models.light.twin import DrawingTwin
from crossmodal.sampling.light_langevin import light_langevin

BATCH = 512  # drawings that are revised at once; the noise of their chains is numbered by batch


class LightConditionalCoopNets(DrawsInHands, DrawingTwin):
    """Draws as `ConditionalCoopNets` does: hands and noise are the same, so the drawings are, up to rounding."""

    def __init__(self, config: dict, networks: dict):
        super().__init__(config, networks)
        self.prior = networks.get("prior")
        self.slopes, self.projection = Slopes(networks["descriptor"]), networks["projection"]["kernel"]
        self.hand_dim, self.draw_steps = config["hand_dim"], config["draw_steps"]
        self.walk = {"step_size": config["step"], "noise": config["noise"], "sigma": None}

    @staticmethod
    def describe_networks(model) -> dict:
        found = {name: describe(getattr(model, name), model.weights) for name in ("encoder", "decoder", "descriptor")}
        if model.prior:
            heads = [model.prior.get_layer(name).output for name in ("mu", "l")]
            found["prior"] = describe(model.prior, model.weights, heads)
        place = next(i for i, weight in enumerate(model.weights) if weight is model.projection.kernel)
        return {**found, "projection": {"arrays": {"kernel": place}}}

    def latents_of(self, spectrograms):
        return self.encoder(spectrograms)

    def decode(self, codes: np.ndarray, hands: np.ndarray) -> np.ndarray:
        """As `DrawsInHands`, revised by `draw_steps` steps."""
        images = sigmoid(self.decoder(np.concatenate([codes, self.placed(codes, hands)], axis=-1)))
        for i in range(0, len(images) if self.draw_steps else 0, BATCH):
            images[i : i + BATCH] = self.revise(images[i : i + BATCH], codes[i : i + BATCH], (0, i))
        return images

    def placed(self, codes: np.ndarray, hands: np.ndarray) -> np.ndarray:
        """mu + L h, see `crossmodal.models.hand_inference`."""
        if self.prior is None:
            return hands
        mu, entries = self.prior(codes)
        square = entries.reshape(-1, self.hand_dim, self.hand_dim)
        diagonal = np.exp(np.diagonal(square, axis1=1, axis2=2))
        return mu + (np.tril(square, -1) @ hands[:, :, None])[:, :, 0] + diagonal * hands

    def revise(self, images: np.ndarray, codes: np.ndarray, seed) -> np.ndarray:
        """Images after `draw_steps` Langevin steps on f(y, c) = s(y) + <P c, features(y)>."""
        by_outputs = [np.ones((len(images), 1), np.float32), codes @ self.projection]
        walk = {**self.walk, "steps": self.draw_steps, "seed": seed}
        return np.clip(light_langevin(images, lambda y: self.slopes(y, by_outputs), **walk), 0, 1)
