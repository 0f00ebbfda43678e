"""Sound textures: Langevin chains, sampling, the evaluator, the thesis' training."""

import importlib.util
import time
from collections.abc import Callable

from limits import flops, peaks, precisions
from turns import Elsewhere, compare, least_seconds

STEP, SIGMA = 0.001, 0.03
CHAINS, SAMPLES = 2, 60_000


def langevin(config) -> dict:
    """Chains of the thesis' descriptor, 2 x 60,000 samples: here and in PyTorch, which have the same weights."""
    import tensorflow as tf

    from crossmodal.models.networks.waveform import WaveformDescriptor

    descriptor = WaveformDescriptor()
    start = 0.1 * tf.random.stateless_normal((CHAINS, SAMPLES), (0, 0)).numpy()
    rivals = {}
    if importlib.util.find_spec("torch"):
        import pytorch

        agree(descriptor, pytorch, start)
        weights = (descriptor.get_weights(), descriptor.strides, start)
        for precision in ("float32", "bfloat16 autocast"):
            options = (config.langevin_steps, STEP, SIGMA, precision != "float32")
            rivals[f"PyTorch, {precision}"] = Elsewhere(pytorch.langevin, *weights, *options)
    for precision in precisions():
        arguments = (descriptor.get_weights(), start, config.langevin_steps, precision)
        rivals[f"crossmodal, {precision}"] = Elsewhere(chains, *arguments)
    turns = 5 * config.rounds  # they are short
    steps = compare(rivals, turns, config.langevin_steps, "steps/s")
    for rival in rivals.values():
        rival.close()
    gflop = 2 * CHAINS * flops_of_signal(descriptor) / 1e9  # forward, and the gradient by the signal
    rate = gflop * steps["crossmodal, float32"]["steps/s"]
    return {"steps": steps, "GFLOP/s": rate, "share_of_peak": rate / peaks()["float32"]}


def chains(weights, start, steps: int, precision: str) -> Callable:
    """Chains from `start` as the thesis' preset walks, as a function without arguments; for a process of its own."""
    import tensorflow as tf

    from crossmodal.models.coopnets import CoopNets
    from crossmodal.models.networks.waveform import WaveformDescriptor, WaveformGenerator
    from crossmodal.runtime.processors import set_one_thread_per_operation

    set_one_thread_per_operation()
    descriptor = WaveformDescriptor(dtype=precision)
    descriptor.set_weights(weights)
    model = CoopNets(WaveformGenerator(), descriptor, steps=steps, step=STEP, sigma=SIGMA)
    walk, first = tf.function(lambda signal: model.revise(signal, (0, 0)).state), tf.constant(start)
    return lambda: walk(first).numpy()


def flops_of_signal(descriptor) -> int:
    """Of one forward pass on one signal."""
    import keras

    inputs = keras.Input((SAMPLES, 1))
    outputs = inputs
    for layer in descriptor.network.layers[1:]:
        outputs = type(layer).from_config(layer.get_config())(outputs)
    return flops(keras.Model(inputs, outputs))


def agree(descriptor, pytorch, start) -> None:
    """Both sides have the same slope, or there is nothing to compare."""
    import numpy as np
    import tensorflow as tf
    import torch

    with tf.GradientTape() as tape:
        tape.watch(x := tf.constant(start))
        f = tf.reduce_sum(descriptor(x))
    network = pytorch.descriptor(descriptor.get_weights(), descriptor.strides)
    theirs = pytorch.slope(network, torch.tensor(start)).numpy()
    np.testing.assert_allclose(theirs, tape.gradient(f, x).numpy(), rtol=1e-2, atol=1e-5)


def textures(config) -> dict:
    """Seconds of sampling a minute, of the evaluator for a pair of 4 s, of the thesis' training."""
    from crossmodal.data.textures import rain
    from crossmodal.models.coopnets import CoopNets
    from evaluation.texture.report import evaluate_textures

    minute = {}
    for name, model in (("default", CoopNets.auditory()), ("thesis", CoopNets.thesis())):
        minute[name] = least_seconds(lambda model=model: model.draw(60.0, steps=0), config.rounds)
    reference, other = rain(seed=0), rain(seed=1)
    pair = least_seconds(lambda: evaluate_textures(reference, [other]), config.rounds)
    training = Elsewhere(thesis_training, config.thesis_iterations)
    began = time.perf_counter()
    training()
    thesis = {"iterations": config.thesis_iterations, "seconds": time.perf_counter() - began}
    training.close()
    return {"minute_of_sound_s": minute, "score_and_copies_of_a_pair_s": pair, "thesis": thesis}


def thesis_training(iterations: int) -> Callable:
    """The thesis' training of 2 chains of 60,000 samples, 40 steps an iteration, as a function without arguments; for a
    process of its own. Without the stabiliser, that would do iterations again."""
    from crossmodal.data.textures import rain
    from crossmodal.runtime.processors import set_one_thread_per_operation
    from crossmodal.training.cooperative import prepare_texture, train_texture

    set_one_thread_per_operation()
    options = dict(preset="thesis", iterations=iterations, stabilise=False, descriptor_rate=1e-4)
    model, signal, settings = prepare_texture(rain(), **options)
    return lambda: train_texture(model, signal, settings)
