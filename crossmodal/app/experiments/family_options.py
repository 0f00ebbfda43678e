"""The options of each family of models, beside those of every training; `crossmodal.app.experiments.families` has what
they are given to."""

from dataclasses import dataclass
from typing import Literal

from crossmodal.app.experiments.training_options import TrainingConfig
from crossmodal.app.options import option

HEADS = 4  # of the flow's attention


@dataclass(frozen=True)
class FamilyConfig(TrainingConfig):
    epochs: int | None = option(None, "epochs (by family and data)", least=1, most=99_999)
    learning_rate: float | None = option(None, "Adam's highest rate (by family)", above=0, most=1)
    average: float = option(0.999, "momentum of the weights' average", least=0, below=1)


@dataclass(frozen=True)
class AutoencoderConfig(FamilyConfig):
    pass


@dataclass(frozen=True)
class ConditionalVAEConfig(FamilyConfig):
    hand_dim: int = option(16, "numbers of the hand", least=1, most=1024)
    beta: float = option(1.0, "weight of the KL term", least=0, most=1e6)
    learned_prior: bool = option(True, "let a network tell how hands are distributed, by what was said")


@dataclass(frozen=True)
class ConditionalGANConfig(FamilyConfig):
    hand_dim: int = option(32, "numbers of the hand", least=1, most=1024)
    mismatch: float = option(1.0, "weight of telling the clips apart", least=0, most=1e6)
    penalty: float = option(1.0, "weight of the slope at real and at drawn images", least=0, most=1e6)


@dataclass(frozen=True)
class WassersteinGANConfig(FamilyConfig):
    batch_size: int = option(256, "images per step, of which each step of the critic has a part", least=1, most=65_536)
    hand_dim: int = option(32, "numbers of the hand", least=1, most=1024)
    mismatch: float = option(1.0, "weight of wrong sounds", least=0, most=1e6)
    critic_steps: int = option(4, "steps of the critic for one of the generator", least=1, most=64)
    penalty: float = option(10.0, "weight of the gradient penalty", least=0, most=1e6)


@dataclass(frozen=True)
class InfoGANConfig(ConditionalGANConfig):
    style_dim: int = option(3, "numbers of the hand that are found again", least=1, most=1024)
    information: float = option(1.0, "weight of finding them again", least=0, most=1e6)


@dataclass(frozen=True)
class LarsenConfig(FamilyConfig):
    gamma: float = option(0.01, "weight of the features' distance", least=0, most=1e6)
    beta: float = option(0.01, "weight of the KL term", least=0, most=1e6)
    penalty: float = option(1.0, "weight of the slope at real and at drawn images", least=0, most=1e6)


@dataclass(frozen=True)
class FeatureVAEConfig(LarsenConfig):
    gamma: float = option(1.0, "weight of the features' distance", least=0, most=1e6)
    gan_epochs: int = option(4, "epochs of the GAN that comes before", least=1, most=99_999)


@dataclass(frozen=True)
class CoopNetsConfig(FamilyConfig):
    hand_dim: int = option(16, "numbers of the hand", least=1, most=1024)
    steps: int = option(10, "Langevin steps that revise a drawing in training", least=1, most=1000)
    step: float = option(0.65, "their size", above=0, most=100)
    draw_steps: int = option(20, "Langevin steps that revise a drawing later", least=0, most=1000)
    mismatch: float = option(1.0, "weight of telling the clips apart", least=0, most=1e6)
    penalty: float = option(1.0, "weight of the descriptor's slope", least=0, most=1e6)
    likelihood: float = option(1.0, "weight of what the generator learns from real images", least=0, most=1e6)


@dataclass(frozen=True)
class CycleGANConfig(FamilyConfig):
    cycle: float = option(50.0, "weight of the two cycles", least=0, most=1e6)
    penalty: float = option(1.0, "weight of the slope at real and at made images and sounds", least=0, most=1e6)


@dataclass(frozen=True)
class AnyFlowConfig(FamilyConfig):
    average: float = option(0.9995, "momentum of the weights' average", least=0, below=1)
    width: int = option(112, f"numbers of a token of the transformer, a multiple of {HEADS}", least=HEADS, most=4096)
    blocks: int = option(6, "blocks of the transformer", least=1, most=64)
    time_mean: float = option(-0.4, "mean of the logit of the times, 0 noise, 1 the image", least=-10, most=10)
    time_spread: float = option(1.0, "standard deviation of that logit", above=0, most=10)
    early: int | None = option(None, "blocks that predict an early image (a third); 0: all do", least=0, most=63)
    early_weight: float = option(0.5, "weight of its loss", least=0, most=1e6)
    internal_guidance: float = option(1.25, "by which a drawing leaves the early image behind", least=0, most=100)
    steps: int = option(6, "steps in which an image is drawn", least=1, most=1000)
    method: Literal["euler", "midpoint", "heun", "adams"] = option("heun", "how they are taken")


@dataclass(frozen=True)
class FlowConfig(AnyFlowConfig):
    beta: float = option(0.05, "weight of the KL term", least=0, most=1e6)
    unheard: float = option(0.1, "share of the pairs without their sound, for guidance", least=0, below=1)
    context: int = option(4, "tokens of the code beside those of the image", least=0, most=1024)
    internal_guidance: float = option(0.75, "by which a drawing leaves the early image behind", least=0, most=100)
    internal_until: float = option(0.3, "time up to which it does", least=0, most=1)
    model_guidance: float = option(1.5, "guidance that it learns to draw with, 1 for none", least=1, most=100)
    steps: int = option(12, "steps in which an image is drawn", least=1, most=1000)
    method: Literal["euler", "midpoint", "heun", "adams"] = option("adams", "how they are taken")


@dataclass(frozen=True)
class JointFlowConfig(AnyFlowConfig):
    frames_per_token: int = option(2, "frames of a sound in a token of the transformer", least=1, most=48)
    guidance: float = option(3.0, "by which a side leaves behind what it is without the other", least=0, most=100)
