"""Contrastive learning of sounds without labels (Chen et al. 2020: SimCLR; Saeed et al. 2021: COLA).

Each sound of a batch is changed twice at random, into two views of it. An encoder hears h, a projection that is thrown
away afterwards makes e = g(h) / |g(h)| of the one view and f of the other, and each view picks the other view of its
sound out of the batch: the loss is `info_nce` of the scores s_ij = e_i . f_j / temperature.
"""

import keras
import numpy as np
from keras import ops

from crossmodal.models.base import in_batches
from crossmodal.models.contrastive import info_nce
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.networks.layers import Dense
from crossmodal.models.pretraining.unsupervised import UnsupervisedModel


@keras.saving.register_keras_serializable("crossmodal")
class TwoViews(UnsupervisedModel):
    """An `encoder`, whose layers are called as those of the encoder that starts from it, and a `projection`.

    Args:
        spectrogram_shape: (frames, mels, 1) of what it hears, in [0, 1].
        encoder_kind, encoder_options: one of `crossmodal.models.networks.encoders.ENCODERS`, without its heads.
        projected: numbers of e.
        temperature: of the scores.
        **kwargs: see `UnsupervisedModel`.

    Train it on pairs of views, each (n, frames, mels, 1).
    """

    TRACKED = ("loss", "picked")

    def __init__(
        self,
        spectrogram_shape=(48, 48, 1),
        encoder_kind="convolutional",
        encoder_options=None,
        projected=64,
        temperature=0.1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.spectrogram_shape, self.encoder_kind = tuple(spectrogram_shape), encoder_kind
        self.encoder_options, self.projected = dict(encoder_options or {}), projected
        self.temperature = temperature
        whole = build_encoder(encoder_kind, self.spectrogram_shape, 1, 0.0, self.dtype_policy, **self.encoder_options)
        self.encoder = keras.Model(whole.input, whole.get_layer("z_mean").input, name="encoder")
        units, dtype = self.encoder.output_shape[-1], self.dtype_policy
        hidden = [Dense(units, "relu", dtype=dtype), Dense(projected, dtype=dtype)]
        self.projection = keras.Sequential([keras.Input((units,)), *hidden], name="projection")
        self.built = True

    def call(self, x, training=False):
        """What the encoder hears of spectrograms (n, frames, mels, 1): h (n, units)."""
        return self.encoder(x, training=training)

    def project(self, x, training=False):
        """e of spectrograms (n, frames, mels, 1): (n, projected) of length 1."""
        return ops.normalize(self.projection(self(x, training=training), training=training), axis=-1)

    def scores(self, views, training=False):
        """s_ij of one view of sound i and another of sound j: (n, n)."""
        e, f = (self.project(view, training=training) for view in views)
        return ops.matmul(e, ops.transpose(f)) / self.temperature

    def figures_of(self, views, training=False):
        """The loss in nats, and the share of sounds whose first view picks their second one."""
        scores = self.scores(views, training)
        right = ops.equal(ops.argmax(scores, axis=1), ops.arange(scores.shape[0]))
        return {"loss": info_nce(scores[:, :, None]), "picked": ops.mean(ops.cast(right, "float32"))}

    def hear(self, spectrograms) -> np.ndarray:
        """h of spectrograms (n, frames, mels) in [0, 1]: (n, units) float32."""
        x = np.asarray(spectrograms, np.float32).reshape(-1, *self.spectrogram_shape)
        return in_batches(self.encoder, x)

    def train_step(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            figures = self.figures_of(data, training=True)
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(figures["loss"], weights), weights)
        return self.track(figures)

    def test_step(self, data):
        return self.track(self.figures_of(data))

    def get_config(self):
        names = ("spectrogram_shape", "encoder_kind", "encoder_options", "projected", "temperature")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
