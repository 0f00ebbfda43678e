"""One process of a data-parallel training that tests/training/test_distribution.py starts; not a test itself.

    TF_CONFIG=... python tests/support/distributed_training.py FAMILY DISTRIBUTION WORKDIR RESULT [--epochs N]
        [--die-at STEP]

Trains a tiny model of FAMILY (exact, exact-bfloat16, vae or vae-gan) on noise and writes its weights and its history to
RESULT, an .npz file. "exact" has nothing in it that depends on how a batch is cut: no noise in z, no batch
normalisation; "exact-bfloat16" is the same with gradients that are exchanged as bfloat16.
"""

import argparse
import os
import signal
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from crossmodal.data.augment import Augmentation
from crossmodal.data.pairing import ByClass
from crossmodal.data.pipeline import steps_per_epoch, training_batches
from crossmodal.models.vae import AudioImageVAE
from crossmodal.models.vae_gan import AudioImageVAEGAN
from crossmodal.training import distribution
from crossmodal.training import loop as training
from crossmodal.training.distribution import make_strategy, own_parts
from crossmodal.training.optimizers import FusedAdam
from crossmodal.training.runs import read_history

BATCH, SHARED, SEED = 32, 2, 5
CLIP_LABELS, IMAGE_LABELS = np.arange(40) % 10, np.arange(160) % 10
STEPS = steps_per_epoch(ByClass(CLIP_LABELS, IMAGE_LABELS, SHARED), BATCH)


def build(family: str):
    if family == "vae-gan":
        small = dict(encoder_filters=(4, 4, 4), decoder_units=(8,), decoder_filters=(8, 4, 4))
        small |= dict(discriminator_filters=(4, 4, 4), discriminator_units=(4,))
        return AudioImageVAEGAN.balanced(**small)
    if family == "vae":
        return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), batch_norm=True, dropout=0.2)
    return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), initial_log_var=-40.0, kl_warmup_steps=0)


def train(family: str, strategy, workdir: Path, epochs: int):
    """The trained model."""
    rng = np.random.default_rng(0)
    spectrograms = rng.random((40, 48, 48), np.float32)
    images = rng.integers(0, 255, (160, 28, 28)).astype(np.uint8)
    parts, own = own_parts(strategy)

    def batches(first_epoch=0, epochs=epochs, augmentation=Augmentation()):  # noqa: B008
        options = dict(batch_size=BATCH, images_per_clip=SHARED, seed=SEED, parts=parts, own=own)
        options |= dict(first_epoch=first_epoch, epochs=epochs, augmentation=augmentation)
        return training_batches(spectrograms, CLIP_LABELS, images, IMAGE_LABELS, **options)

    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = build(family)
        exchanged = "bfloat16" if family.endswith("bfloat16") else "float32"
        average = {"use_ema": family == "vae-gan", "ema_momentum": 0.9}
        model.compile(FusedAdam(1e-3, exchange_dtype=exchanged, **average), jit_compile=False)
    training.train(
        model,
        batches,
        epochs=epochs,
        steps_per_epoch=STEPS,
        workdir=workdir,
        seed=SEED,
        validation=batches(epochs=1, augmentation=None).take(2 * len(own)).cache(),
    )
    return model


def result_of(model, workdir: Path) -> dict:
    """What training has changed, but for random generators, and the losses, which the chief alone has."""
    variables = [v for v in training.changing_variables(model) if "seed" not in v.path]
    state = {f"{i} {v.path.split('/')[-1]}": np.asarray(v.value) for i, v in enumerate(variables)}
    return {**state, "losses": np.array([line["loss"] for line in read_history(workdir)])}


def die_at(step: int) -> None:
    """Let the process be killed after so many steps."""
    check, done = training.check_finite, iter(range(1, step + 1))

    def check_or_die(*arguments):
        if next(done) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        check(*arguments)

    training.check_finite = check_or_die


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("family")
    parser.add_argument("distribution")
    parser.add_argument("workdir", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--die-at", type=int)
    arguments = parser.parse_args()
    if arguments.distribution == "mirrored":
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
        )
    distribution.PIECE_BYTES["CPU"] = 500  # less than most gradients of these models have
    if arguments.die_at:
        die_at(arguments.die_at)
    strategy = make_strategy(arguments.distribution)
    arguments.workdir.mkdir(parents=True, exist_ok=True)
    model = train(arguments.family, strategy, arguments.workdir, arguments.epochs)
    np.savez(arguments.result, **result_of(model, arguments.workdir))
