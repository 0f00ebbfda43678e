"""The generator against the descriptor as a critic: WaveGAN's training (C. Donahue et al. 2019), which is that of a
Wasserstein GAN with gradient penalty (I. Gulrajani et al. 2017, algorithm 1).

With x crops of the recording, x^ = g(z), z ~ N(0, I), and x_e = e x + (1 - e) x^, e uniform in [0, 1], the critic goes
down

    f(x^) - f(x) + penalty (|df/dx (x_e)| - 1)^2

in each of `critic_steps` steps, each on crops and draws of its own, then the generator goes down -f(x^) in one. The
generator learns as in `coopnets` by energy; what differs is what f learns from, draws that no chain has revised, and
the penalty.
"""

import tensorflow as tf

from crossmodal.training.texture_state import State, crops, rate_now, root_mean_square


def play(state: State, seeds, first) -> dict:
    """One iteration. Figures: `energy_gap` (f of the recording less f of the draws, per number of a signal), `slope`
    (the mean of |df/dx|, 1 where the penalty is 0), both of the last step of the critic, and `rms` of the generator's
    draws."""
    s = state.settings

    def step(i, _):
        return i + 1, learn_critic(state, tf.random.experimental.stateless_fold_in(seeds[0], i))

    first_figures = {"energy_gap": tf.constant(0.0), "slope": tf.constant(0.0)}
    start = (tf.constant(0), first_figures)
    figures = tf.while_loop(lambda i, _: i < s.critic_steps, step, start, parallel_iterations=1)[1]
    return {**figures, "rms": climb_critic(state, seeds[1])}


def learn_critic(state: State, seed) -> dict:
    """One step of the critic down its loss: figures of it before the step."""
    s, model, optimizer = state.settings, state.model, state.descriptor_optimizer
    seed_data, seed_z, seed_e, seed_f = tf.unstack(tf.random.experimental.stateless_split(seed, 4))
    real, drawn = crops(state, seed_data), model.generator(model.latents(s.chains, s.samples, seed_z))
    critic = critic_of(state, seed_f)
    with tf.GradientTape() as tape:
        gap = tf.reduce_mean(critic(real)) - tf.reduce_mean(critic(drawn))
        slopes = slopes_between(critic, real, drawn, tf.random.stateless_uniform((s.chains,), seed_e))
        loss = s.penalty * tf.reduce_mean(tf.square(slopes - 1)) - gap
    variables = model.descriptor.trainable_variables
    optimizer.learning_rate.assign(rate_now(state, s.descriptor_rate, optimizer))
    optimizer.apply(tape.gradient(loss, variables), variables)
    return {"energy_gap": gap / s.size, "slope": tf.reduce_mean(slopes)}


def slopes_between(critic, real, drawn, e) -> tf.Tensor:
    """|df/dx| where x = e real + (1 - e) drawn: (chains,), of signals (chains, *shape) and e (chains,)."""
    e = tf.reshape(e, (-1, *[1] * (len(real.shape) - 1)))
    between = e * real + (1 - e) * drawn
    with tf.GradientTape() as tape:
        tape.watch(between)
        f = tf.reduce_sum(critic(between))
    squares = tf.square(tape.gradient(f, between))
    return tf.sqrt(tf.reduce_sum(squares, axis=list(range(1, len(real.shape)))) + 1e-12)


def climb_critic(state: State, seed) -> tf.Tensor:
    """One step of the generator up f of its draws: their RMS before it."""
    s, model, optimizer = state.settings, state.model, state.generator_optimizer
    seed_z, seed_f = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    variables, critic = model.generator.trainable_variables, critic_of(state, seed_f)
    with tf.GradientTape() as tape:
        drawn = model.generator(model.latents(s.chains, s.samples, seed_z))
        loss = -tf.reduce_mean(critic(drawn))
    optimizer.learning_rate.assign(rate_now(state, s.first_generator_rate, optimizer))
    optimizer.apply(tape.gradient(loss, variables), variables)
    return root_mean_square(drawn)


def critic_of(state: State, seed):
    """f as the critic learns it: with its phases shuffled, where the descriptor does that."""
    descriptor = state.model.descriptor
    return (lambda signal: descriptor(signal, seed=seed)) if getattr(descriptor, "shuffles", False) else descriptor
