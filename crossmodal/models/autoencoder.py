"""An autoencoder from sound to image, without noise: the floor for variety.

spectrogram x -> encoder -> code c -> decoder -> image y. The loss is the Bernoulli negative log likelihood -log p(y|c)
of an image of the class, summed over the pixels. Of many images of a class the best single drawing is their mean.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.conditional import ConditionalModel
from crossmodal.models.losses import reconstruction


@keras.saving.register_keras_serializable("crossmodal")
class AudioImageAutoencoder(ConditionalModel):
    """Hears a spectrogram and draws one image; all draws of a clip are alike.

    Its arguments are those of `ConditionalModel`; it has no hand.
    """

    def __init__(self, code_dim=64, **kwargs):
        super().__init__(code_dim, **{**kwargs, "hand_dim": 0})
        self.build((None, *self.spectrogram_shape))

    def loss_of(self, spectrograms, images, training=False):
        """The mean over the pairs of spectrograms (clips, frames, mels, 1) and images (clips, n, height, width,
        channels), in nats an image."""
        logits = self.decoder(self.encoder(spectrograms, training=training), training=training)
        return ops.mean(reconstruction(images, ops.cast(logits[:, None], images.dtype)))

    def train_step(self, data):
        pairs = self.pairs_in(data)
        return self.track(self.learn(lambda: {"loss": self.loss_of(*pairs, training=True)}))

    def test_step(self, data):
        return self.track({"loss": self.loss_of(*self.pairs_in(data))})

    def draw(self, spectrograms, samples, seed):
        images, _ = super().draw(spectrograms, 0, seed)
        return images, np.repeat(images[:, None], samples, axis=1)
