"""Flow matching: its options, and how it is trained and measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.audio_to_image import TrainingConfig, fill_defaults, report, train_and_measure
from crossmodal.app.options import option
from crossmodal.errors import CrossmodalError

WARMUP_STEPS = 300  # over which the learning rate rises
HEADS = 4  # of the attention


@dataclass(frozen=True)
class Config(TrainingConfig):
    epochs: int | None = option(None, "epochs (12 embedded, else 24)", least=1, most=99_999)
    learning_rate: float = option(2e-3, "Adam's highest rate", above=0, most=1)
    width: int = option(112, "numbers of a token of the transformer, a multiple of 4", least=4, most=4096)
    blocks: int = option(6, "blocks of the transformer", least=1, most=64)
    beta: float = option(0.05, "weight of the KL term", least=0, most=1e6)
    time_mean: float = option(-0.4, "mean of the logit of the times, 0 noise, 1 the image", least=-10, most=10)
    time_spread: float = option(1.0, "standard deviation of that logit", above=0, most=10)
    unheard: float = option(0.1, "share of the pairs without their sound, for guidance", least=0, below=1)
    average: float = option(0.9995, "momentum of the weights' average", least=0, below=1)
    steps: int = option(6, "steps in which an image is drawn", least=1, most=1000)
    method: Literal["euler", "midpoint", "heun"] = option("heun", "how they are taken")


def with_defaults(config: Config) -> Config:
    """What was left open but the precision, by the data."""
    if config.width % HEADS:
        raise CrossmodalError(
            f"A width of {config.width} cannot be shared by {HEADS} heads: choose a multiple of {HEADS}."
        )
    defaults = {"epochs": 12, "passes": 20} if config.data == "digits-tts" else {"epochs": 24, "passes": 1}
    return fill_defaults(config, defaults)


def run(asked: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on the test clips; returns the metrics."""
    from crossmodal.models.flow import AudioImageFlow
    from crossmodal.training.optimizers import FusedAdam, computed_in, warm_cosine

    config = with_defaults(asked)
    names = ("width", "blocks", "beta", "time_mean", "time_spread", "unheard", "steps", "method")
    given = {name: getattr(config, name) for name in names}
    given |= {"heads": HEADS, "hidden": 4 * config.width, "encoder_kind": config.encoder or "residual"}

    def build(**settings):
        return AudioImageFlow(**given, **settings)

    def optimizer(steps, precision):
        average = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
        rate = warm_cosine(config.learning_rate, steps, WARMUP_STEPS)
        return FusedAdam(rate, beta_2=0.99, exchange_dtype=computed_in(precision), **average)

    return train_and_measure("flow", asked, config, workdir, build, optimizer)


def work(config: Config, arguments) -> None:
    report(run(config, arguments.workdir), arguments.workdir)
