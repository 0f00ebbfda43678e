"""The VAE: its options, and how it is trained and measured."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.audio_to_image import train_and_measure
from crossmodal.app.experiments.drawings import report
from crossmodal.app.experiments.training_options import TrainingConfig, encoder_of, fill_defaults
from crossmodal.app.options import option


@dataclass(frozen=True)
class Config(TrainingConfig):
    model: Literal["compact", "paper"] = option("compact", "1.2 M parameters, or the paper's 20.9 M")
    epochs: int | None = option(None, "epochs (12 embedded, else 8 compact, 6 paper)", least=1, most=99_999)
    learning_rate: float | None = option(None, "Adam's highest rate (2e-3 compact, 1e-3 paper)", above=0, most=1)
    warmup_steps: int = option(300, "steps over which the learning rate rises", least=0)
    beta: float = option(1.0, "weight of the KL term", least=0, most=1e6)


def with_defaults(config: Config) -> Config:
    """What was left open but the precision, by model and data: the embedded data have 1,437 images, MNIST 60,000."""
    compact = {"epochs": 8, "learning_rate": 2e-3, "passes": 1}
    paper = {"epochs": 6, "learning_rate": 1e-3, "passes": 1}
    defaults = compact if config.model == "compact" else paper
    if config.data == "digits-tts":
        defaults |= {"epochs": 12, "passes": 20}
    return fill_defaults(config, defaults)


def run(asked: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on the test clips; returns the metrics."""
    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.training.optimizers import FusedAdam, computed_in, warm_cosine

    config = with_defaults(asked)
    of_size = AudioImageVAE.compact if config.model == "compact" else AudioImageVAE
    build = partial(of_size, beta=config.beta, **encoder_of(config))

    def optimizer(steps, precision):
        rate = warm_cosine(config.learning_rate, steps, config.warmup_steps)
        return FusedAdam(rate, exchange_dtype=computed_in(precision))

    return train_and_measure("vae", asked, config, workdir, build, optimizer)


def work(config: Config, arguments) -> None:
    report(run(config, arguments.workdir), arguments.workdir)
