"""The terms that losses are made of, as functions of arrays. Sums over an image or a latent, no means over batches."""

import keras
from keras import ops


def kl_divergence(z_mean, z_log_var):
    """KL(N(z_mean, exp(z_log_var)) || N(0, I)): (batch, latent_dim) twice -> (batch,) nats (Kingma & Welling,
    2014, appendix B)."""
    return 0.5 * ops.sum(ops.square(z_mean) + ops.exp(z_log_var) - 1.0 - z_log_var, axis=-1)


def reconstruction(images, logits):
    """Bernoulli negative log likelihood of images in [0, 1]: (..., height, width, channels) twice -> (...) nats, summed
    over pixels and channels."""
    nll = ops.maximum(logits, 0.0) - logits * images + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.sum(nll, axis=(-3, -2, -1))


def energy_score(targets, draws):
    """How far draws are from being further samples of what the targets were sampled from.

    The mean distance of a target to a draw less half that of two draws, ||.|| being Euclidean: a strictly proper
    score (Gneiting & Raftery 2007, section 4.3; of networks, Bouchacourt et al. 2016). Unlike a reconstruction it is
    least not for draws that are all alike, but for draws distributed as the targets are.

    Args:
        targets: (batch, n, d), n samples for each condition.
        draws: (batch, m, d), m >= 2.

    Returns:
        (batch,), at least 0 in expectation once half the mean distance of two targets is taken off.
    """
    m = draws.shape[1]
    if m < 2:
        raise ValueError("The energy score compares draws of one condition: it needs at least two.")
    between = ops.mean(_distances(targets, draws), axis=(1, 2))
    within = ops.sum(_distances(draws, draws) * (1 - ops.eye(m)), axis=(1, 2)) / (m * (m - 1))
    return between - 0.5 * within


def _distances(x, y):
    """(batch, n, d), (batch, m, d) -> (batch, n, m); the gradient is finite where two coincide."""
    squared = ops.sum(ops.square(x), -1)[:, :, None] + ops.sum(ops.square(y), -1)[:, None]
    squared = squared - 2 * ops.matmul(x, ops.swapaxes(y, 1, 2))
    return ops.sqrt(ops.maximum(squared, 0) + 1e-3)


def discriminator_loss(real_scores, fake_scores):
    """Binary cross-entropy of a discriminator's logits (Goodfellow et al. 2014, equation 1): (batch,) twice ->
    (batch,) nats. 2 log 2 where it cannot tell."""
    return ops.softplus(-real_scores) + ops.softplus(fake_scores)


def clip_cross_entropy(features, sounds):
    """The cross-entropy of the clip to which an image belongs among all clips of a batch, whose odds are the
    exponentials of <features, sounds> (InfoNCE, A. van den Oord et al. 2018).

    Args:
        features: (clips * n, d), of n images a clip.
        sounds: (clips, d).

    Returns:
        (clips * n,) nats; log(clips) where it cannot be told.
    """
    clips = ops.shape(sounds)[0]
    own = ops.repeat(ops.arange(clips), ops.shape(features)[0] // clips)
    return keras.losses.sparse_categorical_crossentropy(
        own, ops.matmul(features, ops.transpose(sounds)), from_logits=True
    )


def generator_loss(fake_scores):
    """The non-saturating loss, -log D (Goodfellow et al. 2014, section 3): (batch,) -> (batch,) nats."""
    return ops.softplus(-fake_scores)
