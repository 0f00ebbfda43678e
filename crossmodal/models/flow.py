"""Flow matching: an image is drawn by following a velocity field from noise, given what was heard (Lipman et al. 2023).

spectrogram x -> encoder q(z|x) = N(z_mean, exp(z_log_var)) -> code z. Noise e ~ N(0, I) and an image y, scaled to
[-1, 1], lie at the ends of a straight path (Liu et al. 2023)

    y_t = (1 - t) e + t y,    dy_t/dt = y - e,    t from 0 to 1.

A transformer D(y_t, t, z) predicts the image y, and so the velocity (D - y_t) / (1 - t) (Li & He 2025). The loss is the
squared error of the velocity, at times whose logit is normal (Esser et al. 2024), half its sum over the pixels, and

    + beta KL(q(z|x) || N(0, I)),

by which the code of what is no digit tells little. An image is drawn by solving the equation from noise: one code and
many noises give many hands.

The first blocks of the transformer alone predict an image D1 too, by the same loss. At early times an image is drawn by
D1 + w (D - D1) in place of D (Zhou et al. 2025, "Guiding a Diffusion Transformer with the Internal Dynamics of
Itself"). The internal guidance w is 1 for D itself, more to go away from what the weaker network would draw, less for a
mean of both; it costs no evaluation.

In a share of the training pairs the code is 0, "nothing was heard". So a drawing can be taken beyond the one without
sound, D0 + g (D - D0) with D0 = D(y_t, t, 0) (Ho & Salimans 2022). It is at times in the middle alone, where it costs
the least variety (Kynkaanniemi et al. 2024, "Applying Guidance in a Limited Interval"). The guidance g is 1 for the
learned distribution, more for clearer and less varied drawings.

A small network draws some images that are no digit. Guidance mends most of them, but needs a second evaluation each
time. So D itself learns to draw with guidance at those times (Tang et al. 2025, "Diffusion Models without
Classifier-free Guidance"): its target there is not the image y but

    y + (1 - 1 / g') (D(y_t, t, z) - D(y_t, t, 0)),    without a gradient,

which is met by what a network without it would draw with the guidance g'. This model guidance g' is 1 for none.
"""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from crossmodal.models.losses import kl_divergence
from crossmodal.models.networks.encoders import build_encoder
from crossmodal.models.networks.transformer import early_blocks, patch_for, patch_transformer
from crossmodal.models.variational import VariationalModel, sample_latents
from crossmodal.sampling.ode import first_noise, solve

LEAST_LEFT = 0.05  # of 1 - t, by which errors of the image are divided (Li & He 2025)
GUIDED = 4  # one image of so many has a target with model guidance, of so many times the strength
BATCH = 512  # images that are drawn at once


@keras.saving.register_keras_serializable("crossmodal")
class AudioImageFlow(VariationalModel):
    """Hears a spectrogram and draws images in many hands.

    Args:
        latent_dim: dimensions of the code z.
        patch: height and width of a token in pixels; None: see `patch_for`.
        width, blocks, heads, hidden, context: of the transformer, see `patch_transformer`.
        early: blocks that predict the early image, see `patch_transformer`; None: a third of them.
        early_weight: of the early image's loss.
        internal_guidance: w, 1 for what the last block predicts.
        internal_until: t up to which w acts.
        model_guidance: g', 1 for none.
        guided_times: first and last t between which g and g' act.
        time_mean, time_spread: of the logit of t in training.
        unheard: share of training pairs whose code is 0.
        steps, method: how the equation is solved, see `crossmodal.sampling.ode`.
        guidance: g, 1 for the learned distribution.
        encoder_kind, encoder_options, initial_log_var: as in `AudioImageVAE`.
        beta, kl_warmup_steps: see `VariationalModel`.
        **kwargs: see `AudioImageModel`.

    All drawings of a clip are at z_mean, the best one from `crossmodal.sampling.ode.first_noise`, the others from noise
    of their own.

    Example:
        model = AudioImageFlow()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
    """

    TRACKED = ("loss", "velocity", "early", "kl")

    def __init__(
        self,
        latent_dim=64,
        width=112,
        blocks=6,
        heads=4,
        hidden=448,
        context=4,
        early=None,
        early_weight=0.5,
        internal_guidance=0.75,
        internal_until=0.3,
        model_guidance=1.5,
        guided_times=(0.3, 0.6),
        time_mean=-0.4,
        time_spread=1.0,
        unheard=0.1,
        steps=12,
        method="adams",
        guidance=1.0,
        initial_log_var=-5.0,
        encoder_kind="residual",
        encoder_options=None,
        beta=0.05,
        kl_warmup_steps=1500,
        patch=None,
        **kwargs,
    ):
        super().__init__(latent_dim, beta, kl_warmup_steps, **kwargs)
        self.patch = patch_for(self.image_shape) if patch is None else patch
        self.width, self.blocks, self.heads, self.hidden, self.context = width, blocks, heads, hidden, context
        self.early = early_blocks(early, blocks)
        self.early_weight = early_weight
        self.internal_guidance, self.internal_until = internal_guidance, internal_until
        self.model_guidance, self.guided_times = model_guidance, tuple(guided_times)
        self.time_mean, self.time_spread, self.unheard = time_mean, time_spread, unheard
        self.steps, self.method, self.guidance = steps, method, guidance
        self.initial_log_var = initial_log_var
        self.encoder_kind, self.encoder_options = encoder_kind, dict(encoder_options or {})
        self.encoder = build_encoder(
            encoder_kind, self.spectrogram_shape, latent_dim, initial_log_var, self.dtype_policy, **self.encoder_options
        )
        sizes = (width, blocks, heads, hidden, self.early)
        self.transformer = patch_transformer(
            self.image_shape, self.patch, latent_dim, *sizes, self.dtype_policy, context
        )
        self.build((None, *self.spectrogram_shape))

    def losses_of(self, spectrograms, images, training=False):
        """The terms of the loss, each the mean over the batch's pairs.

        Args:
            spectrograms: (batch, frames, mels, 1).
            images: (batch, n, height, width, channels): n images share a clip.
        """
        z_mean, z_log_var = self.encoder(spectrograms, training=training)
        z = sample_latents(z_mean, z_log_var, images.shape[1], self.seed_generator)
        z = ops.reshape(z, (-1, self.latent_dim))
        y = 2 * ops.reshape(images, (-1, *self.image_shape)) - 1
        n, seed = ops.shape(y)[0], self.seed_generator
        heard = ops.cast(keras.random.uniform((n, 1), seed=seed) >= self.unheard, z.dtype)
        t = ops.sigmoid(self.time_mean + self.time_spread * keras.random.normal((n,), seed=seed))
        e = keras.random.normal(ops.shape(y), seed=seed)
        at = t[:, None, None, None]
        y_t = (1 - at) * e + at * y
        last, early = self.transformer([y_t, t, heard * z], training=training)
        target = self.guided(y, y_t, t, last) if training and self.model_guidance != 1 else y

        def loss(image):
            error = (image - target) / ops.maximum(1 - at, LEAST_LEFT)
            return 0.5 * ops.mean(ops.sum(ops.square(error), axis=(1, 2, 3)))

        return {"velocity": loss(last), "early": loss(early), "kl": ops.mean(kl_divergence(z_mean, z_log_var))}

    def guided(self, y, y_t, t, last):
        """The targets (n, height, width, channels) of images y of that shape with model guidance, where the network
        predicts `last`."""
        few = ops.maximum(ops.shape(y)[0] // GUIDED, 1)
        y_t, t = y_t[:few], t[:few]
        unheard, _ = self.transformer([y_t, t, ops.zeros((few, self.latent_dim))], training=False)
        strength = GUIDED * (1 - 1 / self.model_guidance) * ops.cast(self.is_guided(t), "float32")
        target = y[:few] + strength[:, None, None, None] * (last[:few] - unheard)
        return ops.stop_gradient(ops.concatenate([target, y[few:]]))

    def is_guided(self, t):
        """Whether g and g' act at the times t, a bool tensor of their shape."""
        first, end = self.guided_times
        return (t >= first) & (t < end)

    def total(self, terms, beta):
        weight = self.early_weight if self.early else 0.0
        return {"loss": terms["velocity"] + weight * terms["early"] + beta * terms["kl"], **terms}

    def predicted(self, y, t, z, internal=1.0):
        """The image D(y_t, t, z) of y_t (n, height, width, channels), t (n,) and codes z (n, latent_dim), with internal
        guidance w."""
        last, early = self.transformer([y, t, z], training=False)
        return ops.clip(early + internal * (last - early), -1, 1)

    def velocity(self, z, guidance, internal=1.0):
        """v(y_t, t) for the codes z (n, latent_dim), with guidance g and internal guidance w."""

        def v(y, t):
            times = ops.broadcast_to(t, ops.shape(y)[:1])
            w = ops.where(t < self.internal_until, internal, 1.0)
            drawn = self.predicted(y, times, z, w)

            def guided():
                unheard = self.predicted(y, times, ops.zeros_like(z), w)
                return unheard + guidance * (drawn - unheard)

            if guidance != 1:
                drawn = ops.cond(self.is_guided(t), guided, lambda: drawn)
            return (drawn - y) / (1 - t)

        return v

    @tf.function(autograph=False, reduce_retracing=True)
    def solution(self, noise, z, guidance, internal, steps):
        """Images (n, height, width, channels) in [0, 1] from noise of that shape, for codes z (n, latent_dim)."""
        y = solve(noise, self.velocity(z, guidance, internal), steps=steps, method=self.method)
        return ops.clip((y + 1) / 2, 0, 1)

    @property
    def dials(self):
        """g, w and the steps of a solution, as they are now."""
        return self.guidance, self.internal_guidance, self.steps

    def call(self, spectrograms, training=False):
        z_mean, _ = self.encoder(spectrograms, training=training)
        noise = ops.broadcast_to(first_noise(self.image_shape), (ops.shape(z_mean)[0], *self.image_shape))
        return self.solution(noise, z_mean, *self.dials)

    def decode(self, z, noise=None):
        """Codes (n, latent_dim) -> (n, height, width, channels) numpy images in [0, 1], from noise or the first one."""
        z = np.asarray(ops.convert_to_numpy(z), np.float32)
        noise = np.broadcast_to(first_noise(self.image_shape), (len(z), *self.image_shape)) if noise is None else noise
        parts = [slice(i, i + BATCH) for i in range(0, len(z), BATCH)]
        drawn = [self.solution(tf.constant(noise[part]), tf.constant(z[part]), *self.dials).numpy() for part in parts]
        return np.concatenate(drawn) if drawn else noise

    @property
    def hand_dim(self):
        """The noise is the hand."""
        return math.prod(self.image_shape)

    def latents_of(self, spectrograms):
        return self.z_mean_of(spectrograms)

    def draw_at(self, latents, hands=None):
        noise = None if hands is None else np.asarray(hands, np.float32).reshape(-1, *self.image_shape)
        return self.decode(latents, noise)

    def draw(self, spectrograms, samples, seed):
        z_mean = self.z_mean_of(spectrograms)
        z = np.repeat(z_mean, samples, axis=0)
        noise = np.random.default_rng(seed).standard_normal((len(z), *self.image_shape), np.float32)
        return self.decode(z_mean), self.decode(z, noise).reshape(len(z_mean), samples, *self.image_shape)

    @classmethod
    def from_config(cls, config):
        """Older files do not name the patch, which is of 4 pixels, the early image, which is the image, the times of
        guidance, which are all, or the tokens of the code, of which they have none."""
        older = {"patch": 4, "context": 0, "early": 0, "internal_until": 1.0}
        older |= {"model_guidance": 1.0, "guided_times": (0.0, 1.0)}
        return super().from_config({**older, **config})

    def get_config(self):
        names = """patch width blocks heads hidden context early early_weight internal_guidance internal_until
            model_guidance guided_times time_mean time_spread unheard steps method guidance initial_log_var
            encoder_kind encoder_options"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
