"""How fast textures are learned and played: mono at 20 kHz and stereo at 48 kHz, from rain that the library makes.

    python recipes/benchmarks/streams.py --results texture_streams.json        # nothing else may run
    python recipes/benchmarks/streams.py --seconds 120

One process learns 5 s by the default preset, another one streams blocks of 20 ms of the generator alone. What is
counted: the clock's seconds of learning; seconds of sound for each second of the processor, and the clock's
milliseconds of the blocks, after the first second, which makes the networks ready; the largest memory of the process
that plays, until a minute is played and until the end.
"""

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from crossmodal.app.options import command_of, option, run_recipe
from crossmodal.app.sweeps.results import add_results, keep

RESULTS = Path(__file__).parents[1] / "results"
KINDS = {"20 kHz, mono": (20_000, 1), "48 kHz, stereo": (48_000, 2)}
LEARNED_S, BLOCK_S = 5.0, 0.02


@dataclass(frozen=True)
class Config:
    seconds: float = option(3600.0, "duration that is played in seconds", least=1, most=86_400)
    iterations: int | None = option(None, "training iterations, in place of the preset's", least=0, most=99_999)


def learn(sample_rate: int, channels: int, iterations: int | None, path: Path) -> float:
    """Write a texture of rain, of which a second channel has rain of its own; the seconds that learning took."""
    import numpy as np

    from crossmodal.data.textures import rain
    from crossmodal.saving.keras_file import save_model
    from crossmodal.training.cooperative import prepare_texture, train_texture

    sound, more = (rain(LEARNED_S, sample_rate, seed) for seed in (0, 1))
    began = time.perf_counter()
    changes = {} if iterations is None else {"iterations": iterations}
    model, signal, settings = prepare_texture(sound, sample_rate, channels=channels, **changes)
    if channels == 2:
        model.set_stereo(np.stack([sound, 0.7 * sound + 0.3 * more], axis=1))
    train_texture(model, signal, settings)
    learned = time.perf_counter() - began
    save_model(model, path)
    return learned


def play(path: Path, seconds: float) -> dict:
    """The figures of a file's stream."""
    import numpy as np

    from crossmodal.app.playing import spare_processors
    from crossmodal.saving.keras_file import load_model

    spare_processors()
    stream = load_model(path).stream()
    for _ in range(round(1 / BLOCK_S)):
        next(stream)
    clock, memory, began = [], [], time.process_time()
    for part in (min(60.0, seconds), max(0.0, seconds - 60)):
        for _ in range(round(part / BLOCK_S)):
            before = time.perf_counter()
            next(stream)
            clock.append(time.perf_counter() - before)
        memory.append(largest_memory())
    processor = time.process_time() - began
    middle, worst = (1000 * float(np.quantile(clock, share)) for share in (0.5, 0.999))
    return {
        "times_real_time": seconds / processor,
        "block_ms": {"median": middle, "99.9%": worst, "most": 1000 * max(clock)},
        "memory_mb": dict(zip(("after_a_minute", "at_the_end"), memory, strict=True)),
    }


def largest_memory() -> float:
    """MB that this process held at most."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def elsewhere(function: Callable, *arguments):
    """What a function returns, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def run(config: Config) -> dict:
    """The figures of each kind, one after the other."""
    from crossmodal.training.runs import environment

    found = {}
    for name, (sample_rate, channels) in KINDS.items():
        with TemporaryDirectory() as folder:
            path = Path(folder) / "rain.keras"
            learned = elsewhere(learn, sample_rate, channels, config.iterations, path)
            found[name] = {"learned_s": learned, **elsewhere(play, path, config.seconds)}
        print(name, found[name], flush=True)
    command = command_of("python recipes/benchmarks/streams.py", config)
    return {"command": command, "environment": environment(), "kinds": found}


def work(config: Config, arguments) -> None:
    keep(run(config), RESULTS, arguments)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, extra=add_results)


if __name__ == "__main__":
    sys.exit(main())
