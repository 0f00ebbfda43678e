"""A variational autoencoder that hears a sound and draws an image (M. Zelaszczyk, 2020; arXiv 2109.13354).

spectrogram x (48, 48, 1) -> encoder q(z|x) = N(z_mean, exp(z_log_var)) -> z (64,) -> decoder p(y|z) ->
image y (28, 28, 1). There is no image encoder: the target y is an image of the class that was spoken.

Loss of a batch: the mean over its pairs of
    -log p(y|z), Bernoulli, summed over the 784 pixels            (reconstruction, nats per image)
    + beta * KL(q(z|x) || N(0, I)), summed over the 64 dimensions (nats per clip)
With beta = 1 this is the negative evidence lower bound; per pixel the KL term weighs beta / 784.
"""

import keras
from keras import layers, ops

from crossmodal.models.base import IMAGE_SHAPE, AudioImageModel, sample_latents, standardise
from crossmodal.models.layers import BatchNormalization, Conv2D, Conv2DTranspose, Dense
from crossmodal.models.losses import kl_divergence, reconstruction

RELU_INIT = "he_normal"  # keeps the variance through layers of ReLU (He et al., 2015)


def build_encoder(
    input_shape, filters, units, latent_dim, padding, batch_norm, dropout, initial_log_var, dtype
) -> keras.Model:
    """Spectrogram (frames, mels, 1) -> [z_mean, z_log_var], each (latent_dim,) float32."""
    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = standardise(dtype)(x)
    for i, n in enumerate(filters, 1):
        x = Conv2D(
            n,
            4,
            strides=2,
            padding=padding,
            use_bias=not batch_norm,
            kernel_initializer=RELU_INIT,
            dtype=dtype,
            name=f"conv{i}",
        )(x)
        if batch_norm:
            x = BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
    x = layers.Flatten(dtype=dtype, name="flatten")(x)
    for i, n in enumerate(units, 1):
        if dropout:
            x = layers.Dropout(dropout, dtype=dtype, name=f"dropout{i}")(x)
        x = Dense(n, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
    z_mean = Dense(latent_dim, dtype="float32", name="z_mean")(x)
    z_log_var = Dense(
        latent_dim,
        bias_initializer=keras.initializers.Constant(initial_log_var),
        dtype="float32",
        name="z_log_var",
    )(x)
    return keras.Model(inputs, [z_mean, z_log_var], name="encoder")


def build_decoder(latent_dim, units, filters, dtype) -> keras.Model:
    """z (latent_dim,) -> logits of an image (28, 28, 1), float32."""
    height, width, _ = IMAGE_SHAPE
    x = inputs = keras.Input((latent_dim,), name="z")
    for i, n in enumerate(units, 1):
        x = Dense(n, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
    x = Dense(height // 4 * width // 4 * filters[0], "relu", kernel_initializer=RELU_INIT, dtype=dtype, name="fc_map")(
        x
    )
    x = layers.Reshape((height // 4, width // 4, filters[0]), dtype=dtype, name="map")(x)
    x = Conv2DTranspose(
        filters[1], 4, 2, "same", activation="relu", kernel_initializer=RELU_INIT, dtype=dtype, name="upconv1"
    )(x)
    logits = Conv2DTranspose(1, 4, 2, "same", dtype="float32", name="upconv2")(x)
    return keras.Model(inputs, logits, name="decoder")


@keras.saving.register_keras_serializable("crossmodal")
class AudioImageVAE(AudioImageModel):
    """Hears a spectrogram and draws an image. The defaults are the paper's: 20,950,529 parameters.

    Args:
        latent_dim: dimensions of z.
        encoder_filters, encoder_units: convolutions (4x4, stride 2, ReLU) and dense layers of the encoder.
        decoder_units, decoder_filters: dense layers, then channels of the 7x7 map and of the 14x14 map.
        padding: of the encoder's convolutions.
        batch_norm: batch normalisation after each of the encoder's convolutions.
        dropout: rate before each of the encoder's dense layers.
        initial_log_var: where z_log_var starts; near 0 training stays at the posterior collapse.
        **kwargs: `beta`, `kl_warmup_steps`, `front_end`, `classes`, `provenance`: see `AudioImageModel`.

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
        **kwargs,
    ):
        super().__init__(latent_dim, **kwargs)
        self.encoder_filters = tuple(encoder_filters)
        self.encoder_units = tuple(encoder_units)
        self.decoder_units = tuple(decoder_units)
        self.decoder_filters = tuple(decoder_filters)
        self.padding = padding
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.initial_log_var = initial_log_var
        self.encoder = build_encoder(
            self.spectrogram_shape,
            self.encoder_filters,
            self.encoder_units,
            latent_dim,
            padding,
            batch_norm,
            dropout,
            initial_log_var,
            self.dtype_policy,
        )
        self.decoder = build_decoder(latent_dim, self.decoder_units, self.decoder_filters, self.dtype_policy)
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
            images: (batch, n, 28, 28, 1): n images share a clip, each has a z of its own.
        """
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = sample_latents(z_mean, z_log_var, images.shape[1], self.seed_generator)
        logits = self.decoder(ops.reshape(z, (-1, self.latent_dim)), training=training)
        logits = ops.reshape(logits, (-1, *images.shape[1:]))
        return {
            "reconstruction": ops.mean(reconstruction(images, logits)),
            "kl": ops.mean(kl_divergence(z_mean, z_log_var)),
        }

    def train_step(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            terms = self.losses_of(*data, training=True)
            loss = terms["reconstruction"] + self.kl_weight() * terms["kl"]
            scaled = self.optimizer.scale_loss(loss)  # for float16; the optimizer scales back
        self.optimizer.apply(tape.gradient(scaled, self.trainable_variables), self.trainable_variables)
        return self.track({"loss": loss, **terms})

    def test_step(self, data):
        terms = self.losses_of(*data)
        return self.track({"loss": terms["reconstruction"] + self.beta * terms["kl"], **terms})

    def get_config(self):
        names = """encoder_filters encoder_units decoder_units decoder_filters padding batch_norm dropout
            initial_log_var"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
