"""What comes before and after training: log-mel, the input pipeline, drawing, the start of the program."""

import subprocess
import sys

from training import fit
from turns import compare, least_seconds

IMAGES, CLIPS = 60_000, 2_000  # as MNIST and FSDD have them


def spectrograms(config) -> dict:
    """48x48 log-mel of clips of FSDD's lengths: `log_mel` against librosa clip by clip."""
    import librosa
    import numpy as np

    from crossmodal.sound.spectrogram import log_mel

    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(np.log(3188), 0.35, config.clips), 1148, 18262).astype(int)  # median 0.40 s
    clips = [rng.standard_normal(n).astype(np.float32) for n in lengths]

    def one_by_one():
        for clip in clips:
            hop = max((len(clip) - 256) // 47, 1)
            librosa.feature.melspectrogram(y=clip, sr=8000, n_fft=256, hop_length=hop, n_mels=48, fmin=60, center=False)

    rivals = {"librosa.feature.melspectrogram, clip by clip": one_by_one, "log_mel": lambda: log_mel(clips)}
    return compare(rivals, config.rounds, config.clips, "clips/s")


def pipeline(config) -> dict:
    """Batches of aligned, augmented pairs alone, against what the VAE's training steps take."""
    import numpy as np

    from crossmodal.data.augment import Augmentation
    from crossmodal.data.pipeline import training_batches
    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.runtime.precision import machines_precision
    from crossmodal.training.optimizers import FusedAdam

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, IMAGES)
    images = rng.integers(0, 255, (IMAGES, 28, 28), np.uint8)
    sounds = rng.random((CLIPS, 48, 48), np.float32)
    batches = 100
    rivals = {
        "training steps of the VAE": fit(config, AudioImageVAE(dtype=machines_precision()), FusedAdam(1e-3)),
    }
    for images_per_clip in (1, 4):
        data = training_batches(
            sounds,
            np.arange(CLIPS) % 10,
            images,
            labels,
            batch_size=config.batch_size,
            images_per_clip=images_per_clip,
            epochs=1000,
            seed=0,
            augmentation=Augmentation(),
        )
        reading = iter(data)
        title = "batches" if images_per_clip == 1 else "batches, 4 images share a clip"
        rivals[title] = lambda reading=reading: [next(reading) for _ in range(batches)]
    seconds = {name: least_seconds(work, config.rounds) for name, work in rivals.items()}
    steps = config.steps / seconds.pop("training steps of the VAE")
    result = {"training steps/s": steps}
    for name, value in seconds.items():
        result[name] = {"batches/s": batches / value, "ratio": batches / value / steps}
    print(f"  {result}", flush=True)
    return result


def generation(config) -> dict:
    """Seconds to draw one spectrogram, and 1,000 of them, at the posterior mean."""
    import numpy as np

    from crossmodal.models.vae import AudioImageVAE
    from crossmodal.models.vae_gan import AudioImageVAEGAN

    noise = np.random.default_rng(0).random((1000, 48, 48), np.float32)
    result = {}
    for name, model in (("compact VAE", AudioImageVAE.compact()), ("balanced VAE-GAN", AudioImageVAEGAN.balanced())):
        result[name] = {
            f"{n}": least_seconds(lambda n=n, model=model: model.generate(noise[:n], samples=0), config.rounds)
            for n in (1, 1000)
        }
    print(f"  {result}", flush=True)
    return result


def start(config) -> dict:
    """Seconds until `crossmodal --help` has answered, and until `import crossmodal` and the model are there."""
    commands = {
        "crossmodal --help": ["-m", "crossmodal", "--help"],
        "import crossmodal": ["-c", "import crossmodal"],
        "the preset is loaded": [
            "-c",
            "from crossmodal import AudioImageVAE; AudioImageVAE.from_preset('vae_compact')",
        ],
    }
    result = {}
    for name, arguments in commands.items():
        run = [sys.executable, *arguments]
        result[name] = least_seconds(
            lambda run=run: subprocess.run(run, check=True, capture_output=True), config.rounds
        )
    print(f"  {result}", flush=True)
    return result
