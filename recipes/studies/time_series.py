"""Who foresees chaos: an autoregressive filter, a time-delay network and recurrent ones on the same series.

    python recipes/studies/time_series.py

The series of Lorenz and of Mackey and Glass, x(t), brought to mean 0 and variance 1. Each model is given the last 64
samples and says the next one; its error e is normalised, E = mean of e² / variance of x, 1 for who says the mean:

- next sample: one ahead, of the last quarter of the series, from which nothing was learned;
- free running: the model goes on from what it said itself; E after 1, 2, ... steps over starts in the same quarter.

The autoregressive filter is fitted by least squares, the networks by Adam for so many epochs. Finished fits are kept
below --workdir and not repeated. Writes there results.json and time_series.png.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from crossmodal.app.options import as_options, option, run_recipe
from crossmodal.data.series import SERIES
from crossmodal.runtime.files import write_json

WINDOW = 64  # samples that are given
HORIZON, STARTS = 100, 40  # steps of free running, and how often it is begun
ORDER = 24  # of the autoregressive filter
RATE = 3e-3  # Adam's highest learning rate, which falls to 0
RECURRENT = ("elman", "minimal-gated-unit", "gru", "lstm")
MODELS = ("autoregressive", "time-delay", *RECURRENT)


@dataclass(frozen=True)
class Config:
    series: tuple[Literal["lorenz", "mackey-glass"], ...] = option(("lorenz", "mackey-glass"), "which")
    samples: int = option(4000, "samples of each series, of which three quarters train", least=800, most=10**6)
    units: int = option(32, "units of each network", least=1, most=4096)
    epochs: int = option(30, "epochs of each network", least=1, most=99_999)
    seeds: int = option(3, "trainings of each network, from other weights", least=1, most=100)


def windows(x: np.ndarray, length: int = WINDOW) -> np.ndarray:
    """(n, length): each stretch of a series."""
    return np.lib.stride_tricks.sliding_window_view(x, length)


def autoregressive(x: np.ndarray):
    """The predictor of a series (samples,) that is least wrong on it: x(t) = sum_k a_k x(t - k) + c, k = 1 to ORDER.

    A predictor is a function of windows (n, WINDOW) that gives the next samples (n,).
    """
    seen = windows(x, ORDER + 1)
    with_one = np.column_stack([seen[:, :-1], np.ones(len(seen))]).astype(np.float64)
    weights = np.linalg.lstsq(with_one, seen[:, -1], rcond=None)[0]
    return lambda given: given[:, -ORDER:] @ weights[:-1] + weights[-1]


def network(name: str, units: int):
    """A network (n, samples, 1) -> (n, samples, 1), at each sample its guess of the next one."""
    import keras

    from crossmodal.models.networks.recurrent import LAYERS

    if name == "time-delay":
        delays = [keras.layers.Conv1D(units, 8, padding="causal", dilation_rate=d, activation="tanh") for d in (1, 4)]
    else:
        delays = [LAYERS[name](units, return_sequences=True, dtype="float32")]
    return keras.Sequential([keras.Input((None, 1)), *delays, keras.layers.Dense(1)], name=name)


def trained(name: str, x: np.ndarray, units: int, epochs: int, seed: int):
    """A predictor by a network that was trained on a series (samples,)."""
    import keras

    keras.utils.set_random_seed(seed)
    model, seen = network(name, units), windows(x, WINDOW + 1)[..., None]
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * -(-len(seen) // 64))
    model.compile(keras.optimizers.Adam(rate), "mse", jit_compile=False)
    model.fit(seen[:, :-1], seen[:, 1:], batch_size=64, epochs=epochs, verbose=0)
    return lambda given: model.predict_on_batch(np.asarray(given, np.float32)[..., None])[:, -1, 0]


def errors_of(predict, x: np.ndarray) -> dict:
    """The normalised errors of a predictor on a series (samples,): one ahead, and after each step of free running."""
    seen, variance = windows(x, WINDOW + 1), x.var()
    ahead = np.mean((predict(seen[:, :-1]) - seen[:, -1]) ** 2) / variance
    starts = np.linspace(0, len(x) - WINDOW - HORIZON, STARTS).astype(int)
    said = np.stack([x[start : start + WINDOW] for start in starts])
    true = np.stack([x[start + WINDOW : start + WINDOW + HORIZON] for start in starts])
    for _ in range(HORIZON):
        said = np.column_stack([said, predict(said[:, -WINDOW:])])
    free = np.mean((said[:, WINDOW:] - true) ** 2, axis=0) / variance
    return {"next_sample": float(ahead), "free_running": free.tolist()}


def measure(name: str, kind: str, config: Config, seed: int) -> dict:
    """Fit a model on the first three quarters of a series; its errors on the last."""
    x = SERIES[kind](config.samples)
    learned = x[: 3 * len(x) // 4]
    x = (x - learned.mean()) / learned.std()
    learned, tested = x[: len(learned)], x[len(learned) :]
    if name == "autoregressive":
        return errors_of(autoregressive(learned), tested)
    return errors_of(trained(name, learned, config.units, config.epochs, seed), tested)


def save_picture(path: Path, results: dict) -> None:
    """The error of free running by steps, the median of the seeds; a plot for each series."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6 * len(results), 3.6), layout="constrained")
    for ax, (kind, models) in zip(figure.subplots(1, len(results), squeeze=False)[0], results.items(), strict=True):
        for name, fits in models.items():
            curve = np.median([fit["free_running"] for fit in fits], axis=0)
            ahead = np.median([fit["next_sample"] for fit in fits])
            ax.semilogy(range(1, HORIZON + 1), curve, label=f"{name}, next sample {ahead:.1e}")
        ax.axhline(1, color="gray", linestyle=":", linewidth=1)
        ax.set(title=kind, xlabel="steps of free running", ylabel="normalised error", ylim=(None, 10))
        ax.legend(fontsize=7)
    figure.savefig(path, dpi=110)


def work(config: Config, arguments) -> None:
    results: dict[str, dict] = {}
    for kind in config.series:
        results[kind] = {}
        for name in MODELS:
            fits = []
            for seed in range(1 if name == "autoregressive" else config.seeds):
                sizes = f"{config.samples}-{config.units}-{config.epochs}"
                path = arguments.workdir / kind / f"{name}-seed{seed}-{sizes}.json"
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_json(path, measure(name, kind, config, seed))
                fits.append(json.loads(path.read_text()))
            results[kind][name] = fits
            ahead, free = (np.median([fit[key] for fit in fits], axis=0) for key in ("next_sample", "free_running"))
            print(f"{kind:>12} {name:>18}: next sample {ahead:.2e}, 20 steps {free[19]:.2e}, 50 steps {free[49]:.2e}")
    command = f"python recipes/studies/time_series.py{as_options(config)}"
    write_json(arguments.workdir / "results.json", {"command": command, "series": results})
    save_picture(arguments.workdir / "time_series.png", results)


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/time-series")


if __name__ == "__main__":
    sys.exit(main())
