"""Families of models that draw what they hear, each with its options: what `crossmodal train FAMILY` offers.

A family is a model of `crossmodal`, a dataclass of its options beside those of every training, and settings of Adam.
Its name is that of the command and of the run. The VAE and the VAE-GANs, whose papers give them several sizes, have
files of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crossmodal.app.experiments.audio_to_image import train_and_measure
from crossmodal.app.experiments.drawings import report
from crossmodal.app.experiments.family_options import (
    HEADS,
    AnyFlowConfig,
    AutoencoderConfig,
    ConditionalGANConfig,
    ConditionalVAEConfig,
    CoopNetsConfig,
    CycleGANConfig,
    FamilyConfig,
    FeatureVAEConfig,
    FlowConfig,
    InfoGANConfig,
    JointFlowConfig,
    LarsenConfig,
    WassersteinGANConfig,
)
from crossmodal.app.experiments.hearing import chosen_front_end
from crossmodal.app.experiments.training_options import encoder_of, fill_defaults
from crossmodal.errors import CrossmodalError

WARMUP_STEPS = 300  # over which the learning rate rises


@dataclass(frozen=True)
class Family:
    """An experiment that trains a family; it has what the modules of other experiments have: Config, run, work.

    model:    the name of its class in `crossmodal`.
    help:     what `crossmodal train --help` says of it.
    settings: the options that are arguments of the model.
    epochs, learning_rate: where the options leave them open, on real data.
    adam:     of its optimizer, beside the learning rate and the average of the weights.
    muon:     layers whose matrices are moved by Muon, a regular expression; "": none.
    further:  further(config) -> other arguments of the model.
    """

    name: str
    model: str
    Config: type[FamilyConfig]
    help: str
    settings: tuple[str, ...]
    epochs: int
    learning_rate: float
    adam: dict = field(default_factory=dict)
    muon: str = ""
    further: Callable = lambda config: {}

    def with_defaults(self, config):
        """What was left open but the precision, by the family and the data."""
        defaults = {"epochs": self.epochs, "learning_rate": self.learning_rate, "passes": 1}
        if config.data == "digits-tts":
            defaults |= {"epochs": 6, "passes": 20}
        return fill_defaults(config, defaults)

    def run(self, asked, workdir: Path) -> dict:
        """Train in `workdir`, measure on the test clips; returns the metrics."""
        import crossmodal
        from crossmodal.training.muon import MuonAndAdam
        from crossmodal.training.optimizers import FusedAdam, computed_in, warm_cosine

        config = self.with_defaults(asked)
        given = {name: getattr(config, name) for name in self.settings} | self.further(config)
        given |= encoder_of(config)

        def build(**settings):
            return getattr(crossmodal, self.model)(**given, **settings)

        def optimizer(steps, precision):
            average = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
            rate = warm_cosine(config.learning_rate, steps, WARMUP_STEPS)
            options = {"exchange_dtype": computed_in(precision), **self.adam, **average}
            return MuonAndAdam(rate, layers=self.muon, **options) if self.muon else FusedAdam(rate, **options)

        def pretrain(model, data):
            from crossmodal.training.loop import Stage

            gan = model.gan()
            gan.compile(optimizer(config.gan_epochs * data.steps, config.precision), jit_compile=False)
            return Stage(gan, data.training, config.gan_epochs, data.steps, name="GAN")

        first = pretrain if self.model == "FeatureVAE" else None
        return train_and_measure(self.name, asked, config, workdir, build, optimizer, pretrain=first)

    def work(self, config, arguments) -> None:
        report(self.run(config, arguments.workdir), arguments.workdir)


def flow_sizes(config: AnyFlowConfig) -> dict:
    """The arguments of a flow that follow from its width; CrossmodalError where the heads cannot share it."""
    if config.width % HEADS:
        raise CrossmodalError(
            f"A width of {config.width} is not shared by {HEADS} heads: choose a multiple of {HEADS}."
        )
    if (config.early or 0) >= config.blocks:
        raise CrossmodalError(
            f"{config.early} of {config.blocks} blocks predict no early image: choose fewer, --early, or more --blocks."
        )
    return {"heads": HEADS, "hidden": 4 * config.width}


def check_spectrograms(config: FamilyConfig) -> dict:
    """No arguments of a model that makes spectrograms too; CrossmodalError for another front end."""
    if config.front_end != "log-mel":
        raise CrossmodalError("This model makes spectrograms, and so hears them: leave out --front-end.")
    return {}


def cycle_sizes(config: CycleGANConfig) -> dict:
    """The same of a CycleGAN; CrossmodalError for spectrograms that it cannot make."""
    check_spectrograms(config)
    if any(size % 4 for size in chosen_front_end(config).shape):
        raise CrossmodalError("A CycleGAN makes spectrograms of multiples of 4: choose such --frames and --mels.")
    return {}


def joint_sizes(config: JointFlowConfig) -> dict:
    """The same of a joint flow; CrossmodalError for an encoder or noise, which it does not have, or waveforms."""
    check_spectrograms(config)
    if chosen_front_end(config).shape[0] % config.frames_per_token:
        raise CrossmodalError(
            f"{config.frames_per_token} frames in a token do not divide the frames: choose other --frames or another "
            "--frames-per-token."
        )
    if config.encoder or config.noise_share:
        raise CrossmodalError(
            "A joint flow hears by its transformer, and says all that it hears: leave out --encoder and --noise-share."
        )
    return flow_sizes(config)


ADVERSARIAL = {"beta_1": 0.5, "beta_2": 0.99}
_SETTINGS = {
    "gan": ("hand_dim", "mismatch", "penalty"),
    "flow": (
        *("width", "blocks", "time_mean", "time_spread", "steps", "method"),
        *("early", "early_weight", "internal_guidance"),
    ),
}
_FAMILIES = (
    Family(
        "autoencoder",
        "AudioImageAutoencoder",
        AutoencoderConfig,
        "an autoencoder that draws one image of each sound",
        settings=(),
        epochs=8,
        learning_rate=2e-3,
    ),
    Family(
        "conditional-vae",
        "ConditionalVAE",
        ConditionalVAEConfig,
        "a conditional VAE that draws it in a hand",
        settings=("hand_dim", "beta", "learned_prior"),
        epochs=12,
        learning_rate=2e-3,
    ),
    Family(
        "conditional-gan",
        "ConditionalGAN",
        ConditionalGANConfig,
        "a conditional GAN",
        settings=_SETTINGS["gan"],
        epochs=10,
        learning_rate=6e-4,
        adam=ADVERSARIAL,
    ),
    Family(
        "wasserstein-gan",
        "WassersteinGAN",
        WassersteinGANConfig,
        "a Wasserstein GAN with gradient penalty",
        settings=("hand_dim", "mismatch", "critic_steps", "penalty"),
        epochs=12,
        learning_rate=3e-4,
        adam={"beta_1": 0.5, "beta_2": 0.9},
    ),
    Family(
        "info-gan",
        "InfoGAN",
        InfoGANConfig,
        "an InfoGAN, whose style is found again in the drawing",
        settings=(*_SETTINGS["gan"], "style_dim", "information"),
        epochs=10,
        learning_rate=6e-4,
        adam=ADVERSARIAL,
    ),
    Family(
        "larsen-vae-gan",
        "LarsenVAEGAN",
        LarsenConfig,
        "the VAE/GAN of Larsen et al., which compares features of a discriminator",
        settings=("gamma", "beta", "penalty"),
        epochs=10,
        learning_rate=1e-3,
        adam=ADVERSARIAL,
    ),
    Family(
        "vae-dis",
        "FeatureVAE",
        FeatureVAEConfig,
        "a VAE that compares features of the discriminator of a GAN trained before",
        settings=("gamma", "beta", "penalty"),
        epochs=8,
        learning_rate=1e-3,
        adam=ADVERSARIAL,
    ),
    Family(
        "coopnets",
        "ConditionalCoopNets",
        CoopNetsConfig,
        "conditional cooperative networks: one draws, Langevin chains of the other revise",
        settings=("hand_dim", "steps", "step", "draw_steps", "mismatch", "penalty", "likelihood"),
        epochs=14,
        learning_rate=1e-3,
        adam=ADVERSARIAL,
    ),
    Family(
        "cycle-gan",
        "CycleGAN",
        CycleGANConfig,
        "a CycleGAN, which is not told which sound goes with which image",
        settings=("cycle", "penalty"),
        epochs=12,
        learning_rate=6e-4,
        adam=ADVERSARIAL,
        further=cycle_sizes,
    ),
    Family(
        "flow",
        "AudioImageFlow",
        FlowConfig,
        "a flow that draws it in many hands, by steps from noise",
        settings=(*_SETTINGS["flow"], "context", "beta", "unheard", "internal_until", "model_guidance"),
        epochs=24,
        learning_rate=2e-3,
        adam={"beta_2": 0.99},
        muon="block",
        further=flow_sizes,
    ),
    Family(
        "joint-flow",
        "JointFlow",
        JointFlowConfig,
        "a flow over both sides: it draws what it hears, says what it sees, imagines both",
        settings=(*_SETTINGS["flow"], "frames_per_token", "guidance"),
        epochs=24,
        learning_rate=2e-3,
        adam={"beta_2": 0.99},
        muon="block",
        further=joint_sizes,
    ),
)
FAMILIES = {family.name: family for family in _FAMILIES}
