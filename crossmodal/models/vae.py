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

from crossmodal.spectrogram import LogMel

IMAGE_SHAPE = (28, 28, 1)
SPECTROGRAM_MEAN, SPECTROGRAM_STD = 0.4, 0.3  # of spoken digits, roughly; brings the encoder's input near N(0, 1)
RELU_INIT = "he_normal"  # keeps the variance through layers of ReLU (He et al., 2015)


def kl_divergence(z_mean, z_log_var):
    """KL(N(z_mean, exp(z_log_var)) || N(0, I)): (batch, latent_dim) twice -> (batch,) nats (Kingma & Welling,
    2014, appendix B)."""
    return 0.5 * ops.sum(ops.square(z_mean) + ops.exp(z_log_var) - 1.0 - z_log_var, axis=-1)


def reconstruction(images, logits):
    """Bernoulli negative log likelihood: (..., height, width, 1) twice -> (...) nats, summed over pixels."""
    nll = ops.maximum(logits, 0.0) - logits * images + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(nll, axis=(-3, -2, -1))


def sample_latents(z_mean, z_log_var, samples, seed):
    """z = z_mean + sigma * epsilon: (batch, latent_dim) twice -> (batch, samples, latent_dim)."""
    shape = (ops.shape(z_mean)[0], samples, z_mean.shape[-1])
    noise = keras.random.normal(shape, dtype=z_mean.dtype, seed=seed)
    return z_mean[:, None] + ops.exp(0.5 * z_log_var)[:, None] * noise


def build_encoder(
    input_shape, filters, units, latent_dim, padding, batch_norm, dropout, initial_log_var, dtype
) -> keras.Model:
    """Spectrogram (frames, mels, 1) -> [z_mean, z_log_var], each (latent_dim,) float32."""
    x = inputs = keras.Input(input_shape, name="spectrogram")
    x = layers.Rescaling(1 / SPECTROGRAM_STD, -SPECTROGRAM_MEAN / SPECTROGRAM_STD, dtype=dtype, name="standardise")(x)
    for i, n in enumerate(filters, 1):
        x = layers.Conv2D(
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
            x = layers.BatchNormalization(dtype=dtype, name=f"norm{i}")(x)
        x = layers.ReLU(dtype=dtype, name=f"relu{i}")(x)
    x = layers.Flatten(dtype=dtype, name="flatten")(x)
    for i, n in enumerate(units, 1):
        if dropout:
            x = layers.Dropout(dropout, dtype=dtype, name=f"dropout{i}")(x)
        x = layers.Dense(n, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
    z_mean = layers.Dense(latent_dim, dtype="float32", name="z_mean")(x)
    z_log_var = layers.Dense(
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
        x = layers.Dense(n, "relu", kernel_initializer=RELU_INIT, dtype=dtype, name=f"fc{i}")(x)
    x = layers.Dense(
        height // 4 * width // 4 * filters[0], "relu", kernel_initializer=RELU_INIT, dtype=dtype, name="fc_map"
    )(x)
    x = layers.Reshape((height // 4, width // 4, filters[0]), dtype=dtype, name="map")(x)
    x = layers.Conv2DTranspose(
        filters[1], 4, 2, "same", activation="relu", kernel_initializer=RELU_INIT, dtype=dtype, name="upconv1"
    )(x)
    logits = layers.Conv2DTranspose(1, 4, 2, "same", dtype="float32", name="upconv2")(x)
    return keras.Model(inputs, logits, name="decoder")


@keras.saving.register_keras_serializable("crossmodal")
class AudioImageVAE(keras.Model):
    """Hears a spectrogram and draws an image. The defaults are the paper's: 20,950,529 parameters.

    Args:
        latent_dim: dimensions of z.
        encoder_filters, encoder_units: convolutions (4x4, stride 2, ReLU) and dense layers of the encoder.
        decoder_units, decoder_filters: dense layers, then channels of the 7x7 map and of the 14x14 map.
        padding: of the encoder's convolutions.
        batch_norm: batch normalisation after each of the encoder's convolutions.
        dropout: rate before each of the encoder's dense layers.
        beta: weight of the KL term.
        kl_warmup_steps: training steps over which that weight rises from 0 to beta.
        initial_log_var: where z_log_var starts; near 0 training stays at the posterior collapse.
        front_end: how spectrograms were made, `LogMel.get_config()`.
        classes: what the images show, in the order of the labels.
        provenance: facts on the training, for whoever receives the file: data, protocol, seed, versions.

    Example:
        model = AudioImageVAE.compact()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
    """

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
        beta=1.0,
        kl_warmup_steps=1500,
        initial_log_var=-5.0,
        front_end=None,
        classes=None,
        provenance=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.encoder_filters = tuple(encoder_filters)
        self.encoder_units = tuple(encoder_units)
        self.decoder_units = tuple(decoder_units)
        self.decoder_filters = tuple(decoder_filters)
        self.padding = padding
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.beta = beta
        self.kl_warmup_steps = kl_warmup_steps
        self.initial_log_var = initial_log_var
        self.front_end = dict(front_end or LogMel().get_config())
        self.classes = list(classes or [])
        self.provenance = dict(provenance or {})
        shape = (self.front_end["n_frames"], self.front_end["n_mels"], 1)
        self.encoder = build_encoder(
            shape,
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
        self.seed_generator = keras.random.SeedGenerator(0)
        self.trackers = {name: keras.metrics.Mean(name) for name in ("loss", "reconstruction", "kl")}
        self.build((None, *shape))

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

    def build(self, input_shape):
        self.built = True  # both parts are functional and were built with their weights

    def call(self, spectrograms, training=False):
        """(batch, frames, mels, 1) -> the drawing at the posterior mean, (batch, 28, 28, 1) in [0, 1]."""
        z_mean, _ = self.encoder(spectrograms, training=training)
        return ops.sigmoid(self.decoder(z_mean, training=training))

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

    def kl_weight(self):
        """beta after the warm-up, a straight line before."""
        step = ops.cast(self.optimizer.iterations, "float32") + 1.0
        return self.beta * ops.minimum(1.0, step / max(self.kl_warmup_steps, 1))

    def train_step(self, data):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            terms = self.losses_of(*data, training=True)
            loss = terms["reconstruction"] + self.kl_weight() * terms["kl"]
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return self._track({"loss": loss, **terms})

    def test_step(self, data):
        terms = self.losses_of(*data)
        return self._track({"loss": terms["reconstruction"] + self.beta * terms["kl"], **terms})

    def _track(self, values):
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    @property
    def metrics(self):
        return list(self.trackers.values())

    def generate(self, spectrograms, samples=1, seed=0):
        """Drawings of each clip.

        Args:
            spectrograms: (clips, frames, mels) or (clips, frames, mels, 1), in [0, 1].
            samples: draws of z per clip.
            seed: the draws are a function of it.

        Returns:
            images: (clips, 28, 28, 1) float32 numpy array in [0, 1], at the posterior mean.
            draws: (clips, samples, 28, 28, 1), at z drawn from the posterior.
        """
        shape = (-1, self.front_end["n_frames"], self.front_end["n_mels"], 1)
        z_mean, z_log_var = self.encoder.predict(ops.reshape(spectrograms, shape), verbose=0)
        z = sample_latents(ops.convert_to_tensor(z_mean), ops.convert_to_tensor(z_log_var), samples, seed)
        images = self.decode(z_mean)
        draws = self.decode(ops.reshape(z, (-1, self.latent_dim)))
        return images, draws.reshape(len(images), samples, *IMAGE_SHAPE)

    def decode(self, z):
        """(n, latent_dim) -> (n, 28, 28, 1) numpy images in [0, 1]."""
        return ops.convert_to_numpy(ops.sigmoid(self.decoder.predict(ops.convert_to_tensor(z), verbose=0)))

    def get_config(self):
        names = """latent_dim encoder_filters encoder_units decoder_units decoder_filters padding batch_norm dropout
            beta kl_warmup_steps initial_log_var front_end classes provenance"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
