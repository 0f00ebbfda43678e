"""Speed as ratios within one run: training against plain Keras, log-mel against librosa.

    python recipes/benchmark.py

Rivals take turns (A B A B ...), the ratio is that of the medians; let nothing else run meanwhile.
"""

import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from crossmodal.config import option, run_recipe

RESULTS = Path(__file__).parent / "results" / "benchmark.json"


@dataclass(frozen=True)
class Config:
    rounds: int = option(5, "turns that each rival takes")
    steps: int = option(20, "training steps in a turn")
    batch_size: int = option(128, "pairs in a training step")
    clips: int = option(2500, "clips in a turn of the spectrograms; FSDD has 2,500")


def rounds_of(rivals: dict, rounds: int) -> dict[str, list[float]]:
    """Seconds of each rival's turns, after one turn each that is not counted."""
    seconds = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        for name, work in rivals.items():
            began = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def compare(rivals: dict, rounds: int, per_turn: int, baseline: str, unit: str) -> dict:
    """Throughput of each rival and its ratio to the baseline's, turn by turn."""
    seconds = rounds_of(rivals, rounds)
    result = {}
    for name, times in seconds.items():
        ratios = [b / a for a, b in zip(times, seconds[baseline], strict=True)]
        result[name] = {
            unit: per_turn / statistics.median(times),
            "ratio": statistics.median(ratios),
            "ratio_min_max": [min(ratios), max(ratios)],
        }
        print(f"  {name:<52}{result[name][unit]:9.0f} {unit}   {result[name]['ratio']:6.2f} x", flush=True)
    return result


def random_batches(config: Config, images_per_clip: int):
    """An endless data set of one batch of noise, in the shape of pairs."""
    import numpy as np
    import tensorflow as tf

    rng = np.random.default_rng(0)
    clips = config.batch_size // images_per_clip
    x = rng.random((clips, 48, 48, 1), np.float32)
    y = rng.random((clips, images_per_clip, 28, 28, 1), np.float32)
    return tf.data.Dataset.from_tensors((x, y)).repeat()


def training(config: Config) -> dict:
    """The paper's VAE: `fit` in float32 with Keras' Adam against this toolkit's settings."""
    import keras

    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.optimizers import FusedAdam

    def fit(precision, optimizer, images_per_clip):
        data = random_batches(config, images_per_clip)
        model = AudioImageVAE(dtype=precision)
        model.compile(optimizer, jit_compile=False)
        return lambda: model.fit(data, steps_per_epoch=config.steps, verbose=0, shuffle=False)

    rivals = {
        "plain Keras fit: float32, keras.optimizers.Adam": fit("float32", keras.optimizers.Adam(1e-3), 1),
        "FusedAdam": fit("float32", FusedAdam(1e-3), 1),
        "FusedAdam, mixed_bfloat16": fit("mixed_bfloat16", FusedAdam(1e-3), 1),
        "FusedAdam, mixed_bfloat16, 4 images share a clip": fit("mixed_bfloat16", FusedAdam(1e-3), 4),
    }
    return compare(rivals, config.rounds, config.steps * config.batch_size, next(iter(rivals)), "images/s")


def vae_gan(config: Config) -> dict:
    """The paper's VAE-GAN: a plain float32 loop with an Adam for each player against this toolkit's settings."""
    from unittest import mock

    import keras
    import tensorflow as tf

    from crossmodal.models import vae_gan_networks
    from crossmodal.models.base import sample_latents
    from crossmodal.models.losses import discriminator_loss, generator_loss, kl_divergence, reconstruction
    from crossmodal.models.vae_gan import AudioImageVAEGAN
    from crossmodal.optimizers import FusedAdam

    class TwoOptimizers(AudioImageVAEGAN):
        """As Keras' guides train a GAN: the discriminator first, then the generator on drawings of its own."""

        def __init__(self, **kwargs):
            own = {"Conv2D": keras.layers.Conv2D, "BatchNormalization": keras.layers.BatchNormalization}
            with mock.patch.multiple(vae_gan_networks, **own):
                super().__init__(**kwargs)

        def draw(self, spectrograms):
            z_mean, z_log_var = self.encoder(spectrograms, training=True)
            z = sample_latents(z_mean, z_log_var, 1, self.seed_generator)
            return self.decoder(z[:, 0], training=True), kl_divergence(z_mean, z_log_var)

        def train_step(self, data):
            spectrograms, images = data[0], data[1][:, 0]
            generator = self.encoder.trainable_variables + self.decoder.trainable_variables
            discriminator = self.discriminator.trainable_variables
            drawn = tf.sigmoid(self.draw(spectrograms)[0])
            with tf.GradientTape() as tape:
                scores, _ = self.discriminator(tf.concat([images, drawn], 0), training=True)
                real, fake = tf.split(scores, 2)
                discriminator_total = tf.reduce_mean(discriminator_loss(real, fake))
            gradients = tape.gradient(discriminator_total, discriminator)
            self.discriminator_optimizer.apply(gradients, discriminator)
            with tf.GradientTape() as tape:
                logits, kl = self.draw(spectrograms)
                scores, _ = self.discriminator(tf.sigmoid(logits), training=True)
                adversarial = tf.reduce_mean(generator_loss(scores[:, 0]))
                terms = self.alpha * reconstruction(images, logits) + self.beta * kl
                loss = adversarial + tf.reduce_mean(terms)
            self.optimizer.apply(tape.gradient(loss, generator), generator)
            return {"loss": loss, "discriminator_loss": discriminator_total}

    def fit(cls, precision, optimizer, images_per_clip):
        data = random_batches(config, images_per_clip)
        model = cls(dtype=precision)
        model.discriminator_optimizer = keras.optimizers.Adam(2e-4)
        model.discriminator_optimizer.build(model.discriminator.trainable_variables)
        model.compile(optimizer, jit_compile=False)
        return lambda: model.fit(data, steps_per_epoch=max(config.steps // 4, 1), verbose=0, shuffle=False)

    rivals = {
        "plain Keras loop: float32, two keras.optimizers.Adam": fit(
            TwoOptimizers, "float32", keras.optimizers.Adam(2e-4), 1
        ),
        "one step of both, FusedAdam": fit(AudioImageVAEGAN, "float32", FusedAdam(2e-4), 1),
        "the same, mixed_bfloat16": fit(AudioImageVAEGAN, "mixed_bfloat16", FusedAdam(2e-4), 1),
        "the same, 4 images share a clip": fit(AudioImageVAEGAN, "mixed_bfloat16", FusedAdam(2e-4), 4),
    }
    images = max(config.steps // 4, 1) * config.batch_size
    return compare(rivals, config.rounds, images, next(iter(rivals)), "images/s")


def spectrograms(config: Config) -> dict:
    """48x48 log-mel of clips of FSDD's lengths: `log_mel` against librosa clip by clip."""
    import librosa
    import numpy as np

    from crossmodal.spectrogram import log_mel

    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(3188), 0.35, config.clips), 1148, 18262).astype(int)  # median 0.40 s
    clips = [rng.standard_normal(n).astype(np.float32) for n in lengths]

    def one_by_one():
        for clip in clips:
            hop = max((len(clip) - 256) // 47, 1)
            librosa.feature.melspectrogram(y=clip, sr=8000, n_fft=256, hop_length=hop, n_mels=48, fmin=60, center=False)

    rivals = {"librosa.feature.melspectrogram, clip by clip": one_by_one, "log_mel": lambda: log_mel(clips)}
    return compare(rivals, config.rounds, config.clips, next(iter(rivals)), "clips/s")


def run(config: Config, only: list[str] | None = None) -> dict:
    """The comparisons that `only` names, all if None."""
    from crossmodal.runs import environment

    result = {"command": "python recipes/benchmark.py", "environment": environment()}
    for work in (spectrograms, training, vae_gan):
        if only is None or work.__name__ in only:
            print(f"{work.__name__}: {work.__doc__.splitlines()[0]}", flush=True)
            result[work.__name__] = work(config)
    return result


def work(config: Config, arguments) -> None:
    import json

    from crossmodal.files import write_json

    kept = json.loads(arguments.results.read_text()) if arguments.only and arguments.results.exists() else {}
    write_json(arguments.results, kept | run(config, arguments.only))


def main(argv=None) -> int:
    def extra(parser):
        names = ("spectrograms", "training", "vae_gan")
        parser.add_argument("--only", nargs="+", choices=names, help="measure these anew, keep the others' results")
        parser.add_argument("--results", type=Path, default=RESULTS, help="file to write (%(default)s)")

    return run_recipe(work, Config, __doc__, argv, extra=extra)


if __name__ == "__main__":
    sys.exit(main())
