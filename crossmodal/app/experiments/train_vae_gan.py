"""The VAE-GAN: its options, and how it is trained and measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.audio_to_image import train_and_measure
from crossmodal.app.experiments.drawings import report
from crossmodal.app.experiments.training_options import TrainingConfig, encoder_of, fill_defaults
from crossmodal.app.options import option

# layers of the paper's model at a half of its width, a quarter in the encoder: 1.0 M parameters
NARROW = {
    "encoder_filters": (32, 64, 128),
    "decoder_filters": (256, 128, 64),
    "discriminator_filters": (64, 128, 256),
}


@dataclass(frozen=True)
class Config(TrainingConfig):
    model: Literal["balanced", "paper", "narrow"] = option("balanced", "varied and readable, or the paper's")
    epochs: int | None = option(None, "epochs (5 embedded, else 12 balanced, 4 others)", least=1, most=99_999)
    batch_size: int = option(64, "images per step; the paper's 128", least=1, most=65_536)
    learning_rate: float | None = option(None, "Adam's highest rate (1.5e-3 balanced, else 1e-3)", above=0, most=1)
    alpha: float | None = option(None, "weight of the reconstruction (5 balanced, else 0.2)", least=0, most=1e6)
    beta: float | None = option(None, "weight of the KL term (0.001 balanced, else 0.5)", least=0, most=1e6)
    reconstruction: Literal["bernoulli", "energy"] | None = option(
        None, "its measure (energy balanced, else bernoulli)"
    )
    conditional: bool | None = option(None, "let the discriminator see image and sound (balanced)")
    mismatch: float | None = option(None, "weight of wrong sounds (4 balanced, else 0)", least=0, most=1e6)
    whole_image: bool | None = option(None, "let the discriminator see all of 28 rows and columns (balanced)")
    r1: float | None = option(None, "weight of R1, the slope at real images (0.03 balanced, else 0)", least=0, most=1e6)
    clip_norm: float | None = option(
        None, "longest norm of the discriminator's gradient, 0 for any (10 balanced, else 0)", least=0, most=1e6
    )
    average: float | None = option(None, "momentum of the weights' average (0.999 balanced, else 0)", least=0, below=1)


WARMUP_STEPS = 200  # over which the learning rate rises
LOSS = (
    "alpha",
    "beta",
    "reconstruction",
    "conditional",
    "mismatch",
    "whole_image",
    "r1",
    "clip_norm",
)  # settings of the model
PAPER = {"epochs": 4, "learning_rate": 1e-3, "average": 0.0, "alpha": 0.2, "beta": 0.5, "reconstruction": "bernoulli"}
PAPER |= {"conditional": False, "mismatch": 0.0, "whole_image": False, "r1": 0.0, "clip_norm": 0.0}
BALANCED = {"epochs": 12, "learning_rate": 1.5e-3, "average": 0.999}  # and `crossmodal.models.vae_gan.BALANCED`


def with_defaults(config: Config) -> Config:
    """What was left open but the precision, by model and data."""
    from crossmodal.models import vae_gan

    balanced = BALANCED | {name: vae_gan.BALANCED[name] for name in LOSS}
    defaults = {"passes": 1, **(balanced if config.model == "balanced" else PAPER)}
    if config.data == "digits-tts":
        defaults |= {"epochs": 5, "passes": 20}
    return fill_defaults(config, defaults)


def run(asked: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on the test clips; returns the metrics."""
    from crossmodal.models.vae_gan import AudioImageVAEGAN
    from crossmodal.training.optimizers import FusedAdam, computed_in, warm_cosine

    config = with_defaults(asked)
    given = {name: getattr(config, name) for name in LOSS} | encoder_of(config)

    def build(**settings):
        if config.model == "balanced":
            return AudioImageVAEGAN.balanced(**given, **settings)
        return AudioImageVAEGAN(**(NARROW if config.model == "narrow" else {}), **given, **settings)

    def optimizer(steps, precision):
        average = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
        rate = warm_cosine(config.learning_rate, steps, WARMUP_STEPS)
        return FusedAdam(rate, beta_1=0.5, beta_2=0.99, exchange_dtype=computed_in(precision), **average)

    return train_and_measure("vae-gan", asked, config, workdir, build, optimizer)


def work(config: Config, arguments) -> None:
    report(run(config, arguments.workdir), arguments.workdir)
