"""A flow over images and sounds at once: one network draws what it hears, says what it sees, and imagines both.

A pair is an image y and a sound s, which is a spectrogram and its duration. Each side has noise e ~ N(0, I), a straight
path and a time of its own (Bao et al. 2023: UniDiffuser; Li et al. 2024: OmniFlow):

    y_t = (1 - t_y) e_y + t_y y,    s_t = (1 - t_s) e_s + t_s s,    0 is noise, 1 the data.

A transformer D(y_t, s_t, t_y, t_s) predicts both, and so their velocities, as in `crossmodal.models.flow`. The times
say what is asked of it. A side that is given has time 1, one that is missing time 0 and plain noise:

    image of a sound  t_s = 1, t_y from 0 to 1        image alone  t_s = 0, t_y from 0 to 1
    sound of an image t_y = 1, t_s from 0 to 1        sound alone  t_y = 0, t_s from 0 to 1
    both              t_y = t_s from 0 to 1

A pair that is imagined comes from noise so, and then passes a step of Gibbs sampling: y ~ p(y|s), then s ~ p(s|y).

Each training pair is one of these five at random. The loss is the mean squared error of the velocity of each side that
is not given or missing, the mean of both sides' and a little of the duration's; what the first blocks alone predict has
the same loss, and is left behind as in `crossmodal.models.flow` (internal guidance). What is heard may be a variant or
augmented, what is said is not: it is learned from the recording itself. A sound that is given does not say how long it
was, its duration is then 0, which is the middle.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from crossmodal.errors import DataError
from crossmodal.models.base import AudioImageModel
from crossmodal.models.flow import BATCH, LEAST_LEFT
from crossmodal.models.networks.joint_transformer import joint_transformer
from crossmodal.models.networks.transformer import early_blocks, patch_for
from crossmodal.models.pair_state import MIDDLE_S, PairState, units_of
from crossmodal.sampling.ode import first_noise, solve

DURATION = 0.1  # weight of the duration's error
# of the image and of the sound in each way: the time is the first number and the second times t
GIVEN, MISSING, MOVING = (1.0, 0.0), (0.0, 0.0), (0.0, 1.0)
WAYS = {
    "image of sound": (MOVING, GIVEN),
    "sound of image": (GIVEN, MOVING),
    "both": (MOVING, MOVING),
    "image alone": (MOVING, MISSING),
    "sound alone": (MISSING, MOVING),
}


def weighted(terms):
    """The loss of image, sound and duration."""
    return terms["image"] + terms["sound"] + DURATION * terms["duration"]


@keras.saving.register_keras_serializable("crossmodal")
class JointFlow(AudioImageModel):
    """Hears a spectrogram and draws images, sees an image and says sounds, or imagines pairs of both.

    Args:
        patch: height and width of an image's token in pixels; None: see `patch_for`.
        width, blocks, heads, hidden, frames_per_token: of the transformer, see `joint_transformer`.
        early, early_weight, internal_guidance: see `AudioImageFlow`.
        shares: of the training pairs, one for each of `WAYS`.
        time_mean, time_spread: of the logit of t in training.
        steps, method: how the equation is solved, see `crossmodal.sampling.ode`.
        guidance: g, 1 for the learned distribution; more takes each side further from what it is without the other.
        **kwargs: see `AudioImageModel`.

    The best drawing of a clip begins at `crossmodal.sampling.ode.first_noise`, others and all sounds at noise of their
    own.

    Example:
        model = JointFlow()
        images, draws = model.generate(log_mel([waveform]), samples=4, seed=0)
        spectrograms, durations_s = model.say(images, samples=2, seed=0)
        waveform = invert(spectrograms[0, 0], durations_s[0, 0], LogMel(**model.front_end))
    """

    TRACKED = ("loss", "image", "sound", "duration", "early")
    NEEDS = ("duration", "plain")

    def __init__(
        self,
        width=112,
        blocks=6,
        heads=4,
        hidden=448,
        frames_per_token=2,
        early=None,
        early_weight=0.5,
        internal_guidance=1.25,
        shares=(0.35, 0.3, 0.25, 0.05, 0.05),
        time_mean=-0.4,
        time_spread=1.0,
        steps=6,
        method="heun",
        guidance=1.0,
        patch=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.patch = patch_for(self.image_shape) if patch is None else patch
        self.width, self.blocks, self.heads, self.hidden = width, blocks, heads, hidden
        self.early = early_blocks(early, blocks)
        self.early_weight, self.internal_guidance = early_weight, internal_guidance
        self.frames_per_token, self.shares = frames_per_token, tuple(shares)
        self.time_mean, self.time_spread = time_mean, time_spread
        self.steps, self.method, self.guidance = steps, method, guidance
        sizes = (width, blocks, heads, hidden, frames_per_token, self.early)
        self.transformer = joint_transformer(
            self.image_shape, self.patch, self.spectrogram_shape, *sizes, self.dtype_policy
        )
        self.pair = PairState(self.image_shape, self.spectrogram_shape)
        self.build((None, *self.spectrogram_shape))

    def losses_of(self, heard, images, plain, durations_s, training=False):
        """The terms of the loss, each the mean over the pairs in which it counts.

        Args:
            heard: spectrograms (batch, frames, mels, 1) as a sound that is given.
            images: (batch, n, height, width, channels): n images share a clip.
            plain: spectrograms (batch, frames, mels, 1) as a sound that is learned.
            durations_s: (batch,) of these, in seconds.
        """
        each = (ops.repeat(x, images.shape[1], axis=0) for x in (heard, plain, units_of(durations_s)))
        heard, plain, durations = each
        given = self.pair.join(images, heard, ops.zeros_like(durations))
        data, seed = self.pair.join(images, plain, durations), self.seed_generator
        n = ops.shape(data)[0]
        ways = keras.random.categorical(ops.log(ops.convert_to_tensor([self.shares], "float32")), n, seed=seed)[0]
        first, slope = ops.unstack(ops.take(ops.convert_to_tensor(list(WAYS.values()), "float32"), ways, axis=0), 2, -1)
        t = ops.sigmoid(self.time_mean + self.time_spread * keras.random.normal((n, 1), seed=seed))
        times = first + slope * t
        at, noise = self.pair.per_number(times), keras.random.normal(ops.shape(data), seed=seed)
        state = ops.where(self.pair.per_number(first) > 0, given, (1 - at) * noise + at * data)
        predicted = self.transformer([*self.pair.part(state), times], training=training)
        wanted = self.pair.part(data)
        left = ops.square(ops.maximum(1 - t[:, 0], LEAST_LEFT))
        image, sound = ops.unstack(slope, 2, axis=-1)

        def terms_of(predicted):
            both = zip(predicted, wanted, strict=True)
            errors = [ops.mean(ops.square(p - w), axis=list(range(1, len(w.shape)))) for p, w in both]
            terms = zip(("image", "sound", "duration"), errors, (image, sound, sound), strict=True)
            return {name: ops.sum(of * e / left) / ops.maximum(ops.sum(of), 1) for name, e, of in terms}

        return {**terms_of(predicted[:3]), "early": weighted(terms_of(predicted[3:]))}

    def total_of(self, data, training=False):
        """The terms of a batch and the loss that they add up to."""
        heard, images = self.pairs_in(data)
        asked = data[2] if len(data) > 2 else {}
        durations_s = asked.get("duration", ops.full(ops.shape(heard)[:1], MIDDLE_S))
        terms = self.losses_of(heard, images, asked.get("plain", heard), durations_s, training)
        weight = self.early_weight if self.early else 0.0
        return {"loss": weighted(terms) + weight * terms["early"], **terms}

    def train_step(self, data):
        return self.track(self.learn(lambda: self.total_of(data, training=True)))

    def test_step(self, data):
        return self.track(self.total_of(data))

    def predicted(self, state, times, internal=1.0):
        """The data D of states (n, size) at the sides' times (2,), as a state, with internal guidance w."""
        rows = ops.broadcast_to(times[None], (ops.shape(state)[0], 2))
        predicted = self.transformer([*self.pair.part(state), rows], training=False)
        last, early = self.pair.flat(*predicted[:3]), self.pair.flat(*predicted[3:])
        return early + internal * (last - early)

    @tf.function(autograph=False, reduce_retracing=True)
    def solution(self, start, way: str, guidance, internal, steps):
        """States (n, size) at t = 1 of what starts at `start`, for one of `WAYS` and both guidances, g and w."""
        first, slope = map(tf.constant, zip(*WAYS[way], strict=True))
        moves = self.pair.per_number(slope[None])
        noise = keras.random.normal(ops.shape(start), seed=1) if guidance != 1 else None

        def alone(x, t, side):
            own = self.pair.per_number(side[None])
            return own * self.predicted(own * x + (1 - own) * noise, side * t, internal)

        def velocity(x, t):
            drawn = self.predicted(x, first + slope * t, internal)
            if noise is not None:
                moving = [side for side, (_, m) in zip(np.eye(2, dtype=np.float32), WAYS[way], strict=True) if m]
                without = sum(alone(x, t, side) for side in moving)
                drawn = without + guidance * (drawn - without)
            return moves * (drawn - x) / (1 - t)

        return solve(start, velocity, steps=steps, method=self.method)

    @property
    def dials(self):
        """g, w and the steps of a solution, as they are now."""
        return self.guidance, self.internal_guidance, self.steps

    def solved(self, start, way: str):
        """Images, spectrograms and durations in seconds (n,), numpy arrays, from states (n, size) and a way."""
        parts = [tf.constant(start[i : i + BATCH]) for i in range(0, len(start), BATCH)]
        ends = [self.solution(part, way, *self.dials).numpy() for part in parts]
        return self.pair.pairs(np.concatenate(ends) if ends else start)

    def noise(self, n, seed):
        """e ~ N(0, I): (n, size), a function of the seed."""
        return np.random.default_rng(seed).standard_normal((n, self.pair.size), np.float32)

    def images_of(self, spectrograms, seed):
        """y ~ p(y|s), an image (n, height, width, channels) of each spectrogram (n, frames, mels, 1)."""
        start = self.pair.given(self.noise(len(spectrograms), seed), spectrograms=spectrograms)
        return self.solved(start, "image of sound")[0]

    def sounds_of(self, images, seed):
        """s ~ p(s|y), a spectrogram (n, frames, mels, 1) and a duration (n,) in seconds of each image."""
        start = self.pair.given(self.noise(len(images), seed), images=images)
        return self.solved(start, "sound of image")[1:]

    def first_state(self, spectrograms):
        """(n, size), where the best drawing of each clip begins."""
        n = ops.shape(spectrograms)[0]
        images = ops.broadcast_to((first_noise(self.image_shape) + 1) / 2, (n, *self.image_shape))
        return self.pair.join(images, spectrograms, ops.zeros((n,)))

    def call(self, spectrograms, training=False):
        end = self.solution(self.first_state(spectrograms), "image of sound", *self.dials)
        return ops.clip((self.pair.part(end)[0] + 1) / 2, 0, 1)

    def draw(self, spectrograms, samples, seed):
        n = len(spectrograms)
        best, _, _ = self.solved(self.first_state(spectrograms), "image of sound")
        draws = self.images_of(np.repeat(spectrograms, samples, axis=0), seed)
        return best, draws.reshape(n, samples, *self.image_shape)

    def say(self, images, samples=1, seed=0):
        """Sounds of each image.

        Args:
            images: (n, height, width, channels) in [0, 1].
            samples: sounds of each, at random.
            seed: these are a function of it.

        Returns:
            spectrograms: (n, samples, frames, mels, 1) float32 numpy array in [0, 1], for `crossmodal.sound.inversion`.
            durations_s: (n, samples) in seconds.

        Raises:
            DataError: the images have another shape, or hold values that are not in [0, 1].
        """
        images = np.asarray(images, np.float32)
        if images.shape[1:] != self.image_shape or not ((images >= 0) & (images <= 1)).all():
            shape = ", ".join(map(str, self.image_shape))
            raise DataError(f"Images of shape {images.shape} do not fit this model: pass (n, {shape}) in [0, 1].")
        spectrograms, durations_s = self.sounds_of(np.repeat(images, samples, axis=0), seed)
        shape = (len(images), samples)
        return spectrograms.reshape(*shape, *self.spectrogram_shape), durations_s.reshape(shape)

    def imagine(self, n, seed=0):
        """n pairs of what nobody gave: images (n, height, width, channels) and spectrograms (n, frames, mels, 1) in
        [0, 1], and durations (n,) in seconds; a function of the seed.

        Both come from noise together. A step of Gibbs sampling makes them agree better: an image of that sound, then a
        sound of that image.
        """
        _, heard, _ = self.solved(self.noise(n, seed), "both")
        images = self.images_of(heard, [seed, 1])
        return images, *self.sounds_of(images, [seed, 2])

    @classmethod
    def from_config(cls, config):
        """Older files do not name the patch, which is of 4 pixels, or what is predicted early: nothing."""
        return super().from_config({"patch": 4, "early": 0, **config})

    def get_config(self):
        names = """patch width blocks heads hidden frames_per_token early early_weight internal_guidance shares
            time_mean time_spread steps method guidance"""
        return {**super().get_config(), **{name: getattr(self, name) for name in names.split()}}
