"""Train a VAE that hears a spoken digit and draws it, then measure it.

    python recipes/train_vae.py                                      # embedded data, compact model, no download
    python recipes/train_vae.py --data fsdd-mnist --model paper      # the paper's data and model
    python recipes/train_vae.py --data folders --sounds-dir S --images-dir I

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from crossmodal.config import as_options, option, run_recipe

LOCATIONS = ("data_dir", "archives", "sounds_dir", "images_dir")  # options that say where the data lie


@dataclass(frozen=True)
class Config:
    data: Literal["digits-tts", "fsdd-mnist", "folders"] = option("digits-tts", "which sounds and images")
    model: Literal["compact", "paper"] = option("compact", "1.2 M parameters, or the paper's 20.9 M")
    protocol: Literal["random", "official", "speaker"] = option("random", "how the clips are divided")
    held_out_speaker: str | None = option(None, "whom protocol speaker tests on")
    seed: int = option(0, "of division, weights, pairing, augmentation and draws")
    epochs: int | None = option(None, "epochs (12 of the embedded data, else 8 compact, 6 paper)")
    passes: int | None = option(None, "times that an epoch shows each training image (20 embedded, 1 others)")
    batch_size: int = option(128, "images per step")
    images_per_clip: int = option(4, "images of a batch that share one encoded clip; 1 is the paper's")
    learning_rate: float | None = option(None, "of Adam at its highest (2e-3 compact, 1e-3 paper), then a cosine to 0")
    warmup_steps: int = option(300, "steps over which the learning rate rises")
    beta: float = option(1.0, "weight of the KL term")
    fixed_pairing: bool = option(False, "keep one clip per image, as the paper; needs --images-per-clip 1")
    augment: float = option(0.5, "strength of the changes to spectrograms in training, 0 for none")
    tts_takes: int = option(0, "takes of each eSpeak voice and digit that join the training clips")
    timing: Literal["stretch", "pad"] = option("stretch", "stretch the frames over a clip, or pad it to 1 s")
    precision: Literal["float32", "mixed_bfloat16"] | None = option(None, "(float32 compact, mixed_bfloat16 paper)")
    data_dir: str | None = option(None, "TFDS's folder of prepared data")
    archives: str | None = option(None, "folder of the original archives, for a machine without a network")
    sounds_dir: str | None = option(None, "for data from folders: one folder of sounds per class")
    images_dir: str | None = option(None, "for data from folders: one folder of images per class")


def with_defaults(config: Config) -> Config:
    """What was left open, by model and data: the embedded data have 1,437 images, MNIST 60,000."""
    compact = {"epochs": 8, "learning_rate": 2e-3, "precision": "float32", "passes": 1}
    paper = {"epochs": 6, "learning_rate": 1e-3, "precision": "mixed_bfloat16", "passes": 1}
    defaults = compact if config.model == "compact" else paper
    if config.data == "digits-tts":
        defaults |= {"epochs": 12, "passes": 20}
    return replace(config, **{name: value for name, value in defaults.items() if getattr(config, name) is None})


def load_sources(config: Config):
    """(Speech, Images) that the config names."""
    from crossmodal.data.catalog import load_pair

    return load_pair(config.data, **{name: getattr(config, name) for name in LOCATIONS})


def run(config: Config, workdir: Path) -> dict:
    """Train in `workdir`, measure on the test clips; returns the metrics."""
    import keras
    import numpy as np
    import tensorflow as tf

    from crossmodal.checkpoints import clear_checkpoints
    from crossmodal.data import fsdd
    from crossmodal.data.augment import Augmentation
    from crossmodal.data.pipeline import steps_per_epoch, training_batches
    from crossmodal.data.sources import DIGITS
    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.optimizers import FusedAdam
    from crossmodal.plots import save_curves
    from crossmodal.runs import environment, open_run, read_history, save_model, write_json
    from crossmodal.spectrogram import LogMel, log_mel
    from crossmodal.training import train
    from evaluation.agreement import evaluate_model, protocol_split, save_pictures

    command = f"python recipes/train_vae.py{as_options(config, LOCATIONS)}"
    config = with_defaults(config)
    if metrics := open_run(workdir, config, ignore=LOCATIONS):
        return metrics
    began = time.time()
    began = time.time()
    speech, images = load_sources(config)
    papers_speakers = config.data == "fsdd-mnist" and config.protocol == "random"
    provenance = {
        "data": config.data,
        "protocol": config.protocol,
        "seed": config.seed,
        "held_out_speaker": config.held_out_speaker,
        "speakers": list(fsdd.PAPER_SPEAKERS) if papers_speakers else [],
        "recipe": {"name": "train_vae.py", **asdict(config), **dict.fromkeys(LOCATIONS)},
        "environment": environment(),
    }
    split = protocol_split(speech, provenance)
    front_end = LogMel(timing=config.timing)
    waveforms, labels = [speech.waveforms[i] for i in split.train], speech.labels[split.train]
    if config.tts_takes:
        from crossmodal.data import digits_tts

        extra = digits_tts.load_speech(speakers=len(digits_tts.SPEAKERS), takes=config.tts_takes)
        waveforms, labels = waveforms + extra.waveforms, np.concatenate([labels, extra.labels])

    train_images = np.concatenate([images.train_images] * config.passes)
    train_labels = np.concatenate([images.train_labels] * config.passes)

    keras.utils.set_random_seed(config.seed)
    build = AudioImageVAE.compact if config.model == "compact" else AudioImageVAE
    settings = {
        "beta": config.beta,
        "front_end": front_end.get_config(),
        "classes": speech.classes,
        "provenance": provenance,
    }
    model = build(dtype=config.precision, **settings)
    steps = steps_per_epoch(train_labels, config.batch_size, config.images_per_clip)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0,
        max(config.epochs * steps - config.warmup_steps, 1),
        warmup_target=config.learning_rate,
        warmup_steps=config.warmup_steps,
    )
    model.compile(FusedAdam(schedule), jit_compile=False)

    def pairs(clips, clip_labels, wanted, **options):
        return training_batches(
            log_mel(clips, front_end),
            clip_labels,
            train_images[wanted],
            train_labels[wanted],
            batch_size=config.batch_size,
            images_per_clip=config.images_per_clip,
            seed=config.seed,
            redraw=not config.fixed_pairing,
            front_end=front_end,
            **options,
        )

    def validation():
        """Up to 20 batches of the validation clips; a small set may have none of some classes, or none at all."""
        clip_labels = speech.labels[split.validation]
        wanted = np.isin(train_labels, clip_labels)
        n = min(20, steps_per_epoch(train_labels[wanted], config.batch_size, config.images_per_clip))
        if n == 0:
            return None
        batches = pairs([speech.waveforms[i] for i in split.validation], clip_labels, wanted, epochs=1)
        return batches.take(n).cache().apply(tf.data.experimental.assert_cardinality(n))

    augmentation = Augmentation().scaled(config.augment) if config.augment else None
    train(
        model,
        lambda first_epoch: pairs(
            waveforms,
            labels,
            slice(None),
            first_epoch=first_epoch,
            epochs=config.epochs,
            augmentation=augmentation,
        ),
        epochs=config.epochs,
        steps_per_epoch=steps,
        workdir=workdir,
        seed=config.seed,
        validation=validation(),
    )
    trained = build(dtype="float32", **settings)
    trained.set_weights(model.get_weights())
    save_model(trained, workdir / "model.keras")

    metrics = {"command": command, "parameters": trained.count_params(), "epochs": config.epochs}
    metrics["seconds"] = time.time() - began  # of this process: less than the whole after a resume
    if speech.classes == DIGITS:
        metrics |= evaluate_model(trained, speech, images, split, seed=config.seed)
    save_pictures(workdir, trained, speech, images, split, metrics if "pairs" in metrics else None)
    save_curves(workdir / "curves.png", read_history(workdir))
    write_json(workdir / "metrics.json", metrics)
    clear_checkpoints(workdir)
    return metrics


def work(config: Config, arguments) -> None:
    metrics = run(config, arguments.workdir)
    if "pairs" in metrics:
        from evaluation.agreement import as_table

        print(as_table(metrics))
    print(f"model, figures and pictures: {arguments.workdir}")


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv, workdir="runs/vae")


if __name__ == "__main__":
    sys.exit(main())
