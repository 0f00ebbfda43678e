"""Conditional cooperative networks: a fast initialiser draws what it hears, a slow solver revises it (J. Xie et al.,
"Cooperative Training of Fast Thinking Initializer and Slow Thinking Solver for Conditional Learning", 2021).

spectrogram x -> code c; hand h ~ N(0, I). A descriptor f(y, c) gives images y the density p(y|c) ~ exp(f(y, c)), a
generator draws g(c, h). Each step of the training, algorithm 1 there:

    y^ = g(c, h)                                the initialiser draws,
    y~ = Langevin dynamics on f(., c) from y^   the solver revises,
    f  up at real images y, down at y~          the likelihood's gradient, E f(y, c) - E f(y~, c),
    g  towards y~: |y~ - g(c, h)|^2 / 2         what the chains made of the draws teaches who drew them.

Chains teach the generator no hand that it never draws: from them alone it forgot the rare ones. So it learns from real
images too, as a conditional VAE does, by the bound on -log p(y|x) of `crossmodal.models.hand_inference`, with weight
`likelihood` (J. Xie, Z. Zheng & P. Li, "Learning Energy-Based Model with Variational Auto-Encoder as Amortized
Sampler", 2021, have such a generator). What it draws covers all hands and is a little soft; the chains make it clear.

The chains are those of the sound textures, `crossmodal.sampling.langevin`. What was said reaches f by a projection,
f(y, c) = s(y) + <P c, features(y)> (Miyato & Koyama 2018), and the encoder is the descriptor's ear: no gradient reaches
it through the generator. Chains of a few steps from drawings of c never show f another digit: so it has to tell too to
which clip of a batch a real image belongs, mismatch -log(exp(f(y, c)) / sum over the clips' c' of exp(f(y, c'))) (van
den Oord et al. 2018), which the density itself does best.

The likelihood alone makes f steeper as long as it can tell the two kinds of images apart, and chains on a steep f leave
the images. So f pays penalty |df/dy|^2 / 2 at both kinds (as R1 and R2 of Mescheder et al. 2018). Between images d
apart its slope is then d / (2 penalty), and k steps of size s go as far as d where s^2 / 2 = 2 penalty / k.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from crossmodal.models.hand_inference import HandInference
from crossmodal.models.light.coopnets import BATCH
from crossmodal.models.losses import clip_cross_entropy
from crossmodal.models.networks.discriminators import convolutional_discriminator, projected_score, projection_of
from crossmodal.models.slopes import squared_slopes
from crossmodal.sampling.langevin import langevin


@keras.saving.register_keras_serializable("crossmodal")
class ConditionalCoopNets(HandInference):
    """Hears a spectrogram and draws images that chains have revised.

    Args:
        descriptor_filters, descriptor_units: of the descriptor, see `convolutional_discriminator`.
        steps, step, noise: of the chains, see `langevin`; `step` is its step_size.
        draw_steps: steps that revise a drawing after the training; 0 leaves what the generator drew.
        mismatch: weight of telling to which clip an image belongs.
        penalty: weight of half the squared slope of f, at real and at revised images.
        likelihood: weight of the bound on -log p(y|x); 0: the generator learns from the chains alone, no hand is
            inferred, and p(u|c) is N(0, I).
        learned_prior, inferred, **kwargs: see `HandInference`.
    """

    TRACKED = ("loss", "bound", "teaching", "contrast", "wrong", "slope", "moved")

    def __init__(
        self,
        descriptor_filters=(32, 64, 64),
        descriptor_units=(),
        steps=10,
        step=0.65,
        noise=0.01,
        draw_steps=20,
        mismatch=1.0,
        penalty=1.0,
        likelihood=1.0,
        learned_prior=True,
        inferred=True,
        **kwargs,
    ):
        bounded = likelihood > 0
        super().__init__(learned_prior=learned_prior and bounded, inferred=inferred and bounded, **kwargs)
        self.descriptor_filters, self.descriptor_units = tuple(descriptor_filters), tuple(descriptor_units)
        self.steps, self.step, self.noise, self.draw_steps = steps, step, noise, draw_steps
        self.mismatch, self.penalty, self.likelihood = mismatch, penalty, likelihood
        self.descriptor = convolutional_discriminator(
            self.image_shape, self.descriptor_filters, self.descriptor_units, True, False, self.dtype_policy
        )
        self.projection = projection_of(self.descriptor, self.code_dim)
        self.build((None, *self.spectrogram_shape))

    def f(self, seen, codes):
        """f(y, c) (n,) of what the descriptor made of images, given codes (n, code_dim)."""
        return projected_score(seen, self.projection(codes))

    def revise(self, images, codes, seed, steps):
        """Images after so many Langevin steps, in [0, 1]; `seed` is two integers."""
        walk = langevin(
            images,
            lambda y: self.f(self.descriptor(y), codes),
            steps=steps,
            step_size=self.step,
            sigma=None,
            seed=seed,
            noise=self.noise,
        )
        return ops.clip(walk.state, 0, 1)

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the losses, each a mean over the pairs of spectrograms (clips, frames, mels, 1) and images
        (clips, n, height, width, channels)."""
        codes, real = self.heard_and_real(spectrograms, images, training)
        given = ops.stop_gradient(codes)
        drawn = ops.sigmoid(self.logits(given, self.hands(ops.shape(codes)[0]), training))
        start = ops.stop_gradient(drawn)
        revised = ops.stop_gradient(self.revise(start, given, self.seed_generator.next(), self.steps))
        seen = self.descriptor(real)
        bound = sum(self.bound(given, real, training).values()) if self.likelihood else 0.0
        return {
            "bound": bound,
            "teaching": 0.5 * ops.mean(ops.sum(ops.square(revised - drawn), axis=(1, 2, 3))),
            "contrast": ops.mean(self.f(self.descriptor(revised), codes) - self.f(seen, codes)),
            "wrong": ops.mean(clip_cross_entropy(seen[1], self.projection(codes[:: images.shape[1]]))),
            "slope": ops.mean(self.slopes(real, codes) + self.slopes(revised, codes)) / 2,
            "moved": ops.sqrt(ops.mean(ops.square(revised - start))),
        }

    def slopes(self, images, codes):
        """|df/dy (y, c)|^2 (n,), for which the ear pays too: they grow with |c|."""
        return squared_slopes(lambda y: self.f(self.descriptor(y), codes), images)

    def total(self, terms):
        """The terms and the loss that they add up to."""
        loss = terms["teaching"] + terms["contrast"] + self.mismatch * terms["wrong"] + self.penalty * terms["slope"]
        loss += self.likelihood * terms["bound"]
        return {"loss": loss, **terms}

    @tf.function(autograph=False, reduce_retracing=True)
    def _revised(self, images, codes, seed, steps):
        return self.revise(images, codes, seed, steps)

    def decode(self, codes, hands):
        """(n, code_dim) and (n, hand_dim) -> (n, height, width, channels) numpy images in [0, 1], revised by
        `draw_steps` steps."""
        images = super().decode(codes, hands)
        if not self.draw_steps or not len(images):
            return images
        parts = [slice(i, i + BATCH) for i in range(0, len(images), BATCH)]
        revised = [
            self._revised(tf.constant(images[of]), tf.constant(codes[of]), tf.constant([0, of.start]), self.draw_steps)
            for of in parts
        ]
        return np.concatenate([part.numpy() for part in revised])

    @classmethod
    def from_config(cls, config):
        """Older files have a generator that learned from the chains alone."""
        return super().from_config({"likelihood": 0.0, **config})

    def get_config(self):
        names = """descriptor_filters descriptor_units steps step noise draw_steps mismatch penalty likelihood"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
