"""Speed of sound textures: the Langevin loop against PyTorch's, sampling a minute, the thesis' training, the evaluator.

    python recipes/texture_benchmark.py

Rivals take turns (A B A B ...), the ratio is that of the medians; let nothing else run meanwhile. The Langevin loop
is that of the thesis' descriptor with the same weights on both sides; it is left out where PyTorch is not installed.
"""

import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmark import rounds_of

from crossmodal.config import as_options, option, run_recipe
from crossmodal.experiments import texture_single

RESULTS = Path(__file__).parent / "results" / "texture_benchmark.json"
STEP, SIGMA = 0.001, 0.03


@dataclass(frozen=True)
class Config:
    rounds: int = option(5, "turns that each rival takes")
    steps: int = option(30, "Langevin steps in a turn")
    chains: int = option(2, "signals at once")
    samples: int = option(60_000, "length of each")
    iterations: int = option(500, "of the thesis' training with 40 steps")
    minutes: float = option(1.0, "of sound to draw")


def langevin(config: Config) -> dict:
    """Seconds of a turn of the thesis' descriptor's chains, here and in PyTorch, and the ratio."""
    import tensorflow as tf

    from crossmodal.langevin import compile_langevin
    from crossmodal.models.coopnets import WaveformDescriptor

    descriptor = WaveformDescriptor()
    walk = compile_langevin(descriptor, step=STEP, sigma=SIGMA)
    start = 0.1 * tf.random.stateless_normal((config.chains, config.samples), (0, 0))
    rivals = {"crossmodal": lambda: walk(start, config.steps, (0, 0)).state.numpy()}
    try:
        rivals["PyTorch"] = in_pytorch(config, descriptor, start.numpy())
    except ImportError:
        print("PyTorch is not installed: no comparison", flush=True)
    seconds = {name: statistics.median(times) for name, times in rounds_of(rivals, config.rounds).items()}
    ratio = seconds["PyTorch"] / seconds["crossmodal"] if "PyTorch" in seconds else None
    return {"seconds": seconds, "ratio": ratio}


def in_pytorch(config: Config, descriptor, start):
    """The same chains in eager PyTorch, as its users write them; first checks that f and its gradient agree."""
    import numpy as np
    import tensorflow as tf
    import torch

    convolutions = []
    layers = [layer for layer in descriptor.network.layers if layer.weights]
    for layer in layers:
        kernel, bias = layer.get_weights()
        convolution = torch.nn.Conv1d(kernel.shape[1], kernel.shape[2], kernel.shape[0], layer.strides[0])
        convolution.weight.data = torch.tensor(np.ascontiguousarray(kernel.transpose(2, 1, 0)))
        convolution.bias.data = torch.tensor(bias)
        convolutions += [convolution, torch.nn.ReLU()]
    network = torch.nn.Sequential(*convolutions[:-1]).requires_grad_(False)
    first = torch.tensor(start)

    def gradient(y):
        y = y.detach().requires_grad_(True)
        return torch.autograd.grad(network(y[:, None]).sum(), y)[0]

    with tf.GradientTape() as tape:
        tape.watch(x := tf.constant(start))
        f = tf.reduce_sum(descriptor(x))
    np.testing.assert_allclose(gradient(first).numpy(), tape.gradient(f, x).numpy(), rtol=1e-2, atol=1e-5)

    def chains():
        y = first
        for _ in range(config.steps):
            y = y - STEP**2 / 2 * (y / SIGMA**2 - gradient(y)) + STEP * torch.randn_like(y)
        return y.numpy()

    return chains


def sampling(config: Config) -> dict:
    """Seconds to draw sound from the default's generator and from the thesis'."""
    from crossmodal.models.coopnets import CoopNets

    result = {"minutes": config.minutes}
    for name, model in (("default", CoopNets.auditory()), ("thesis", CoopNets.thesis())):
        turns = rounds_of({name: lambda model=model: model.draw(60 * config.minutes)}, config.rounds)[name]
        result[name] = statistics.median(turns)
    return result


def evaluator(config: Config) -> dict:
    """Seconds of the scores and the copy detector for one pair of 4 s."""
    from crossmodal.data.textures import rain
    from evaluation.texture.report import evaluate_textures
    from evaluation.texture.score import matched_score, score_scale

    reference, other = rain(seed=0), rain(seed=1)
    rivals = {
        "statistics": lambda: matched_score(score_scale(reference), other),
        "statistics and copies": lambda: evaluate_textures(reference, [other]),
    }
    return {name: statistics.median(times) for name, times in rounds_of(rivals, config.rounds).items()}


def thesis(config: Config) -> dict:
    """Seconds of the thesis' training: 40 steps, 2 chains, 60,000 samples, the graph's making included."""
    from crossmodal.data.textures import rain
    from crossmodal.texture_training import train_texture

    options = texture_single.Config(preset="thesis", iterations=config.iterations, samples=config.samples)
    began = time.perf_counter()
    model, signal, settings = texture_single.prepare(options, rain())
    train_texture(model, signal, settings)
    return {"iterations": config.iterations, "seconds": time.perf_counter() - began}


def run(config: Config) -> dict:
    """All measurements."""
    from crossmodal.runs import environment

    command = f"python recipes/texture_benchmark.py{as_options(config)}"
    result = {"command": command, "environment": environment()}
    for work in (langevin, sampling, evaluator, thesis):
        print(f"{work.__name__}: {work.__doc__.splitlines()[0]}", flush=True)
        result[work.__name__] = work(config)
        print(f"  {result[work.__name__]}", flush=True)
    return result


def work(config: Config, arguments) -> None:
    from crossmodal.files import write_json

    write_json(arguments.results, run(config))


def main(argv=None) -> int:
    def extra(parser):
        parser.add_argument("--results", type=Path, default=RESULTS, help="file to write (%(default)s)")

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
