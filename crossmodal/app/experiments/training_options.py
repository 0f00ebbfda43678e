"""The options that all experiments share which train a model to draw what it hears."""

from dataclasses import dataclass, replace
from typing import Literal

from crossmodal.app.options import option
from crossmodal.data.catalog import LOCATIONS, in_folders

IGNORED_ON_RESUME = (*LOCATIONS, "tensorboard")  # options that change nothing in a run
Encoder = Literal[  # of `crossmodal.models.networks.encoders.ENCODERS`
    "convolutional",
    "max-pooling",
    "residual",
    "dense",
    "linear",
    "time-delay",
    "elman",
    "jordan",
    "minimal-gated-unit",
    "gru",
    "lstm",
    "convolutional-gru",
]
Data = Literal[  # of `crossmodal.data.catalog.NAMES`
    "digits-tts",
    "fsdd-mnist",
    "speech-commands-mnist",
    "digits-tts-folders",
    "fsdd-folders",
    "speech-commands-folders",
    "folders",
    "manifest",
]
Change = Literal[  # of `crossmodal.data.variants.CHANGES`
    "noise", "room", "microphone", "telephone", "clipping", "speed", "trimming"
]
Precision = Literal["float32", "mixed_bfloat16"]


@dataclass(frozen=True)
class TrainingConfig:
    data: Data = option("digits-tts", "which sounds and images")  # noqa: RUF009
    protocol: Literal["random", "official", "speaker", "speakers", "groups"] = option(
        "random", "how the clips are divided"
    )
    held_out_speaker: str | None = option(None, "whom protocol speaker tests on")
    seed: int = option(0, "seed of division, weights, pairing, augmentation and draws", least=0, most=2**32 - 1)
    epochs: int | None = option(None, "epochs (by data and model)", least=1, most=99_999)
    passes: int | None = option(None, "times an epoch shows each image (20 embedded, 1 others)", least=1, most=1000)
    batch_size: int = option(128, "images per step", least=1, most=65_536)
    images_per_clip: int = option(4, "images that share one encoded clip; 1 is the paper's", least=1, most=65_536)
    learning_rate: float | None = option(None, "Adam's learning rate (by model)", above=0, most=1)
    fixed_pairing: bool = option(False, "keep one clip per image, as the paper; needs --images-per-clip 1")
    augment: float = option(0.5, "strength of the changes to training sounds, 0 for none", least=0, most=10)
    tts_takes: int = option(0, "takes of each eSpeak voice and digit added to the training", least=0, most=100)
    clips_per_speaker: int | None = option(None, "clips of each class and speaker that train (all)", least=1)
    clips_seed: int = option(0, "seed of the draw of these clips", least=0, most=2**32 - 1)
    encoder: Encoder | None = option(None, "the network that hears (the encoder of the model's paper)")  # noqa: RUF009
    read_out: Literal["mean", "statistics", "all", "last"] | None = option(
        None, "of its times: mean, statistics or all of time-delay, last or mean of recurrent ones (mean, last)"
    )
    bidirectional: bool = option(False, "recurrent encoders listen from the end to the beginning too")
    front_end: Literal["log-mel", "waveform"] = option("log-mel", "what it hears: spectrograms, or filters of its own")
    filters: Literal["fourier", "random"] = option("fourier", "what filters on waveforms are before they learn")
    train_also: tuple[Literal["fsdd", "speech-commands"], ...] = option((), "further speech that joins the training")
    sounds: Literal["speech", "environment"] = option("speech", "what the following numbers suit, if left out")
    sample_rate: int | None = option(
        None, "Hz of your own sounds (8000 speech, 16000 environment)", least=4000, most=48_000
    )
    mels: int | None = option(None, "mel bands (48 speech, 64 environment)", least=24, most=256)
    frames: int | None = option(None, "frames (48 speech, 64 environment)", least=24, most=1024)
    window_ms: float | None = option(None, "length of a frame's window (32 speech, 64 environment)", above=0, most=1000)
    range_db: float | None = option(None, "decibels from the loudest to the quietest (60)", above=0, most=200)
    timing: Literal["stretch", "pad", "loudest"] | None = option(
        None,
        "stretch frames over a clip, pad or cut it, or take its loudest part (stretch speech, loudest environment)",
    )
    duration_s: float | None = option(
        None, "what a padded or a loudest part lasts (1 speech, 5 environment)", above=0, most=60
    )
    find_word: bool = option(False, "take of each recording the word in it alone")
    variants: int = option(0, "recordings made of each training clip in noise and rooms", least=0, most=100)
    without: tuple[Change, ...] = option((), "changes that these do not have")
    noise_share: float = option(0.0, "share of the clips that are noise, paired with any image", least=0, below=1)
    noise: Literal["made", "recorded"] = option("made", "noise of variants and clips: made, or that in --noise-dir too")
    precision: Precision | None = option(None, "precision of the layers (the faster one on this machine)")  # noqa: RUF009
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of the original archives, for a machine without a network")
    speech_commands_dir: str | None = option(None, "folder of the Speech Commands archive, extracted")
    noise_dir: str | None = option(None, "folder of recorded noise, or CROSSMODAL_NOISE")
    sounds_dir: str | None = option(None, "for data from folders: one folder of sounds per class")
    images_dir: str | None = option(None, "for data from folders: one folder of images per class")
    pairs: str | None = option(None, "for data manifest: table of pairs (CSV, JSON lines), or the folder of its shards")
    cache_mb: int = option(512, "for data manifest: MB that are kept in memory; more stay on the disk", least=0)
    image_size: int = option(28, "for folders: height and width of images, a multiple of 4", least=16, most=128)
    colour: bool = option(False, "for data from folders: learn colours, not grey")
    fit: Literal["stretch", "pad", "crop"] = option("stretch", "for folders: what becomes of oblong pictures")
    background: Literal["white", "black"] = option("white", "for folders: the page behind what is transparent")
    skip_bad: float = option(0.0, "for folders: largest share of unusable files left out", least=0, below=1)
    group_of: str | None = option(None, "for folders: pattern of the part of a name that says who must not be divided")
    distribute: Literal["none", "mirrored", "workers"] = option("none", "train on all devices, or all of TF_CONFIG's")
    deterministic: bool = option(False, "let TensorFlow use deterministic kernels alone; slower on a GPU")
    initial_weights: str | None = option(None, "model that training starts from: a preset, a .keras file or a run")
    initial_encoder: str | None = option(None, "model whose encoder hears at first, in place of that of those weights")
    freeze_encoder: bool = option(False, "leave what hears as the initial weights have it")
    tensorboard: bool = option(False, "log for TensorBoard too, in the folder tensorboard of the run")


def unsaid(data: str) -> tuple[str, ...]:
    """The options that the command of a run does not name: where known data lie, and what changes nothing."""
    return (
        tuple(set(IGNORED_ON_RESUME) - {"sounds_dir", "images_dir", "pairs"}) if in_folders(data) else IGNORED_ON_RESUME
    )


def fill_defaults(config, defaults: dict):
    """A config with `defaults` where an option was left open."""
    return replace(config, **{name: value for name, value in defaults.items() if getattr(config, name) is None})


def encoder_of(config: TrainingConfig) -> dict:
    """The arguments of a model that say how it hears; CrossmodalError for what its encoder does not have."""
    from crossmodal.errors import CrossmodalError

    chosen: dict = {"encoder_kind": config.encoder} if config.encoder else {}
    options: dict = {"filter_bank": {"start": config.filters}} if config.front_end == "waveform" else {}
    if config.read_out:
        from crossmodal.models.networks.encoders import READ_OUTS

        offered = READ_OUTS.get(config.encoder or "", ())
        if config.read_out not in offered:
            name = config.encoder or "of the model"
            choice = " or ".join(offered) or "--encoder time-delay, or a recurrent one"
            raise CrossmodalError(f"The encoder {name} has no read-out {config.read_out}: choose {choice}.")
        options["read_out"] = config.read_out
    if config.bidirectional:
        from crossmodal.models.networks.recurrent import RECURRENT

        if config.encoder not in RECURRENT:
            choice = ", ".join(RECURRENT)
            raise CrossmodalError(f"A recurrent encoder listens in both directions: choose one of {choice}.")
        options["bidirectional"] = True
    return chosen | ({"encoder_options": options} if options else {})
