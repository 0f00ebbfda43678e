"""Several textures in one model: at each moment one of them sounds, each for its share of the time."""

from collections.abc import Callable, Iterator

import keras
import numpy as np

from crossmodal.errors import ModelError
from crossmodal.models.coopnets import CoopNets
from crossmodal.models.knobs import Knobs
from crossmodal.models.playing import Texture
from crossmodal.sound.turning import check_weights, stream_turns, take_turns


@keras.saving.register_keras_serializable("crossmodal")
class TurningTextures(Texture, keras.Model):
    """Textures that take turns, see `crossmodal.sound.turning`.

    Args:
        textures: of one channel, all at the same sample rate.
        shares: a positive number for each: the shares of the time are proportional to them.
        provenance: facts on the training, for whoever receives the file.

    Raises:
        ModelError: no textures, or such of two channels or of unlike rates.
        AudioError: shares that are not one positive number per texture.

    Example:
        both = TurningTextures([load_model("birds.keras"), load_model("dogs.keras")], [1, 3])
        sounds = both.draw(duration_s=20.0, seed=0)
    """

    def __init__(self, textures, shares, provenance=None, **kwargs):
        super().__init__(**kwargs)
        if not textures or not all(isinstance(texture, CoopNets) for texture in textures):
            raise ModelError("Textures that take turns are sound textures: learn them first.")
        rates = sorted({texture.sample_rate for texture in textures})
        if len(rates) > 1 or any(texture.channels != 1 for texture in textures):
            raise ModelError(
                f"Textures that take turns have one channel and the same rate: learn all at {rates[-1]:,} Hz, in mono."
            )
        check_weights(shares, len(textures))
        self.textures, self.shares = list(textures), [float(share) for share in shares]
        self.sample_rate, self.draw_steps = rates[0], max(texture.draw_steps for texture in textures)
        self.provenance = dict(provenance or {})
        self.built = True

    def draw(self, duration_s, draws=1, seed=0, steps=None, on_piece=None) -> np.ndarray:
        """As `CoopNets.draw`; each texture draws the whole duration, of which its turns are heard."""
        count = len(self.textures)
        told = [on_piece and _part(on_piece, i, count) for i in range(count)]
        drawn = [
            texture.draw(duration_s, draws, seed, steps, tell)
            for texture, tell in zip(self.textures, told, strict=True)
        ]
        each = zip(*drawn, strict=True)
        return np.stack(
            [take_turns(list(sounds), self.shares, self.sample_rate, [seed, i]) for i, sounds in enumerate(each)]
        )

    def stream(
        self, block: int | None = None, seed: int = 0, knobs: Knobs | None = None, other=None
    ) -> Iterator[np.ndarray]:
        """As `CoopNets.stream`; ModelError for another texture to turn to."""
        if other is not None:
            raise ModelError("Textures that take turns do not morph into another one: leave out the other one.")
        streams = [texture.stream(block, seed, knobs) for texture in self.textures]
        levels = [float(np.sqrt(np.mean(texture.magnitude(self.sample_rate) ** 2))) for texture in self.textures]
        return stream_turns(streams, self.shares, levels, self.sample_rate, seed)

    def loop(self, duration_s: float, seed: int = 0, steps: int | None = None) -> np.ndarray:
        """As `CoopNets.loop`."""
        sounds = [texture.loop(duration_s, seed, steps) for texture in self.textures]
        return take_turns(sounds, self.shares, self.sample_rate, [seed, 0], circular=True)

    def get_config(self):
        textures = [keras.saving.serialize_keras_object(texture) for texture in self.textures]
        for texture in textures:
            texture["config"]["provenance"] = {}  # that of the whole tells of all
        return {**super().get_config(), "textures": textures, "shares": self.shares, "provenance": self.provenance}

    @classmethod
    def from_config(cls, config):
        textures = [keras.saving.deserialize_keras_object(texture) for texture in config["textures"]]
        return cls(**{**config, "textures": textures})


def _part(on_piece: Callable[[int, int], None], i: int, count: int) -> Callable[[int, int], None]:
    """The callback of the i-th of `count` draws, which together are one to `on_piece`."""
    return lambda done, pieces: on_piece(i * pieces + done, count * pieces)
