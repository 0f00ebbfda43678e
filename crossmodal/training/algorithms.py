"""One iteration of each way to train on signals of any shape, in the names of R. Zhong's thesis (UCLA 2017).

    descriptor   Algorithm D: persistent chains, each iteration goes on where the last one left them
    contrastive  the same with chains that start from the recording (contrastive divergence)
    generator    Algorithm G, alternating back-propagation: latents of the recording are inferred by Langevin
    coopnets     chains start from the generator's draws and teach the descriptor; it teaches the generator, see below
    coopnets-z   the same, but Langevin first revises the latents, and the generator regresses the revised draws on them
    adversarial  no chains: the descriptor is the critic of a Wasserstein GAN, see `adversarial`

In `coopnets` the generator learns by one of two losses:

    energy    -E f(g(z)), z ~ N(0, I) fresh in each of several steps (T. Kim & Y. Bengio 2016, arXiv 1606.03439; of a
              descriptor of averages over time it is the loss of D. Ulyanov et al. 2016, "Texture Networks")
    waveform  |Y - g(z)|^2 / (2 sigma_g^2), Y being what the chain that started at g(z) came to (the thesis)

A signal is a part of a recording or of a picture, or of one of several examples. A waveform's phases nobody can predict
from z, so its regression teaches little but levels. f knows averages alone.

An iteration is a function of the state and of two integers, all that is random comes from these. It returns figures:
`energy_gap` (f of the recording less f of the chains, per number of a signal), `drift_to_noise` and `rms` of the
chains' last step, `revised` (RMS of what the chains changed), `error` (RMS of revised signal less g(z)),
`absolute_error` (the mean of its absolute value, which the thesis plots) and, by energy, `generator_f` (f of the
generator's draws, per number of a signal).
"""

from collections.abc import Callable

import keras
import tensorflow as tf

from crossmodal.runtime.processors import map_rows
from crossmodal.sampling.langevin import langevin
from crossmodal.training.adversarial import play
from crossmodal.training.texture_state import ENERGY_LAST_RATE, State, crops, rate_now, root_mean_square


def iterate(state: State, seed, first) -> dict:
    """One iteration of the settings' algorithm. `seed`: two integers; `first`: whether persistent chains start now."""
    seeds = tf.unstack(tf.random.experimental.stateless_split(seed, 5))
    return ALGORITHMS[state.settings.algorithm](state, seeds, first)


def persistent_chains(state: State, seeds, first) -> dict:
    """Algorithm D: the chains go on; the first ones start from noise at the recording's level."""
    data = crops(state, seeds[0])
    noise = tf.random.stateless_normal(data.shape, seeds[1]) * root_mean_square(state.signal)
    start = tf.where(first, noise, tf.convert_to_tensor(state.chains))
    revised, figures = learn_descriptor(state, data, start, seeds[2])
    state.chains.assign(revised)
    return figures


def contrastive_divergence(state: State, seeds, first) -> dict:
    """Chains start from the data that the descriptor learns from."""
    data = crops(state, seeds[0])
    return learn_descriptor(state, data, data, seeds[2])[1]


def cooperate(state: State, seeds, first) -> dict:
    """CoopNets: draw and revise; data less revised draws teach the descriptor, which teaches the generator by energy;
    or the revised draws do."""
    z, revised, figures = draw_and_revise(state, seeds)
    if state.settings.by_energy:
        return {**figures, "error": figures["revised"], "generator_f": descend_energy(state, seeds[4])}
    return figures | learn_generator(state, z, revised)


def cooperate_with_latents(state: State, seeds, first) -> dict:
    """The same, but Langevin revises the latents too before the generator learns from them."""
    z, revised, figures = draw_and_revise(state, seeds)
    z = infer_latents(state, z, revised, seeds[3]).state
    return figures | learn_generator(state, z, revised)


def draw_and_revise(state: State, seeds) -> tuple[tf.Tensor, tf.Tensor, dict]:
    """Latents z, the generator's draws of them as the chains revised them (chains, *shape), and figures; the
    descriptor has learned from both."""
    s = state.settings
    z = state.model.latents(s.chains, s.samples, seeds[1])
    revised, figures = learn_descriptor(state, crops(state, seeds[0]), map_rows(state.model.generator, z), seeds[2])
    return z, revised, figures


def alternate_back_propagation(state: State, seeds, first) -> dict:
    """Algorithm G: infer the latents of the same data from where they were, then learn to generate these."""
    s, data = state.settings, beginnings(state)
    fresh = state.model.latents(s.chains, s.samples, seeds[1])
    walk = infer_latents(state, tf.where(first, fresh, tf.convert_to_tensor(state.chains)), data, seeds[3])
    state.chains.assign(walk.state)
    figures = learn_generator(state, walk.state, data)
    return {**figures, "drift_to_noise": walk.drift_to_noise[-1], "rms": walk.rms[-1]}


ALGORITHMS: dict[str, Callable[[State, list, tf.Tensor], dict]] = {
    "coopnets": cooperate,
    "coopnets-z": cooperate_with_latents,
    "descriptor": persistent_chains,
    "contrastive": contrastive_divergence,
    "generator": alternate_back_propagation,
    "adversarial": play,
}


def learn_descriptor(state: State, data, start, seed) -> tuple[tf.Tensor, dict]:
    """Walk from `start`, then one step up the likelihood of the data: the chains (chains, *shape) and figures."""
    s, descriptor = state.settings, state.model.descriptor
    walk = state.model.revise(start, seed)
    with tf.GradientTape() as tape:
        f = map_rows(descriptor, tf.concat([data, walk.state], axis=0))
        gap = tf.reduce_mean(f[: s.chains]) - tf.reduce_mean(f[s.chains :])
        loss = -gap + 2 * s.energy * tf.reduce_mean(tf.square(f)) / s.size if s.energy else -gap
    gradients = tape.gradient(loss, descriptor.trainable_variables)
    if s.by_positions:
        gradients = divide_by_positions(gradients, descriptor.positions(s.samples))
    state.descriptor_optimizer.learning_rate.assign(rate_now(state, s.descriptor_rate, state.descriptor_optimizer))
    state.descriptor_optimizer.apply(gradients, descriptor.trainable_variables)
    return walk.state, {
        "energy_gap": gap / s.size,
        "drift_to_noise": walk.drift_to_noise[-1],
        "rms": walk.rms[-1],
        "revised": root_mean_square(walk.state - start),
    }


def learn_generator(state: State, z, signal) -> dict:
    """One step of the generator towards g(z) = signal; figures of the error before it."""
    s, generator = state.settings, state.model.generator
    with tf.GradientTape() as tape:
        error = signal - map_rows(generator, z)
        loss = tf.reduce_sum(tf.square(error)) / (2 * s.latent_sigma**2 * s.chains)
    rate = rate_now(state, s.first_generator_rate, state.generator_optimizer)
    state.generator_optimizer.learning_rate.assign(rate)
    state.generator_optimizer.apply(tape.gradient(loss, generator.trainable_variables), generator.trainable_variables)
    return {"error": root_mean_square(error), "absolute_error": tf.reduce_mean(tf.abs(error))}


def descend_energy(state: State, seed) -> tf.Tensor:
    """`generator_steps` steps of the generator down -E f(g(z)), each on latents of its own.

    Returns:
        f of the last step's draws, per number of a signal, before that step.
    """
    s, model, optimizer = state.settings, state.model, state.generator_optimizer
    variables = model.generator.trainable_variables
    steps = max(1, s.iterations * s.generator_steps)
    falling = keras.optimizers.schedules.CosineDecay(s.first_generator_rate, steps, alpha=ENERGY_LAST_RATE)

    def step(i, _):
        z = model.latents(s.chains, s.samples, tf.random.experimental.stateless_fold_in(seed, i))
        with tf.GradientTape() as tape:
            f = tf.reduce_mean(map_rows(lambda z: model.descriptor(model.generator(z)), z))
            loss = -f
        optimizer.learning_rate.assign(falling(optimizer.iterations) * tf.convert_to_tensor(state.rate))
        optimizer.apply(tape.gradient(loss, variables), variables)
        return i + 1, f

    first = (tf.constant(0), tf.constant(0.0))
    return tf.while_loop(lambda i, _: i < s.generator_steps, step, first, parallel_iterations=1)[1] / s.size


def infer_latents(state: State, z, signal, seed):
    """Langevin on latents (eq. 3.9): a `Walk` towards p(z | signal)."""
    s, axes = state.settings, list(range(1, len(signal.shape)))

    def log_likelihood(z):
        error = signal - map_rows(state.model.generator, z)
        return -tf.reduce_sum(tf.square(error), axes) / (2 * s.latent_sigma**2)

    return langevin(
        z, log_likelihood, steps=s.latent_steps, step_size=s.latent_step, sigma=1.0, seed=seed, most_drift=1.0
    )


def beginnings(state: State) -> tf.Tensor:
    """(chains, *shape): the recording's beginning for each chain, or that of an example of its own."""
    s = state.settings
    beginning = state.signal[(..., *map(slice, s.shape))]
    if len(beginning.shape) > len(s.shape):
        return beginning[: s.chains]
    return tf.repeat(beginning[None], s.chains, axis=0)


def divide_by_positions(gradients: list, positions: list[int]) -> list:
    """Gradients of kernel and bias of each convolution over the length of its map."""
    return [gradient / positions[i // 2] for i, gradient in enumerate(gradients)]
