"""CycleGAN: sounds and images are translated into each other without pairs (J.-Y. Zhu et al., "Unpaired Image-to-Image
Translation using Cycle-Consistent Adversarial Networks", 2017).

Two generators, G: spectrogram x -> image and F: image y -> spectrogram, and two discriminators, D_Y of images and D_X
of spectrograms. Equations 1 to 3 there, D a probability, all means over pixels or images:

    G, F:   - mean log D_Y(G(x))  -  mean log D_X(F(y))
            + cycle (mean (F(G(x)) - x)^2 + mean (G(F(y)) - y)^2)
    D_Y:    - mean log D_Y(y)  -  mean log (1 - D_Y(G(x)))
            + penalty/2 (mean |d/dy logit D_Y(y)|^2 + mean |d/dy logit D_Y(G(x))|^2),    and D_X alike

Three things are not the paper's. The cycles have squares, for its absolute errors are least for a black image, the
median of all pixels. The logarithms of its equation 1 stay, where its section 4 has least squares, and the last line is
new (R1 and R2, Mescheder et al. 2018): it holds the discriminators back, which otherwise win within an epoch. See
docs/models.md for what each is worth.

Each generator has a code between a convolutional encoder and decoder, for where a pixel of a spectrogram lies says
nothing of where one of the image does. The paper's store of earlier drawings is left out.

Nothing says which sound goes with which image. The data put them side by side at random (`PAIRED`), each term is a mean
over sounds or one over images, and no layer looks at a whole batch: the order of the images changes nothing. So it is
free which digit a sound becomes, as long as two digits do not become one.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from crossmodal.models.base import as_numpy_images, in_batches
from crossmodal.models.conditional import ConditionalModel
from crossmodal.models.losses import generator_loss
from crossmodal.models.networks.decoders import fully_convolutional_decoder
from crossmodal.models.networks.discriminators import convolutional_discriminator
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.slopes import squared_slopes

ENCODER = {"filters": (16, 32, 64), "units": (128,)}  # of G and F: convolutions of 4x4 with stride 2, a dense layer
DECODER = {"units": (128,), "filters": (128, 64, 32), "batch_norm": True}
SOUND_DECODER = {"units": (128,), "filters": (64, 64, 32), "kernels": (3, 3, 4, 4), "batch_norm": True}


@keras.saving.register_keras_serializable("crossmodal")
class CycleGAN(ConditionalModel):
    """Hears a spectrogram and draws one image; sees an image and makes a spectrogram. It is not told which go together.

    Args:
        code_dim: numbers of the code within each generator.
        cycle: weight of the two cycles.
        penalty: weight of half the squared slope of the discriminators, at real and at made images and sounds.
        discriminator_filters: of both discriminators, see `convolutional_discriminator`.
        encoder_kind, encoder_options, decoder_options: of G, see `ConditionalModel`.
        image_encoder_options, sound_decoder_options: of F: a convolutional encoder, a fully convolutional decoder.
        **kwargs: see `AudioImageModel`.

    Example:
        model = CycleGAN()
        images, _ = model.generate(log_mel([waveform]))
        spectrograms = model.sounds_of(images)
    """

    TRACKED = ("loss", "adversarial", "cycle_sounds", "cycle_images", "discriminator_loss", "slope")
    PAIRED = False

    def __init__(
        self,
        code_dim=64,
        cycle=50.0,
        penalty=1.0,
        discriminator_filters=(16, 32, 64, 128),
        encoder_kind="convolutional",
        encoder_options=None,
        decoder_options=None,
        image_encoder_options=None,
        sound_decoder_options=None,
        **kwargs,
    ):
        plain = ENCODER if encoder_kind == "convolutional" else {}
        super().__init__(
            code_dim,
            0,
            encoder_kind,
            {**plain, **(encoder_options or {})},
            {**DECODER, **(decoder_options or {})},
            **kwargs,
        )
        self.cycle, self.penalty = cycle, penalty
        self.discriminator_filters = tuple(discriminator_filters)
        self.image_encoder_options = {**ENCODER, **(image_encoder_options or {})}
        self.sound_decoder_options = {**SOUND_DECODER, **(sound_decoder_options or {})}
        dtype = self.dtype_policy
        seen = build_encoder("convolutional", self.image_shape, code_dim, 0.0, dtype, **self.image_encoder_options)
        self.image_encoder = keras.Model(seen.input, seen.outputs[0], name="image_encoder")
        self.sound_decoder = fully_convolutional_decoder(
            self.spectrogram_shape, code_dim, dtype=dtype, **self.sound_decoder_options
        )
        self.image_discriminator, self.sound_discriminator = (
            convolutional_discriminator(shape, self.discriminator_filters, (), True, False, dtype)
            for shape in (self.image_shape, self.spectrogram_shape)
        )
        self.build((None, *self.spectrogram_shape))

    def draws(self, spectrograms, training=False):
        """G: (n, frames, mels, 1) -> (n, height, width, channels), both in [0, 1]."""
        return ops.sigmoid(self.decoder(self.encoder(spectrograms, training=training), training=training))

    def speaks(self, images, training=False):
        """F: (n, height, width, channels) -> (n, frames, mels, 1), both in [0, 1]."""
        return ops.sigmoid(self.sound_decoder(self.image_encoder(images, training=training), training=training))

    def sounds_of(self, images):
        """F of numpy images (n, height, width, channels) in [0, 1]: spectrograms (n, frames, mels), numpy."""
        codes = in_batches(self.image_encoder, np.asarray(images, np.float32))
        return as_numpy_images(in_batches(self.sound_decoder, codes))[..., 0]

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the losses, each a mean over sounds or over images.

        Args:
            spectrograms: (clips, frames, mels, 1).
            images: (clips, n, height, width, channels), in any order.
        """
        images = ops.reshape(images, (-1, *self.image_shape))
        drawn, spoken = self.draws(spectrograms, training), self.speaks(images, training)
        sounds_again, images_again = self.speaks(drawn, training), self.draws(spoken, training)
        judged = (
            (self.image_discriminator, images, ops.stop_gradient(drawn)),
            (self.sound_discriminator, spectrograms, ops.stop_gradient(spoken)),
        )
        against = [
            ops.mean(generator_loss(self.score(judge, real))) + ops.mean(generator_loss(-self.score(judge, fake)))
            for judge, real, fake in judged
        ]
        slopes = [self.squared_slope(judge, real) + self.squared_slope(judge, fake) for judge, real, fake in judged]
        return {
            "adversarial": ops.mean(generator_loss(self.score(self.image_discriminator, drawn)))
            + ops.mean(generator_loss(self.score(self.sound_discriminator, spoken))),
            "cycle_sounds": ops.mean(ops.square(sounds_again - spectrograms)),
            "cycle_images": ops.mean(ops.square(images_again - images)),
            "discriminator_loss": sum(against),
            "slope": 0.5 * sum(slopes),
        }

    def score(self, discriminator, x):
        """D(x), (n,)."""
        return discriminator(x, training=True)[0][:, 0]

    def total(self, terms):
        """The terms, with the loss of the generators before them."""
        cycles = self.cycle * (terms["cycle_sounds"] + terms["cycle_images"])
        return {"loss": terms["adversarial"] + cycles, **terms}

    def players(self):
        """The variables of the generators, and those of the discriminators."""
        generators = (self.encoder, self.decoder, self.image_encoder, self.sound_decoder)
        discriminators = (self.image_discriminator, self.sound_discriminator)
        return tuple([v for part in parts for v in part.trainable_variables] for parts in (generators, discriminators))

    def squared_slope(self, discriminator, x):
        """The mean of |dD/dx|^2 at images or sounds (n, ...)."""
        return ops.mean(squared_slopes(lambda signals: self.score(discriminator, signals), x))

    def train_step(self, data):
        pair, (generators, discriminators) = self.pairs_in(data), self.players()
        with tf.GradientTape(persistent=True) as tape:
            terms = self.total(self.losses_of(*pair, training=True))
            scale = self.optimizer.scale_loss(1.0)  # for float16; the optimizer scales back
            scaled = scale * terms["loss"]
            against = scale * (terms["discriminator_loss"] + self.penalty * terms["slope"])
        gradients = tape.gradient(scaled, generators) + tape.gradient(against, discriminators)
        self.optimizer.apply(gradients, generators + discriminators)
        return self.track(terms)

    def test_step(self, data):
        return self.track(self.total(self.losses_of(*self.pairs_in(data))))

    def draw(self, spectrograms, samples, seed):
        images, _ = super().draw(spectrograms, 0, seed)
        return images, np.repeat(images[:, None], samples, axis=1)

    def get_config(self):
        names = ("cycle", "penalty", "discriminator_filters", "image_encoder_options", "sound_decoder_options")
        config = {**super().get_config(), **{name: getattr(self, name) for name in names}}
        return {name: value for name, value in config.items() if name != "hand_dim"}
