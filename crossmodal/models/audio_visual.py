"""Audio-visual correspondence: do this sound and this image belong together? Two networks of R. Arandjelovic and
A. Zisserman, both trained on right and wrong pairs as `MatchingCorrespondence` says.

- L3-Net ("Look, Listen and Learn", 2017): a fusion network sees both embeddings, [e, f] -> dense, ReLU -> s. Their
  embeddings need not lie in one space, so a sound is compared with each image by the network.
- AVE-Net ("Objects that Sound", 2018): s = w |e - f| + b, with embeddings of length 1, learned w and b. Their distance
  is all that counts, so what belongs together lies together.
"""

import keras
from keras import layers, ops

from crossmodal.models.correspondence import MatchingCorrespondence
from crossmodal.models.networks.encoder_parts import RELU_INIT

STEEPNESS = 5.0  # of the logistic at the start, and the distance 1 is even
TINY = 1e-6  # keeps the slope of a distance of 0 finite


@keras.saving.register_keras_serializable("crossmodal")
class DistanceCorrespondence(MatchingCorrespondence):
    """AVE-Net: scores a pair by the distance of its embeddings. Its arguments are those of `Correspondence`."""

    def __init__(self, embedding_dim=64, **kwargs):
        super().__init__(embedding_dim, **kwargs)
        starts = {"kernel_initializer": -STEEPNESS, "bias_initializer": STEEPNESS}
        starts = {name: keras.initializers.Constant(value) for name, value in starts.items()}
        distance = keras.Input((1,), name="distance")
        self.judge = keras.Model(
            distance, layers.Dense(1, dtype="float32", name="line", **starts)(distance), name="judge"
        )
        self.build((None, *self.spectrogram_shape))

    def score(self, e, f):
        distances = ops.sqrt(ops.sum(ops.square(e - f), axis=-1) + TINY)
        return ops.reshape(self.judge(ops.reshape(distances, (-1, 1))), ops.shape(distances))


@keras.saving.register_keras_serializable("crossmodal")
class FusionCorrespondence(MatchingCorrespondence):
    """L3-Net: scores a pair by a network that sees both embeddings.

    Args:
        fusion_units: of the dense layer of that network.
        **kwargs: see `Correspondence`.
    """

    UNIT = False

    def __init__(self, embedding_dim=64, fusion_units=128, **kwargs):
        super().__init__(embedding_dim, **kwargs)
        self.fusion_units = fusion_units
        both = keras.Input((2 * embedding_dim,), name="embeddings")
        x = layers.Dense(fusion_units, "relu", kernel_initializer=RELU_INIT, dtype="float32", name="fc")(both)
        self.fusion = keras.Model(both, layers.Dense(1, dtype="float32", name="score")(x), name="fusion")
        self.build((None, *self.spectrogram_shape))

    def score(self, e, f):
        zeros = ops.zeros_like(e + f)
        both = ops.concatenate([e + zeros, f + zeros], axis=-1)
        return ops.reshape(self.fusion(ops.reshape(both, (-1, 2 * self.embedding_dim))), ops.shape(both)[:-1])

    def get_config(self):
        return {**super().get_config(), "fusion_units": self.fusion_units}
