"""What the experiments share that train a model to draw what it hears: their options, the data, training, figures.

An experiment adds the options of its family, and says how its model and its optimizer are built.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from crossmodal.app.experiments.finish import finish
from crossmodal.app.experiments.hearing import chosen_front_end
from crossmodal.app.experiments.training_data import load_sources, test_loss, training_data
from crossmodal.app.options import command_of, option
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
Precision = Literal["float32", "mixed_bfloat16"]
PICTURE_DRAWS = 8  # drawings of each class in the picture after each epoch
PICTURE_CLIPS = 10  # of pairs without classes
REFUSED = 0.025  # share of the validation clips that a model that was trained with noise may refuse


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
    without: tuple[Literal["noise", "room", "microphone", "telephone", "clipping", "speed"], ...] = option(
        (), "changes that these do not have"
    )
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
    freeze_encoder: bool = option(False, "leave what hears as --initial-weights has it")
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
        from crossmodal.models.networks.recurrent import LAYERS

        if config.encoder not in LAYERS:
            raise CrossmodalError(f"A recurrent encoder listens in both directions: choose one of {', '.join(LAYERS)}.")
        options["bidirectional"] = True
    return chosen | ({"encoder_options": options} if options else {})


def agreed_precision(strategy, asked: Precision | None, workdir: Path) -> Precision:
    """The precision that was asked for, else that of the run in `workdir`, else this machine's; the chief's in all
    workers. So a run may be continued on a machine of another kind."""
    from crossmodal.runtime.precision import check_precision, machines_precision
    from crossmodal.training.distribution import all_workers, broadcast, is_chief
    from crossmodal.training.runs import recorded_config

    choices = get_args(Precision)
    recorded = recorded_config(workdir).get("precision") if is_chief(strategy) else None
    chosen = asked or recorded or machines_precision()
    check_precision(chosen)
    with all_workers(strategy):
        return choices[broadcast(strategy, choices.index(chosen))]


def provenance_of(family: str, config: TrainingConfig) -> dict:
    """What a saved model says about its training."""
    from crossmodal.data import fsdd
    from crossmodal.data.catalog import licences_of
    from crossmodal.training.runs import environment

    initial = {"initial_weights": Path(config.initial_weights).name} if config.initial_weights else {}
    return {
        "data": config.data,
        "protocol": config.protocol,
        "seed": config.seed,
        "held_out_speaker": config.held_out_speaker,
        "speakers": list(fsdd.speakers_of(config.data, config.protocol)),
        "licences": licences_of(vars(config)),
        "recipe": {"name": family, **asdict(config), **dict.fromkeys(LOCATIONS), **initial},
        "environment": environment(),
    }


def train_and_measure(
    family: str,
    asked: TrainingConfig,
    config: TrainingConfig,
    workdir: Path,
    build: Callable,
    make_optimizer: Callable,
    *,
    sources: tuple | None = None,
    pretrain: Callable | None = None,
    measure: Callable | None = None,
) -> dict:
    """Train in `workdir`, measure on the test clips.

    Args:
        family: what `crossmodal train` calls it.
        asked: the options as given; they make the command that is kept with the figures.
        config: the same with nothing left open but the precision, see `agreed_precision`.
        build: build(dtype=..., image_shape=..., front_end=..., classes=..., provenance=...) -> a `PairModel`.
        make_optimizer: (training steps, precision) -> the optimizer.
        sources: (Speech, Images, Split) in place of those that the options name.
        pretrain: pretrain(model, data) -> a `Stage` that comes before the training, of a model that shares layers with
            it; see `crossmodal.training.loop`.
        measure: measure(model, speech, images, split, front_end, seed, workdir) -> the figures of a trained model; it
            saves pictures too. `measure_drawings` if None.

    Returns:
        the metrics, those of an earlier call if the run was finished; none in a worker that is not the chief.
    """
    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.data.alignment import some_clips, split_of
    from crossmodal.data.sources import fingerprint
    from crossmodal.drawing import choose_least_information
    from crossmodal.errors import CrossmodalError
    from crossmodal.models.base import AudioImageModel
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.runtime.ranges import check_config
    from crossmodal.saving.keras_file import load_model, save_model
    from crossmodal.sound.front_ends import hear
    from crossmodal.training.distribution import all_workers, broadcast, is_chief, make_strategy, own_parts
    from crossmodal.training.initial import freeze, take_weights
    from crossmodal.training.loop import Stage, train_stages
    from crossmodal.training.runs import open_run, read_history
    from crossmodal.training.tensorboard import logged

    check_config(config)
    if config.data == "manifest":  # natural pairs are one to one
        config = replace(config, images_per_clip=1)
    if config.freeze_encoder and not config.initial_weights:
        raise CrossmodalError("An encoder that stays as it is has to be trained: add --initial-weights.")
    front_end = chosen_front_end(config)
    config = replace(config, timing=getattr(front_end, "timing", "stretch"))  # as earlier versions wrote it
    strategy = make_strategy(config.distribute)
    config = replace(config, precision=agreed_precision(strategy, config.precision, workdir))
    metrics = open_run(workdir, config, ignore=IGNORED_ON_RESUME) if is_chief(strategy) else None
    with all_workers(strategy):
        finished = broadcast(strategy, int(metrics is not None))
    if finished:
        return finish(workdir, metrics) if metrics else {}
    assert config.epochs is not None
    began = time.time()
    say = print if is_chief(strategy) else (lambda words: None)
    provenance = provenance_of(family, config)
    speech, images, split = sources or (*(loaded := load_sources(config, say)), split_of(loaded[0], provenance))
    provenance["clips"] = fingerprint(speech)
    if config.clips_per_speaker:
        split = replace(split, train=some_clips(speech, split.train, config.clips_per_speaker, config.clips_seed))
    settings = {
        "image_shape": images.image_shape,
        "front_end": front_end.get_config(),
        "classes": speech.classes,
        "provenance": provenance,
    }

    fix_numbers(config.seed, config.deterministic)
    parts, own = own_parts(strategy)
    with strategy.scope():
        model = build(dtype=config.precision, **settings)
    wants = {"needs": model.NEEDS, "paired": model.PAIRED}
    data = training_data(config, speech, images, split, front_end, **wants, parts=parts, own=own)
    with strategy.scope():
        model.compile(make_optimizer(config.epochs * data.steps, config.precision), jit_compile=False)
        taken: list[str] = []
        if config.initial_weights:
            taken = take_weights(model, load_model(config.initial_weights))
            print(f"{len(taken)} layers start from {config.initial_weights}: {', '.join(taken)}", flush=True)
        if config.freeze_encoder:
            freeze(model, "encoder", taken)

    def current():
        """The model as it is; where several processes train it, a copy that one of them can draw by."""
        if strategy.num_replicas_in_sync == 1:
            return model
        copy = build(dtype=config.precision, **settings)
        copy.set_weights(model.get_weights())
        return copy

    on_epoch = None
    draws = isinstance(model, AudioImageModel)
    if is_chief(strategy):
        on_epoch = nothing_drawn
        if draws:
            on_epoch = picture_of_each_epoch(current, speech, split, front_end, workdir, config.seed)
        on_epoch = logged(on_epoch, workdir) if config.tensorboard else on_epoch
    stage = Stage(model, data.training, config.epochs, data.steps, data.validation, on_epoch, "train")
    train_stages([*([pretrain(model, data)] if pretrain else []), stage], workdir, config.seed)
    if not is_chief(strategy):
        return {}
    trained = build(dtype="float32", **settings)
    trained.set_weights(model.get_weights())
    if draws and config.noise_share and len(split.validation):
        heard = hear([speech.waveforms[i] for i in split.validation], front_end)
        trained.least_information = choose_least_information(trained, heard, refused=REFUSED)
    save_model(trained, workdir / "model.keras")

    metrics = {"command": command_of(f"crossmodal train {family}", asked, unsaid(asked.data))}
    metrics |= {"parameters": trained.count_params(), "epochs": config.epochs}
    metrics["classes"] = list(speech.classes)
    metrics["replicas"] = strategy.num_replicas_in_sync
    metrics["seconds"] = time.time() - began  # of this process: less than the whole after a resume
    metrics |= (measure or measure_drawings)(trained, speech, images, split, front_end, config.seed, workdir)
    save_curves(workdir / "curves.png", {"training": read_history(workdir)})
    return finish(workdir, metrics)


def measure_drawings(model, speech, images, split, front_end, seed: int, workdir: Path) -> dict:
    """The figures of a model that draws, on the test clips; saves its pictures."""
    from crossmodal.app.pictures.agreement import save_pictures
    from crossmodal.reader import find_reader
    from evaluation.agreement import measure_agreement

    metrics, measured = {}, None
    if images.test_clips is not None:
        metrics["test_loss"] = test_loss(model, speech, images, split, front_end)
    if speech.labels is not None and (reader := find_reader(model.classes, model.image_shape, workdir)):
        measured = measure_agreement(model, speech, images, split, reader=reader, seed=seed)
        metrics |= measured.to_json()
    save_pictures(workdir, model, speech, images, split, measured)
    return metrics


def picture_of_each_epoch(current: Callable, speech, split, front_end, workdir: Path, seed: int) -> Callable:
    """A callback that draws the same clip of each class by the model that current() gives, with the same noise, into
    epochs/epoch-00001.png and on. Of clips without classes it takes the first few."""
    from crossmodal.app.pictures.images import save_grid
    from crossmodal.sound.front_ends import hear

    if speech.labels is None:
        named = {f"clip {i}": i for i in split.train[:PICTURE_CLIPS]}
    else:
        labels = speech.labels[split.train]
        named = {name: split.train[labels == label][0] for label, name in enumerate(speech.classes)}
    spectrograms = hear([speech.waveforms[i] for i in named.values()], front_end)
    folder = Path(workdir) / "epochs"

    def on_epoch(epoch: int, logs: dict) -> None:
        folder.mkdir(exist_ok=True)
        drawn, draws = current().generate(spectrograms, samples=PICTURE_DRAWS, seed=seed)
        rows = [(name, [drawn[i : i + 1], draws[i]]) for i, name in enumerate(named)]
        save_grid(folder / f"epoch-{epoch + 1:05d}.png", rows, ["mean", "sampled z, one clip"])

    return on_epoch


def nothing_drawn(epoch: int, logs: dict) -> None:
    """In place of that callback for a model that does not draw."""


def report(metrics: dict, workdir: Path) -> None:
    """Say on the terminal what came out."""
    from evaluation.agreement import Agreement, as_table

    if not metrics:
        print("this worker's part is done: the first one measures and writes")
        return
    if measured := Agreement.from_json(metrics):
        print(as_table(measured))
    elif "test_loss" in metrics:
        terms = ", ".join(f"{name} {value:.4g}" for name, value in metrics["test_loss"].items())
        print(
            f"no labels that a reader knows: whether drawings show what was heard is not scored\non test pairs: {terms}"
        )
    print(f"model, figures and pictures: {workdir}")
