"""The symmetric contrastive loss: a sound picks its image out of those of the batch, and an image its sound (van den
Oord et al. 2018: InfoNCE; Radford et al. 2021: CLIP; Jia et al. 2021: ALIGN).

With embeddings e_i of G clips and f_jk of n images of each, all of length 1, s_ijk = e_i . f_jk / temperature:

    a sound picks an image:   -1/n sum_k log( exp s_iik / sum_jk' exp s_ijk' )     (of several right ones: Khosla et al.
                                                                                    2020, equation 2)
    an image picks a sound:   -log( exp s_jjk / sum_i exp s_ijk )

The loss is half the sum of the means of both. The temperature is learned, as in CLIP, and is 0.01 at least.

Where a pair is told by its class alone, the best score is log p(x, y) / (p(x) p(y)) and a constant: the same for all
pairs of a class. Pairs of one class in a batch make the loss larger, and do not move its minimum: see
`lowest_loss`.
"""

import math

import keras
import numpy as np
from keras import ops

from crossmodal.models.correspondence import Correspondence

TEMPERATURE, LOWEST = 0.07, 0.01  # at the start, and CLIP's limit


@keras.saving.register_keras_serializable("crossmodal")
class ContrastiveCorrespondence(Correspondence):
    """Scores a pair by the cosine of its embeddings over the temperature.

    Its arguments are those of `Correspondence`.
    """

    def __init__(self, embedding_dim=64, **kwargs):
        super().__init__(embedding_dim, **kwargs)
        start = keras.initializers.Constant(-math.log(TEMPERATURE))
        self.log_scale = self.add_weight(shape=(), initializer=start, dtype="float32", name="log_scale")
        self.build((None, *self.spectrogram_shape))

    @property
    def scale(self):
        """1 / temperature, 100 at most."""
        return ops.exp(ops.minimum(self.log_scale, -math.log(LOWEST)))

    def score(self, e, f):
        return self.scale * ops.sum(e * f, axis=-1)

    def scores(self, sounds, images):
        return ops.convert_to_numpy(self.scale) * (np.asarray(sounds) @ np.asarray(images).T)

    def losses_of(self, spectrograms, images, training=False):
        e, f = self.embeddings_in(spectrograms, images, training)
        return {"loss": info_nce(self.scale * ops.einsum("id,jkd->ijk", e, f))}


def info_nce(scores):
    """The symmetric contrastive loss of scores (clips, clips, n): s_ijk of sound i and image k of clip j -> () nats."""
    right = ops.einsum("iik->ik", scores)
    picks_image = ops.logsumexp(scores, axis=(1, 2))[:, None] - right
    picks_sound = ops.logsumexp(scores, axis=0) - right
    return 0.5 * (ops.mean(picks_image) + ops.mean(picks_sound))


def lowest_loss(classes: int, clips: int, images_per_clip: int = 1) -> float:
    """The least mean of `info_nce` that can be reached from the classes of sounds and images alone, in nats.

    With equally frequent classes the others of a batch that share a class number C ~ Binomial(clips - 1, 1 / classes).
    All of them score alike, so the loss is E log(1 + C), and for the sound log n more.
    """
    from scipy.stats import binom

    others = np.arange(clips)
    shared = binom.pmf(others, clips - 1, 1 / classes) @ np.log1p(others)
    return float(shared + 0.5 * math.log(images_per_clip))
