"""A variational autoencoder that hears a sound and draws an image (M. Zelaszczyk, 2020; arXiv 2109.13354).

spectrogram x (48, 48, 1) -> encoder q(z|x) = N(z_mean, exp(z_log_var)) -> z (64,) -> decoder p(y|z) ->
image y (28, 28, 1). There is no image encoder: the target y is an image of the class that was spoken.

Loss of a batch: the mean over its pairs of
    -log p(y|z), Bernoulli, summed over the 784 pixels            (reconstruction, nats per image)
    + beta * KL(q(z|x) || N(0, I)), summed over the 64 dimensions (nats per clip)
With beta = 1 this is the negative evidence lower bound; per pixel the KL term weighs beta / 784.
"""

import keras
from keras import ops

from crossmodal.models.losses import kl_divergence, reconstruction
from crossmodal.models.networks.decoders import dense_decoder
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.variational import VariationalModel, sample_latents


@keras.saving.register_keras_serializable("crossmodal")
class AudioImageVAE(VariationalModel):
    """Hears a spectrogram and draws an image. The defaults are the paper's: 20,950,529 parameters.

    Args:
        latent_dim: dimensions of z.
        encoder_kind: one of `crossmodal.models.networks.encoders.ENCODERS`.
        encoder_options: of an encoder of another kind than "convolutional", of which the next arguments are.
        encoder_filters, encoder_units: convolutions (4x4, stride 2, ReLU) and dense layers of the encoder.
        decoder_units, decoder_filters: dense layers, then channels of the maps of a quarter and of half the image.
        padding: of the encoder's convolutions.
        batch_norm: batch normalisation after each of the encoder's convolutions.
        dropout: rate before each of the encoder's dense layers.
        initial_log_var: where z_log_var starts; near 0 training stays at the posterior collapse.
        **kwargs: `beta` and `kl_warmup_steps` of `VariationalModel`, `image_shape`, `front_end`, `classes` and
            `provenance` of `AudioImageModel`.

    Example:
        model = AudioImageVAE.compact()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
    """

    TRACKED = ("loss", "reconstruction", "kl")

    def __init__(
        self,
        latent_dim=64,
        encoder_filters=(64, 128),
        encoder_units=(1024, 512),
        decoder_units=(512, 1024),
        decoder_filters=(128, 64),
        padding="valid",
        batch_norm=False,
        dropout=0.0,
        initial_log_var=-5.0,
        encoder_kind="convolutional",
        encoder_options=None,
        **kwargs,
    ):
        super().__init__(latent_dim, **kwargs)
        self.encoder_kind = encoder_kind
        self.encoder_options = dict(encoder_options or {})
        self.encoder_filters = tuple(encoder_filters)
        self.encoder_units = tuple(encoder_units)
        self.decoder_units = tuple(decoder_units)
        self.decoder_filters = tuple(decoder_filters)
        self.padding = padding
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.initial_log_var = initial_log_var
        options = self.encoder_options
        if encoder_kind == "convolutional":
            names = ("encoder_filters", "encoder_units", "padding", "batch_norm", "dropout")
            options = {name.removeprefix("encoder_"): getattr(self, name) for name in names} | options
        self.encoder = build_encoder(
            encoder_kind, self.spectrogram_shape, latent_dim, initial_log_var, self.dtype_policy, **options
        )
        self.decoder = dense_decoder(
            self.image_shape, latent_dim, self.decoder_units, self.decoder_filters, self.dtype_policy
        )
        self.build((None, *self.spectrogram_shape))

    @classmethod
    def compact(cls, **kwargs):
        """At most 1.5 M parameters, for shipping and for CPUs."""
        defaults = dict(
            encoder_filters=(32, 64, 128),
            encoder_units=(256,),
            decoder_units=(256,),
            decoder_filters=(32, 32),
            batch_norm=True,
        )
        return cls(**{**defaults, **kwargs})

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the loss, each the mean over the batch's pairs.

        Args:
            spectrograms: (batch, frames, mels, 1).
            images: (batch, n, height, width, channels): n images share a clip, each has a z of its own.
        """
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = sample_latents(z_mean, z_log_var, images.shape[1], self.seed_generator)
        logits = self.decoder(ops.reshape(z, (-1, self.latent_dim)), training=training)
        logits = ops.reshape(logits, (-1, *images.shape[1:]))
        return {
            "reconstruction": ops.mean(reconstruction(images, logits)),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
        }

    def get_config(self):
        names = """encoder_filters encoder_units decoder_units decoder_filters padding batch_norm dropout
            initial_log_var encoder_kind encoder_options"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
