"""Models of correspondence, which learn from alignment alone: their options, training and figures."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from crossmodal.app.experiments.audio_to_image import train_and_measure
from crossmodal.app.experiments.families import WARMUP_STEPS
from crossmodal.app.experiments.family_options import FamilyConfig
from crossmodal.app.experiments.training_options import encoder_of, fill_defaults
from crossmodal.app.options import option
from crossmodal.errors import CrossmodalError

MODELS = {
    "infonce": "ContrastiveCorrespondence",
    "distance": "DistanceCorrespondence",
    "fusion": "FusionCorrespondence",
}


@dataclass(frozen=True)
class Config(FamilyConfig):
    loss: Literal["infonce", "distance", "fusion"] = option(
        "infonce", "pick the other out of a batch, or judge a pair by a distance or by a network"
    )
    embedding_dim: int = option(64, "numbers of an embedding", least=1, most=4096)


def with_defaults(config: Config) -> Config:
    """What was left open but the precision, by the data.

    Raises:
        CrossmodalError: a batch has one clip alone, or some clips are noise, which corresponds to nothing.
    """
    if config.batch_size < 2 * config.images_per_clip:
        raise CrossmodalError(
            f"A batch of {config.batch_size} images with {config.images_per_clip} a clip has no wrong pair: choose a "
            "larger --batch-size or a smaller --images-per-clip."
        )
    if config.noise_share:
        raise CrossmodalError("No image corresponds to noise: leave out --noise-share.")
    defaults = {"epochs": 6, "learning_rate": 2e-3, "passes": 1}
    if config.data == "digits-tts":
        defaults |= {"epochs": 6, "passes": 20}
    return fill_defaults(config, defaults)


def run(asked: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure retrieval on the test clips and images; returns the metrics."""
    import crossmodal
    from crossmodal.models.networks.encoders import COMPACT
    from crossmodal.training.optimizers import FusedAdam, computed_in, warm_cosine

    config = with_defaults(asked)
    hearing = encoder_of(config)
    if config.encoder and config.encoder in COMPACT:
        hearing["encoder_options"] = COMPACT[config.encoder] | hearing.get("encoder_options", {})
    build = partial(getattr(crossmodal, MODELS[config.loss]), config.embedding_dim, **hearing)

    def optimizer(steps, precision):
        average = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
        rate = warm_cosine(config.learning_rate, steps, WARMUP_STEPS)
        return FusedAdam(rate, exchange_dtype=computed_in(precision), **average)

    return train_and_measure("correspondence", asked, config, workdir, build, optimizer, measure=measure)


def measure(model, speech, images, split, front_end, seed: int, workdir: Path) -> dict:
    """Retrieval on the test part; nothing of pairs whose classes nobody knows."""
    from evaluation.retrieval import measure_retrieval

    if speech.labels is None:
        return {}
    return measure_retrieval(model, speech, images, split, seed=seed).to_json()


def work(config: Config, arguments) -> None:
    from evaluation.retrieval import Retrieval, as_table

    metrics = run(config, arguments.workdir)
    if "retrieval" in metrics:
        print(as_table(Retrieval.from_json(metrics)))
    print(f"model, figures and report: {arguments.workdir}")
